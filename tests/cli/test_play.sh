#!/bin/sh
# play and eval on catch, with random weights: their output and files.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3
unset DISPLAY WAYLAND_DISPLAY

run play --model="$work/model.h5" --games=3 --evaldir="$work/kept/here"
check "play without a display" test "$exit_code" -eq 0
check "play says that there is no display" \
    grep -q "^asyncrl: playing without pictures" "$work/stderr"
check "play says so in one line" test "$(wc -l <"$work/stderr")" -eq 1
check "play prints a line per game" test \
    "$(grep -c '^Game #       [123]; Reward   [ -]1;$' "$work/stdout")" -eq 3
# shellcheck disable=SC2016 # the dollars are awk's
check "play keeps scores" awk -F, 'NR == 1 && $0 != "game,score,steps" { exit 1 }
    NR > 1 && ($1 != NR - 1 || $2 * $2 != 1 || $3 != 9) { exit 1 }
    END { exit NR != 4 }' "$work/kept/here/scores.csv"
kept=$(cd "$work/kept/here" && echo *)
check "play keeps a picture per game" test "$kept" = \
    "game-0001.png game-0002.png game-0003.png scores.csv"
"$MAKE_INPUT" weights "$work/large.h5" a3c "$BAD_PLUGIN" 3 2
export FAULT=large-reward
run play --model="$work/large.h5" --game="$BAD_PLUGIN" --games=1 --evaldir="$work/large"
check "all digits of a large score" grep -q "^1,24691345," "$work/large/scores.csv"
unset FAULT
"$MAKE_INPUT" weights "$work/mario.h5" a3c SuperMarioBros-1-1-v1 3 7
# Untrained, it stands before a pipe until the time is up: 8000 steps.
run play --model="$work/mario.h5" --games=1 --evaldir="$work/mario" --max_steps_per_game=200
if [ "$exit_code" -eq 2 ]; then
    skip "a game's info beside its score" "$(cut -c 10-90 "$work/stderr")"
else
    # shellcheck disable=SC2016 # the dollars are awk's
    check "a game's info beside its score" awk -F, '
        NR == 1 && $4 == "x_pos" && $8 == "flag_get" { named = 1 }
        NR == 2 && $4 > 0 && $4 < 3200 && $8 == 0 { told = 1 }
        END { exit !(named && told) }' "$work/mario/scores.csv"
    run eval --model="$work/mario.h5" --episodes=1 --json --max_steps_per_game=200
    check "eval: no game reached the flag" grep -q '"flag_rate":0[.,}]' "$work/stdout"
fi
run play --model="$work/model.h5" --games=3 --window=false
cp "$work/stdout" "$work/first"
check_output "the same without asking for pictures" "$work/first" \
    play --model="$work/model.h5" --games=3 --window=false

export SDL_VIDEODRIVER=dummy # a window without a display
start=$(date +%s)
check_output "the same with a window" "$work/first" play --model="$work/model.h5" --games=3
check "a window shows the game at its own speed: 27 frames at 10 a second" \
    test $(($(date +%s) - start)) -ge 2
unset SDL_VIDEODRIVER

run play --model="$work/model.h5" --window=false
check "ten games unless told otherwise" test "$(wc -l <"$work/stdout")" -eq 10

gif_ends() { printf '%s%s' "$(head -c 6 "$1")" "$(tail -c 1 "$1")"; } # of a whole one: "GIF89a;"

export DISPLAY=:99 # nothing listens there
run play --model="$work/model.h5" --gif="$work/one.gif"
check "--gif: one game, and no window is tried" test \
    "$exit_code $(wc -l <"$work/stdout") $(wc -l <"$work/stderr")" = "0 1 1"
check "--gif: a GIF" test "$(gif_ends "$work/one.gif")" = "GIF89a;"
run play --model="$work/model.h5" --gif="$work/again.gif" --window
check "--gif: a window on request" grep -q "^asyncrl: playing without" "$work/stderr"
unset DISPLAY
check "--gif: the same game, the same file" cmp -s "$work/one.gif" "$work/again.gif"

