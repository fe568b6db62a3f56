# Gymnasium: CartPole is learned, environments that break down are reported and replaced, and no Python
# process is left.
. "$(dirname "$0")/train.sh"

python=${ASYNCRL_PYTHON:-python3}
if ! "$python" -c 'import gymnasium' 2>shell-words; then
    skip "Gymnasium" "no Python with gymnasium: tools/install-deps --gymnasium"
    finish
    exit 0
fi
tests_module=asyncrl_test_games

pythons() { # process ids of the Pythons that play for the supervisor's actors
    for actor in $(children asyncrl-act); do
        for guard in $(cat "/proc/$actor/task/$actor/children" 2>shell-words); do
            cat "/proc/$guard/task/$guard/children" 2>shell-words
        done
    done
}

python_plays() { [ -n "$(pythons | tr -d ' \n')" ]; }

# ---- Learning ----

frames=300000
[ -z "${ASYNCRL_SHORT:-}" ] || frames=2000
# Deterministic, so that a run that has learned does so again.
run train a3c --game=gym:CartPole-v1 --run_dir=cart --total_steps=$frames --deterministic
check "CartPole: trains $frames frames" test "$exit_code" -eq 0
model=cart/model-gym-CartPole-v1-$frames.h5
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    run eval --model=$model --episodes=100 --json
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "CartPole: scores $mean, at least 195" \
        awk -v mean="${mean:-0}" 'BEGIN { exit !(mean >= 195) }'
fi
run train q1 --game=gym:CartPole-v1 --run_dir=q1 --total_steps=1000 --processes=2 --envs_per_process=2
check "CartPole: 1-step Q plays it, too" test "$exit_code" -eq 0
run play --model=$model --games=1
check "CartPole: its model plays" grep -q "^Game #" stdout

# ---- Pictures ----

run train a3c --game=gym:$tests_module:asyncrl-test/Counter-v0 --run_dir=counter --total_steps=500 \
    --processes=2 --envs_per_process=2 --env_kwargs='{"shape": [20, 30]}' \
    --env_wrappers='TimeLimit{"max_episode_steps": 3}'
check "pictures: train" test "$exit_code" -eq 0
check "its arguments are in config.json" grep -q 'max_episode_steps.": 3' counter/config.json
run eval --model="$(find counter -name '*-500.h5')" --episodes=3 \
    --game=gym:$tests_module:asyncrl-test/Counter-v0
check "pictures: the model is judged" test "$exit_code" -eq 0
check "with the arguments that it was trained with" grep -q "^steps *9 " stdout

run train a3c --game=gym:$tests_module:asyncrl-test/Slow-v0 --run_dir=slow --total_steps=40 \
    --processes=1 --envs_per_process=1
check "a slow start: a line says how far it is" says "super .*0 of 1 environments have started"

# ---- Equal seeds, and a run that goes on ----

copies="1 2" # sanitizers learn nothing new from the second
[ -z "${ASYNCRL_SHORT:-}" ] || copies=1
for copy in $copies; do
    run train a3c --game=gym:CartPole-v1 --deterministic --processes=2 --envs_per_process=2 --run_dir="same-$copy" \
        --total_steps=3000
done
[ -n "${ASYNCRL_SHORT:-}" ] || check "equal seeds give equal weights" \
    cmp same-1/model-gym-CartPole-v1-3000.h5 same-2/model-gym-CartPole-v1-3000.h5
run train a3c --resume=same-1 --total_steps=4000
check "a run goes on" test -e same-1/model-gym-CartPole-v1-4000.h5
check "but not exactly, which it says" grep -q inexact stderr

# ---- A run of an earlier build ----

cp -r "$ASYNCRL_TEST_DATA/run" earlier # 400 frames
run train --resume=earlier --total_steps=600
check "a run that an earlier build wrote goes on" test "$exit_code" -eq 0
check "it has its weights" test -s earlier/model-gym-CartPole-v1-600.h5
check "its columns stay those that it has" sh -c \
    'cmp -n 200 earlier/progress.csv "$ASYNCRL_TEST_DATA/run/progress.csv" &&
    [ "$(tail -n 1 earlier/progress.csv | tr -d -c , | wc -c)" -eq 15 ]'
