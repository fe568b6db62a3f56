#!/bin/sh
# replay-traces refuses a trace without records, one with an action that the game does not have, a
# name that is none, a file with something behind its end, and an option that is not a number.
# usage: test_bad_traces.sh REPLAY_TRACES FOLDER_OF_TRACES
set -eu
replay=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gzip -dc "$2/breakout.trace.gz" >"$work/good"

refuse() { # refuse NAME: the trace $work/NAME
    gzip "$work/$1"
    mv "$work/$1.gz" "$work/$1.trace.gz"
    code=0
    "$replay" "$work/$1.trace.gz" >"$work/stdout" 2>"$work/stderr" || code=$?
    if [ "$code" -ne 2 ] || [ "$(grep -c 'this is not a file of traces' "$work/stderr")" -ne 1 ]; then
        echo "$1: exit code $code"
        cat "$work/stderr"
        exit 1
    fi
}

{ head -c 81 "$work/good"; printf '\144'; tail -c +83 "$work/good"; } >"$work/action"
refuse action
{ head -c 48 "$work/good"; printf '\0\0\0\0'; head -c 80 "$work/good" | tail -c 28; } >"$work/nothing"
refuse nothing
{ head -c 8 "$work/good"; printf 'break\nout'; tail -c +18 "$work/good"; } >"$work/name"
refuse name

code=0
{ cat "$2/breakout.trace.gz"; echo more; } >"$work/more.trace.gz"
"$replay" "$work/more.trace.gz" >"$work/stdout" 2>"$work/stderr" || code=$?
if [ "$code" -ne 2 ] || ! grep -q 'is not a whole gzip file' "$work/stderr"; then
    echo "something behind the end: exit code $code"
    exit 1
fi
for number in 2x -1 4294967297 ''; do
    code=0
    "$replay" --draw=$number "$2/breakout.trace.gz" >"$work/stdout" 2>"$work/stderr" || code=$?
    if [ "$code" -ne 2 ] || ! grep -q 'takes a number' "$work/stderr"; then
        echo "--draw=$number: exit code $code"
        exit 1
    fi
done
