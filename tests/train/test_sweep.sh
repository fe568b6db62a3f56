#!/bin/sh
# asyncrl sweep: killed and resumed, stopped by Ctrl-C, with runs that fail, and what is refused.
# shellcheck source=tests/train/sweep.sh
. "$(dirname "$0")/sweep.sh"

short=400
long=6000
[ -z "${ASYNCRL_SHORT:-}" ] || long=2000

# ---- Killed --------------------------------------------------------------------------------------

echo "{$usual, \"total_steps\": [$short, $long], \"seeds\": 2}" >four.json
is_half_done() {
    finished runs/four/001 runs/four/002 && [ -e runs/four/003/checkpoint.h5 ]
}

# The long runs are usually under way; try again if one ends before it can be killed.
for _ in 1 2 3 4 5; do
    rm -rf runs
    start_sweep four.json --jobs=2
    wait_until is_half_done
    kill_whole_sweep
    finished runs/four/003 || break
done
check "SIGKILL to all: it was killed" test "$exit_code" -eq 137
check "SIGKILL to all: two runs are finished" is_half_done
check "SIGKILL to all: one is not" test ! -s runs/four/003/result.json
contents runs/four >contents-all
grep -e '^[0-9a-f]*  ./00[12]/' contents-all >contents-before

run sweep four.json --jobs=2
check "resumed: exit code 0" test "$exit_code" -eq 0
contents runs/four | grep -e '^[0-9a-f]*  ./00[12]/' >contents-now
check "resumed: no file of a finished run changed" cmp -s contents-before contents-now
check "resumed: says that an unfinished run goes on" says "003 goes on"
check "resumed: it goes on from its checkpoint" grep -q 'train --resume=runs/four/003' \
    runs/four/003/log.txt
check "resumed: the finished ones are not begun" test "$(grep -c '00[12] begins' stderr)" -eq 0
check "resumed: all are finished" finished runs/four/00[1-4]
check "resumed: the table has all seeds of both settings" test "$(grep -c ' 2/2 ' stdout)" -eq 2
check "resumed: the table names the option" grep -q 'steps  total_steps$' stdout
check "resumed: the chart" grep -q '</svg>' runs/four/scores.svg
check "resumed: steps are those asked for" test "$(grep -c " $long  $long\$" stdout)" -eq 1

contents runs/four | grep -v scores.svg >contents-before
run sweep --resume=runs/four --json
check "a finished sweep: exit code 0" test "$exit_code" -eq 0
contents runs/four | grep -v scores.svg >contents-now
check "a finished sweep: no file changed" cmp -s contents-before contents-now
check "--json: one line" test "$(wc -l <stdout)" -eq 1
check "--json: the rows" test "$(python3 -c 'import json; print(
    [(r["state"], r["options"]["total_steps"], r["seed"]) for r in json.load(open("stdout"))["runs"]])')" = \
    "[('finished', $short, 1), ('finished', $short, 2), ('finished', $long, 1), ('finished', $long, 2)]"

# ---- Stopped -------------------------------------------------------------------------------------

echo "{$usual, \"total_steps\": 1e12, \"seeds\": 2}" >endless.json
have_rows() { [ "$(cat runs/endless/00[12]/progress.csv 2>shell-words | wc -l)" -ge "$1" ]; }
start_sweep endless.json --jobs=2
wait_until have_rows 4
all=$(below "$sweep")
kill -INT "$sweep"
finish_sweep
check "Ctrl-C: exit code 0" test "$exit_code" -eq 0
check "Ctrl-C: all runs have saved" test -f runs/endless/001/checkpoint.h5 -a \
    -f runs/endless/002/checkpoint.h5
check "Ctrl-C: says how to go on" says "2 of 2 runs are left; go on: $ASYNCRL sweep --resume=runs/endless"
# shellcheck disable=SC2086 # words
check "Ctrl-C: no process is left" gone $all

