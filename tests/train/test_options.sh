# Bad input to train and bench: one line, exit code 2, nothing written.
. "$(dirname "$0")/train.sh"

"$MAKE_INPUT" weights other.h5 a3c "" 3 6
"$MAKE_INPUT" weights four.h5 a3c "" 4 3
head -c 20000 other.h5 >cut.h5
: >file
mkdir folder
mkdir -p held && echo '{}' >held/config.json
train="train a3c --game=catch --total_steps=100 --run_dir=run"

check_bad "no method" "needs a method" train
check_bad "unknown method" "no method 'a4c'" train a4c
check_bad "two methods" "one method at a time: 'a3c' or 'q1'" train a3c q1
check_bad "a game behind the method" "did you mean --game=Pong-v4?" train a3c pong
check_bad "a game before the method" "did you mean --game=gym:CartPole-v1?" train cartpole ppo
check_bad "a number with a blank" "unexpected argument 'M'$" train a3c --total_steps=10 M
check_bad "two words, neither a method" "no method 'dqn'" train dqn catch
check_bad "help for one option" "--help=all lists all options" train a3c --help=lr
check_bad "option like no other" "unknown option --zebra; --help=all lists them" train a3c --zebra
check_bad "option of another method" "--beta is not an option of q1" train q1 --beta=0.1
check_bad "an option of another optimizer" "--rho is for --optimizer=rmsprop, not adam: leave it out" \
    train ppo --game=catch --rms_decay=0.9
check_bad "an option of Adam with RMSprop" "--adam_eps is for --optimizer=adam|radam, not rmsprop" $train --adam_eps=1e-5
check_bad "an option of RMSprop with the preset's RAdam" "--rms_eps is for --optimizer=rmsprop, not radam" \
    train qn --game=BreakoutNoFrameskip-v4 --rms_eps=1e-5
check_bad "a schedule without an end" "--ent_decay does nothing without --ent_final" $train --ent_decay=50
check_bad "a scale for signs" "--reward_scale is for --reward=clip|raw" $train --reward=sign --reward_scale=5
check_bad "an order of channels without weights" "--channels does nothing without --checkpoint" $train --channels=last
check_bad "initial weights beside others" "--init does nothing with --checkpoint: leave it out" \
    $train --checkpoint=other.h5 --init=orthogonal
in_catch() { # in_catch WHY OPTION: it does nothing there
    check_bad "catch: $2" "${2%%=*} does nothing in catch, which $1: leave it out" $train "$2"
}
in_catch "is not played by an Atari core" --atari_core=native
in_catch "has no action NOOP" --noop_max=30
in_catch "has no action FIRE" --fire_on_reset
in_catch "tells of no lives" --life_loss_ends
if [ -e "$ASYNCRL_DATA/roms/freeway.bin" ]; then
    run train a3c --game=Freeway-v0 --fire_on_reset --run_dir=run --total_steps=20
    check "options for all Atari games suit one without FIRE" test "$exit_code" -eq 0
    rm -r run
else
    skip "options for all Atari games" "no ROM of Freeway"
fi
echo '{"method": "a3c", "game": "catch", "noop_max": 30}' >noops.json
check_bad "--config: an option that does nothing in its game" "noop_max does nothing in catch" \
    train --config=noops.json --run_dir=run
rm noops.json
check_bad "double Q without a target network" "--double_q is not an option of qn" train qn --double_q
check_bad "epsilon above 1" "numbers from 0 to 1" train q1 --game=catch --eps_final=0.1,1.5
check_bad "epsilon that ends with a comma" "with commas between" train qn --game=catch \
    --eps_final=0.1,
