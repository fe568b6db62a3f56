#!/bin/sh
# --deterministic: equal seeds and options give equal weight files, to the last byte, for any timing, and
# after any number of stops, kills and resumes.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

frames=1680
[ -z "${ASYNCRL_SHORT:-}" ] || frames=1080
save_freq=$((frames / 6)) # not a whole number of rounds
catch="--game=catch --processes=4 --envs_per_process=4"
breakout="--game=Breakout-v0 --preset=classic --processes=4 --envs_per_process=4"
q="--swap_freq=300 --eps_decay=1000" # new weights and other epsilons several times on the way
shown= # --clips=false: without

# train NAME METHOD OPTIONS...: a whole run in that folder
train() {
    folder=$1
    shift
    run train "$@" --deterministic --total_steps=$frames --save_freq=$save_freq --run_dir="$folder" $shown
}

begin() { # begin METHOD OPTIONS...: the same in the background, in the folder run
    new_run
    train_in_background "$@" --deterministic --total_steps=$frames --save_freq=$save_freq \
        --run_dir=run $shown
}

# train_unevenly NAME METHOD OPTIONS...: as train; all the way, one process after the other is stopped for a moment
# while the others go on. Without that, only a busy machine would delay them, and by chance.
train_unevenly() {
    folder=$1
    shift
    train_in_background "$@" --deterministic --total_steps=$frames --save_freq=$save_freq --run_dir="$folder" $shown
    while ! has_ended_run; do
        for late in $(children asyncrl-act) $(children asyncrl-learn); do
            kill -STOP "$late" 2>shell-words || continue
            sleep 0.02
            kill -CONT "$late" 2>shell-words
        done
        sleep 0.01
    done
    finish_run
}

has_ended_run() { # a zombie, until finish_run
    ! grep -q '^State:.[^Z]' "/proc/$supervisor/status" 2>shell-words
}

# reached SIXTHS: that weight file exists, if the run's batches end exactly at its frame
reached() {
    set -- run/model-*-"$(($1 * save_freq))".h5
    [ -e "$1" ]
}

# interrupt SIGNAL SIXTHS: sends it then; the run goes on from a checkpoint. On a fast machine a
# signal sometimes comes too late; if that happened often, the test would show little.
in_time=0
too_late=0
interrupt() {
    wait_until reached "$2" && wait_until test -e run/checkpoint.h5
    case $1 in
    TERM) kill -TERM "$supervisor" && finish_run ;;
    KILL) kill_everything ;;
    esac
    if reached 6; then too_late=$((too_late + 1)); else in_time=$((in_time + 1)); fi
}

resume() { # to the end
    run train --resume=run
}

resume_in_background() {
    train_in_background --resume=run
}

# same_models RUN [REF]: it has every weight file of the run in REF, byte for byte; it may have more
same_models() {
    for model in "${2:-ref}"/model-*[0-9].h5; do
        cmp -s "$model" "$1/${model##*/}" || return 1
    done
}

trained() { # trained RUN: well, with a weight file after each sixth
    [ "$exit_code" -eq 0 ] && [ "$(find "$1" -name 'model-*[0-9].h5' | wc -l)" -eq 6 ]
}

# check_method NAME METHOD OPTIONS...: a run in ref, and one that must be equal to it
check_method() {
    name=$1
    shift
    rm -rf ref
    train ref "$@"
    check "$name: trains" trained ref
    begin "$@"
    interrupt TERM 1
    check "$name: stopped by SIGTERM, exit code 0" test "$exit_code" -eq 0
    resume_in_background
    interrupt KILL 3
    resume
    check "$name: ends well" test "$exit_code" -eq 0
    check "$name: equal after SIGTERM and SIGKILL" same_models run
}

