#!/bin/sh
# Real signals: to the whole process group, as from a terminal that hangs up and from a batch system; ignored
# at the start, as by nohup and scripts; from limits. Also odd starts: closed descriptors, and a name that
# another run wants.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

start_in_group() { # trains in a process group of its own
    new_run
    $foreground setsid "$ASYNCRL" train a3c --game=catch --processes=2 --run_dir=run \
        >stdout 2>stderr </dev/null &
    supervisor=$!
    wait_until is_training
    all=$(children asyncrl)
}

signal_group() { # signal_group SIGNAL: to the supervisor and all its children
    kill -"$1" -"$supervisor"
}

check_saved() { # check_saved NAME: the run ends well, with weights and a checkpoint
    finish_run
    check "$1: exit code 0" test "$exit_code" -eq 0
    check "$1: nobody died" test "$(grep -c died stderr)" -eq 0
    check "$1: weights and a checkpoint" test "$(saved_models)" -eq 1 -a -f run/checkpoint.h5
    # shellcheck disable=SC2086 # words
    check "$1: no process left" gone $all
}

goes_on() { # rows are still being added
    seen=$(wc -l <run/progress.csv)
    wait_until rows "$seen"
}

signals="HUP USR1 USR2 XCPU TERM"
[ -z "${ASYNCRL_SHORT:-}" ] || signals="HUP TERM" # one path for all of them
for signal in $signals; do
    start_in_group
    signal_group "$signal"
    check_saved "SIG$signal to the group"
done

start_in_group
for signal in ALRM VTALRM PROF IO PWR 16 XFSZ RTMIN RTMAX; do
    signal_group $signal
done
check "signals without a meaning: training goes on" goes_on
kill -XCPU "$(children asyncrl-learn)" # as if its own processor time were up
check_saved "a learner whose time is up"

# ---- Ignored at the start ------------------------------------------------------------------------

new_run
nohup "$ASYNCRL" train a3c --game=catch --processes=2 --run_dir=run --steps=500 >stdout 2>stderr </dev/null &
supervisor=$!
wait_until rows 1
all=$(children asyncrl)
kill -HUP "$supervisor"
kill -INT "$supervisor" # which the shell ignores for a background job
check "nohup, and a script's background job: training goes on" goes_on
check "--steps is not the length of the run, and it says so" \
    wait_until says "over 500 steps and stays there, but the run goes on: only --total_steps=N"
kill -TERM "$supervisor"
check_saved "SIGTERM, where the others are ignored"

# ---- How a run is started ------------------------------------------------------------------------

new_run
"$ASYNCRL" train a3c --game=catch --processes=2 --total_steps=2000 --run_dir=run <&- >&- 2>&-
exit_code=$?
check "no standard descriptors: exit code 0" test "$exit_code" -eq 0
check "no standard descriptors: no log in the curves" test \
    "$(grep -c -v '^[0-9.,e+-]*$' run/episodes.csv run/progress.csv | tr '\n' ' ')" = \
    "run/episodes.csv:1 run/progress.csv:1 "

new_run
exit_code=0
(ulimit -f 1 && "$ASYNCRL" train a3c --game=catch --processes=2 --total_steps=400 --clips=false \
    --tensorboard=false --run_dir=run >stdout 2>stderr </dev/null) || exit_code=$?
check "ulimit -f: exit code 1" test "$exit_code" -eq 1
check "ulimit -f: the reason" says "^asyncrl: cannot write 'run/.*File too large"
check "ulimit -f: nothing half-written" test -z "$(find run -name '*.tmp' -o -name '*.h5')"

mkdir crowd
runs=
for seed in 1 2 3 4; do
    (cd crowd && exec "$ASYNCRL" train a3c --game=catch --processes=1 --seed=$seed --total_steps=100 \
        --tensorboard=false >"../out-$seed" 2>"../err-$seed" </dev/null) &
    runs="$runs $!"
done
failed=0
for run in $runs; do
    wait "$run" || failed=$((failed + 1))
done
cat err-* >stderr
cat out-* >stdout
check "four runs begun at once: all end well" test $failed -eq 0
check "four runs begun at once: each in a directory of its own" test \
    "$(find crowd/runs -name 'model-catch-*.h5' | wc -l)" -eq 4 -a "$(find crowd/runs -mindepth 1 -maxdepth 1 | wc -l)" -eq 4
check "four runs begun at once: each says its own" test \
    "$(cat out-* | while read -r model; do [ ! -f "crowd/$model" ] || echo "$model"; done | sort -u | wc -l)" -eq 4
finish
