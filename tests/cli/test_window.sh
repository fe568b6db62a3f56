#!/bin/sh
# The window of play, on a virtual display, with simulated keys.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER

check_bad "--human without a display" "--human needs a window to play in: there is no display" \
    play --human --game=catch
check_bad "--human without a game" "--human needs a game to play" play --human
check_bad "--human with an unknown game" "cat" play --human --game=cattch
check_bad "--human with a file to write" "--human writes no files" \
    play --human --game=catch --gif="$work/a.gif"
check_bad "--human without a window" "--human needs a window" \
    play --human --game=catch --window=false

for tool in Xvfb xdotool ffmpeg jwm; do
    if ! command -v $tool >/dev/null; then
        skip "the window" "$tool is missing: tools/install-deps --test brings it"
        finish
        exit 0
    fi
done

# -noreset: otherwise it restarts, without the window manager, when no client is connected.
Xvfb -displayfd 3 -screen 0 1280x1024x24 -nolisten tcp -noreset 3>"$work/display" >/dev/null 2>&1 &
xvfb=$!
player=
manager=
trap 'kill $player $manager $xvfb 2>/dev/null; rm -rf "$work"' EXIT
wait_until test -s "$work/display"
DISPLAY=:$(cat "$work/display")
export DISPLAY
# Leaks of OpenGL's drivers are reported after unloading, without a name for a suppression.
[ -z "${ASYNCRL_SHORT:-}" ] || export SDL_RENDER_DRIVER=software SDL_FRAMEBUFFER_ACCELERATION=0
# A window manager, which handles full screen and Alt+F4.
echo '<JWM><Key mask="A" key="F4">close</Key></JWM>' >"$work/jwmrc"
jwm -f "$work/jwmrc" >/dev/null 2>&1 &
manager=$!
has_manager() { xdotool get_num_desktops >/dev/null 2>&1; }
check "a display with a window manager" wait_until has_manager

title() { xdotool getwindowname "$window" 2>/dev/null; }
title_has() { title | grep -q -- "$1"; }
title_lacks() { ! title | grep -q -- "$1"; }
lines() { wc -l <"$work/stdout"; }
has_lines() { [ "$(lines)" -ge "$1" ]; }
size() { xdotool getwindowgeometry --shell "$window" | sed -n 's/^\(WIDTH\|HEIGHT\)=//p' | xargs; }
has_size() { [ "$(size)" = "$1" ]; }
find_window() { window=$(xdotool search --onlyvisible --name '^catch  ' | head -n 1) && [ "$window" ]; }
keys() { xdotool key --delay 20 "$@"; } # faster presses of a key look like a held key

# open ARGUMENTS...: plays in a window, and returns when it hears keys.
open() {
    "$ASYNCRL" play "$@" >"$work/stdout" 2>"$work/stderr" </dev/null &
    player=$!
    wait_until find_window
    xdotool windowfocus --sync "$window"
}

# close: waits for the program's end; sets exit_code.
close() {
    wait_until has_ended || kill -KILL $player
    exit_code=0
    wait $player || exit_code=$?
    player=
}

picture() { # picture NAME: takes a picture of the window
    ffmpeg -loglevel error -f x11grab -draw_mouse 0 -window_id "$window" -i "$DISPLAY" \
        -frames:v 1 -pix_fmt rgb24 -f rawvideo -y "$work/$1" </dev/null
}
shows() { picture now && cmp -s "$work/now" "$work/$1"; }
shows_another() { picture now && ! cmp -s "$work/now" "$work/$1"; }
colours() { od -An -v -t x1 -w3 "$work/$1" | sort -u | wc -l; } # the number of colours of a picture

# ---- Watching

open --model="$work/model.h5" --games=1000000 --seed=3
check "the title: game and score" wait_until title_has '^catch   game [0-9]*   score [-0-9]*$'
keys space
check "space pauses" wait_until title_has paused
before=$(title) && count=$(lines)
sleep 1.5 # longer than a game of catch
check "a pause lasts" test "$(title) $(lines)" = "$before $count"
keys period period period period period period period period period period
check "ten steps are the rest of a game and more" wait_until has_lines $((count + 1))
check "single steps leave it paused" title_has paused

keys r
keys plus
check "+ is faster" wait_until title_has 'speed x2   paused'
check "R restarts with the score at 0" title_has 'score 0'
game=$(title | sed 's/.*game \([0-9]*\) .*/\1/') && count=$(lines)
keys n n n n n n n n n minus
check "- is slower" wait_until title_lacks speed
check "a game of catch from its start is nine steps, and its end stays" \
    test "$(lines)" -eq "$count"
keys n
check "then comes its score" wait_until has_lines $((count + 1))
check "the next game follows" wait_until title_has "game $((game + 1)) "
check "it was the game that was restarted" grep -q "^Game # *$game;" "$work/stdout"
keys Tab minus
check "- is slower than the game itself" wait_until title_has 'speed x1/2'
check "Tab goes to the next game" title_has "game $((game + 2)) "
check "Tab tells no score" test "$(lines)" -eq $((count + 1))

