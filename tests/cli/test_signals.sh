#!/bin/sh
# eval interrupted, its children killed, itself killed: what it says, and that no process is left.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3

begin() { # starts a long eval; sets parent and children once both of its children play
    "$ASYNCRL" eval --model="$work/model.h5" --episodes=10000 --processes=2 \
        >"$work/stdout" 2>"$work/stderr" </dev/null &
    parent=$!
    children=
    wait_until has_two_children
    sleep 0.3
}

has_two_children() {
    children=$(cat "/proc/$parent/task/$parent/children")
    [ "$(echo "$children" | wc -w)" -eq 2 ]
}

end() { # waits for it; sets exit_code and left, the processes that outlive it
    exit_code=0
    wait "$parent" 2>"$work/shell" || exit_code=$?
    wait_until nobody_is_left
}

nobody_is_left() {
    left=
    for child in $children; do
        if [ -d "/proc/$child" ] && ! grep -q '^State:.Z' "/proc/$child/status"; then
            left="$left $child"
        fi
    done
    [ -z "$left" ]
}

one_line() { # one_line PATTERN: stderr is one line that it matches, and stdout is empty
    [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q "^asyncrl: .*$1" "$work/stderr" &&
        [ ! -s "$work/stdout" ]
}

if [ ! -r /proc/self/task/self/children ] && [ ! -r "/proc/$$/task/$$/children" ]; then
    skip "signals" "this kernel does not list a process's children"
    finish
    exit
fi

begin
kill -TERM "$parent"
end
check "SIGTERM: failure at run time" test $exit_code -eq 1
check "SIGTERM: says how far it came" one_line "interrupted after [0-9]* of 10000 games"
check "SIGTERM: leaves no process" test -z "$left"

begin
kill -KILL "${children%% *}"
end
check "a child crashes: failure at run time" test $exit_code -eq 1
check "a child crashes: says so" one_line "died of signal 9"
check "a child crashes: leaves no process" test -z "$left"

begin
kill -KILL "$parent"
end
check "itself killed: leaves no process" test -z "$left"
finish
