#!/bin/sh
# replay-nes refuses files that are no traces in one line each, with the exit code 2, and plays
# those that are written another way. A trace of random stages does not name them: they are found.
# usage: test_bad_nes_traces.sh REPLAY_NES TRACE
set -eu
replay=$1
name=$(basename "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gzip -dc "$2" | tr -d '\r' | head -n 30 >"$work/good"

fail() { # fail NAME CODE
    echo "$1: exit code $2"
    cat "$work/stdout" "$work/stderr"
    exit 1
}

play() { # play ARGUMENT...: sets code
    code=0
    "$replay" "$@" >"$work/stdout" 2>"$work/stderr" || code=$?
    if [ "$code" -eq 77 ]; then
        cat "$work/stderr"
        exit 77
    fi
}

accept() { # accept NAME [FILE_NAME]: the trace on the standard input
    gzip >"$work/${2:-$name}"
    play "$work/${2:-$name}"
    if [ "$code" -ne 0 ] || [ "$(cat "$work/stdout")" != "1 of 1 files equal, 29 steps" ]; then
        fail "$1" "$code"
    fi
}

is_refusal() { # of the file played last: exit code 2 and one line
    [ "$code" -eq 2 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

refuse_file() { # refuse_file NAME WHY FILE_NAME
    play "$work/$3"
    if ! is_refusal || ! grep -q -- "$2" "$work/stderr"; then
        fail "$1" "$code"
    fi
}

refuse() { # refuse NAME WHY: the trace on the standard input
    gzip >"$work/$name"
    refuse_file "$1" "$2" "$name"
}

edit() { sed "$1" "$work/good"; }

accept "a trace" <"$work/good"
edit 's/$/\r/' | accept "carriage returns"
printf %s "$(cat "$work/good")" | accept "no last newline"
accept "a drawn stage" SuperMarioBrosRandomStages-v0.csv.gz <"$work/good"

heading="its first line is not 'step,action"
cut -d, -f1-10 "$work/good" | refuse "a column less" "$heading"
edit '1s/$/,x/' | refuse "a column more" "$heading"
edit '1s/action,reward/reward,action/' | refuse "other columns" "$heading"
edit 1d | refuse "no heading" "$heading"
head -n 1 "$work/good" | refuse "a heading only" "it has no steps"
: | refuse "nothing" "it has no steps"
edit '5s/$/,1/' | refuse "a value more" "line 5 is not nine numbers"
edit '5s/,[0-9a-f]*$//' | refuse "a value less" "line 5 is not nine numbers"
edit '5s/....$/zzzz/' | refuse "a hash that is none" "line 5 is not nine numbers"
edit '5s/....$//' | refuse "a short hash" "line 5 is not nine numbers"
edit '5s/,/,x/' | refuse "an action that is no number" "line 5 is not nine numbers"
edit '5s/.*//' | refuse "an empty line" "line 5 is not nine numbers"
{ cat "$work/good" && printf '\nmore\n'; } | refuse "a line behind" "line 31 is not nine numbers"
edit 5d | refuse "a missing step" "line 5 is not the next step"
edit '5s/,[0-9]*,/,12,/' | refuse "a large action" "line 5 has action 12, which is not in the set: 0 to 11"
edit '5s/,[0-9]*,/,-1,/' | refuse "a negative action" "line 5 has action -1, which"
edit '5s/,[0-9]*,/,1.5,/' | refuse "half an action" "line 5 has action 1.5, which"
{ cat "$work/good" && printf '\0' && cat "$work/good"; } | refuse "a zero byte" "it holds a zero byte"

: >"$work/$name"
refuse_file "an empty file" "an empty file" "$name"
cp "$work/good" "$work/$name"
refuse_file "a text" "is not a whole gzip file but a text" "$name"
head -c 1000 "$2" >"$work/$name"
refuse_file "a cut file" "is not a whole gzip file" "$name"
{ cat "$2" && echo more; } >"$work/$name"
refuse_file "something behind the end" "is not a whole gzip file" "$name"
{ cat "$2" "$2"; } >"$work/$name"
refuse_file "two traces" "line 1502 is not nine numbers" "$name"
for other in SuperMarioBros-9-1-v0 SuperMarioBros-1-1-v4 Breakout-v0; do
    cp "$2" "$work/$other.csv.gz"
    refuse_file "$other" "$other: th" "$other.csv.gz"
done

for option in --draw=2x --draw=0 --draw=-1 --draw=4294967297 --draw= --actions=JUMP --core=/none --other; do
    play "$option" "$2"
    is_refusal || fail "$option" "$code"
done
