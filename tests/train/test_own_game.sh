#!/bin/sh
# Users' own games: the example is learned, bad ones are refused or survived.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

# train_bad FAULT ARGUMENTS...: trains the game with that fault, which shows after 30 frames; sets exit_code. With one
# actor, so that the run cannot end before another has taken its place.
train_bad() {
    fault=$1
    shift
    rm -rf run
    exit_code=0
    FAULT=$fault "$ASYNCRL" train a3c --game="$BAD_PLUGIN" --preset=classic --run_dir=run --processes=1 "$@" \
        >stdout 2>stderr </dev/null || exit_code=$?
}

refuses() { # refuses FAULT PATTERN: exit code 2, one line, and no run directory
    train_bad "$1" --total_steps=100
    check "$1: is refused in one line" test "$exit_code" -eq 2 -a "$(wc -l <stderr)" -eq 1
    check "$1: the line says why" says "^asyncrl: .*$2"
    check "$1: nothing is left behind" test ! -e run
}

# Hangs in play; the supervisor waits 60 s before it acts. The rest of the test runs meanwhile.
FAULT=hang FAULT_ONCE=hung "$ASYNCRL" train a3c --game="$BAD_PLUGIN" --preset=classic --run_dir=hang --processes=1 \
    --total_steps=1000 >hang-stdout 2>hang-stderr </dev/null &
hanging=$!
# Five environments start in more than 60 s, are saved or restored in more, each of them in less: that is no hang.
train_slowly() { # train_slowly FAULT RUN_DIR STEPS
    FAULT=$1 "$ASYNCRL" train a3c --game="$BAD_PLUGIN" --preset=classic --run_dir="$2" --processes=1 \
        --envs_per_process=5 --frame_skip=1 --clips=false --total_steps="$3" >"$1-stdout" 2>"$1-stderr" </dev/null
}
train_slowly slow-reset resetting 20 &
resetting=$!
train_slowly slow-save saving 20 &
saving=$!
train_slowly sound restoring 20
FAULT=slow-load "$ASYNCRL" train --resume=restoring --total_steps=40 >slow-load-stdout 2>slow-load-stderr </dev/null &
restoring=$!

refuses version-2 "bad game was built for version 2 of asyncrl/emulator.h, and this is version 1"
refuses screen-0 "its screen is not 1 to 1024 pixels wide and high"
refuses crash-open "bad.so' crashed as it was opened ("
refuses large-screen "bad.so' crashed as it was opened ("
check_bad "a plugin that is not there" "there is no plugin './mygame.so'" \
    train a3c --game=./mygame.so --run_dir=run
check_bad "a library without a game" "has no function asyncrl_emulator" \
    train a3c --game="$(dirname "$BAD_PLUGIN")/nothing.so" --run_dir=run
check_bad "a plugin has no sets of actions" "does not take --actions" \
    train a3c --game="$BAD_PLUGIN" --actions=simple --run_dir=run

# ---- Faults that show in play ----

for fault in crash no-number fail; do
    rm -f once
    FAULT_ONCE=once train_bad $fault --total_steps=400
    check "$fault: the run goes on" test "$exit_code" -eq 0 -a -f run/model-bad-400.h5
    check "$fault: a new actor takes its place" says "actor 0 died.*a new one takes its place"
done
check "the command that plays it names the game" says "watch it play: .* play --model=run --game=$BAD_PLUGIN$"
check "fail: the actor says why, in one line" says \
    " act-00 .*the game broke down: the cartridge fell out"
check "fail: it says so once" test "$(grep -c ' act-' stderr)" -eq 1

train_bad fail
check "fail, always: the run ends" test "$exit_code" -eq 1
check "fail, always: the reason is given" says \
    "^asyncrl: actor 0 died 3 times .*the game broke down: the cartridge fell out"

rm -f once
FAULT_ONCE=once train_bad fail --deterministic --total_steps=400
check "fail, deterministic: the run ends" test "$exit_code" -eq 1
check "fail, deterministic: the reason is given" says \
    "^asyncrl: actor 0 died (the game broke down: the cartridge fell out).*--resume"

train_bad ends-with-life --total_steps=500 --frame_skip=4 --life_loss_ends
check "games that end between two lives are games of their own" test \
    "$(awk -F, 'NR > 1 { games[$6]++ } END { for (steps in games) printf "%s ", steps }' \
        run/episodes.csv)" = "1 "

