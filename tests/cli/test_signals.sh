#!/bin/sh
# Interrupted commands, killed children, killed commands: their messages, and that no process is left. Signals
# that were ignored at the start stay ignored.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

"$MAKE_INPUT" weights "$work/model.h5" a3c catch 3 3

under=$foreground

begin() { # starts a long eval; sets parent and children once both of its children play
    $under "$ASYNCRL" eval --model="$work/model.h5" --episodes=10000 --processes=2 \
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

under="$foreground setsid"
for signal in HUP USR1 XCPU; do
    begin
    kill -$signal "-$parent"
    end
    check "SIG$signal to the group: failure at run time" test $exit_code -eq 1
    check "SIG$signal to the group: says how far it came" \
        one_line "interrupted after [0-9]* of 10000 games"
    check "SIG$signal to the group: leaves no process" test -z "$left"
done

begin
kill -ALRM "-$parent"
kill -IO "-$parent"
sleep 0.3
check "signals without a meaning: it goes on" kill -0 "$parent"
kill -TERM "$parent"
end
under="nohup"
begin
kill -HUP "$parent"
kill -INT "$parent" # ignored by jobs in the background of a script
sleep 0.3
check "nohup: it goes on" kill -0 "$parent"
kill -TERM "$parent"
end
check "nohup: SIGTERM ends it" test $exit_code -eq 1
under=$foreground

serve() { # serve COMMAND...: watches in the background, under COMMAND; sets parent
    mkdir -p "$work/runs"
    : >"$work/stdout"
    "$@" "$ASYNCRL" watch "$work/runs" --http=0 >"$work/stdout" 2>"$work/stderr" </dev/null &
    parent=$!
    tries=0
    while [ ! -s "$work/stdout" ] && [ $tries -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    children=
}

serve nohup
kill -HUP "$parent"
kill -INT "$parent"
sleep 0.3
check "watch under nohup: it goes on" kill -0 "$parent"
kill -TERM "$parent"
end
check "watch under nohup: SIGTERM ends it" test $exit_code -eq 0
# shellcheck disable=SC2086 # words
for signal in INT HUP USR2; do
    serve $foreground
    kill -$signal "$parent"
    end
    check "watch, SIG$signal: ends well" test $exit_code -eq 0
done

exit_code=0
(ulimit -f 0 && exec "$ASYNCRL" games) >"$work/list" 2>"$work/said" || exit_code=$?
cp "$work/said" "$work/stderr"
: >"$work/stdout"
check "ulimit -f: failure at run time" test $exit_code -eq 1
exit_code=0
(ulimit -f 0 && exec "$ASYNCRL" games) 2>&1 >"$work/list" | cat >"$work/stderr"
check "ulimit -f: one line with the reason" one_line "cannot write to standard output: File too large"
"$ASYNCRL" games >"$work/stdout" 2>"$work/stderr" <&-
check "no standard input: all the same" test -s "$work/stdout"

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
