#!/bin/sh
# Manual pages and docs/options.md, made from the tables of options: whole, and without a warning.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
docs=$(dirname "$0")/../../docs
commands=$("$ASYNCRL" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')

# Every option of the help text in $work/help is in the page, too: $work/page, as plain text.
has_all_options() {
    options=$(sed -n 's/^ *\(--[a-z0-9_]*\).*/\1/p' "$work/help")
    for option in $options; do
        grep -q -- "^ *$option\b" "$work/page" || {
            echo "# no $option"
            return 1
        }
    done
}

check_page() { # check_page NAME ARGUMENTS...: of `asyncrl man`
    page_name=$1
    shift
    run man "$@"
    cp "$work/stdout" "$work/page.1"
    check "$page_name: is printed" test "$exit_code" -eq 0
    LC_ALL=C MANWIDTH=100 man --warnings -l "$work/page.1" >"$work/page" 2>"$work/stderr"
    check "$page_name: man warns of nothing" test ! -s "$work/stderr"
    check "$page_name: has a name for apropos" grep -q '^ *asyncrl[a-z-]* - [a-z0-9]' "$work/page"
}

run man nonsense
check "man of no command is bad input" test "$exit_code" -eq 2
if command -v man >/dev/null; then
    check_page asyncrl
    for command in $commands; do
        check "asyncrl: lists $command" grep -qE "^ *$command( |$)" "$work/page"
    done
    for command in $commands; do
        check_page "asyncrl-$command" "$command"
        "$ASYNCRL" "$command" --help=all >"$work/help"
        check "asyncrl-$command: has every option" has_all_options
    done
    check_page "asyncrl-train of q1" train
    "$ASYNCRL" train q1 --help=all >"$work/help"
    check "asyncrl-train: has every option of q1" has_all_options
else
    skip "manual pages" "man is not installed"
fi
check_output "docs/options.md is what \`make docs\` writes" "$docs/options.md" man --markdown
finish
