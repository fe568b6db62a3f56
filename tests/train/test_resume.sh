#!/bin/sh
# train --resume: the parts that go on, the files that stay, refusals, and damaged checkpoints.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

catch="--game=catch --processes=2 --envs_per_process=4 --save_freq=400"
damages=5 # store_checkpoint and fuzz_checkpoint damage many more
[ -z "${ASYNCRL_SHORT:-}" ] || damages=1

newest_model() { # agent frames of the newest weight file
    find run -name 'model-catch-[0-9]*.h5' | sed 's/.*-//; s/[.]h5//' | sort -n | tail -n 1
}

frames() { # agent frames of the last row of progress.csv
    tail -n 1 run/progress.csv | cut -d, -f2
}

# curves: one header, no duplicate row, and growing columns grow, in the order of writing:
# progress.csv by rows, episodes.csv by rows of one environment.
curves() {
    [ "$(grep -c seconds run/progress.csv)$(grep -c seconds run/episodes.csv)" = 11 ] &&
        [ -z "$(sort run/progress.csv run/episodes.csv | uniq -d)" ] &&
        awk -F, '/seconds/ { next }
            $1 < seconds || $2 < frames || $3 < emulator_frames || $4 < episodes { exit 1 }
            { seconds = $1; frames = $2; emulator_frames = $3; episodes = $4 }' run/progress.csv &&
        awk -F, '/seconds/ { next }
            $1 < seconds[$3, $4] || $2 < frames[$3, $4] { exit 1 }
            { seconds[$3, $4] = $1; frames[$3, $4] = $2 }' run/episodes.csv
}

falling_epsilon() {
    awk -F, '/seconds/ { next }
        last != "" && $13 > last { failed = 1 }
        { last = $13 }
        END { exit failed || last > 0.99 }' run/progress.csv
}

# check_unchanged NAME FOLDER: its files are those that contents listed before
check_unchanged() {
    contents "$2" >contents-now
    check "$1: no file changed" cmp -s contents-before contents-now
}

# ---- Going on ------------------------------------------------------------------------------------

# shellcheck disable=SC2086 # options are words
train_in_background q1 $catch --eps_decay=20000 --swap_freq=500 --run_dir=run
wait_until test -e run/checkpoint.h5
wait_until is_training
kill -TERM "$supervisor"
finish_run
stopped=$(frames)
written=$(wc -l <run/progress.csv)
check "SIGTERM: exit code 0" test "$exit_code" -eq 0
check "SIGTERM: the weights of that frame" test -f "run/model-catch-$stopped.h5"

train_in_background --resume=run
wait_until rows $((written + 1))
kill -TERM "$supervisor"
finish_run
check "resumed: exit code 0" test "$exit_code" -eq 0
check "resumed: the frames go on" test \
    "$(sed -n $((written + 1))p run/progress.csv | cut -d, -f2)" -ge "$stopped"
check "resumed: and grow" test "$(frames)" -gt "$stopped"
check "resumed: the curves go on" curves
check "resumed: epsilon goes on falling" falling_epsilon

saved=$(saved_models)
train_in_background --resume=run
more_models() { [ "$(saved_models)" -gt $((saved + 1)) ]; }
wait_until more_models
kill_everything
check "SIGKILL: it was killed" test "$exit_code" -eq 137
limit=$(($(newest_model) + 1000))
run train --resume=run --max_frames=$limit # its older name
check "SIGKILL: goes on to the end, exit code 0" test "$exit_code" -eq 0
check "SIGKILL: says what replaces what" says "--total_steps=$limit replaces 0"
check "SIGKILL: the last row is the end" test "$(frames)" -ge "$limit"
check "SIGKILL: the curves go on" curves
check "SIGKILL: nothing left but what belongs there" test -z \
    "$(find run -type f | grep -v -e '/model-catch-[0-9]*.h5$' -e '/model-best.h5$' -e '/checkpoint.h5$' \
        -e '/checkpoint-previous.h5$' -e '/config.json$' -e '/progress.csv$' -e '/episodes.csv$' \
        -e '/events.out.tfevents[^/]*$')"

contents run >contents-before
run train --resume=run
check "a finished run: exit code 0" test "$exit_code" -eq 0
check "a finished run: says so" says "the run in 'run' is finished"
check_unchanged "a finished run" run
check "a finished run: names its last weights" test "$(cat "$work/stdout")" = "run/model-catch-$limit.h5"
limit=$((limit + 400))
run train q1 --resume=run --total_steps=$limit --lr=0.0005 --lr_decay=80000000 --save_freq=100000
check "a finished run, more frames: exit code 0" test "$exit_code" -eq 0
check "a finished run, more frames: goes on" test "$(frames)" -ge "$limit"
check "another learning rate: says so" says "--lr=0.0005 replaces 0.0001"
check "another learning rate: is taken" test \
    "$(tail -n 1 run/progress.csv | cut -d, -f12 | cut -c1-6)" = 0.0004
