# The life and death of a run's processes: after any kill, nothing hangs and no process is left.
. "$(dirname "$0")/train.sh"

# Under the sanitizers a way of ending and a helper's death once each, because others run the same code.
signals="INT TERM HUP"
[ -z "${ASYNCRL_SHORT:-}" ] || signals=INT # train-signals sends the others

start --total_steps=2000 --save_freq=1000
finish_run
check "total_steps: exit code 0" test "$exit_code" -eq 0
check "total_steps: model of that step saved" test -f run/model-catch-2000.h5
check "save_freq: model on the way saved" test -f run/model-catch-1000.h5
check "total_steps: stdout names the model" test "$(cat stdout)" = run/model-catch-2000.h5
check "run directory: nothing but what belongs there" test \
    "$(ls run | sed '/best/d; s/tfevents.*/tfevents/' | tr '\n' ' ')" = \
    "checkpoint-previous.h5 checkpoint.h5 clips config.json episodes.csv events.out.tfevents \
model-catch-1000.h5 model-catch-2000.h5 progress.csv "
check "clips: an event file" test "$(ls run/clips | sed 's/tfevents.*/tfevents/')" = events.out.tfevents
check "episodes.csv: catch takes 9 steps" test \
    "$(tail -n +2 run/episodes.csv | cut -d, -f6 | sort -u)" = 9
check "episodes.csv: all actors play" test \
    "$(tail -n +2 run/episodes.csv | cut -d, -f3 | sort -u | tr '\n' ' ')" = "0 1 2 3 "
check "progress.csv: the last row is the end" test \
    "$(tail -n 1 run/progress.csv | cut -d, -f2)" = 2000

run train a3c --game=catch --run_dir=run --total_steps=4000
check "a run directory is not used twice" test "$exit_code" -eq 2
check "the run in it is untouched" test "$(tail -n 1 run/progress.csv | cut -d, -f2)" = 2000
run train a3c --game=catch --run_dir=run --checkpoint=2000 --total_steps=2400
check "--checkpoint=N goes on" test "$exit_code" -eq 0 -a -f run/model-catch-2400.h5
run train a3c --game=catch --run_dir=tuned --checkpoint=run/model-catch-2400.h5 --total_steps=400
check "--checkpoint=FILE begins to count at 0, and says so" test "$exit_code" -eq 0 -a \
    -f tuned/model-catch-400.h5 -a "$(grep -c 'weights of 2400 steps; the counter' stderr)" = 1
check "--checkpoint=N keeps the curve" test "$(grep -c seconds run/progress.csv)" = 1

random="train pqn --game=catch --processes=1 --envs_per_process=1 --n_step=16 --batch_size=32 \
    --minibatch_size=32 --eps_final=1 --run_dir=random"
run $random --total_steps=320
games=$(wc -l <random/episodes.csv)
run $random --checkpoint=320 --total_steps=640
check "--checkpoint=N plays other games than those at the beginning" test \
    "$(sed 1d random/episodes.csv | head -20 | cut -d, -f5 | xargs)" != \
    "$(tail -n "+$((games + 1))" random/episodes.csv | head -20 | cut -d, -f5 | xargs)"

for signal in $signals; do
    new_run
    start
    check "SIG$signal: training starts" wait_until is_training
    all=$(children asyncrl)
    kill -$signal "$supervisor"
    finish_run
    check "SIG$signal: exit code 0" test "$exit_code" -eq 0
    check "SIG$signal: weights saved" test "$(saved_models)" -eq 1
    check "SIG$signal: no process left" gone $all
done