# shellcheck disable=SC2086 # options are words
check_methods() {
    check_method "a3c on catch" a3c --preset=classic $catch
    train_unevenly uneven a3c --preset=classic $catch
    check "a3c on catch: equal for any late process" same_models uneven
    train unseen a3c --preset=classic $catch --tensorboard=false
    check "a3c on catch: equal without displays" same_models unseen
    begin a3c --preset=classic $catch
    interrupt TERM 2
    resume_in_background
    interrupt TERM 3
    resume
    check "a3c on catch: equal after two SIGTERM" same_models run
    begin a3c --preset=classic $catch
    interrupt KILL 1
    resume
    check "a3c on catch: equal after SIGKILL" same_models run

    # Actors that resume late find the weights that they last had, not newer ones.
    begin a3c --preset=classic $catch
    interrupt TERM 1
    resume_in_background
    wait_until lives asyncrl-act-03
    actors=$(children asyncrl-act)
    kill -STOP $actors
    sleep 1
    kill -CONT $actors
    finish_run
    check "a3c on catch: equal when actors are late after a resume" same_models run

    begin a3c --preset=classic $catch
    wait_until reached 2
    all=$(children asyncrl)
    kill -KILL "$(children asyncrl-act-01)"
    finish_run
    check "killed actor: ends the run, exit code 1" test "$exit_code" -eq 1
    check "killed actor: one line says what to do" says "^asyncrl: actor 1 died.*--resume='run'"
    check "killed actor: no process left" gone $all
    resume
    check "killed actor: the resumed run is equal" same_models run

    half=$((frames / 2))
    run train a3c --preset=classic $catch --deterministic --total_steps=$half --save_freq=$save_freq --run_dir=half
    run train --resume=half --total_steps=$frames
    check "half a run, then the other half: equal to a whole one" same_models half

    train corrected a3c --preset=classic $catch --vtrace --batch_size=33
    run train a3c --preset=classic $catch --vtrace --batch_size=33 --deterministic --max_frames=$half \
        --save_freq=$save_freq --run_dir=half-corrected
    run train --resume=half-corrected --max_frames=$frames
    check "a3c --vtrace: halves are equal to a whole run" same_models half-corrected corrected

    train other a3c --preset=classic $catch --seed=2
    check "another seed: trains" trained other
    for model in other/*.h5; do
        ! cmp -s "$model" "ref/${model##*/}" || same=$model
    done
    check "another seed: other weights in every file" test -z "${same:-}"

    # Clips change nothing, as above; from here on, runs spare the time.
    shown=--clips=false
    check_method "q1 on catch" q1 $catch $q
    [ -z "${ASYNCRL_SHORT:-}" ] || return
    check_method "q1 on catch, double Q" q1 $catch $q --double_q --target_freq=250 --huber=1
    check_method "qn on catch" qn $catch $q
    rm -r uneven
    train_unevenly uneven qn $catch $q
    check "qn on catch: equal for any late process" same_models uneven
    check_method "sarsa on catch" sarsa $catch $q
    check_method "ppo on catch, two threads" ppo $catch --n_step=5 --batch_size=40 --minibatch_size=16 --kl_lr=0.01 \
        --learner_threads=2
    check_method "ppo on catch in lockstep" ppo $catch --n_step=5 --batch_size=40 --minibatch_size=16 --lockstep
    check_method "pqn on catch" pqn $catch --n_step=5 --batch_size=40 --minibatch_size=16 --eps_decay=1000
    # Every episode ends with a round, so actors push all they have before they ask for weights.
    frames=540
    save_freq=90
    aligned="--game=catch --processes=3 --n_step=3 --batch_size=9 --swap_freq=9"
    check_method "episodes that end with rounds" a3c $aligned
    rm -r uneven
    train_unevenly uneven a3c $aligned
    check "episodes that end with rounds: equal for any late process" same_models uneven
    # Batches across rounds and actors, and larger than a round.
    frames=1920
    save_freq=320
    check_method "batches across actors" a3c --game=catch --processes=3 --batch_size=32 --n_step=3
    frames=768
    save_freq=128
    check_method "batches across rounds" sarsa --game=catch --processes=1 --batch_size=128 \
        --n_step=3 $q
    if [ -e "$ASYNCRL_DATA/roms/breakout.bin" ]; then
        frames=1200
        save_freq=200
        check_method "a3c on Breakout" a3c $breakout
        check_method "q1 on Breakout" q1 $breakout $q
        rm -r uneven
        train_unevenly uneven q1 $breakout $q
        check "q1 on Breakout: equal for any late process" same_models uneven
    else
        skip "Breakout" "no ROMs: run tools/install-deps"
    fi
}

check_methods
check "most runs were interrupted before their end: $in_time of $((in_time + too_late))" \
    test $in_time -gt $too_late
finish