check "another learning rate: is kept" grep -q '"lr": 0.0005' run/config.json
check "options not given again: are kept" grep -q '"swap_freq": 500' run/config.json

mv run moved
contents moved >contents-before
run train --resume="$PWD/moved"
check "a run renamed: found by its absolute path" test "$exit_code" -eq 0
check_unchanged "a run renamed" moved
mkdir elsewhere
mv moved elsewhere/run
sed -i '/"atari_core"/d' elsewhere/run/config.json
run train --resume=elsewhere/run/ --total_steps=$((limit + 200))
check "a run moved: goes on there" test "$exit_code" -eq 0 -a \
    "$(find elsewhere -name '*.h5' -newer contents-before | wc -l)" -ge 1
check "a run of before Atari had two cores: keeps to ALE" \
    grep -q '"atari_core": "ale"' elsewhere/run/config.json
check "a run moved: nothing where it was" test ! -e run -a ! -e moved
mv elsewhere/run run

# ---- Refused -------------------------------------------------------------------------------------

contents run >contents-before
for option in game=ALE/Pong-v5 processes=3 envs_per_process=1 batch_size=10 n_step=2 seed=2 \
    observation=v4 network=nature double_q deterministic; do
    check_bad "resume with --$option" "--${option%%=*} cannot change" train --resume=run --$option
done
check_bad "resume as another method" "was trained with q1, not a3c" train a3c --resume=run
check_bad "resume with an option of another method" "--beta is not an option of q1" \
    train --resume=run --beta=0.1
check_bad "resume with --checkpoint" "leave out --checkpoint" train --resume=run --checkpoint=400
check_bad "resume with --run_dir" "leave out --run_dir" train --resume=run --run_dir=other
check_bad "resume a misspelt option" "did you mean --total_steps" train --resume=run --total_step=1
check_unchanged "refused" run

check_bad "resume a folder that is not there" "no run in 'gone'" train --resume=gone
mkdir empty
check_bad "resume a folder without a run" "no run in 'empty'" train --resume=empty
check "resume a folder without a run: it stays empty" test -z "$(ls empty)"
check_bad "resume a file" "no run in 'stdout'.* it is a file" train --resume=stdout

# refuse_config NAME PATTERN SED: the run with its config.json edited so
refuse_config() {
    rm -rf edited
    cp -r run edited
    sed "$3" run/config.json >edited/config.json
    contents edited >contents-before
    check_bad "$1" "$2" train --resume=edited
    check_unchanged "$1" edited
}
refuse_config "config.json with twice the processes" "config.json says.* 4 processes" \
    's/"processes": 2/"processes": 4/'
refuse_config "config.json with another seed" "seed 1" 's/"seed": 1/"seed": 7/'
refuse_config "config.json with another optimizer" \
    "config.json says --optimizer=adam, but the checkpoint was written with another --optimizer" \
    's/"rmsprop"/"adam"/'
refuse_config "config.json with no processes" "processes" 's/"processes": 2/"processes": 0/'
refuse_config "config.json of an unknown method" "no method 'a4c'" 's/"q1"/"a4c"/'
refuse_config "config.json without a method" "names no method" '/"method"/d'
refuse_config "config.json cut short" "config.json" '5,99d'
refuse_config "config.json that is empty" "config.json" d
refuse_config "config.json with a text for a number" "'edited/config.json': 'lr' must be a number" \
    's/"lr": [0-9.e-]*/"lr": "0.0005"/'
refuse_config "config.json with a fraction for a count" "'processes' must be a whole number" \
    's/"processes": 2/"processes": 2.5/'
refuse_config "config.json with a number for a text" "'game' must be a text" 's/"game": "[^"]*"/"game": 7/'
refuse_config "config.json with a number for a truth" "'double_q' must be true or false" \
    's/"double_q": false/"double_q": 0/'
refuse_config "config.json with null" "'gamma' must be a number" 's/"gamma": [0-9.]*/"gamma": null/'
refuse_config "config.json with a misspelt key" \
    "there is no option 'swap_frq'; did you mean 'swap_freq'?" 's/"swap_freq"/"swap_frq"/'
refuse_config "config.json out of bounds" "'edited/config.json': --gamma=2 is out of bounds" \
    's/"gamma": [0-9.]*/"gamma": 2/'

mkdir young
cp run/config.json young
contents young >contents-before
check_bad "resume before the first checkpoint" "no whole checkpoint in 'young'" train --resume=young
check_unchanged "resume before the first checkpoint" young

# ---- Damage --------------------------------------------------------------------------------------