check "options that it does not name keep their old values" grep -q '"env_timeout": 0' earlier/config.json

# ---- Continuous actions ----

steered=gym:$tests_module:asyncrl-test/Steered-v0 # pays the sum of three numbers, of at most 2 each
frames=32768
[ -z "${ASYNCRL_SHORT:-}" ] || frames=2048
for copy in $copies; do
    run train ppo --game=$steered --deterministic --processes=2 --run_dir="steer-$copy" --total_steps=$frames \
        --lr=0.003 --gamma=0.5 --reward_scale=6
done
check "continuous actions: trains" test "$exit_code" -eq 0
steer_model=$(find steer-1 -name "*-$frames.h5")
[ -n "${ASYNCRL_SHORT:-}" ] || check "equal seeds give equal weights" \
    cmp "$steer_model" "$(find steer-2 -name "*-$frames.h5")"
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    run eval --model="$steer_model" --game=$steered --episodes=5 --greedy --json
    mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
    check "the means score $mean, more than 100 of 120" \
        awk -v mean="${mean:-0}" 'BEGIN { exit !(mean > 100) }'
fi
run train --resume=steer-1 --total_steps=$((frames + 1024))
check "a run with continuous actions goes on" test -e "$(find steer-1 -name "*-$((frames + 1024)).h5")"
run play --model="$steer_model" --game=$steered --games=1
check "its model plays" grep -q "^Game #" stdout
run export --model="$steer_model" -o steer.onnx --json
check "its model is exported" grep -q '"network": *"mlp+gaussian"' stdout
check_bad "nothing to explain" "explain needs a game with numbered" \
    play --model="$steer_model" --game=$steered --explain --gif=steer.gif
check_bad "a model of numbered actions on continuous ones" "has continuous actions, but the model" \
    play --model="$model" --game=gym:Pendulum-v1
check_bad "actions of continuous kind are not traced" "trace needs a game with numbered actions" \
    trace --game=gym:Pendulum-v1 --actions=/dev/null

# ---- Actions of several parts ----

# Pays 1 for each of two numbers, of 3 and 4, that equals one shown: by chance 0.58 a step, of at most 2.
match=gym:$tests_module:asyncrl-test/MatchFew-v0
few="--deterministic --processes=2 --envs_per_process=2 --gamma=0.5 --reward_scale=2"
learns_parts() { # learns_parts METHOD STEPS MORE_STEPS OPTIONS
    method=$1 steps=$2 more=$3
    shift 3
    [ -z "${ASYNCRL_SHORT:-}" ] || steps=$((2 * more))
    run train "$method" --game=$match --run_dir="parts-$method" --total_steps="$steps" $few "$@"
    check "$method: trains on several parts" test "$exit_code" -eq 0
    parts_model=$(find "parts-$method" -name "*-$steps.h5")
    if [ -z "${ASYNCRL_SHORT:-}" ]; then
        run eval --model="$parts_model" --game=$match --episodes=20 --greedy --json
        mean=$(sed -n 's/.*"mean": *\([-0-9.e]*\).*/\1/p' stdout)
        check "$method: its choices score $mean, more than 32 of 40" \
            awk -v mean="${mean:-0}" 'BEGIN { exit !(mean > 32) }'
    fi
    run train --resume="parts-$method" --total_steps=$((steps + more))
    check "$method: a run with several parts goes on" \
        test -e "$(find "parts-$method" -name "*-$((steps + more)).h5")"
}
learns_parts ppo 8192 1024 --lr=0.003
learns_parts a3c 8000 1000 --lr=0.003 --vtrace
run export --model="$parts_model" -o parts.onnx --json
check "the model says its parts" grep -q '"network": *"mlp+parts=3x4"' stdout
run play --model="$parts_model" --game=$match --games=1 --explain --gif=parts.gif
check "its choices are explained" test -s parts.gif
check_bad "a model of parts on another game's" "has actions of the parts 5x13, but the model's are of the parts 3x4" \
    eval --model="$parts_model" --game=gym:$tests_module:asyncrl-test/Match-v0 --episodes=1
