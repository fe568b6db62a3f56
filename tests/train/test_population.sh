#!/bin/sh
# Population-based training: a sweep with "pbt", killed in a generation and resumed.
# shellcheck source=tests/train/sweep.sh
. "$(dirname "$0")/sweep.sh"

every=1500
echo "{$usual, \"total_steps\": $((3 * every)), \"seeds\": 2, \"lr\": [0.003, 1e-6],
    \"pbt\": {\"every\": $every, \"quantile\": 0.25, \"options\": [\"lr\", \"beta\"]}}" >four.json

all_have() { # all_have STEPS: by the last rows of their progress
    for dir in runs/four/00[1-4]; do
        [ "$(tail -n 1 "$dir/progress.csv" | cut -d, -f2)" -ge "$1" ] || return 1
    done
}

is_under_way() { # in the second generation, at least one member has taken a checkpoint
    grep -q '"copied": true' runs/four/population.json 2>shell-words &&
        [ -n "$(find runs/four -name checkpoint.h5 -newer runs/four/population.json)" ]
}

for _ in 1 2 3 4 5; do
    rm -rf runs
    start_sweep four.json --jobs=2
    wait_until is_under_way
    kill_whole_sweep
    all_have $((3 * every)) || break
done
check "SIGKILL to all: it was killed" test "$exit_code" -eq 137
check "SIGKILL to all: in a generation" is_under_way

run sweep four.json --jobs=2
check "resumed: exit code 0" test "$exit_code" -eq 0
check "resumed: all have trained to the end" all_have $((3 * every))
check "resumed: four members in each later generation, told once" test \
    "$(cut -d, -f1 runs/four/population.csv | xargs)" = "generation 2 2 2 2 3 3 3 3"
check "one member takes over another in each" test \
    "$(awk -F, 'NR > 1 && $2 != $3' runs/four/population.csv | wc -l)" -eq 2
# shellcheck disable=SC2016 # fields of awk
check "its options are the other's times a factor" awk -F, 'NR == 1 { next }
    { rate[$1, $2] = $5 }
    $2 == $3 { next }
    { taken[$1 "," $3 "," $2] = $5 }
    END {
        for (key in taken) {
            split(key, part, ",")
            factor = taken[key] / rate[part[1], part[2]]
            if (factor < 0.79 || factor > 1.21 || (factor > 0.81 && factor < 1.19)) exit 1
        }
    }' runs/four/population.csv
check "the table has the members" test "$(grep -c '  00[1-4]  lr [0-9.e-]*, beta ' stdout)" -eq 4
check "a member goes on with what it took over" test "$(cat runs/four/00*/log.txt |
    grep -c 'train --resume=.* --lr=.* --beta=.* --stop_steps=')" -ge 2
check "no member is said to be finished before the last generation" test \
    "$(grep -c '00[1-4] finished: ' stderr)" -eq 4
check "a generation's end is said" says "00[1-4] ends generation 2: [0-9]* steps, score .* (4 of 4)"
check "the chart" grep -q '</svg>' runs/four/scores.svg

sed 's/"every": [0-9]*, //' four.json >wrong.json
check_bad "rules that make no sense" '"pbt" needs "every"' sweep wrong.json
check "rules that make no sense: nothing is made" test ! -e runs/wrong
check_bad "one member alone" "need each other" sweep four.json --run=1
finish