check_bad "no epsilon" "numbers from 0 to 1" train sarsa --game=catch --eps_final=
check_bad "unknown game" "Breakout-v0" train a3c --game=Brekout-v0
check_bad "RAM game" "Breakout-ram-v0" train a3c --game=Breakout-ram-v0
check_bad "misspelt option" "did you mean --batch_size" $train --bach_size=20
check_bad "option out of bounds" "from 1 to 1024" $train --processes=0
check_bad "negative learning rate" "out of bounds" $train --lr=-1
check_bad "learning rate that is not a number" "takes a number" $train --lr=fast
check_bad "number with a tail" "whole number" $train --batch_size=20x
check_bad "number with another unit" "4000, 4k or 1.5M, not '10Mio'" $train --save_freq=10Mio
check_bad "time with a unit" "takes a number (SECONDS), not '10m'" $train --stop_time=10m
check_bad "infinite gamma" "takes a number" $train --gamma=inf
check_bad "unknown network" "must be one of auto|a3c|nature|impala|mlp" $train --network=resnet
check_bad "unknown observation" "must be one of" $train --observation=gray
check_bad "option without a value" "needs a value" $train --beta
check_bad "one dash" "two dashes" $train -x
check_bad "missing ROM folder" "install-deps" train a3c --game=Pong-v0 --data_dir=nothere
check_bad "checkpoint that is not there" "no 'model-catch-77.h5'" $train --checkpoint=77
check_bad "checkpoint file that is not there" "no weight file 'gone.h5'" $train --checkpoint=gone.h5
check_bad "weights of another game" "other.h5" $train --checkpoint=other.h5
check_bad "weights of another observation" "four.h5" $train --checkpoint=four.h5
"$ASYNCRL" train a3c --game=catch --run_dir=made --observation=deepmind --total_steps=20 \
    --ent_coef=0.01 --rms_decay=0.9 --frame_skip=2-4 >stdout 2>stderr || exit 1
run train a3c --game=catch --processes=1 --run_dir=timed --stop_time=1
check "--stop_time ends a run" grep -q "1 s have passed, which is the limit of --stop_time=1" "$work/stderr"
check "--stop_time: with weights" test "$exit_code $(find timed -name 'model-catch-*.h5' | wc -l)" = "0 1"
rm -r timed
check "config.json says what made the run" grep -q \
    '"command": "asyncrl train a3c --game=catch --run_dir=made --observation=deepmind ' made/config.json
check "config.json says program, processors and date" test \
    "$(grep -cE '^ +"(version|commit|processor|processors|date)": ' made/config.json)" = 5
"$ASYNCRL" train --config=made/config.json --run_dir=again --total_steps=40 --rho=0.8 --http=0 --token=hidden \
    >stdout 2>stderr || exit 1
check "--config: options of the file, and those given here" test \
    "$(diff made/config.json again/config.json | grep '^> ' | grep -vE '"(config|run_dir|token|http|command|date)"' | xargs)" = \
    '> rho: 0.8, > total_steps: 40,'
check "--config: no token in config.json" test "$(grep -c hidden again/config.json)" = 0
echo '{"method": "ppo", "game": "catch", "lr": 0.125}' >few.json
"$ASYNCRL" train --config=few.json --run_dir=few --total_steps=20 --processes=1 --n_step=5 --batch_size=20 \
    --minibatch_size=10 >stdout 2>stderr || exit 1
check "--config: a few options are enough" grep -q '"lr": 0.125,' few/config.json
check "--config: the others are the method's own" grep -q '"gae_lambda": 0.95,' few/config.json
rm -r again few
echo '{"gae_lambda": 0.5}' >made2.json
check_bad "--config: no such file" "config names neither a file nor a run directory" train --config=nothere.json --run_dir=few
check_bad "--config: of another method" "made2.json': there is no option 'gae_lambda'" \
    train q1 --config=made2.json --run_dir=few
echo '{"method": "ppo", "learning_rate": 0.1}' >made2.json
check_bad "--config: another program's name" "no option 'learning_rate'; did you mean 'lr'?" \
    train --config=made2.json --run_dir=few
check_bad "--config beside --resume" "leave out --config" train --resume=made --config=few.json
check_bad "--resume: an option of another optimizer" "--adam_beta1 is for --optimizer=adam|radam" \
    train --resume=made --adam_beta1=0.5
check_bad "--resume: RMSprop's start, which is over" "--rms_start cannot change from 0 to 1 in a resumed run" \
    train --resume=made --rms_start=1
echo '{"method": "a3c", "game": "catch", "optimizer": "adam", "rho": 0.5, "lr": 0.125}' >made2.json
check_bad "--config: an option of another optimizer" "--rho is for --optimizer=rmsprop, not adam" \
    train --config=made2.json --run_dir=few
