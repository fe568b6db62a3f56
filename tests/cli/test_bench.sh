#!/bin/sh
# bench on catch, as short as possible: one object of JSON with plausible figures, and text.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"

figure() { # figure NAME: the first number of that name in stdout
    grep -o "\"$1\":[0-9.e+-]*" "$work/stdout" | head -n 1 | cut -d: -f2
}

between() { # between NAME LEAST MOST
    # shellcheck disable=SC2016 # the dollars are awk's
    figure "$1" | awk -v least="$2" -v most="$3" '{ found = $1 >= least && $1 <= most }
        END { exit !found }'
}

# product NAME A B: a figure is A times B, to a thousandth
product() {
    awk -v is="$(figure "$1")" -v a="$2" -v b="$3" 'BEGIN { r = is / (a * b)
        exit !(r > 0.999 && r < 1.001) }'
}

bench() { # bench NAME ARGUMENTS...
    name=$1
    shift
    case $1 in env | train) set -- "$@" --game=catch ;; esac
    run bench "$@" --seconds=0.05
    check "$name" test "$exit_code" -eq 0
}

bench "env --json" env --json
check "env: one line" test "$(wc -l <"$work/stdout")" -eq 1
check "env: names the machine" grep -q '^{"machine":"..*","processors":[1-9]' "$work/stdout"
check "env: both presets" grep -q '"catch":{"seed":{.*},"classic":{.*},"deepmind":{' "$work/stdout"
check "env: catch has one frame per step" between emulator_frames_per_step 1 1
check "env: an emulator's speed" product emulator_frames_per_second 1e6 \
    "$(awk -v us="$(figure emulator_frame_us)" 'BEGIN { print 1 / us }')"
check "env: a state" between state_bytes 4 1e4
check "env: takes time to save" between state_save_us 0.001 1e5
check "env: takes time to load" between state_load_us 0.001 1e5
bench "env" env
check "env: a line per preset" test "$(grep -c '^catch ' "$work/stdout")" -eq 2
check "env: a line on states" grep -q '^  its state of [0-9]* bytes: saved in .* us, loaded in' "$work/stdout"

# Not under the sanitizers, where the reference takes long: `bench train` measures a network there, and the unit tests
# of networks run both.
if [ -z "${ASYNCRL_SHORT:-}" ]; then
    bench "network --json" network --json
    for network in a3c_onednn a3c_reference nature_onednn nature_reference; do
        check "network: $network" grep -q "\"$network\":{\"forward_us_batch_1\":[1-9]" "$work/stdout"
    done
    check "network: the reference trains with fewer samples than --batch_size" test \
        "$(grep -o '"train_batch":[0-9]*' "$work/stdout" | cut -d: -f2 | xargs)" = "20 4 20 4"
    check "network: a peak" between peak_gflops 0.01 1e5
    check "network: FLOP of the first one, a3c" between forward_mflop 5.11 5.12
fi

bench "queue --json" queue --json --processes=2
check "queue: a segment of five steps and what followed, each picture once" between segment_bytes $(((6 + 2) * 84 * 84)) \
    $(((6 + 2) * 84 * 84 + 1024))
check "queue: bytes" product bytes_per_second "$(figure segments_per_second)" \
    "$(figure segment_bytes)"
check "queue: wakes in order" between push_wake_us_median 0.1 "$(figure push_wake_us_percentile_99)"

bench "train --json" train --json --processes=2 --total_steps=2000 --repeat=2
check "train: one line" test "$(wc -l <"$work/stdout")" -eq 1
check "train: steps" between steps_per_second 1 1e7
check "train: its older name" between agent_frames_per_second 1 1e7
check "train: catch has one frame per step" awk -v a="$(figure steps_per_second)" \
    -v e="$(figure emulator_frames_per_second)" 'BEGIN { exit !(e > 0.5 * a && e < 2 * a) }'
check "train: a bound" between bound_percent 1 1000
last=$(grep -o '"learner_bound_steps_per_second":\[[^]]*' "$work/stdout" | sed 's/.*,//')
check "train: the learner's bound" awk -v bound="$last" -v us="$(figure train_us)" \
    'BEGIN { exit !(bound * us > 0.999e6 && bound * us < 1.001e6) }'
for who in actors learner; do
    sed "s/.*\"$who\":{\([^}]*\)}.*/\1/" "$work/stdout" >"$work/shares"
    # shellcheck disable=SC2016
    check "train: all of the time of the $who" awk -F'[:,]' '{ for (i = 2; i <= NF; i += 2) s += $i
        exit !(s > 0.98 && s < 1.02) }' "$work/shares"
done
check "train: leaves nothing behind" test -z "$(ls "$TMPDIR")"

# While it measures the parts, and while it trains.
interrupt() { # interrupt NAME SECONDS CONDITION
    $foreground "$ASYNCRL" bench train --processes=2 --total_steps=100000000 --seconds="$2" >"$work/stdout" \
        2>"$work/stderr" </dev/null &
    parent=$!
    wait_until "$3"
    kill -INT $parent
    exit_code=0
    wait $parent 2>"$work/shell" || exit_code=$?
    check "train: interrupted while it $1" test $exit_code -ne 0
    check "train: leaves nothing behind then" test -z "$(ls "$TMPDIR")"
}
started=0
is_measuring() { started=$((started + 1)) && [ $started -gt 20 ]; }
is_training() { [ -n "$(find "$TMPDIR" -name progress.csv)" ]; }
interrupt measures 300 is_measuring
interrupt trains 0.1 is_training

# The scripts that run build/asyncrl say why it fails.
scripts=$(cd "$(dirname "$0")/../../bench" && pwd)
mkdir -p "$work/tree/build"
ln -s "$ASYNCRL" "$work/tree/build/asyncrl"
for arguments in "presets a3c NoSuchGame" "scaling --game=NoSuchGame"; do
    # shellcheck disable=SC2086 # words
    (cd "$work/tree" && "$scripts"/$arguments) >"$work/stdout" 2>"$work/stderr" && exit_code=0 || exit_code=$?
    check "bench/$arguments: one line says why" test "$exit_code" -ne 0 -a "$(wc -l <"$work/stderr")" -eq 1 -a \
        -n "$(grep "there is no game 'NoSuchGame'" "$work/stderr")"
done
(cd "$work/tree" && "$scripts/presets" --seconds=0.01 a3c catch) >"$work/stdout" 2>"$work/stderr" && exit_code=0 || exit_code=$?
check "bench/presets: a short run is one line" test "$exit_code" -eq 1 -a \
    "$(cat "$work/stderr")" = "bench/presets: the run was too short: raise --seconds"
finish
