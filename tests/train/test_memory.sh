#!/bin/sh
# Networks with a memory: a game that only they can learn, and runs that stop and go on in the middle of games.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

options="--game=$RECALL --processes=1 --envs_per_process=16 --n_step=6 --batch_size=96
    --queue_size=96 --swap_freq=1 --optimizer=adam --lr=0.002 --deterministic"

learns() { # learns FOLDER STEPS OPTIONS...: trains; sets mean, that of 100 games
    folder=$1 steps=$2
    shift 2
    # shellcheck disable=SC2086 # options are words
    run train "$@" $options --total_steps="$steps" --run_dir="$folder"
    check "$folder: trains $steps steps" test "$exit_code" -eq 0
    run eval --model="$folder/model-recall-$steps.h5" --game="$RECALL" --episodes=100 --json
    check "$folder: its model can be judged" test "$exit_code" -eq 0
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
}

# The screens before the answer do not show it: a network without memory gets 0.
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    learns memory 17280 a3c --lstm=16
    check "a3c with a memory: scores $mean of 1, at least 0.6" \
        awk -v mean="${mean:--1}" 'BEGIN { exit !(mean >= 0.6) }'
    learns forgetful 4800 a3c
    check "a3c without: scores $mean, within 0.4 of chance, which is 0" \
        awk -v mean="${mean:-1}" 'BEGIN { exit !(mean >= -0.4 && mean <= 0.4) }'
    learns ppo 4800 ppo --lstm=16 --minibatch_size=48 --steps=100000
    check "ppo with a memory: scores $mean of 1, at least 0.6" \
        awk -v mean="${mean:--1}" 'BEGIN { exit !(mean >= 0.6) }'
fi

# A step ends in the middle of every game here; batches end in the middle of segments. Sanitizers learn nothing new
# from a whole run.
halves() { # halves NAME ARGUMENTS...
    name=$1
    shift
    run train "$@" --run_dir="$name" --total_steps=480
    check "$name: trains" test "$exit_code" -eq 0
    run train --resume="$name" --total_steps=960
    check "$name: goes on" test "$exit_code" -eq 0
    [ -z "${ASYNCRL_SHORT:-}" ] || return 0
    run train "$@" --run_dir="$name-whole" --total_steps=960
    check "$name: halves are equal to a whole run" \
        cmp "$name/model-recall-960.h5" "$name-whole/model-recall-960.h5"
}

few="--game=$RECALL --processes=2 --envs_per_process=1 --deterministic --lstm=8 --n_step=5
    --normalize_observations --normalize_returns --reward=running"
# shellcheck disable=SC2086 # options are words
{
    halves a3c-plain a3c $few --batch_size=48
    halves a3c-vtrace a3c $few --batch_size=48 --vtrace --normalize_advantages
    halves ppo-few ppo $few --batch_size=40 --minibatch_size=20 --steps=100000
}

run train q1 --game=catch --lstm=8 --run_dir=refused
check "q1 --lstm: is refused" test "$exit_code" -eq 2
check "q1 --lstm: one line says why" says "^asyncrl: --lstm is for a3c and ppo"
run train qn --game=catch --normalize_returns --run_dir=refused
check "qn --normalize_returns: is refused" test "$exit_code" -eq 2
check "qn --normalize_returns: one line says why" says "^asyncrl: --normalize_returns is for methods"
finish