sed 's/"optimizer": "adam", //' made2.json >few.json
run train --config=few.json --optimizer=adam --run_dir=few --total_steps=20 --processes=1
check "--config: another optimizer than that of a user's file" test "$exit_code" -eq 0
rm -r few
run train --config=made --optimizer=adam --run_dir=few --total_steps=20
check "--config: another optimizer than that of a run" test "$exit_code" -eq 0
rm -r few
python3 -c 'import json; run = json.load(open("made/config.json")); del run["about"]; print(json.dumps(run))' >few.json
run train --config=few.json --run_dir=few --total_steps=20
check "--config: a run from before 'about'" test "$exit_code" -eq 0
rm -r few
echo '{"method": "a3c", "game": "catch", "http": 8080}' >few.json
check_bad "--config: an option of one call" "'http' is an option of one call, not of a file" \
    train --config=few.json --run_dir=few
rm few.json made2.json
check "names of other programs: ent_coef" grep -q '"beta": 0.01,' made/config.json
check "names of other programs: rms_decay" grep -q '"rho": 0.9,' made/config.json
check "a range of frames per step" grep -q '"frame_skip": "2-4",' made/config.json
check_bad "no range of frames per step" "or a range such as 2-4" $train --frame_skip=4-2
mv made/model-catch-20.h5 deepmind.h5
rm -r made
check_bad "weights of another observation of the same depth" "trained with --observation=deepmind" \
    $train --observation=v4 --checkpoint=deepmind.h5
check_bad "weights of another network" "network a3c, and this run has nature: options such as --network=a3c" \
    $train --observation=deepmind --network=nature --checkpoint=deepmind.h5
cp deepmind.h5 model-catch-100.h5
check_bad "step counter at the end already" "sets the step counter to that, and --total_steps=100" \
    $train --checkpoint=100
check_bad "step counter at the end of this call already" "sets the step counter to that, and --stop_steps=50" \
    train a3c --game=catch --run_dir=late --checkpoint=100 --stop_steps=50
check "step counter at the end of this call already: no folder" test ! -e late
rm model-catch-100.h5
check_bad "run directory in use by other weights" "holds a run already" \
    train a3c --game=catch --run_dir=held --checkpoint=deepmind.h5 --observation=deepmind
check_bad "bad input with a small queue" "no game .Brekout-v0." \
    train a3c --game=Brekout-v0 --processes=64
check_bad "weights cut short" "cut.h5" $train --checkpoint=cut.h5
check_bad "no weights at all" "file" $train --checkpoint=file
check_bad "run directory under a file" "file" train a3c --game=catch --run_dir=file/run
check_bad "run directory that is a file" "file" train a3c --game=catch --run_dir=file
check_bad "run directory that cannot be made" "/proc" train a3c --game=catch --run_dir=/proc/none/run
check_bad "run directory in use" "holds a run already" train a3c --game=catch --run_dir=held
if [ -z "${ASYNCRL_SHORT:-}" ]; then # sanitizers need address space without limit
    exit_code=0
    (ulimit -v 4000000 && "$ASYNCRL" train a3c --game=catch --run_dir=run --queue_size=1000000) \
        >stdout 2>stderr || exit_code=$?
    check "more memory than there is: exit code 1" test "$exit_code" -eq 1
    check "more memory than there is: what to do" says "smaller --queue_size"
fi
if awk '/^MemAvailable:/ { exit !($2 < 100000000) }' /proc/meminfo; then
    run train a3c --game=catch --run_dir=run --processes=64 --envs_per_process=256 --n_step=1000
    check "more environments than memory holds: exit code 1" test "$exit_code" -eq 1
    check "more environments than memory holds: what to do" \
        says "the run needs .* GiB of memory, and .*--envs_per_process"
else
    skip "more environments than memory holds" "this machine holds them"
fi
check "nothing was written" test "$(ls | tr '\n' ' ')" = \
    "cut.h5 deepmind.h5 file folder four.h5 held other.h5 stderr stdout "
check "nothing was written into the folder in use" test "$(ls held)" = config.json

check_bad "a preset of another game" "a3c on catch has no preset 'mario'; it has planned, classic" \
    train a3c --game=catch --preset=mario
check_bad "a preset of another method" "q1 on catch has no preset 'paper'; it has planned, classic" \
    train q1 --game=catch --preset=paper
check_bad "an unknown preset" "there is no preset 'none'" presets none
check_bad "bench without a part" "bench needs a part" bench
check_bad "bench train, never" "out of bounds" bench train --repeat=0
check_bad "bench something else" "bench needs a part.*, not gpu" bench gpu
check_bad "bench an unknown game" "Pong-v0" bench env --game=Pongg-v0

short_mario="--game=SuperMarioBros-1-1-v1 --processes=1 --envs_per_process=1 --n_step=5 --batch_size=20 --clips=false
    --total_steps=20"
