#!/bin/sh
# --json: one line of stdout that is JSON, with the members that docs/json.md promises, and nothing else.
# Python reads it, a reader independent of the program's own.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

page=$(dirname "$0")/../../docs/json.md

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3
unset DISPLAY WAYLAND_DISPLAY

# check_json NAME MEMBERS ARGUMENTS...: MEMBERS are the object's keys, in order, with spaces between.
check_json() {
    test_name=$1
    test_members=$2
    shift 2
    run "$@"
    members=$(python3 -m json.tool --no-ensure-ascii "$work/stdout" | sed -n 's/^    "\([a-z0-9_]*\)":.*/\1/p' |
        xargs)
    check "$test_name: succeeds" test "$exit_code" -eq 0
    check "$test_name: one line" test "$(wc -l <"$work/stdout")" -eq 1
    unknown=
    for member in $members; do grep -q "\`$member\`" "$page" || unknown="$unknown $member"; done
    check "$test_name: docs/json.md has them all" test -z "$unknown"
    check "$test_name: its members ($members)" test "$members" = "$test_members"
}

if ! command -v python3 >/dev/null; then
    skip "--json" "no python3 to read it with"
    finish
    exit
fi
check_json games "games" games --json
check "games: as many as without" test "$(grep -o '"' "$work/stdout" | wc -l)" -eq \
    $((2 * $("$ASYNCRL" games | wc -l) + 2))
check_json "games PATTERN" "games" games catch --json
check "games PATTERN: that game" grep -qx '{"games":\["catch"\]}' "$work/stdout"
check_bad "games: none of that name" "no game has" games no-such --json
check_json play "game games" play --model="$work/model.h5" --games=2 --window=false --json
check "play: the games" grep -Eqx \
    '\{"game":"catch","games":\[\{"score":-?1.0,"steps":9\},\{"score":-?1.0,"steps":9\}\]\}' "$work/stdout"
check_json eval "game episodes mean median std min max ci95 scores cut steps agent_frames seconds" \
    eval --model="$work/model.h5" --episodes=3 --json
check_json train "run_dir model steps frames emulator_frames seconds score games finished" \
    train a3c --game=catch --processes=1 --total_steps=400 --run_dir="$work/run" --json
check "train: the run directory and the model in it" grep -q \
    "{\"run_dir\":\"$work/run\",\"model\":\"$work/run/model-catch-[0-9]*.h5\"" "$work/stdout"
run train --resume="$work/run" --total_steps=800
check "train: a run that goes on does not inherit it" test "$(cat "$work/stdout")" = \
    "$(echo "$work"/run/model-catch-[89]*.h5)"
echo '{"method": "a3c", "game": "catch", "processes": 1, "total_steps": 400}' >"$work/one.json"
check_json sweep "sweep_dir runs settings chart" sweep "$work/one.json" --sweep_dir="$work/sweep" --json
check_json export "onnx game method observation network actions" \
    export --model="$work/model.h5" -o "$work/model.onnx" --json
check "export: what it wrote" grep -qx \
    "{\"onnx\":\"$work/model.onnx\",\"game\":\"catch\",\"method\":\"a3c\",\"observation\":\"classic\",\"network\":\"a3c\",\"actions\":3}" \
    "$work/stdout"
check_bad "a bad option beside it" "unknown option" eval --json --nonsense
finish
