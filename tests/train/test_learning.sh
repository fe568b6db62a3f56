# Learning: every method masters catch, counted in frames. a3c also learns in train-own_game, train-memory and
# train-gymnasium, ppo in the last two.
. "$(dirname "$0")/train.sh"

# learns METHOD SEED FRAMES OPTIONS...: trains, then evaluates over 100 games.
learns() {
    method=$1 seed=$2 frames=$3
    shift 3
    # Deterministic, so that a run that has learned once learns again on a busy machine.
    run train "$method" --game=catch --run_dir="$method-$seed" --seed="$seed" --deterministic \
        --total_steps="$frames" --clips=false --eval_freq=1000000 "$@"
    check "$method, seed $seed: trains $frames frames" test "$exit_code" -eq 0
    run eval --model="$method-$seed/model-catch-$frames.h5" --episodes=100 --eps=0 --json
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "$method, seed $seed: scores $mean, at least 0.9" \
        awk -v mean="${mean:--1}" 'BEGIN { exit !(mean >= 0.9) }'
}

# The sanitizers run all of this, but with too few steps to learn.
if [ -n "${ASYNCRL_SHORT:-}" ]; then
    for method in a3c q1 qn sarsa ppo pqn; do
        rollouts=
        chance=--eps=0.1
        case $method in
        a3c) chance= ;;
        ppo | pqn) rollouts="--n_step=25 --envs_per_process=1 --batch_size=100 --minibatch_size=60" ;;
        esac
        # shellcheck disable=SC2086 # options are words
        run train $method --game=catch --run_dir=$method --total_steps=500 $rollouts
        check "$method: a short run ends well" test "$exit_code" -eq 0
        [ $method != ppo ] || chance=
        # shellcheck disable=SC2086
        run eval --model=$method/model-catch-500.h5 --episodes=2 $chance --json
        check "$method: its model can be judged" test "$exit_code" -eq 0
    done
    finish
    exit 0
fi

rollouts="--n_step=16 --envs_per_process=4 --batch_size=256 --minibatch_size=64 --epochs=2"
q="--preset=classic --optimizer=adam --lr=0.0005 --swap_freq=300 --eps_decay=8000 --eps_final=0.05"
# Slightly more frames than needed: with fewer, a seed sometimes plays badly.
# RMSprop learns in train-own_game.
learns a3c 1 16000 --preset=classic --optimizer=adam --lr=0.0005
# shellcheck disable=SC2086 # options are words
learns ppo 1 14336 --lr=0.002 --clip=0.2 $rollouts
# shellcheck disable=SC2086
{
    learns pqn 1 10240 --lr=0.0015 --eps_decay=5000 --eps_final=0.05 $rollouts
    learns q1 1 14000 $q
    learns qn 1 14000 $q
    learns sarsa 1 20000 $q
    learns q1 4 14000 --double_q $q
}
finish
