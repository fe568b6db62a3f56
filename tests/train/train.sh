#!/bin/sh
# Shared by the tests of training, on top of the command line's.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
cd "$work" || exit 1
: >stdout
: >stderr

start() { # start ARGUMENTS...: trains catch in the background; sets supervisor
    $foreground "$ASYNCRL" train a3c --game=catch --run_dir=run "$@" >stdout 2>stderr </dev/null &
    supervisor=$!
}

finish_run() { # waits for the supervisor; sets exit_code
    exit_code=0
    wait "$supervisor" 2>shell-words || exit_code=$?
}

children() { # children NAME: process ids of the supervisor's children whose name starts with it
    # shellcheck disable=SC2013 # words
    for child in $(cat "/proc/$supervisor/task/$supervisor/children" 2>shell-words); do
        case $(cat "/proc/$child/comm" 2>shell-words) in "$1"*) echo "$child" ;; esac
    done
}

lives() { # lives NAME [OLD]: a child of that name runs, another one than OLD
    [ -n "$(children "$1")" ] && [ "$(children "$1")" != "${2:-}" ]
}

rows() { # rows N: progress.csv has that many rows below its header
    [ "$(wc -l 2>shell-words <run/progress.csv || echo 0)" -gt "$1" ]
}

is_training() { # a row has steps: all processes are at work
    [ "$(tail -n +2 run/progress.csv 2>shell-words | cut -d, -f2 | sort -n | tail -n 1)" -gt 0 ] 2>shell-words
}

says() { # says PATTERN: stderr has it
    grep -q -e "$1" stderr
}

gone() { # gone PID...: none of them runs
    for pid in "$@"; do
        ! kill -0 "$pid" 2>shell-words || return 1
    done
}

new_run() {
    rm -rf run
}

saved_models() {
    find run -name 'model-catch-*.h5' 2>shell-words | wc -l
}

# ---- Runs that are interrupted and resumed -------------------------------------------------------

train_in_background() { # train_in_background ARGUMENTS...: sets supervisor
    $foreground "$ASYNCRL" train "$@" >stdout 2>stderr </dev/null &
    supervisor=$!
}

kill_everything() { # SIGKILL to the supervisor and all that it started, at once
    all=$(children asyncrl)
    # shellcheck disable=SC2086 # words
    kill -KILL "$supervisor" $all
    finish_run
    # shellcheck disable=SC2086
    wait_until gone $all
}

contents() { # contents FOLDER: digests of all files, to compare with later
    (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
}