start_sweep --resume=runs/endless --run=2
wait_until have_rows $(($(cat runs/endless/00[12]/progress.csv | wc -l) + 1))
all=$(below "$sweep")
kill -KILL "$sweep"
finish_sweep
# shellcheck disable=SC2086
check "SIGKILL to the sweep alone: its runs end" wait_until gone $all
check "SIGKILL to the sweep alone: they save" grep -q 'stopping and saving' runs/endless/002/log.txt
check "--run: no other run is touched" test "$(grep -c '^----' runs/endless/001/log.txt)" -eq 1

# ---- Shared --------------------------------------------------------------------------------------

echo "{$usual, \"total_steps\": $short, \"seeds\": 4}" >shared.json
"$ASYNCRL" sweep shared.json --jobs=2 >stdout-other 2>stderr-other </dev/null &
other=$!
run sweep shared.json --jobs=2
other_code=0
wait "$other" || other_code=$?
check "two sweeps of one directory: exit codes 0" test "$exit_code$other_code" = 00
check "two sweeps of one directory: each run is made once" test \
    "$(grep -c '^----' runs/shared/00[1-4]/log.txt | cut -d: -f2 | xargs)" = "1 1 1 1"
check "two sweeps of one directory: both have the whole table" test \
    "$(cat stdout stdout-other | grep -c ' 4/4 ')" -eq 2
check "two sweeps of one directory: and the steps" test \
    "$(cat stdout stdout-other | awk '$3 == "4/4" && $4 >= 400' | wc -l)" -eq 2

# ---- Failed --------------------------------------------------------------------------------------

echo "{$usual, \"total_steps\": 400, \"game\": [\"no-such-game\", \"catch\"]}" |
    sed 's/"game": "catch", //' >failing.json
run sweep failing.json --jobs=1
check "a run that fails: exit code 1" test "$exit_code" -eq 1
check "a run that fails: a line says why, and where its log is" says \
    "001 failed: exit code 2: .*no-such-game.*; its log is runs/failing/001/log.txt"
check "a run that fails: the others are made" finished runs/failing/002
check "a run that fails: the table has them" test "$(grep -c ' 1/1 ' stdout)" -eq 1
check "a run that fails: is tried again by the next" test \
    "$("$ASYNCRL" sweep failing.json 2>&1 | grep -c -e '001 begins' -e '002 begins')" -eq 1

# ---- Refused -------------------------------------------------------------------------------------

cp four.json changed.json
sed -i "s/$long/7000/" changed.json
contents runs >contents-before
check_bad "no file" "sweep needs a file" sweep
check_bad "a file that is not there" "nowhere.json" sweep nowhere.json
check_bad "a file and --resume" "leave out FILE" sweep four.json --resume=runs/four
check_bad "--resume and --sweep_dir" "leave out --sweep_dir" sweep --resume=runs/four --sweep_dir=x
check_bad "--resume of no sweep" "no sweep in 'runs'" sweep --resume=runs
check_bad "another file's directory" "is not what the sweep in 'runs/four' began with" \
    sweep changed.json --sweep_dir=runs/four
check_bad "--list of another file's directory" "is not what the sweep in 'runs/four' began with" \
    sweep changed.json --sweep_dir=runs/four --list
check_bad "the directory of a run" "holds a run" sweep four.json --sweep_dir=runs/four/001
echo '{"method": "a3c", "game": "catch", "total_steps": 100, "rho": [0.5, 0.9], "optimizer": "adam"}' >idle.json
check_bad "an option that does nothing" "'idle.json': --rho is for --optimizer=rmsprop, not adam: leave it out" \
    sweep idle.json
check "an option that does nothing: no run has begun" test ! -e runs/idle
check_bad "a missing run" "the numbers 1 to 4" sweep four.json --run=7
check_bad "a chart of another kind" "svg" sweep four.json -o chart.txt
contents runs >contents-now
check "refused: no file changed" cmp -s contents-before contents-now
run sweep changed.json --list
check "--list: the runs" test "$(grep -c '^runs/changed/00[1-4]  total_steps' stdout)" -eq 4
check "--list: nothing is made" test ! -e runs/changed
finish
