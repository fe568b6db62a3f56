#!/bin/sh
# Shared by the command line's tests. A test sources this, calls check_* and ends with `finish`.
#
# $ASYNCRL is the program, $MAKE_INPUT makes input files, $work is a folder of the test's own.
# $ASYNCRL_PATIENCE is how many times slower than a fast, idle machine this one is (tools/run-test measures it).

set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
test_count=0

result() { # result PASSED NAME: one line of TAP
    test_count=$((test_count + 1))
    if [ "$1" = true ]; then
        echo "ok $test_count - $2"
    else
        echo "not ok $test_count - $2"
        head -n 100 "$work/stdout" | sed 's/^/# stdout: /'
        sed 's/^/# stderr: /' "$work/stderr"
        echo "# exit code: ${exit_code:-none yet}"
    fi
}

run() { # run ARGUMENTS...: sets exit_code; output is in $work/stdout and $work/stderr
    exit_code=0
    "$ASYNCRL" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || exit_code=$?
}

# check_bad NAME PATTERN ARGUMENTS...: bad input is exit code 2, nothing on stdout, and exactly one
# line on stderr, which PATTERN (a basic regular expression) matches.
check_bad() {
    test_name=$1
    test_pattern=$2
    shift 2
    run "$@"
    passed=false
    if [ "$exit_code" -eq 2 ] && [ ! -s "$work/stdout" ] &&
        [ "$(wc -l <"$work/stderr")" -eq 1 ] &&
        grep -q "^asyncrl: .*$test_pattern" "$work/stderr"; then
        passed=true
    fi
    result $passed "$test_name"
}

# check_output NAME FILE ARGUMENTS...: exit code 0, stdout as in FILE, nothing on stderr.
check_output() {
    test_name=$1
    test_expected=$2
    shift 2
    run "$@"
    passed=false
    if [ "$exit_code" -eq 0 ] && [ ! -s "$work/stderr" ] &&
        cmp -s "$test_expected" "$work/stdout"; then
        passed=true
    fi
    result $passed "$test_name"
}

# check NAME COMMAND...: any other condition.
check() {
    test_name=$1
    shift
    if "$@"; then passed=true; else passed=false; fi
    result $passed "$test_name"
}

most_tries=$(awk -v patience="${ASYNCRL_PATIENCE:-1}" 'BEGIN { printf "%d", 3000 * patience }')

# wait_until COMMAND...: until it succeeds; gives up after a minute on a fast, idle machine.
wait_until() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt "$most_tries" ] || return 1
        sleep 0.02
    done
}

# Before a command in the background of this script, for which a shell ignores these signals.
foreground="env --default-signal=INT,QUIT"

# start_playing ARGUMENTS...: plays $work/model.h5 on and on, and returns when two games have ended.
start_playing() {
    : >"$work/stdout" # the process empties it only when it gets its turn
    $foreground "$ASYNCRL" play --model="$work/model.h5" --games=1000000 "$@" \
        >"$work/stdout" 2>"$work/stderr" </dev/null &
    player=$!
    wait_until has_played_twice
}

has_played_twice() { [ "$(wc -l <"$work/stdout")" -ge 2 ]; }
has_ended() { ! kill -0 "$player" 2>/dev/null; }

# stop_playing SIGNAL: sets exit_code; one that does not end is killed.
stop_playing() {
    kill -"$1" "$player"
    wait_until has_ended || kill -KILL "$player"
    exit_code=0
    wait "$player" || exit_code=$?
}

skip() { # skip NAME REASON
    test_count=$((test_count + 1))
    echo "ok $test_count - $1 # SKIP $2"
}

finish() {
    echo "1..$test_count"
}