processors_of() { # processors_of NAME: those that each thread of these processes may use, without repeats
    for pid in $(children "$1"); do
        sed -n 's/^Cpus_allowed_list:[^0-9]*//p' "/proc/$pid"/task/*/status
    done | sort -u
}
new_run
start --pin --learner_threads=1 --processes="$(nproc)"
wait_until is_training
check "--pin: an actor for each processor" test "$(processors_of asyncrl-act | grep -c '^[0-9]*$')" -eq "$(nproc)"
check "--pin: the learner has one" test "$(processors_of asyncrl-learn | grep -c '^[0-9]*$')" -eq 1
check "--pin: others may use all" test "$(processors_of asyncrl-report)" = "$(sed -n \
    's/^Cpus_allowed_list:[^0-9]*//p' /proc/self/status)"
kill -INT "$supervisor"
finish_run

new_run
start
wait_until is_training
all=$(children asyncrl)
kill -STOP $(children asyncrl-learn) # a learner that would take for ever to save
kill -INT "$supervisor"
sleep 0.5
kill -INT "$supervisor"
finish_run
check "second SIGINT: stops at once, with exit code 1" test "$exit_code" -eq 1
check "second SIGINT: no process left" gone $all

new_run
start
wait_until is_training
actor=$(children asyncrl-act-01)
kill -KILL "$actor"
check "killed actor: the run says so" wait_until says "actor 1 died (signal 9"
check "killed actor: another takes its place" wait_until lives asyncrl-act-01 "$actor"
before=$(tail -n +2 run/episodes.csv | cut -d, -f3 | grep -c '^1$')
more_games() { [ "$(tail -n +2 run/episodes.csv | cut -d, -f3 | grep -c '^1$')" -gt "$before" ]; }
check "killed actor: its replacement plays" wait_until more_games
kill -KILL $(children asyncrl-report)
check "killed reporter: the run says so" wait_until says "reporter died"
seen=$(wc -l <run/progress.csv)
check "killed reporter: its replacement goes on in progress.csv" wait_until rows "$seen"
kill -INT "$supervisor"
finish_run
check "killed actor and reporter: the run ends well" test "$exit_code" -eq 0

new_run
train_in_background ppo --game=catch --processes=2 --envs_per_process=2 --n_step=16 --batch_size=64 \
    --minibatch_size=32 --run_dir=run
wait_until is_training
actor=$(children asyncrl-act-01)
kill -KILL "$actor"
check "killed actor, in rounds: another takes its place" wait_until lives asyncrl-act-01 "$actor"
steps() { tail -n 1 run/progress.csv | cut -d, -f2; }
before=$(steps)
many_more() { [ "$(steps)" -gt $((before + 1000)) ]; }
check "killed actor, in rounds: training goes on" wait_until many_more
kill -INT "$supervisor"
finish_run
check "killed actor, in rounds: the run ends well" test "$exit_code" -eq 0

if [ -z "${ASYNCRL_SHORT:-}" ]; then
    new_run
    start --save_freq=1000
    victim=
    for death in 1 2 3; do
        wait_until lives asyncrl-clips "$victim"
        victim=$(children asyncrl-clips)
        kill -KILL $victim
        wait_until gone $victim
    done
    check "killed clip recorder: replaced, but not for ever" wait_until says "clip recorder died .*goes on without"
    seen=$(wc -l <run/progress.csv)
    check "killed clip recorder: the run goes on" wait_until rows "$seen"
    kill -INT "$supervisor"
    finish_run
    check "killed clip recorder: the run ends well" test "$exit_code" -eq 0
fi

new_run
start --save_freq=200
wait_until test -d run/clips
kill -STOP $(children asyncrl-clips) # a clip recorder that would take for ever
kill -INT "$supervisor"
finish_run
check "a clip recorder that hangs: the run ends well" test "$exit_code" -eq 0

new_run
start --tensorboard=false --total_steps=400
finish_run
check "--tensorboard=false: no event files" test -z "$(find run -name '*tfevents*')"
new_run
start --clips=false --total_steps=400
finish_run
check "--clips=false: curves alone" test "$(ls -d run/clips run/*tfevents* 2>shell-words | wc -l)" = 1

new_run
mkfifo log
$foreground "$ASYNCRL" train a3c --game=catch --run_dir=run 2>log >stdout </dev/null &
supervisor=$!
head -n 1 log >first-line # reads one line of the log, then is gone
wait_until rows 1
kill -INT "$supervisor"
finish_run
check "log read by nobody: weights saved all the same" test "$exit_code" -eq 0 -a "$(saved_models)" -eq 1

new_run
start --save_freq=200
wait_until test -e run/model-catch-200.h5
all=$(children asyncrl)
kill -KILL $(children asyncrl-learn)
finish_run
check "killed learner: exit code 1" test "$exit_code" -eq 1
check "killed learner: one line says so and names the weights" says \
    "asyncrl: the learner died (signal 9.*run/model-catch-[0-9]*.h5"
check "killed learner: no process left" gone $all
model=$(sed -n "s/.*saved are '\(.*\)'/\1/p" stderr)
run eval --model="$model" --episodes=1
check "killed learner: the last weights are whole" test "$exit_code" -eq 0
check "killed learner: no half-written file" test -z \
    "$(ls run | grep -v -e csv -e json -e 'h5$' -e tfevents -e '^clips$')"

new_run
start
wait_until is_training
all=$(children asyncrl)
kill -KILL "$supervisor"
finish_run
check "killed supervisor: its children die with it" wait_until gone $all

new_run
start
wait_until rows 1
victim=
for death in 1 2 3; do
    wait_until lives asyncrl-act-02 "$victim"
    victim=$(children asyncrl-act-02)
    kill -KILL $victim
    wait_until gone $victim
done
finish_run
check "an actor that dies at every start ends the run" test "$exit_code" -eq 1
check "an actor that dies at every start: the reason is given" says \
    "asyncrl: actor 2 died 3 times within 10 s of its start (signal 9"

# 2 000 games while the reporter is stopped, twice the size of the actor's log.
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    new_run
    start --processes=1 --total_steps=18000
    wait_until rows 1
    reporter=$(children asyncrl-report)
    kill -STOP "$reporter"
    sleep 4
    kill -CONT "$reporter"
    finish_run
    played=$(tail -n 1 run/progress.csv | cut -d, -f4)
    check "no game is lost while the reporter rests: $played" test \
        "$(grep -c . run/episodes.csv)" -ge "$((played + 1))" -a "$played" -gt 1900
    check "no game is lost while the reporter rests: nothing to tell" test "$(grep -c 'could not be written' stderr)" -eq 0
fi
finish
