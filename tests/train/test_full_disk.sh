#!/bin/sh
# A disk that fills up while a run saves: a small tmpfs in a mount namespace of this test's own, which
# ends with it.
if [ -z "${OWN_MOUNTS:-}" ] && unshare --user --map-root-user --mount true 2>/dev/null; then
    OWN_MOUNTS=yes exec unshare --user --map-root-user --mount sh "$0"
fi
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/train.sh"

mkdir disk
trap 'umount "$work/disk" 2>"$work/shell-words"; rm -rf "$work"' EXIT
if [ -z "${OWN_MOUNTS:-}" ] || ! mount -t tmpfs -o size=96m none disk 2>stderr; then
    skip "a full disk" "no tmpfs may be mounted here"
    finish
    exit
fi

options="--game=catch --processes=1 --queue_size=5 --save_freq=300 --run_dir=disk/run"

fill_disk() { # leaves room for a weight file, not for a checkpoint
    cat /dev/zero >disk/filler 2>shell-words
    truncate -s -5M disk/filler
}

failures() { # failures COUNT: that many saves failed, and training went on
    [ "$(grep -c 'No space left on device; training goes on' stderr)" -ge "$1" ]
}

failed_checkpoint() {
    says "cannot write 'disk/run/checkpoint.h5': No space left on device; training goes on"
}

# check_whole NAME: the checkpoint on the disk is whole; checked in a copy, with a limit reached
check_whole() {
    rm -rf copy
    cp -r disk/run copy
    mv stderr stderr-before
    run train --resume=copy --total_steps=1
    passed=false
    if [ "$exit_code" -eq 0 ] && says "is finished" && ! says "the checkpoint before"; then
        passed=true
    fi
    result $passed "$1"
    mv stderr-before stderr
}

# shellcheck disable=SC2086 # options are words
train_in_background a3c $options
wait_until test -e disk/run/checkpoint.h5
fill_disk
check "a full disk: a line says what failed" wait_until failed_checkpoint
check "a full disk: training goes on" wait_until failures 3
check_whole "a full disk: the older checkpoint is whole"
kill -TERM "$supervisor"
finish_run
check "SIGTERM with a full disk: exit code 1" test "$exit_code" -eq 1
check "SIGTERM with a full disk: one line says why" test \
    "$(grep -c "^asyncrl: cannot write 'disk/run/.*No space left on device" stderr)" -eq 1 -a \
    "$(grep -c ^asyncrl: stderr)" -eq 1
check "SIGTERM with a full disk: the checkpoint is the older one" \
    cmp -s copy/checkpoint.h5 disk/run/checkpoint.h5
check "SIGTERM with a full disk: no half-written file" test -z "$(find disk/run -name '*.tmp')"

rm disk/filler
touch before
train_in_background --resume=disk/run
newer() { [ -n "$(find disk/run/checkpoint.h5 -newer before)" ]; }
check "room again: resumed, the run saves" wait_until newer
fill_disk
check "the disk fills up again" wait_until failed_checkpoint
rm disk/filler
touch before
check "room again on the way: the next checkpoint is saved" wait_until newer
kill -TERM "$supervisor"
finish_run
check "room again on the way: ends well" test "$exit_code" -eq 0

train_in_background --resume=disk/run
fill_disk
wait_until failures 1
kill_everything
rm disk/filler
check_whole "SIGKILL with a full disk: the older checkpoint is whole"
run train --resume=disk/run --total_steps="$(($(tail -n 1 disk/run/progress.csv | cut -d, -f2) + 500))"
check "SIGKILL with a full disk: resumed, it ends well" test "$exit_code" -eq 0
check "SIGKILL with a full disk: no half-written file" test -z "$(find disk/run -name '*.tmp')"

# The weights do not wait for a checkpoint that cannot be written.
rm -r disk/run
train_in_background a3c --game=catch --processes=1 --save_freq=100000000 --run_dir=disk/run
has_trained() { [ "$(tail -n 1 disk/run/progress.csv | cut -d, -f2)" -gt 0 ] 2>shell-words; }
wait_until has_trained
fill_disk
kill -TERM "$supervisor"
finish_run
check "room for the weights alone: they are saved" test -n "$(find disk/run -name 'model-catch-*.h5')"
check "room for the weights alone: exit code 1 and the reason" test "$exit_code" -eq 1 -a \
    "$(grep -c "^asyncrl: cannot write 'disk/run/checkpoint.h5': No space" stderr)" -eq 1
finish
