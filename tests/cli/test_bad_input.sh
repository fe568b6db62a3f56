#!/bin/sh
# Bad input of many kinds: one line with the fault, exit code 2, and no other effect.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$work" || exit 1

"$MAKE_INPUT" weights four.h5 a3c "" 3 4
"$MAKE_INPUT" weights named.h5 a3c catch 3 3
"$MAKE_INPUT" weights judge.h5 qn catch 3 3
"$MAKE_INPUT" weights breakout.h5 a3c Breakout-v0 3 4
"$MAKE_INPUT" weights nowhere.h5 a3c Brekout-v0 3 4
"$MAKE_INPUT" png screen.png 210 160
"$MAKE_INPUT" png other.png 210 150
"$MAKE_INPUT" png tiny.png 210 83
"$MAKE_INPUT" png large.png 2000 160
head -c 20000 four.h5 >cut.h5
head -c 100 screen.png >cut.png
: >empty
mkdir folder

check_bad "no command" "no command given"
check_bad "unknown command" "unknown command 'evla'; did you mean 'eval'?" evla
check_bad "unknown command like no other" "unknown command 'xyzzy'; asyncrl --help" xyzzy

check_bad "eval: no model" "eval needs --model" eval --game=catch
check_bad "eval: misspelt option" "unknown option --episods; did you mean --episodes?" \
    eval --model=named.h5 --episods=3
check_bad "eval: option like no other" "unknown option --xyzzy" eval --xyzzy=1
check_bad "eval: one dash" "options begin with two dashes" eval -model named.h5
check_bad "eval: option without its value" "\-\-model needs a value" eval --model
check_bad "eval: no number" "whole number, not 'three'" eval --model=named.h5 --episodes=three
check_bad "eval: number with a tail" "whole number, not '3x'" eval --model=named.h5 --episodes=3x
check_bad "eval: too few episodes" "out of bounds" eval --model=named.h5 --episodes=0
check_bad "eval: too many processes" "out of bounds" eval --model=named.h5 --processes=100000
check_bad "eval: eps above 1" "out of bounds" eval --model=named.h5 --eps=1.5
check_bad "eval: eps not a number" "takes a number" eval --model=named.h5 --eps=nan
check_bad "eval: chance for a policy" "\-\-eps is for Q networks, but 'named.h5' has a policy" \
    eval --model=named.h5 --eps=0.5
check_bad "play: chance for a policy" "leave it out" play --model=named.h5 --eps=0.5 --window=false
check_bad "eval: greedy Q network" "\-\-greedy is for policies, but 'judge.h5' has a Q network" \
    eval --model=judge.h5 --greedy
check_bad "eval: flag with a strange value" "true or false" eval --model=named.h5 --json=maybe
check_bad "play: the best game, of nothing" "\-\-gif_best does nothing without --gif: give that, too" \
    play --model=named.h5 --gif_best
check_bad "play: a screen, of nothing" "\-\-screenshot_frame does nothing without --screenshot" \
    play --model=named.h5 --screenshot_frame=3
check_bad "play: a person alone, not greedy" "\-\-greedy does nothing without --model" \
    play --human --game=catch --greedy
check_bad "play: a person alone, by an agent's rules" "\-\-noop_max does nothing without --model" \
    play --human --game=catch --noop_max=30
for option in theme=dark width=500 height=500; do
    check_bad "plot: --$option without a picture" "\-\-${option%=*} does nothing without -o" \
        plot good --json "--$option"
done
check_bad "plot: the title of a table" "\-\-title does nothing without -o" plot good --table --title=x
check_bad "plot: the window of a table" "\-\-window does nothing without -o" plot good --table --window=5
check_bad "sweep: a list has no jobs" "\-\-jobs does nothing with --list: leave it out" sweep good.json --list --jobs=2
check_bad "sweep: one run has no jobs" "\-\-jobs does nothing with --run" sweep good.json --run=1 --jobs=2
check_bad "sweep: a list has no chart" "\-o does nothing with --list" sweep good.json --list -o a.svg
check_bad "sweep: a list is plain" "\-\-plain does nothing with --list" sweep good.json --list --plain
check_bad "train: clips for nobody" "\-\-clips does nothing without --tensorboard" \
    train a3c --game=catch --tensorboard=false --clips
