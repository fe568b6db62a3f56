#!/bin/sh
# play and eval on catch, with random weights: what they print, keep and leave behind.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3
unset DISPLAY WAYLAND_DISPLAY

run play --model="$work/model.h5" --games=3 --evaldir="$work/kept/here"
check "play without a display" test "$exit_code" -eq 0
check "play says that there is no display" \
    grep -q "^asyncrl: playing without pictures" "$work/stderr"
check "play says so in one line" test "$(wc -l <"$work/stderr")" -eq 1
check "play prints a line a game" test \
    "$(grep -c '^Game #       [123]; Reward   [ -]1;$' "$work/stdout")" -eq 3
# shellcheck disable=SC2016 # the dollars are awk's
check "play keeps scores" awk -F, 'NR == 1 && $0 != "game,score,steps" { exit 1 }
    NR > 1 && ($1 != NR - 1 || $2 * $2 != 1 || $3 != 9) { exit 1 }
    END { exit NR != 4 }' "$work/kept/here/scores.csv"
kept=$(cd "$work/kept/here" && echo *)
check "play keeps a picture a game" test "$kept" = \
    "game-0001.png game-0002.png game-0003.png scores.csv"
cp "$work/stdout" "$work/first"
check_output "the same without asking for pictures" "$work/first" \
    play --model="$work/model.h5" --games=3 --window=false

export SDL_VIDEODRIVER=dummy # a window like any other, which nobody sees
start=$(date +%s)
check_output "the same with a window" "$work/first" play --model="$work/model.h5" --games=3
check "a window shows the game at its own speed: 27 frames at 10 a second" \
    test $(($(date +%s) - start)) -ge 2
unset SDL_VIDEODRIVER

run play --model="$work/model.h5" --window=false
check "ten games unless told otherwise" test "$(wc -l <"$work/stdout")" -eq 10

run eval --model="$work/model.h5" --episodes=12 --json
check "eval --json" test "$exit_code" -eq 0
check "eval --json: one line" test "$(wc -l <"$work/stdout")" -eq 1
number='-?[0-9.]+(e[-+][0-9]+)?'
summary="\"mean\":$number,\"median\":$number,\"std\":$number,\"min\":$number,\"max\":$number"
rest="\"agent_frames\":108,\"seconds\":$number"
lists="\"ci95\":\[$number,$number\],\"scores\":\[($number,){11}$number\]"
check "eval --json: all that was promised, in order" grep -Eqx \
    "\{\"game\":\"catch\",\"episodes\":12,$summary,$lists,$rest\}" \
    "$work/stdout"
run eval --model="$work/model.h5" --episodes=12
check "eval" test "$exit_code" -eq 0
check "eval: a table" grep -qx 'episodes   12' "$work/stdout"
finish
