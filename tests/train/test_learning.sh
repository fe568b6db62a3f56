# Learning: every method masters catch, for three seeds, counted in frames.
. "$(dirname "$0")/train.sh"

# learns METHOD SEED FRAMES OPTIONS...: trains, then judges over 100 games.
learns() {
    method=$1 seed=$2 frames=$3
    shift 3
    # Deterministic, so that what has learned once does so again, however busy the machine is.
    run train "$method" --game=catch --run_dir="$method-$seed" --seed="$seed" --deterministic \
        --total_steps="$frames" "$@"
    check "$method, seed $seed: trains $frames frames" test "$exit_code" -eq 0
    run eval --model="$method-$seed/model-catch-$frames.h5" --episodes=100 --eps=0 --json
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "$method, seed $seed: scores $mean, at least 0.9" \
        awk -v mean="${mean:--1}" 'BEGIN { exit !(mean >= 0.9) }'
}

# Under sanitizers the whole path is walked, but too short a way to learn.
if [ -n "${ASYNCRL_SHORT:-}" ]; then
    for method in a3c q1 qn sarsa ppo pqn; do
        rollouts=
        case $method in
        ppo | pqn) rollouts="--n_step=25 --envs_per_process=1 --batch_size=100 --minibatch_size=60" ;;
        esac
        # shellcheck disable=SC2086 # options are words
        run train $method --game=catch --run_dir=$method --total_steps=500 $rollouts
        check "$method: a short run ends well" test "$exit_code" -eq 0
        run eval --model=$method/model-catch-500.h5 --episodes=2 --eps=0.1 --json
        check "$method: its model can be judged" test "$exit_code" -eq 0
    done
    finish
    exit 0
fi

rollouts="--n_step=16 --envs_per_process=4 --batch_size=256 --minibatch_size=64"
# As few frames as suffice with something to spare: with 20000 one of three seeds plays badly now and then.
for seed in 1 2 3; do
    learns a3c $seed 25000 --lr=0.001
    # shellcheck disable=SC2086 # options are words
    learns ppo $seed 24576 --lr=0.001 $rollouts
    # shellcheck disable=SC2086
    learns pqn $seed 16384 --lr=0.001 --eps_decay=10000 --eps_final=0.05 $rollouts
    for method in q1 qn sarsa; do
        learns $method $seed 30000 --lr=0.001 --swap_freq=300 --eps_decay=20000 --eps_final=0.05
    done
done
learns q1 4 30000 --double_q --lr=0.001 --swap_freq=300 --eps_decay=20000 --eps_final=0.05
finish
