#!/bin/sh
# Several ranks that mpirun starts on this machine: they learn the same, and the same again; refusals; a dead
# rank ends all.
# shellcheck source=tests/mpi/mpirun.sh
. "$(dirname "$0")/mpirun.sh"

catch="--game=catch --processes=2 --envs_per_process=2"

check_refused "a batch that cannot be shared" "batch_size=21 cannot be shared equally by 2 ranks" 2 \
    "$ASYNCRL" train a3c --game=catch --batch_size=21
check_refused "a minibatch that cannot be shared" "minibatch_size=255 cannot be shared equally by 2 ranks" 2 \
    "$ASYNCRL" train ppo --game=catch --minibatch_size=255
cp "$ASYNCRL" alone
check_refused "without the module: what brings it" "run tools/install-deps --mpi" 1 \
    "$work/alone" train a3c --game=catch --total_steps=100

if [ -z "${MPIRUN:-}" ]; then
    skip "two ranks" "no MPI: run tools/install-deps --mpi and set the build up again"
    finish
    exit
fi

check_refused "a late joiner, which mpirun did not start" "MPI says 0 of 1" 1 \
    "$ASYNCRL" train a3c --game=catch --total_steps=100

# ---- Learning ------------------------------------------------------------------------------------

# shellcheck disable=SC2086 # options are words
ranks a3c $catch --batch_size=20 --total_steps=4000 --run_dir=learns
check "they train to the end: exit code 0" test "$exit_code" -eq 0
check "their counters mean the whole" test -f learns/model-catch-4000.h5
check "rank 0 alone speaks" test "$(grep -c ' training in ' stderr)" -eq 1
check "and says which is the slowest" says "2 ranks learn from [0-9]* steps/s each; rank [01] is the slowest"
check "and alone names the weights" test "$(cat stdout)" = learns/model-catch-4000.h5

# Each game has 9 steps, and the log of an actor's games 1024 places, which no process empties on rank 1.
ranks qn --game=catch --processes=1 --envs_per_process=16 --n_step=1 --batch_size=512 --total_steps=20480 --run_dir=games
check "more games than an actor's log holds: they train to the end" test -f games/model-catch-20480.h5

# The second run stops half way, with a part of a batch, and is resumed.
for method in q1 ppo; do
    shared="--batch_size=24 --target_freq=240 --swap_freq=160"
    [ $method = q1 ] || shared="--batch_size=64 --n_step=8 --minibatch_size=32 \
        --normalize_observations --normalize_returns --lstm=8"
    # shellcheck disable=SC2086
    ranks $method $catch $shared --deterministic --total_steps=768 --run_dir=${method}1
    # shellcheck disable=SC2086
    ranks $method $catch $shared --deterministic --total_steps=768 --stop_steps=384 --run_dir=${method}2
    check "$method, deterministic: stops half way" test ! -f ${method}2/model-catch-768.h5
    ranks --resume=${method}2
    check "$method, deterministic: resumed, equal to the byte" \
        cmp "${method}1/model-catch-768.h5" "${method}2/model-catch-768.h5"
    check "$method, deterministic: does not say that it is inexact" test "$(grep -c inexact stderr)" -eq 0
done

# Rank 0 has these options, and rank 1 others.
rank_count=1
# shellcheck disable=SC2086
ranks a3c $catch --batch_size=60 --total_steps=600 --run_dir=threads --learner_threads=2 : -n 1 "$ASYNCRL" train \
    a3c $catch --batch_size=60 --total_steps=600 --learner_threads=1
check "different numbers of threads: exit code 0" test "$exit_code" -eq 0 -a -f threads/model-catch-600.h5

# shellcheck disable=SC2086
ranks a3c $catch --batch_size=24 --total_steps=480 --run_dir=differs : -n 1 "$ASYNCRL" train a3c $catch --batch_size=24 \
    --total_steps=480 --lr=0.001
check "other weights on another rank: exit code is not 0" test "$exit_code" -ne 0
check "other weights on another rank: says so" says \
    "^asyncrl: rank 1: after 480 steps the parameters differ from those of rank 0"

minibatches="--batch_size=96 --minibatch_size=48 --total_steps=480"
leaves_no_memory() { [ -z "$(find /dev/shm -name 'asyncrl-*' -newer before)" ]; }
touch before
# shellcheck disable=SC2086
ranks ppo $catch $minibatches --run_dir=mixed : -n 1 "$ASYNCRL" train ppo --game=catch $minibatches --processes=3 \
    --envs_per_process=2
check "other rounds on another rank: says so" says "^asyncrl: rank 1: --processes is 3 here and 2 on rank 0"
check "other rounds on another rank: no shared memory stays" wait_until leaves_no_memory