check_bad "bench: an option of another part" "\-\-processes is for bench queue|train, not env: leave it out" \
    bench env --processes=2
check_bad "bench: the parts have no game" "\-\-game is for bench env|train, not network" bench network --game=catch
check_bad "man: all commands and one" "leave out 'train'" man train --markdown
suggests() { # suggests OPTION OTHER: for a misspelt option of train
    check_bad "train: --$1 may be --$2" "unknown option --$1; did you mean --$2?" train ppo "--$1=1" --game=catch
}
suggests gama gamma # not game
suggests gamm gamma
suggests gmae game
suggests lerning_rate lr
suggests modell checkpoint
check_bad "train: nothing is like --save" "unknown option --save; --help" train ppo --save=1 --game=catch
check_bad "eval: argument too many" "did you mean --model=named.h5?" eval named.h5
check_bad "eval: argument with a space" "did you mean --model='a b.h5'?" eval "a b.h5"
check_bad "eval: another program's name" "unknown option --games; did you mean --episodes?" \
    eval --model=named.h5 --games=3
check_bad "train: Stable-Baselines3's name" "unknown option --learning_rate; did you mean --lr?" \
    train ppo --learning_rate=0.001
check_bad "train: CleanRL's name" "unknown option --total_timesteps; did you mean --total_steps?" \
    train ppo --total-timesteps=1000
check_bad "train: Sample Factory's name" "unknown option --train_for_env_steps; did you mean --total_steps?" \
    train ppo --train_for_env_steps=1000
check_bad "train: machines that only play" "unknown option --actors_only; did you mean --learners?" \
    train a3c --actors_only --game=catch
check_bad "train: a misspelt name of other programs" "unknown option --ent_coeff; did you mean --ent_coef?" \
    train ppo --ent_coeff=0
check_bad "train: weights to begin with" "unknown option --model; did you mean --checkpoint?" \
    train ppo --model=named.h5
check_bad "train: lockstep without rounds" "--lockstep is for runs in rounds" \
    train a3c --game=catch --lockstep --run_dir=none
check_bad "eval: missing model" "nothere.h5" eval --model=nothere.h5 --game=catch
check_bad "eval: folder without weights as model" "folder 'folder' has no weight file" eval --model=folder --game=catch
mkdir saved
: >saved/saved_model.pb
check_bad "eval: TensorFlow's folder as model" "folder 'saved' is a SavedModel of TensorFlow; wanted HDF5" \
    eval --model=saved --game=catch
"$MAKE_INPUT" weights wide.h5 a3c catch 3 3 104
check_bad "eval: weights for larger pictures, or with padding" \
    "looks at 100x100 pixels, or its convolutions have padding or other strides" eval --model=wide.h5
rm -r wide.h5 saved
check_bad "train: an empty file of options" "'empty' is an empty file, not JSON" train --config=empty
check_bad "eval: empty model" "empty" eval --model=empty --game=catch
check_bad "eval: PNG as model" "screen.png" eval --model=screen.png --game=catch
check_bad "eval: model cut short" "cut.h5" eval --model=cut.h5 --game=catch
check_bad "eval: newline in a file's name" "a?b" eval --model="a
b" --game=catch
check_bad "eval: weights name no game" "name it with --game" eval --model=four.h5
check_bad "eval: weights name an unknown game" "nowhere.h5" eval --model=nowhere.h5
for game in ./x.so x.so /tmp/x.so gym:os:CartPole-v1 gym::os:CartPole-v1 gym:x:y:z; do
    "$MAKE_INPUT" weights code.h5 a3c $game 3 3
    for command in eval play; do
        check_bad "$command: weights that name the code $game" \
            "names the game '$game', .*--game=$game if you trust it" $command --model=code.h5
    done
