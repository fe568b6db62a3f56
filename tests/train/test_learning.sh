# Learning: A3C with its default options masters catch, for three seeds, counted in frames.
. "$(dirname "$0")/train.sh"

# Under sanitizers the whole path is walked, but too short a way to learn.
if [ -n "${ASYNCRL_SHORT:-}" ]; then
    run train a3c --game=catch --run_dir=short --max_frames=500
    check "a short run ends well" test "$exit_code" -eq 0
    run eval --model=short/model-catch-500.h5 --episodes=2 --json
    check "its model can be judged" test "$exit_code" -eq 0
    finish
    exit 0
fi

for seed in 1 2 3; do
    run train a3c --game=catch --run_dir="seed-$seed" --seed=$seed --max_frames=60000
    check "seed $seed: trains 60 000 frames" test "$exit_code" -eq 0
    run eval --model="seed-$seed/model-catch-60000.h5" --episodes=100 --json
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "seed $seed: scores $mean, at least 0.9" \
        awk -v mean="${mean:--1}" 'BEGIN { exit !(mean >= 0.9) }'
done
finish