picture game
check "a game of two colours shows just them" test "$(colours game)" -eq 2
keys F1
check "F1 shows something over the game" wait_until shows_another game
keys F1
check "F1 takes it away" wait_until shows game
keys F1
wait_until shows_another game
keys Escape
check "so does Escape" wait_until shows game
before=$(size)
keys F11
check "F11 fills the display" wait_until has_size "1280 1024"
keys F11
check "F11 gives it back" wait_until has_size "$before"
wait_until shows game
xdotool windowsize "$window" 500 333
check "the window is resized" wait_until has_size "500 333"
wait_until shows_another game
picture small
check "the game stays crisp at an odd size" test "$(colours small)" -eq 2
keys plus plus plus plus plus plus plus plus plus space
check "the fastest speed" wait_until title_has 'speed x64$'
count=$(lines)
check "and that is fast" wait_until has_lines $((count + 50))
keys q
close
check "Q ends it well" test "$exit_code" -eq 0
# shellcheck disable=SC2016 # the dollars are awk's
check "with the scores so far, in order" awk -v restarted="$((game + 1))" \
    '!/^Game # *[0-9]+; Reward +-?1;$/ || $3 + 0 <= last { exit 1 }
    { last = $3 + 0 } END { exit last < restarted }' "$work/stdout"
check "and no complaint" test ! -s "$work/stderr"

open --model="$work/model.h5" --games=1000000
keys Escape
close
check "Escape ends it well" test "$exit_code" -eq 0
open --model="$work/model.h5" --games=1000000
keys alt+F4
close
check "so does closing the window" test "$exit_code" -eq 0
open --model="$work/model.h5" --games=1000000
kill -TERM $player
close
check "so does a signal" test "$exit_code" -eq 0

# ---- Playing

# score_of SEED ACTIONS...: the score of a list of actions; 0 is left, 1 stays, 2 is right.
score_of() {
    seed=$1
    shift
    echo "$@" >"$work/actions"
    "$ASYNCRL" trace --game=catch --seed="$seed" --actions="$work/actions" |
        awk -F, 'NR > 1 { score += $3 } END { printf "%d", score }'
}
told() { sed -n "s/^Game # *$1; $2 *\(-*[0-9]*\);.*/\1/p" "$work/stdout"; }

seen=
for seed in 1 2 3 4 5; do
    open --human --game=catch --games=1 --seed=$seed
    wait_until title_has '   you   '
    xdotool keydown Left
    close
    xdotool keyup Left
    expected=$(score_of $seed 0 0 0 0 0 0 0 0 0)
    check "a key that is held counts at every step, seed $seed" \
        test "$exit_code $(told 1 Reward)" = "0 $expected"
    seen="$seen $expected"
done
check "and games were won and lost by it" test "$(echo "$seen" | xargs -n 1 | sort -u | wc -l)" = 2

seen=
for seed in 1 2 3 4 5 6; do
    open --human --model="$work/model.h5" --games=1 --seed=$seed
    wait_until title_has '   you   '
    keys period # begins, paused: nothing is held at the first step
    xdotool keydown Right
    keys period
    xdotool keyup Right
    keys Left period # pressed and let go between two steps
    keys period
    xdotool keydown Left keydown Right # the newer counts
    keys period
    xdotool keyup Right
    keys period
    xdotool keyup Left
    keys period period period period
    wait_until title_lacks '   you   '
    keys space Tab # the agent's game out of sight
    close
    expected=$(score_of $seed 1 2 0 1 2 0 1 1 1)
    check "keys count as they are at each step, seed $seed" test "$(told 1 You)" = "$expected"
    agent=$(sed -n 's/.*Agent *\(-*[0-9]*\);$/\1/p' "$work/stdout")
    "$ASYNCRL" play --model="$work/model.h5" --games=1 --seed=$seed --window=false >"$work/alone"
    check "the agent plays as it does alone, seed $seed" \
        grep -q "Reward *$agent;" "$work/alone"
    seen="$seen $expected"
done
check "and games were won and lost by them" test "$(echo "$seen" | xargs -n 1 | sort -u | wc -l)" = 2

open --human --game=catch --games=1
wait_until title_has '   you   '
keys F1 Left
sleep 2 # longer than a game
check "a game waits while F1 shows the keys" title_has '   you   score 0$'
keys F1
close
check "and goes on after that" test "$exit_code $(lines)" = "0 1"

open --human --game=catch --json
wait_until title_has '   you   '
keys period period plus
wait_until title_has 'speed x2'
keys q
close
check "Q ends a person's game well" test "$exit_code" -eq 0
check "and tells how far it went" \
    grep -q '"games":\[{"score":0.*"left":true}\]' "$work/stdout"
finish