done
"$MAKE_INPUT" weights cart.h5 a3c gym:CartPole-v1 3 2
echo 'open("ran", "w")' >mmap.py
run eval --model=cart.h5 --episodes=1
check "eval: Python imports nothing of the current folder" test ! -e ran
check_bad "eval: weights of another version of the game" \
    "looks at 3 screens: it was trained on another version of that game$" eval --model=cart.h5
rm mmap.py code.h5 cart.h5
check_bad "eval: unknown game" "Breakout-v0" eval --model=four.h5 --game=Brekout-v0
check_bad "eval: RAM game" "Breakout-ram-v0" eval --model=four.h5 --game=Breakout-ram-v0
check_bad "eval: weights of another game" "catch has 3 actions, but the model has 4" \
    eval --model=four.h5 --game=catch
"$MAKE_INPUT" weights all.h5 a3c Breakout-v0 3 18
"$MAKE_INPUT" weights less.h5 a3c Breakout-v0 3 3
check_bad "eval: all actions of Atari" "all 18 actions of an Atari joystick, but Breakout-v0" \
    eval --model=all.h5
check_bad "eval: too few actions" "4 actions, but the model has 3: .* another set of actions$" \
    eval --model=less.h5
rm all.h5 less.h5
check_bad "eval: unknown observation" "unknown observation 'mist'" \
    eval --model=named.h5 --observation=mist
check_bad "eval: observation of other depth" "3 stacked screens" \
    eval --model=named.h5 --observation=deepmind
check_bad "eval: missing data folder" "install-deps" \
    eval --model=four.h5 --game=Breakout-v0 --data_dir=nothere
check_bad "eval: data folder without ROMs" "install-deps" \
    eval --model=four.h5 --game=Breakout-v0 --data_dir=folder

mkfifo pipe
check_bad "eval: a pipe as model" "'pipe': it is a pipe, not a regular file; save its output" \
    eval --model=pipe
check_bad "trace: a pipe as actions" "save its output, and name that file" \
    trace --game=catch --actions=pipe
truncate -s 200M padded.h5
check_bad "eval: far too large" "'padded.h5': it has 209715200 bytes, and at most" eval --model=padded.h5
rm padded.h5

check_bad "predict: no model" "predict needs --model" predict screen.png screen.png screen.png
check_bad "predict: too few screens" "looks at 3 screens, oldest first, but 1 was given" \
    predict --model=four.h5 screen.png
check_bad "predict: too many screens" "but 4 were given" \
    predict --model=four.h5 screen.png screen.png screen.png screen.png
check_bad "predict: far too many screens" "unexpected argument 'six.png'" predict \
    --model=four.h5 screen.png screen.png screen.png screen.png screen.png six.png
check_bad "predict: screens of two sizes" "'other.png' has 150x210 pixels, .* before it 160x210" \
    predict --model=named.h5 screen.png screen.png other.png
check_bad "predict: missing screen" "nothere.png" \
    predict --model=four.h5 screen.png screen.png nothere.png
check_bad "predict: weights as screen" "'four.h5' is an HDF5 file, not a PNG picture" \
    predict --model=four.h5 screen.png screen.png four.h5
check_bad "predict: screen cut short" "cut.png" \
    predict --model=four.h5 cut.png screen.png screen.png
check_bad "predict: screen too small" "from 84x84 to" \
    predict --model=four.h5 screen.png tiny.png screen.png
check_bad "predict: screen too large" "from 84x84 to" \
    predict --model=four.h5 screen.png screen.png large.png

# A link to itself stands for all that the system refuses to look at, such as another user's folder.
mkdir hidden runs
ln -s config.json hidden/config.json
ln -s sweep.json hidden/sweep.json
ln -s model-best.h5 hidden/model-best.h5
ln -s ../hidden runs/one
hidden="Too many levels"
check_bad "eval: weights out of reach" "'hidden/model-best.h5': $hidden" eval --model=hidden
check_bad "resume: options out of reach" "'hidden/config.json': $hidden" train --resume=hidden
check_bad "config: options out of reach" "'hidden/config.json': $hidden" \
    train a3c --config=hidden --run_dir=none
