#!/bin/sh
# Shared by the tests of sweeps, in addition to train.sh.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

# shellcheck disable=SC2034 # the tests' files begin with it
usual='"method": "a3c", "game": "catch", "processes": 1, "envs_per_process": 2, "save_freq": 400,
    "tensorboard": false, "clips": false'
start_sweep() { # start_sweep ARGUMENTS...: sets sweep, its process
    $foreground "$ASYNCRL" sweep "$@" >stdout 2>stderr </dev/null &
    sweep=$!
}

finish_sweep() { # sets exit_code
    exit_code=0
    wait "$sweep" 2>shell-words || exit_code=$?
}

below() { # below PID: all processes that it and those below it have started
    # shellcheck disable=SC2013 # words
    for child in $(cat "/proc/$1/task/$1/children" 2>shell-words); do
        echo "$child"
        below "$child"
    done
}

kill_whole_sweep() { # SIGKILL to all of its processes, at once
    all=$(below "$sweep")
    # shellcheck disable=SC2086 # words
    kill -KILL "$sweep" $all 2>shell-words
    finish_sweep
    # shellcheck disable=SC2086
    wait_until gone $all
}

finished() { # finished DIR...: these runs have said so
    for dir in "$@"; do
        grep -q '"finished":true' "$dir/result.json" 2>shell-words || return 1
    done
}