run play --model="$work/model.h5" --gif="$work/all.gif" --games=30
first=$(awk '$5 == "1;" { print NR; exit }' "$work/stdout") # the first game with the best score
check "--gif: a game that is won comes after lost ones" test "${first:-0}" -gt 1
run play --model="$work/model.h5" --gif="$work/all.gif" --games="$first"
run play --model="$work/model.h5" --gif="$work/best.gif" --games="$first" --gif_best
best_size=$(($(wc -c <"$work/best.gif") - 32)) # without what stands before the games
tail -c "$best_size" "$work/all.gif" >"$work/all.end"
tail -c "$best_size" "$work/best.gif" >"$work/best.end"
check "--gif_best: the last of these games" cmp -s "$work/all.end" "$work/best.end"
check "--gif_best: it alone" test "$best_size" -lt $(($(wc -c <"$work/all.gif") - 32))
run play --model="$work/model.h5" --gif="$work/best30.gif" --games=30 --gif_best
check "--gif_best: the first of equals" cmp -s "$work/best.gif" "$work/best30.gif"
run play --model="$work/model.h5" --gif="$work/best10.gif" --gif_best
check "--gif_best: ten games unless told otherwise" test "$(wc -l <"$work/stdout")" -eq 10

for signal in INT TERM; do
    start_playing --gif="$work/cut.gif"
    check "--gif: no file before the end" test ! -e "$work/cut.gif"
    stop_playing $signal
    check "--gif: SIG$signal ends it" test $exit_code -eq 0
    check "--gif: SIG$signal: a whole GIF" test "$(gif_ends "$work/cut.gif")" = "GIF89a;"
    check "--gif: SIG$signal: of more than a game" test \
        "$(wc -c <"$work/cut.gif")" -gt "$(wc -c <"$work/one.gif")"
    rm -f "$work/cut.gif"
done
check "--gif: nothing is left beside the files" test -z "$(find "$work" -name '*.tmp')"

run eval --model="$work/model.h5" --episodes=12 --json
check "eval --json" test "$exit_code" -eq 0
check "eval --json: one line" test "$(wc -l <"$work/stdout")" -eq 1
number='-?[0-9.]+(e[-+][0-9]+)?'
summary="\"mean\":$number,\"median\":$number,\"std\":$number,\"min\":$number,\"max\":$number"
rest="\"cut\":0,\"steps\":108,\"agent_frames\":108,\"seconds\":$number"
lists="\"ci95\":\[$number,$number\],\"scores\":\[($number,){11}$number\]"
check "eval --json: all that was promised, in order" grep -Eqx \
    "\{\"game\":\"catch\",\"episodes\":12,$summary,$lists,$rest\}" \
    "$work/stdout"
run eval --model="$work/model.h5" --episodes=12
check "eval" test "$exit_code" -eq 0
check "eval: a table" grep -qx 'episodes   12' "$work/stdout"
check "eval: no game was cut" test -z "$(grep '^cut' "$work/stdout")"
run eval --model="$work/model.h5" --episodes=4 --max_steps_per_game=5
check "eval: games are cut, and told" grep -q '^cut        4 games' "$work/stdout"
check "eval: of 5 steps each" grep -q '^steps      20 in' "$work/stdout"
run play --model="$work/model.h5" --games=1 --window=false --json --max_steps_per_game=4
check "play: a game is cut" grep -q '"steps":4}' "$work/stdout"

# A run directory stands for its best weights, otherwise its newest.
mkdir "$work/run"
cp "$work/model.h5" "$work/run/model-catch-900.h5"
touch -d '2020-01-01' "$work/run/model-catch-900.h5"
cp "$work/model.h5" "$work/run/model-catch-100.h5"
run play --model="$work/run" --games=1
check "a run directory: its newest weights" grep -q "the weights are $work/run/model-catch-100.h5" "$work/stderr"
cp "$work/model.h5" "$work/run/model-best.h5"
touch -d '2020-01-01' "$work/run/model-best.h5"
for command in "play --games=1" "eval --episodes=1" "export -o $work/run/a.onnx"; do
    # shellcheck disable=SC2086 # words
    run $command --model="$work/run"
    check "${command%% *} of a run directory: its best weights" \
        grep -q "the weights are $work/run/model-best.h5" "$work/stderr"
    check "${command%% *} of a run directory: exit code" test "$exit_code" -eq 0
done
finish
