#!/bin/sh
# Help texts: fixed, at most 80 columns wide.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
expected=$(dirname "$0")/expected

check_output "asyncrl --help" "$expected/help.txt" --help
check "--help is 80 columns wide" awk 'length > 80 { exit 1 }' "$work/stdout"
commands=$("$ASYNCRL" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
check "--help lists commands" test -n "$commands"
for command in $commands; do
    check_output "$command --help" "$expected/help-$command.txt" "$command" --help
    check "$command --help is 80 columns wide" awk 'length > 80 { exit 1 }' "$work/stdout"
done
for method in q1 qn; do
    check_output "train $method --help" "$expected/help-train-$method.txt" train $method --help
    check "train $method --help is 80 columns wide" awk 'length > 80 { exit 1 }' "$work/stdout"
done
check_output "train --help=all" "$expected/help-train-all.txt" train --help=all
check "train --help=all is 80 columns wide" awk 'length > 80 { exit 1 }' "$work/stdout"
run train --help
check "train --help lists ten options" test "$(grep -c '^  --' "$work/stdout")" -eq 10
check_output "--help=all of a short list" "$expected/help-eval.txt" eval --help=all
check_output "--help wins over other arguments" "$expected/help-eval.txt" eval --nonsense --help
check_output "--help=all of the program" "$expected/help.txt" --help=all
check_output "-h" "$expected/help.txt" -h
check_output "help" "$expected/help.txt" help
check_output "COMMAND -h" "$expected/help-eval.txt" eval -h
check_output "help COMMAND" "$expected/help-eval.txt" help eval
check_output "help COMMAND VARIANT" "$expected/help-train-q1.txt" help train q1
check_bad "help of an unknown command" "unknown command 'evla'; did you mean 'eval'?" help evla
check_bad "help of two commands" "unexpected argument 'play'" help eval play
check_output "--version" "$expected/version.txt" --version
check_output "version" "$expected/version.txt" version
games_data=${ASYNCRL_DATA-}
export ASYNCRL_DATA="$work" # without the games of consoles, which are optional
check_output "games PATTERN, in any case" "$expected/games-break.txt" games BREAK
check_bad "games --installed, without data" "no game with 'pong' in its name is installed" \
    games pong --installed
run games --installed catc
check "games --installed lists games that need no files" test "$(cat "$work/stdout")" = catch
cat >"$work/python" <<END
#!/bin/sh
echo start >>"$work/starts"
exit \$((64 + 1 + 4)) # Gymnasium and Box2D
END
chmod +x "$work/python"
ASYNCRL_PYTHON=$work/python run games --installed gym:
check "games --installed lists environments whose modules are there" \
    test "$(tr '\n' ' ' <"$work/stdout" | grep -o 'CartPole-v1\|LunarLander-v3\|Ant-v5' | tr '\n' ' ')" \
    = "CartPole-v1 LunarLander-v3 "
check "games --installed starts Python once" test "$(wc -l <"$work/starts")" -eq 1
printf '#!/bin/sh\nexit 64 # no module\n' >"$work/python"
ASYNCRL_PYTHON=$work/python check_bad "games --installed, without Gymnasium: what brings it" \
    "no environment with 'gym:Cart' .* tools/install-deps --gymnasium" games --installed gym:Cart
ASYNCRL_DATA=$games_data
run games
check "games lists catch" grep -qx catch "$work/stdout"
check "games lists the ids of 106 ROMs" test "$(grep -c '^ALE/.*-v5$' "$work/stdout")" -eq 106
if [ -w /dev/full ]; then
    exit_code=0
    "$ASYNCRL" games >/dev/full 2>"$work/stderr" || exit_code=$?
    check "a full disk under stdout is a failure at run time" test "$exit_code" -eq 1
    "$MAKE_INPUT" weights "$work/catch.h5" a3c catch 3 3
    "$ASYNCRL" play --model="$work/catch.h5" --games=2 >/dev/full 2>"$work/stderr" </dev/null
    check "play: with its reason, after other failures" \
        grep -q "standard output: No space left on device" "$work/stderr"
    exit_code=0
    timeout 60 "$ASYNCRL" watch "$work" --http=0 >/dev/full 2>"$work/stderr" || exit_code=$?
    check "watch: before it serves a page with an unknown address" test "$exit_code" -eq 1
else
    skip "a full disk under stdout" "no /dev/full here"
fi
finish
