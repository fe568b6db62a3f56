#!/bin/sh
# The weight files that stay: the best by evaluations, and the newest --keep.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

catch="--game=catch --processes=2 --envs_per_process=4 --plain"

means() { # means GAMES ENDING: of the evaluations that the last run logged
    sed -n "s/.* eval .* $1 games score \\([-0-9.]*\\) on average$2/\\1/p" "$work/stderr"
}

kept() { # kept LABEL RUN GAMES MEAN: the run kept the weights that scored that
    best=$4
    check "$1: evaluations are logged" test -n "$best"
    run eval --model="$2" --episodes="$3" --seed=1000004 --json
    check "$1: the best weights score the best mean, $best" awk -v best="$best" \
        -v mean="$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' "$work/stdout")" 'BEGIN { exit (best - mean) ^ 2 > 1e-5 }'
}

# shellcheck disable=SC2086 # several options
run train a3c $catch --save_freq=800 --keep=2 --total_steps=2400 --run_dir=run
check "trains" test "$exit_code" -eq 0
check "--keep=2: the newest two stay" \
    test "$(echo run/model-catch-*.h5)" = "run/model-catch-1600.h5 run/model-catch-2400.h5"
check "nothing waits for an evaluation" test ! -e run/evaluation.h5
kept "100 games went better than ever" run 10 "$(means 10 ', the best so far' | tail -n 1)"

# The newest games score more than -1, so the run reaches its goal at once.
# shellcheck disable=SC2086
run train a3c $catch --total_steps=100000000 --stop_score=-1 --run_dir=stopped
check "--stop_score: how to go on" says "train --resume=stopped --stop_score=X$"
check "--stop_score: the run ends by itself" test "$exit_code" -eq 0
check "--stop_score: it says so" says "newest 100 games scored .*--stop_score=-1"
check "--stop_score: weights and checkpoint are there" \
    test -f stopped/model-best.h5 -a -f stopped/checkpoint.h5
run train --resume=stopped --stop_score=2 --total_steps=$(($(tail -n 1 stopped/progress.csv | cut -d, -f2) + 400)) --keep=1
check "resumed: another score may be the goal" test "$exit_code" -eq 0
check "resumed: one numbered file stays" test "$(echo stopped/model-catch-*.h5 | wc -w)" -eq 1
check "resumed: the best stays or gets better" test -f stopped/model-best.h5

check_bad "no number" "--stop_score takes a number, not 'high'" train a3c --game=catch --stop_score=high
check_bad "no flags" "--stop_flag_rate waits for flags, and catch has none" \
    train a3c --game=catch --stop_flag_rate=0.9
check_bad "a negative number of files" "--keep=-1 is out of bounds" train a3c --game=catch --keep=-1

# ---- Evaluation ----------------------------------------------------------------------------------

run train a3c --game=catch --processes=2 --run_dir=judged --total_steps=2000 --eval_freq=800 --eval_episodes=4
check "--eval_freq: the run ends well" test "$exit_code" -eq 0
kept "--eval_freq" judged 4 "$(means 4 '.*' | sort -n | tail -n 1)"

# The only evaluation begins when all steps are made, so the last row has to hold it.
run train a3c --game=catch --processes=2 --run_dir=late --total_steps=800 --eval_freq=800 --eval_episodes=4
check "--eval_freq: an evaluation after the last step has a row" test "$(
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "eval_mean") column = i }
        END { print $2, ($column == "" ? "none" : $column + 0) }' late/progress.csv)" = "800 $(means 4 '.*')"

# A link to itself stands for best weights that cannot be read just now.
rm judged/model-best.h5
ln -s model-best.h5 judged/model-best.h5
run train --resume=judged --total_steps=4000
check "best weights out of reach: said" says "no evaluation: the best weights so far: cannot open 'judged/model-best.h5'"
check "best weights out of reach: kept" test -h judged/model-best.h5

# A run whose only evaluation came before it had learned anything. The sanitizers learn nothing from its steps.
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    run train a3c --game=catch --processes=2 --run_dir=early --total_steps=1000 --eval_freq=800 --deterministic
    run train --resume=early --total_steps=7000 --eval_freq=1000000
    check "the last weights are tried at the end" says "eval    at 7000 steps .*, the best so far"
    kept "at the end" early 10 "$(means 10 '.*' | sort -n | tail -n 1)"
fi
finish