run train ppo --game=gym:$tests_module:asyncrl-test/Match-v0 --run_dir=many --total_steps=2048 --processes=2
check "more combinations than could be numbered: trains" test "$exit_code" -eq 0
check_bad "a Q method and many combinations" "65 combinations, and q1 numbers at most 64: use a3c or ppo" \
    train q1 --game=gym:$tests_module:asyncrl-test/Match-v0
run train q1 --game=$match --run_dir=parts-q1 --total_steps=500 --processes=2 --envs_per_process=2
check "a Q method numbers few" test "$exit_code" -eq 0

# Weights from before this: one output for each combination, as for a game that numbers them itself.
run train a3c --game=gym:$tests_module:asyncrl-test/MatchJoined-v0 --run_dir=joined --total_steps=500 $few
joined=$(find joined -name "*-500.h5")
run eval --model="$joined" --game=$match --episodes=2
check "weights of combinations play" test "$exit_code" -eq 0
run train a3c --game=$match --checkpoint="$joined" --run_dir=old --total_steps=500 $few
check "and are trained further" test "$exit_code" -eq 0
check "as they are" grep -q '"network": *"mlp"' old/config.json
run train --resume=old --total_steps=800
check "and in a run that goes on" test -e "$(find old -name "*-800.h5")"

# ---- What goes wrong ----

breaks() { # breaks HOW PATTERN
    run train a3c --game=gym:$tests_module:asyncrl-test/Walk-"$1"-v0 --run_dir="breaks-$1" \
        --processes=1 --envs_per_process=1
    check "$1: ends the run when it goes on" test "$exit_code" -eq 1
    check "$1: is logged" says "act-00 .*$2"
    check "$1: the actor is replaced before that" says "a new one takes its place"
}
breaks raises "RuntimeError: it broke"
# Unit tests have the others under the sanitizers.
[ -n "${ASYNCRL_SHORT:-}" ] || breaks exits "code 5"
[ -n "${ASYNCRL_SHORT:-}" ] || breaks misshapes "its observation has the shape (4,)"
check_bad "no such environment" "NameNotFound" train a3c --game=gym:NoSuchGame-v0
check_bad "continuous actions without ppo" "a3c needs a game with numbered actions.*use ppo" \
    train a3c --game=gym:Pendulum-v1
check_bad "continuous actions and --sticky" "--sticky needs a game with numbered" \
    train ppo --game=gym:Pendulum-v1 --sticky=0.25
check_bad "no such module" "no_such_module" train a3c --game=gym:no_such_module:CartPole-v1
check_bad "a network for pictures" "shows a vector of 4 numbers" \
    train a3c --game=gym:CartPole-v1 --network=nature
check_bad "an observation of no picture" "observation does nothing in gym:CartPole-v1, which shows numbers, not pictures" \
    train a3c --game=gym:CartPole-v1 --observation=deepmind
check_bad "a screen without lines" "blank_top does nothing in gym:CartPole-v1" \
    train a3c --game=gym:CartPole-v1 --blank_top=8
check_bad "a network for vectors" "shows pictures" train a3c --game=catch --network=mlp
check_bad "a vector's model on pictures" "another game" play --model=$model --game=catch
export ASYNCRL_PYTHON=/no/python
check_bad "no Python" "cannot run '/no/python'" \
    eval --model=$model --episodes=1 --game=gym:CartPole-v1
export ASYNCRL_PYTHON=$python

# ---- Processes ----

train_in_background a3c --game=gym:CartPole-v1 --run_dir=run --processes=2 --envs_per_process=2
wait_until is_training
check "Python plays" wait_until python_plays
check "the environments of an actor share one" test "$(pythons | wc -w)" -eq 2
left=$(pythons)
kill_everything
# shellcheck disable=SC2086 # words
check "Python dies with the program" wait_until gone $left
finish