# A run with one environment, for smaller files.
run train a3c --game=catch --processes=1 --total_steps=200 --save_freq=100 --run_dir=small
check "a small run: two checkpoints" test -f small/checkpoint.h5 -a -f small/checkpoint-previous.h5
size=$(wc -c <small/checkpoint.h5)

copy_small() {
    rm -rf damaged
    cp -r small damaged
}

flip() { # flip FILE POSITION BIT
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf %03o $((byte ^ (1 << $3))))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc 2>shell-words
}

run train --resume=small --json --plain
check "options of the call are not said to replace the run's" test "$exit_code" -eq 0 -a \
    "$(grep -c replaces stderr)" -eq 0

# An older program called the classic observation "seed": its checkpoints are read as classic.
copy_small
rm damaged/checkpoint-previous.h5
sed -i 's/"observation": "classic"/"observation": "seed"/; s/"total_steps"/"max_frames"/' damaged/config.json
sed -i '1s/steps/frames/g' damaged/progress.csv damaged/episodes.csv
python3 - damaged/checkpoint.h5 <<'END'
import hashlib, re, sys
data = open(sys.argv[1], "rb").read()
identity = re.search(rb"a3c on catch, observation classic[^\0]*\0+", data)[0]
older = identity.rstrip(b"\0").replace(b"observation classic", b"observation seed").ljust(len(identity), b"\0")
data = data.replace(identity, older)
data = data.replace(b"observes as 'classic'\0\0\0", b"observes as 'seed'\0\0\0\0\0\0")
digest = re.search(rb"sha256 ([0-9a-f]{64})", data)[1]
data = data.replace(digest, b"0" * 64, 1)
data = data.replace(b"0" * 64, hashlib.sha256(data).hexdigest().encode(), 1)
open(sys.argv[1], "wb").write(data)
END
run train --resume=damaged --total_steps=400
check "a run of an older program: goes on" test "$exit_code" -eq 0 -a -f damaged/model-catch-400.h5
check "a run of an older program: its columns stay" grep -q '^seconds,frames,' damaged/progress.csv
check "a run of an older program: its options get their newer names" test 2 -eq \
    "$(grep -c -e '"observation": "classic"' -e '"total_steps": 400' damaged/config.json)"

copy_small
rm damaged/episodes.csv
run train --resume=damaged --total_steps=400
check "lost games: the run goes on, and says so" test "$exit_code" -eq 0 -a "$(grep -c 'has lost all [0-9]* games' stderr)" -eq 1

for damage in cut flipped; do
    copy_small
    case $damage in
    cut) truncate -s $((size / 2)) damaged/checkpoint.h5 ;;
    flipped) flip damaged/checkpoint.h5 $((size / 2)) 3 ;;
    esac
    run train --resume=damaged --total_steps=400
    check "a $damage checkpoint: the one before is used" test "$exit_code" -eq 0 -a \
        -f damaged/model-catch-400.h5
    check "a $damage checkpoint: a line says so" says "checkpoint-previous.h5', the checkpoint before"
    run train --resume=damaged
    check "a $damage checkpoint: is replaced by whole ones" test "$exit_code" -eq 0 -a \
        "$(grep -c before stderr)" -eq 0
done

copy_small
truncate -s 1000 damaged/checkpoint.h5
flip damaged/checkpoint-previous.h5 1000 0
contents damaged >contents-before
check_bad "both checkpoints damaged" "no whole checkpoint in 'damaged'" train --resume=damaged
check_unchanged "both checkpoints damaged" damaged

# At random places, but always the same ones. A limit already reached ends the run once the
# checkpoint is read. Every other time there is none before it.
awk -v count="$damages" -v size="$size" 'BEGIN {
    srand(4)
    for (i = 0; i < count; i++) {
        print "cut", int(rand() * size), 0
        print "flipped", int(rand() * size), int(rand() * 8)
    }
}' >places
bad=
number=0
copy_small
while read -r damage position bit; do
    number=$((number + 1))
    cp small/*.h5 damaged
    case $damage in
    cut) truncate -s "$position" damaged/checkpoint.h5 ;;
    flipped) flip damaged/checkpoint.h5 "$position" "$bit" ;;
    esac
    if [ $((number / 2 % 2)) -eq 0 ]; then
        run train --resume=damaged --total_steps=1
        [ "$exit_code" -eq 0 ] && says "the checkpoint before" && says "is finished" && continue
    else
        rm damaged/checkpoint-previous.h5
        run train --resume=damaged --total_steps=1
        [ "$exit_code" -eq 2 ] && says "^asyncrl: there is no whole checkpoint" && continue
    fi
    bad="$bad $damage at $position, bit $bit: exit code $exit_code;"
done <places
check "$number damages at random places:$bad none goes unseen" test -z "$bad" -a \
    "$number" -eq $((2 * damages))
finish