train_bad "" --total_steps=500
model=run/model-bad-500.h5
check "without a fault it can be trained" test "$exit_code" -eq 0 -a -f $model
printf '0 1 %.0s' $(seq 100) >actions
export FAULT=fail
run trace --game="$BAD_PLUGIN" --actions=actions
check "trace: says that the game broke down" test "$exit_code" -eq 1
check "trace: says why" says "^asyncrl: .*broke down: the cartridge fell out"
for command in play eval; do
    run $command --model=$model --game="$BAD_PLUGIN"
    check "$command: says that the game broke down" test "$exit_code" -eq 1
    check "$command: says why" says "^asyncrl: .*broke down: the cartridge fell out"
done
export FAULT=crash
run eval --model=$model --game="$BAD_PLUGIN"
check "eval: says that the game crashed" test "$exit_code" -eq 1
check "eval: names the signal" says "^asyncrl: a playing process died"
for command in play eval; do
    check_bad "$command: a weight file cannot name code to run" "--game=$BAD_PLUGIN if you trust it" \
        $command --model=$model
done
unset FAULT

# ---- Games that cannot be saved ----

export UNSAVED=1
rm -rf run
run train a3c --game="$BAD_PLUGIN" --preset=classic --run_dir=run --total_steps=400
check "unsaved: trains" test "$exit_code" -eq 0
check "unsaved: says once that a resume will be inexact" test "$(grep -c inexact stderr)" -eq 1
before=$(tail -n +2 run/episodes.csv | wc -l)
run train --resume=run --total_steps=800
check "unsaved: is resumed" test "$exit_code" -eq 0 -a -f run/model-bad-800.h5
check "unsaved: says that new games begin" says "new games begin"
check "unsaved: plays on" test "$(tail -n +2 run/episodes.csv | wc -l)" -gt "$before"
for folder in one two; do
    run train a3c --game="$BAD_PLUGIN" --preset=classic --run_dir=$folder --total_steps=400 --deterministic
done
check "unsaved: equal seeds give equal weights all the same" \
    cmp one/model-bad-400.h5 two/model-bad-400.h5
unset UNSAVED

# ---- The example ----

cp "$EXAMPLES/dodge.so" .
frames=120000
episodes=50
[ -z "${ASYNCRL_SHORT:-}" ] || { frames=500 && episodes=2; }
# Deterministic, so that a busy machine does not change the learning.
run train a3c --game=dodge.so --preset=classic --run_dir=dodge --total_steps=$frames --deterministic
check "dodge: trains $frames frames" test "$exit_code" -eq 0
run eval --model=dodge/model-dodge-$frames.h5 --game=dodge.so --episodes=$episodes --json
check "dodge: its model can be judged" test "$exit_code" -eq 0
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "dodge: scores $mean of 20, at least 10; at random it is -13" \
        awk -v mean="${mean:--20}" 'BEGIN { exit !(mean >= 10) }'
fi

# The defaults learn a game for which they were not chosen, and do not forget it.
cp "$EXAMPLES/chase.so" .
frames=28000
[ -z "${ASYNCRL_SHORT:-}" ] || frames=800
run train a3c --game=chase.so --run_dir=chase --total_steps=$frames --deterministic
check "chase: trains $frames steps" test "$exit_code" -eq 0
run eval --model=chase/model-chase-$frames.h5 --game=chase.so --episodes=$episodes --json
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "chase: scores $mean, at least 12; at random it is 2, at best about 19" \
        awk -v mean="${mean:-0}" 'BEGIN { exit !(mean >= 12) }'
fi

exit_code=0
wait "$hanging" || exit_code=$?
cp hang-stderr stderr
check "hang: the run goes on" test "$exit_code" -eq 0 -a -f hang/model-bad-1000.h5
check "hang: the silent actor is ended" says "actor 0 has been silent for 60 s and is ended"
check "hang: a new one takes its place" says "actor 0 died (no sign of life for 60 s); a new one takes its place"

check_slow() { # check_slow FAULT PROCESS FILE: the run of that process ended well, and left FILE
    exit_code=0
    wait "$2" || exit_code=$?
    cp "$1-stderr" stderr
    check "$1: the run ends well" test "$exit_code" -eq 0 -a -f "$3"
    check "$1: nobody is taken for dead" test "$(grep -c -e silent -e died -e 'sign of life' stderr)" -eq 0
}
check_slow slow-reset "$resetting" resetting/model-bad-20.h5
check_slow slow-save "$saving" saving/checkpoint.h5
check_slow slow-load "$restoring" restoring/model-bad-40.h5
check "slow-load: the games go on" test "$(grep -c -e inexact -e 'new games' stderr)" -eq 0
finish