check_bad "plot: options out of reach" "'hidden/config.json': $hidden" plot hidden -o x.svg
check_bad "plot: a folder of such runs" "'runs/one/config.json': $hidden" plot runs -o x.svg
check_bad "sweep: options out of reach" "'hidden/sweep.json': $hidden" sweep --resume=hidden
check_bad "checkpoint: weights out of reach" "'hidden/model-best.h5': $hidden" \
    train a3c --game=catch --checkpoint=hidden/model-best.h5 --run_dir=none
mkdir -p data/retro
ln -s games data/retro/games
check_bad "checkpoint: a folder" "'folder' is a folder; --checkpoint takes" \
    train a3c --game=catch --checkpoint=folder --run_dir=none
check_bad "eval: consoles' games out of reach" "'data/retro/games': $hidden" \
    eval --model=named.h5 --game=Airstriker-Genesis-v0 --data_dir=data
mkdir -p data/roms hidden/games
for file in rom.nes core.so plugin.so folder; do ln -s $file hidden/$file; done
ln -s breakout.bin data/roms/breakout.bin
hidden_game() { # hidden_game NAME PATH ARGUMENTS...
    hidden_name=$1
    hidden_path=$2
    shift 2
    check_bad "train: $hidden_name out of reach" "'$hidden_path': $hidden" train a3c --run_dir=none "$@"
}
hidden_game "a plugin" hidden/plugin.so --game=hidden/plugin.so
hidden_game "a core" hidden/core.so --game=SuperMarioBros-v0 --core=hidden/core.so
hidden_game "a console's ROM" hidden/rom.nes --game=SuperMarioBros-v0 --rom=hidden/rom.nes
hidden_game "data" hidden/folder --game=Breakout-v0 --data_dir=hidden/folder
hidden_game "an Atari ROM" data/roms/breakout.bin --game=Breakout-v0 --data_dir=data
hidden_game "options" hidden/folder --config=hidden/folder
check_bad "watch: a folder out of reach" "'hidden/folder': $hidden" watch hidden/folder
check_bad "games import: a folder out of reach" "'hidden/folder': $hidden" games import hidden/folder
check_bad "play: weights out of reach" "'hidden/folder': $hidden" play --model=hidden/folder --game=catch
rm -r hidden runs data

echo "0 1 2 3" >beyond
echo "0 1 up" >word
printf '0 1\n-1\n' >negative
echo "0 99999999999999999999" >huge
printf '0 \0011' >binary
echo "0 1 2" >good
check_bad "predict: an empty screen" "'empty' is an empty file, not a PNG picture" \
    predict --model=named.h5 empty empty empty
check_bad "sweep: an empty file" "'empty' is an empty file, not JSON" sweep empty
check_bad "eval: an empty list of actions" "\-\-actions: 'empty' is empty" \
    eval --model=named.h5 --game=catch --actions=@empty
check_bad "trace: no game" "trace needs --game" trace --actions=good
check_bad "trace: no actions" "trace needs --actions" trace --game=catch
check_bad "trace: unknown game" "catch" trace --game=cacth --actions=good
check_bad "trace: missing file" "nothere" trace --game=catch --actions=nothere
check_bad "trace: folder as file" "folder" trace --game=catch --actions=folder
check_bad "trace: a pipe" "it is a pipe" trace --game=catch --actions=pipe
check_bad "trace: weights" "'four.h5' is an HDF5 file, not a list" trace --game=catch --actions=four.h5
check_bad "trace: empty file" "holds no action" trace --game=catch --actions=empty
check_bad "trace: impossible action" "line 1: '3' is not an action of this game; they are 0 to 2" \
    trace --game=catch --actions=beyond
check_bad "trace: word" "line 1: 'up'" trace --game=catch --actions=word
check_bad "trace: negative action" "line 2: '-1'" trace --game=catch --actions=negative
check_bad "trace: huge action" "line 1: '9999" trace --game=catch --actions=huge
check_bad "trace: binary" "a file of another kind, not a list" trace --game=catch --actions=binary
check_bad "trace: impossible seed" "whole number" trace --game=catch --actions=good --seed=x