run train a3c $short_mario --beta=0.05 --run_dir=mario
if grep -q install-deps stderr; then
    skip "the preset of a game" "$(cut -c 10-90 stderr)"
else
    check "the preset of a game" grep -q '"frame_skip": 4,' mario/config.json
    check "it is logged" says "preset mario: --frame_skip=4 --observation=deepmind"
    check "it is written down" grep -q '"preset": "mario"' mario/config.json
    check "options given stand" grep -q '"beta": 0.05' mario/config.json
fi

run train ppo --game=catch --processes=1 --envs_per_process=2 --n_step=16 --batch_size=32 --minibatch_size=16 \
    --queue_size=64 --total_steps=40 --run_dir=rounds
check "a run in rounds: it says where it ends" says "a batch has 32 steps: the run ends at 64 steps, not at 40"
check "a run in rounds: it ends there" test -e rounds/model-catch-64.h5
run train ppo --resume=rounds --total_steps=96
check "a run in rounds: no word if it ends where it was told to" test "$(grep -c "a batch has" stderr)" -eq 0

# Like a run that an earlier build trained on another emulator.
core=$(find /usr/lib -name nestopia_libretro.so 2>/dev/null | head -n 1)
run train a3c $short_mario --core="$core" --run_dir=nestopia
if [ -z "$core" ] || [ "$exit_code" -ne 0 ]; then
    skip "states of another emulator" "no nestopia, or no ROM: tools/install-deps brings them"
else
    sed -i 's|"core": ".*"|"core": ""|' nestopia/config.json
    cp nestopia/checkpoint.h5 checkpoint-before.h5
    run train a3c --resume=nestopia --total_steps=40
    check "states of another emulator: exit code 2" test "$exit_code" -eq 2
    check "states of another emulator: what to do" says "saved by another emulator.*--checkpoint=FILE"
    check "states of another emulator: the checkpoint stays" cmp -s nestopia/checkpoint.h5 checkpoint-before.h5
fi
# Every step is as long as the learning rate: after the first, losses are NaN.
run train a3c --game=catch --processes=1 --lr=10 --rms_eps=1e-12 --rho=0 --total_steps=8000 \
    --save_freq=20 --run_dir=diverged
check "weights that diverge: exit code 1" test "$exit_code" -eq 1
check "weights that diverge: one line says so" test "$(grep -c '^asyncrl: training has diverged' stderr)" -eq 1
check "weights that diverge: updates are skipped and told" says "an update at .* steps was skipped"
check "weights that diverge: the last good ones stay" test \
    "$(find diverged -name 'model-*.h5')" = diverged/model-catch-20.h5
check "weights that diverge: all rows of losses are numbers" test "$(grep -c nan diverged/progress.csv)" -eq 0

last_rate() { # of the run's last row
    tail -n 1 "$1/progress.csv" | cut -d, -f"$(head -n 1 "$1/progress.csv" | tr , '\n' | grep -n '^learning_rate$' | cut -d: -f1)"
}
run train a3c --game=catch --processes=1 --lr=0.01 --lr_final=0.002 --steps=200 --total_steps=400 --run_dir=falls
check "--lr_final: the learning rate falls to it and stays there" test "$(last_rate falls)" = 0.002

run train a3c --game=catch --processes=1 --lr=0.01 --steps=0 --total_steps=800 --stop_steps=400 --run_dir=halved
check "--stop_steps: the run stops there" test -f halved/model-catch-400.h5 -a ! -e halved/model-catch-800.h5
check "--stop_steps: schedules are those of total_steps" test "$(last_rate halved)" = 0.005
run train --resume=halved
check "--stop_steps: a resume goes on to total_steps" test -f halved/model-catch-800.h5
run train --resume=halved --total_steps=1600 --stop_steps=800
check "--stop_steps: reached already: exit code 0" test "$exit_code" -eq 0
check "--stop_steps: reached already: says so" says "has trained 800 steps already, so --stop_steps=800 trains none"

run train --help=all
check "train --help=all" test "$exit_code" -eq 0
for option in game processes lr steps batch_size swap_freq checkpoint save_freq queue_size n_step \
    reward_scale beta seed observation network run_dir total_steps envs_per_process data_dir; do
    check "train --help=all lists --$option" grep -q -e "--$option=" stdout
done
check "train --help=all fits 80 columns" test -z "$(grep -E '.{80}' stdout)"
finish
