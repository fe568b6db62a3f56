#!/bin/sh
# examples/act.c: a program with the library gives the outputs of `asyncrl predict` for the same screens.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

screens=$ASYNCRL_TEST_DATA/golden/forward/breakout-0350
model=$ASYNCRL_SHARED/weights/a3c-Breakout-v0-91750000.h5
if [ ! -r "$model" ]; then
    model=$work/model.h5
    "$MAKE_INPUT" weights "$model" a3c Breakout-v0 3 4
fi

# act ARGUMENTS...: as run, for the example; pictures come from $work/screens.ppm
act() {
    exit_code=0
    "$ACT" "$@" >"$work/stdout" 2>"$work/stderr" <"$work/screens.ppm" || exit_code=$?
}

"$MAKE_INPUT" ppm "$work/screens.ppm" "$screens-0.png" "$screens-1.png" "$screens-2.png"
run predict --model="$model" "$screens-0.png" "$screens-1.png" "$screens-2.png"
sed 's/.*\[\(.*\)\].*/\1/; s/,/ /g' "$work/stdout" | awk '{ for (i = 1; i <= NF; i++) printf " %.6f", $i
    print "" }' >"$work/predicted"
act "$model"
check "a line per screen" test "$exit_code $(wc -l <"$work/stdout")" = "0 3"
# shellcheck disable=SC2016 # the dollars are awk's
check "an action each" awk '$1 !~ /^[0-3]$/ { exit 1 }' "$work/stdout"
awk 'NR == 3 { for (i = 2; i <= NF; i++) printf " %.6f", $i; print "" }' "$work/stdout" >"$work/answered"
check "after three screens the outputs of predict" cmp -s "$work/answered" "$work/predicted"
cp "$work/stdout" "$work/first"
act "$model"
check "the same screens, the same actions" cmp -s "$work/first" "$work/stdout"

"$MAKE_INPUT" weights "$work/parts.h5" a3c "" 3 2x2x2x2
act "$work/parts.h5"
# shellcheck disable=SC2016 # the dollars are awk's
check "several choices: the number of their combination, and an output for each choice" \
    awk '$1 !~ /^([0-9]|1[0-5])$/ || NF != 9 { exit 1 }' "$work/stdout"

head -c 1000 "$work/screens.ppm" >"$work/cut" && mv "$work/cut" "$work/screens.ppm"
act "$model"
check "a picture that is cut short" test "$exit_code $(cat "$work/stderr")" = \
    "1 act: the picture is too large, or cut short"
act "$work/nothing.h5"
check "no model there" grep -q "^act: .*nothing.h5" "$work/stderr"
check "no model there: fails" test "$exit_code" -eq 1
finish