check_bad "play: no model" "play needs --model" play
check_bad "play: no games" "out of bounds" play --model=named.h5 --games=0
check_bad "play: weights of another game" "trained on another game, Breakout-v0" \
    play --model=breakout.h5 --game=catch --evaldir=kept
check_bad "play: evaldir under a file" "empty/kept" play --model=named.h5 --evaldir=empty/kept
check_bad "play: a GIF in a folder that is not there" "cannot write 'nowhere/x.gif': No such" \
    play --model=named.h5 --gif=nowhere/x.gif --evaldir=kept
check_bad "play: a GIF where a folder is" "cannot write '.': it is a folder" \
    play --model=named.h5 --gif=. --evaldir=kept
check_bad "play: a GIF where a device is" "cannot write '/dev/null': it is not a regular file" \
    play --model=named.h5 --gif=/dev/null --evaldir=kept
check_bad "play: a film in a folder that is not there" "cannot write 'nowhere/x.mp4': No such" \
    play --model=named.h5 --video=nowhere/x.mp4 --evaldir=kept
for name in film film.txt film.gif film.png film.h264; do
    check_bad "play: $name is not a film" "'$name' does not end like a film" \
        play --model=named.h5 --video=$name --evaldir=kept
done
check_bad "play: a screenshot in a folder that is not there" "cannot write 'nowhere/x.png': No such" \
    play --model=named.h5 --screenshot=nowhere/x.png --evaldir=kept
check_bad "play: a GIF by another ending" "\-\-gif writes a .gif file, not 'x.webp'; --video" \
    play --model=named.h5 --gif=x.webp
check_bad "play: a PNG by another ending" "\-\-screenshot writes a .png file" \
    play --model=named.h5 --screenshot=./x.jpg
check "play: bad input leaves no folder" test ! -e kept

check_bad "play: an empty name" "\-\-gif needs a value: --gif=FILE" play --model=named.h5 --gif=
check_bad "train: an empty name begins no other run" "\-\-resume needs a value: --resume=RUN_DIR" \
    train a3c --resume=
check_bad "plot: no file by the long name" "\-\-output needs a value: --output=FILE" plot good --output
check_bad "plot: a letter's choices" "\-x must be one of steps" plot good -x mood
check_bad "predict: one screen too many" "unexpected argument 'f'$" predict --model=breakout.h5 a b c d e f

check_bad "watch: TensorBoard's name" "unknown option --port; did you mean --http?" watch --port=8080
check_bad "watch: an empty token" "\-\-token needs a value: --token=TOKEN" watch --token= --http=0
check_bad "train: an empty checkpoint" "\-\-checkpoint needs a value: --checkpoint=N|FILE" \
    train a3c --game=catch --checkpoint= --run_dir="$work/empty"
check_bad "games: no such game" "no game has 'xyzzy'" games xyzzy
check_bad "games: misspelt" "did you mean 'Breakout-v4'?" games brekout
check_bad "games: two patterns" "unexpected argument" games a b
check_bad "export: no model" "export needs --model" export -o x.onnx
check_bad "export: nothing to write" "export needs -o FILE" export --model=x.h5
check_bad "export: another kind of file" "writes a .onnx file, not 'x.pt'" export --model=x.h5 -o x.pt
check_bad "export: the option's older name" "did you mean -o?" export --model=x.h5 --onnx=x.onnx
check_bad "export: no such folder" "no/such" export --model=x.h5 --output=no/such/x.onnx
check_bad "export: no model there" "x.h5" export --model=x.h5 -o "$work/x.onnx"
check "export: no file after that" test ! -e "$work/x.onnx"
check_bad "games: option" "unknown option --scores" games --scores

left=$(echo *)
check "nothing else was written" test "$left" = "beyond binary breakout.h5 cut.h5 cut.png empty \
folder four.h5 good huge judge.h5 large.png named.h5 negative nowhere.h5 other.png pipe \
screen.png stderr stdout tiny.png word"
finish
