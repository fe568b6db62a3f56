#!/bin/sh
# trace prints a game's results: catch needs no ROM, and its numbers are fixed.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
expected=$(dirname "$0")/expected

# Two games of nine steps and the first step of a third: an ended game is followed by a new one.
printf '0 0 1 1 1 1\n1\t1 1\n2 2 2 2 2 2 2 2 2\n\n1\n' >"$work/actions"
check_output "catch, action by action" "$expected/trace-catch.csv" \
    trace --game=catch --actions="$work/actions" --seed=7
check_output "the same with values apart" "$expected/trace-catch.csv" \
    trace --game catch --actions "$work/actions" --seed 7

sed "1s/^/$(printf '\357\273\277')/; s/\$/$(printf '\r')/" "$work/actions" >"$work/marked"
check_output "the same with a byte-order mark" "$expected/trace-catch.csv" \
    trace --game=catch --actions="$work/marked" --seed=7

echo 0 1 >"$work/two"
export FAULT=large-reward
run trace --game="$BAD_PLUGIN" --actions="$work/two"
unset FAULT
# shellcheck disable=SC2016 # the dollar is awk's
check "all digits of a large reward" awk -F, '
    NR == 2 { is_whole = $4 > 0 && $4 % 1234567.25 == 0 }
    END { exit !is_whole }' "$work/stdout"

if [ -f "$ASYNCRL_DATA/roms/breakout.bin" ]; then
    # 150 no-ops cut nothing here; fire, then nothing: the ball is lost and with it a life.
    awk 'BEGIN { for (i = 0; i < 150; i++) print 0; print 1; for (i = 0; i < 60; i++) print 0 }' \
        >"$work/actions"
    run trace --game=BreakoutNoFrameskip-v4 --actions="$work/actions" --seed=1
    cp "$work/stdout" "$work/first"
    check "Breakout: a line per step" test "$(wc -l <"$work/first")" -eq 212
    # shellcheck disable=SC2016 # the dollars are awk's
    check "Breakout: nothing is cut" awk -F, 'NR > 1 && ($5 || $6) { exit 1 }' "$work/first"
    # shellcheck disable=SC2016
    check "Breakout: five lives at first" awk -F, 'NR == 2 { exit $7 != 5 }' "$work/first"
    check_output "Breakout: the same again" "$work/first" \
        trace --game=BreakoutNoFrameskip-v4 --actions="$work/actions" --seed=1
    # The loader reports whose function ALE calls for its table of average colours: ours makes none.
    LD_DEBUG=bindings "$ASYNCRL" trace --game=BreakoutNoFrameskip-v4 --actions="$work/actions" \
        >"$work/stdout" 2>"$work/stderr"
    if [ "$ALE_TABLE" = made ] || ! grep -q 'binding file .*libale_c' "$work/stderr"; then
        skip "Breakout: ALE makes no table" "this linker or loader cannot, or does not tell"
    else
        check "Breakout: ALE makes no table" \
            grep -q 'libale_c.so.* to .*asyncrl .*makeAveragePalette' "$work/stderr"
    fi
else
    skip "Breakout" "no ROMs: run tools/install-deps"
fi

# A game's info comes after the lives: Mario runs to the right.
awk 'BEGIN { for (i = 0; i < 40; i++) print 1 }' >"$work/actions"
run trace --game=SuperMarioBros-1-1-v0 --actions="$work/actions"
if [ "$exit_code" -eq 2 ]; then
    skip "Super Mario Bros" "$(cut -c 10-90 "$work/stderr")"
else
    check "Super Mario Bros: details have columns" grep -q \
        '^step,action,reward,raw_reward,terminated,truncated,lives,x_pos,y_pos,time,life,flag_get' \
        "$work/stdout"
    check "Super Mario Bros: as many as named" awk -F, 'NR == 1 { columns = NF }
        NF != columns { exit 1 }' "$work/stdout"
    # shellcheck disable=SC2016 # the dollars are awk's
    check "Super Mario Bros: x_pos grows" awk -F, 'NR == 2 { first = $8 }
        END { exit $8 < first + 40 }' "$work/stdout"
fi
finish