# A batch is a round; the actors of a rank, and a thread of the one process, have an equal part of it.
for rank_count in 2 4; do
    method=a3c
    [ "$rank_count" -eq 4 ] || method=qn
    parts="--game=catch --envs_per_process=1 --n_step=1 --batch_size=80 --deterministic --total_steps=800"
    # shellcheck disable=SC2086
    ranks $method $parts --processes=1 --learner_threads=1 --run_dir=$method-ranks
    # shellcheck disable=SC2086
    run train $method $parts --processes="$rank_count" --learner_threads="$rank_count" --run_dir=$method-one
    check "$method, deterministic: $rank_count ranks, equal to the byte to one process that sums the same parts" \
        cmp $method-ranks/model-catch-800.h5 $method-one/model-catch-800.h5
done
rank_count=2

# ---- Ending --------------------------------------------------------------------------------------

# The processes of rank 1 rest for longer than the run has taken before.
learned() { tail -n 1 run/progress.csv | cut -d, -f2; }
rests_long() { [ "$(cut -d, -f2 run/progress.csv | grep -c "^$(learned)\$")" -gt $((2 * rows_before)) ]; }
goes_on() { [ "$(learned)" -gt "$rested_at" ]; }

# shellcheck disable=SC2086
ranks_in_background a3c $catch
wait_until is_training
resting=$(of_rank 1 asyncrl)
# shellcheck disable=SC2086
kill -STOP $resting
rows_before=$(wc -l <run/progress.csv)
mkdir other
cd other || exit 1
# shellcheck disable=SC2086
ranks a3c $catch --run_dir=../run
check "others in the same run directory: are refused" says "^asyncrl: rank 0: a run is going on in"
cd .. || exit 1
check "a rank rests: the others wait for it" wait_until rests_long
rested_at=$(learned)
# shellcheck disable=SC2086
kill -CONT $resting
check "a rank rests: the run goes on after that" wait_until goes_on
# A learner that stops while it waits for the others seems to wait on, so now only actors rest.
resting=$(of_rank 1 asyncrl-act)
# shellcheck disable=SC2086
kill -STOP $resting
rows_before=$(($(wc -l <run/progress.csv) / 2))
check "the actors of a rank rest: the others wait for it" wait_until rests_long
# shellcheck disable=SC2086
kill -CONT $resting
kill -USR1 "$supervisor"
finish_run
check "asked to end: exit code 0" test "$exit_code" -eq 0
check "asked to end: weights and checkpoint" test -f run/checkpoint.h5 -a "$(saved_models)" -ge 1
check "a rank rests: it is named" says "rank 1 is the slowest"

has_saved() { [ "$(saved_models)" -ge 1 ]; }

steps=$(tail -n 1 run/progress.csv | cut -d, -f2)
ranks --resume=run --total_steps=$((steps + 400))
check "resumed: exit code 0" test "$exit_code" -eq 0
check "resumed: does not say that it is inexact" test "$(grep -c inexact stderr)" -eq 0
check "resumed: the steps go on" test -f "run/model-catch-$((steps + 400)).h5"
run train --resume=run --total_steps=$((steps + 800))
check "resumed by one: says what it takes up" says \
    "from weights and optimizer of $((steps + 400)) steps, with new games, because the number of ranks changed from 2 to 1: this resume is inexact"
check "resumed by one: the steps go on" test "$exit_code" -eq 0 -a -f "run/model-catch-$((steps + 800)).h5"
ranks --resume=run
check "resumed, finished: exit code 0" test "$exit_code" -eq 0
check "resumed by more: says so, too" says "because the number of ranks changed from 1 to 2: this resume is inexact"

# shellcheck disable=SC2086
ranks_in_background a3c $catch --save_freq=500
wait_until has_saved
dies "a learner dies" "^asyncrl: rank 1: the learner died (signal 9, Killed)" "$(of_rank 1 asyncrl-learn)"
check "a learner dies: there are weights" test "$(saved_models)" -ge 1

for victim in rank-1 mpirun; do
    # shellcheck disable=SC2086
    ranks_in_background a3c $catch --save_freq=500
    wait_until test -f run/checkpoint-previous.h5
    if [ $victim = mpirun ]; then # with which the way of all lines to stderr is gone
        dies "$victim dies" "" "$supervisor"
    else
        dies "$victim dies" "rank 1 .*signal 9 (Killed)" "$(rank 1)"
    fi
    ranks --resume=run --stop_steps=1
    check "$victim dies: the last checkpoint is whole" test "$exit_code" -eq 0
    check "$victim dies: it holds the games of all" test "$(grep -c inexact stderr)" -eq 0
done

finish
