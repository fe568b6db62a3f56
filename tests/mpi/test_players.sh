#!/bin/sh
# Ranks that only play, and send their segments to one that learns (--learners): they learn what one process with all
# actors does; ends and deaths.
# shellcheck source=tests/mpi/mpirun.sh
. "$(dirname "$0")/mpirun.sh"

catch="--game=catch --envs_per_process=1"

check_refused "more learners than ranks" "learners=3 needs at least 3 ranks, and this run has 2" 2 \
    "$ASYNCRL" train a3c --game=catch --learners=3

if [ -z "${MPIRUN:-}" ]; then
    skip "ranks that only play" "no MPI: run tools/install-deps --mpi and set the build up again"
    finish
    exit
fi

# The learner reads the actors of rank 1 behind its own.
for method in a3c ppo; do
    shared="--batch_size=80 --n_step=5 --deterministic --total_steps=800"
    [ $method = a3c ] || shared="--batch_size=80 --n_step=5 --minibatch_size=40 --deterministic --total_steps=800"
    # shellcheck disable=SC2086 # options are words
    ranks $method $catch $shared --processes=2 --learners=1 --run_dir=$method-ranks
    # shellcheck disable=SC2086
    run train $method $catch $shared --processes=4 --run_dir=$method-one
    check "$method, deterministic: equal to the byte to one process with all actors" \
        cmp $method-ranks/model-catch-800.h5 $method-one/model-catch-800.h5
done

four="--learners=2 --batch_size=20 --total_steps=400"
# shellcheck disable=SC2086
ranks a3c $catch $four --processes=1 --run_dir=four : -n 2 "$ASYNCRL" train a3c $catch $four --processes=2
check "two of four learn, the others have more actors: exit code 0" test "$exit_code" -eq 0 -a -f four/model-catch-400.h5

rank_count=1
# shellcheck disable=SC2086
ranks a3c $catch --learners=1 --run_dir=differs : -n 1 "$ASYNCRL" train a3c $catch --learners=1 --lstm=8
rank_count=2
check "another network on a rank: says so" says \
    "^asyncrl: rank 1: the network has [0-9]* parameters here and [0-9]* on rank 0: give all ranks the same"

# ---- Ending --------------------------------------------------------------------------------------

acts_again() { [ -n "$(of_rank 1 asyncrl-act)" ] && [ "$(of_rank 1 asyncrl-act)" != "$actor" ]; }
# The queue of one segment an actor: rank 0 alone, whose actor rests, would not go on.
goes_on() { [ "$(tail -n 1 run/progress.csv | cut -d, -f2)" -gt $((steps + 100)) ]; }

# shellcheck disable=SC2086
ranks_in_background a3c $catch --processes=1 --learners=1
wait_until is_training
actor=$(of_rank 1 asyncrl-act)
kill -KILL "$actor"
check "an actor of a rank that only plays dies: another takes its place" wait_until acts_again
resting=$(of_rank 0 asyncrl-act)
kill -STOP "$resting"
steps=$(tail -n 1 run/progress.csv | cut -d, -f2)
check "the actor of the rank that learns rests: the run goes on" wait_until goes_on
kill -CONT "$resting"
kill -USR1 "$(rank 1)"
finish_run
check "the rank that only plays is asked to end: all do, exit code 0" test "$exit_code" -eq 0
check "asked to end: weights and checkpoint" test -f run/checkpoint.h5 -a "$(saved_models)" -ge 1
ranks --resume=run --learners=1 --stop_steps=1
check "resumed: exit code 0" test "$exit_code" -eq 0
check "resumed: says that the games are lost" says "the checkpoint lacks the games of a rank.*this resume is inexact"

for victim in sender player learner mpirun; do
    # shellcheck disable=SC2086
    ranks_in_background a3c $catch --processes=1 --learners=1 --save_freq=500
    wait_until test -f run/checkpoint-previous.h5
    case $victim in
    sender) dies "a sender dies" "^asyncrl: rank 1: the sender died (signal 9, Killed)" "$(of_rank 1 asyncrl-send)" ;;
    player) dies "a rank that plays dies" "rank 1 .*signal 9 (Killed)" "$(rank 1)" ;;
    learner) dies "the rank that learns dies" "rank 0 .*signal 9 (Killed)" "$(rank 0)" ;;
    mpirun) dies "mpirun dies" "" "$supervisor" ;; # with which the way of all lines to stderr is gone
    esac
    [ $victim = sender ] && continue
    run train --resume=run --stop_steps=1
    check "the last checkpoint is whole" test "$exit_code" -eq 0
done

finish
