#!/bin/sh
# Games of consoles: trained, stopped and resumed to the last byte, played, refused.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

data=${ASYNCRL_DATA:-}
if [ ! -e "$data/retro/SHA256SUMS" ]; then
    skip "consoles" "no cores: run tools/install-deps --consoles"
    finish
    exit 0
fi

game=Airstriker-Genesis-v0
frames=640
[ -z "${ASYNCRL_SHORT:-}" ] || frames=160
actions=@actions.json
echo '[["NOOP"], ["left"], ["right"], ["B"], ["left", "B"], ["right", "B"]]' >actions.json
train="train a3c --game=$game --actions=$actions --state=Level1 --frame_skip=4 --processes=2 --envs_per_process=2"

# shellcheck disable=SC2086 # words
run $train --deterministic --total_steps=$frames --run_dir=whole
check "Airstriker: trains" test "$exit_code" -eq 0
# shellcheck disable=SC2086
run $train --deterministic --total_steps=$((frames / 2)) --run_dir=halves
rm actions.json # the run has the list
run train a3c --resume=halves --total_steps=$frames
check "Airstriker: is resumed" test "$exit_code" -eq 0
check "Airstriker: to the last byte" cmp -s whole/model-$game-$frames.h5 halves/model-$game-$frames.h5
check "config.json says where games start" grep -q '"state": "Level1"' whole/config.json
run eval --model=whole/model-$game-$frames.h5 --episodes=1 --json
check "Airstriker: is played with the actions of the weights" grep -q '"episodes": *1' stdout

rom=$data/roms/breakout.bin
if [ -e "$rom" ]; then
    run train q1 --game=Breakout-Atari2600 --rom="$rom" --processes=2 --total_steps=80 --run_dir=stella
    check "Breakout on Stella: trains" test "$exit_code" -eq 0
    check_bad "another game's ROM is named" "is Breakout-Atari2600-v0, not Pong-Atari2600-v0" \
        train a3c --game=Pong-Atari2600-v0 --rom="$rom"
else
    skip "Breakout on Stella" "no ROMs: run tools/install-deps"
fi
check_bad "a missing ROM is named" "the ROM of Sonic.* --rom=FILE" \
    train a3c --game=SonicTheHedgehog-Genesis-v0
if [ -e "$data/retro/games/Boxing-Atari2600-v0/script.lua" ] && [ -e "$data/roms/boxing.bin" ]; then
    run train a3c --game=Boxing-Atari2600 --rom="$data/roms/boxing.bin" --processes=2 --total_steps=80 --run_dir=lua
    check "Boxing, by a script: trains" test "$exit_code" -eq 0
else
    skip "Boxing, by a script" "no script or ROM: run tools/install-deps --consoles"
fi
check_bad "an unknown game is corrected" "did you mean 'Airstriker-Genesis-v0'" \
    train a3c --game=Airstrker-Genesis-v0
check_bad "actions are buttons" "not an action of a Genesis" train a3c --game=$game --actions=FLY
check_bad "a start state of another name is refused" "no start state 'Level2' .* which has Level1" \
    train a3c --game=$game --state=Level2
check_bad "another file as a core is refused" "not a libretro core" train a3c --game=$game --core=/bin/true
check "refusals leave nothing" test ! -e runs
finish
