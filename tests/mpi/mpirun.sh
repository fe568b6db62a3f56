#!/bin/sh
# Runs of two ranks on this machine, on top of what tests of training share.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/../train/train.sh"

# The environment variables of ranks.
rank_of_two="env OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2"

# check_refused NAME PATTERN EXIT_CODE PROGRAM ARGUMENTS...: one line of rank 1's
check_refused() {
    name=$1 pattern=$2 expected=$3 program=$4
    shift 4
    exit_code=0
    # shellcheck disable=SC2086 # words
    $rank_of_two "$program" "$@" >stdout 2>stderr </dev/null || exit_code=$?
    passed=false
    [ "$exit_code" -eq "$expected" ] && [ "$(wc -l <stderr)" -eq 1 ] && says "^asyncrl: rank 1: .*$pattern" &&
        passed=true
    result $passed "$name"
}

rank_count=2 # of the runs that the functions below start

# Ranks share the cores; root may run them, because containers have no other user.
mpirun() {
    $foreground OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        "$MPIRUN" --bind-to none -n "$rank_count" "$@"
}

ranks() { # ranks ARGUMENTS...: trains to the end; sets exit_code
    exit_code=0
    mpirun "$ASYNCRL" train "$@" >stdout 2>stderr </dev/null || exit_code=$?
}

ranks_in_background() { # ranks_in_background ARGUMENTS...: sets starter
    new_run
    $foreground OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        "$MPIRUN" --bind-to none -n "$rank_count" "$ASYNCRL" train "$@" --run_dir=run >stdout 2>stderr </dev/null &
    supervisor=$!
}

rank() { # rank N: the process id of that rank's supervisor
    for child in $(children asyncrl); do
        tr '\0' '\n' <"/proc/$child/environ" | grep -q "^OMPI_COMM_WORLD_RANK=$1\$" && echo "$child"
    done
}

of_rank() { # of_rank N NAME: process ids of that rank's processes whose name starts so
    # shellcheck disable=SC2013 # words
    for child in $(cat "/proc/$(rank "$1")/task/$(rank "$1")/children"); do
        case $(cat "/proc/$child/comm" 2>shell-words) in "$2"*) echo "$child" ;; esac
    done
}

everybody() { # all processes of both ranks
    for one in $(children asyncrl); do
        echo "$one"
        cat "/proc/$one/task/$one/children"
    done
}

# dies NAME PATTERN WHO: kills that process; all end, with the line, and none is left
dies() {
    all=$(everybody)
    kill -KILL "$3"
    finish_run
    check "$1: exit code is not 0" test "$exit_code" -ne 0
    check "$1: says so" says "$2"
    # shellcheck disable=SC2086
    check "$1: no process is left" wait_until gone $all
}
