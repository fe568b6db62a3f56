# The tools that judge the sources and the tests must be able to fail: each is given a broken case.
#
# usage: test_tools.sh TOOLS_FOLDER
set -u
tools=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0

result() { # result PASSED NAME
    count=$((count + 1))
    if [ "$1" = true ]; then echo "ok $count - $2"; else
        echo "not ok $count - $2"
        sed 's/^/# /' "$work/output"
    fi
}

# expect NAME EXIT_CODE PATTERN COMMAND...: the exit code, and a line of the output that matches.
expect() {
    name=$1 expected=$2 pattern=$3
    shift 3
    code=0
    "$@" >"$work/output" 2>&1 || code=$?
    echo "exit code: $code" >>"$work/output"
    passed=false
    if [ $code -eq "$expected" ] && grep -q -- "$pattern" "$work/output"; then passed=true; fi
    result $passed "$name"
}

# source_file PATH LINE...: writes src/PATH of a small tree.
source_file() {
    mkdir -p "$work/tree/src/$(dirname "$1")"
    file=$work/tree/src/$1
    shift
    printf '%s\n' "$@" >"$file"
}

clean_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/tests"
    source_file base/base.h '#include "base/log.h"'
    source_file network/network.h '#include "base/base.h"'
    source_file network/onednn.c '#include <dnnl.h>' '#include <sys/mman.h>'
    source_file train/run.c '#include "network/network.h"' '#include <sys/mman.h>'
}

expect_breach() { # expect_breach NAME PATTERN: of the tree as it is now
    expect "check-includes: $1" 1 "$2" "$tools/check-includes" "$work/tree"
    clean_tree
}

clean_tree
expect "check-includes: passes what keeps the rule" 0 "exit code: 0" "$tools/check-includes" "$work/tree"
source_file base/log.c '#include "network/network.h"'
expect_breach "finds a room above" 'src/base/log.c:1: .*base may include no other room'
source_file store/png.c '#include "network/network.h"'
expect_breach "finds a sibling" 'src/store/png.c:1: .*store may include base'
source_file train/learner/learner.c '#include "network/ops.h"'
expect_breach "finds another way in" 'entered through "network/network.h"'
source_file train/actor/actor.c '#include "train/learner/state.h"'
expect_breach "finds a folder beside" 'train/actor includes no folder beside it'
source_file network/reference.c '#include "network.h"'
expect_breach "finds a header without its room" 'not a header of a room'
source_file network/reference.c '#  include <dnnl.h>'
expect_breach "finds a library named twice" '<dnnl.h> is named in src/network/onednn.c, src/network/ref'
source_file play/window.c '"libSDL2.so.0"'
source_file play/sound.c '"libSDL2.so.0"'
expect_breach "finds a library loaded twice" 'libSDL2.so.0 is named in'
source_file attic/attic.c 'int x;'
expect_breach "finds an unknown room" 'no such room'

expect "check-sizes: passes short files" 0 "exit code: 0" "$tools/check-sizes" "$work/tree"
seq 601 >"$work/tree/src/base/long.c"
expect "check-sizes: finds a long file" 1 "long.c: 601 lines" "$tools/check-sizes" "$work/tree"

if git init -q "$work/tree" 2>/dev/null; then
    wide=$(seq -s ' ' 50)
    printf '# Page\n\n| %s |\n\n```\n%s\n```\n' "$wide" "$wide" >"$work/tree/page.md"
    git -C "$work/tree" add page.md
    expect "check-documents: passes wide tables and code" 0 "exit code: 0" \
        "$tools/check-documents" "$work/tree"
    printf '%s\n' "$wide" >>"$work/tree/page.md"
    expect "check-documents: finds a wide line" 1 "page.md:8: 140 columns" \
        "$tools/check-documents" "$work/tree"
fi

# log RESULT STDOUT: a line of a test runner's log
log() { printf '{"name": "t", "result": "%s", "stdout": "%s"}\n' "$1" "$2"; }
mkdir -p "$work/build/meson-logs"
testlog=$work/build/meson-logs/testlog.json
log OK '1..3\nok 1 - a\nok 2 - b # SKIP no ROMs\nok 3 - c\n' >"$testlog"
log OK '' >>"$testlog"
log SKIP '1..0 # SKIP nothing here\n' >>"$testlog"
expect "test-summary: counts cases" 0 "^3 passed, 0 failed, 2 skipped" "$tools/test-summary" "$testlog"
expect "test-summary: gives a skip's reason" 0 "skipped: t: b: no ROMs" "$tools/test-summary" "$testlog"
expect "test-summary: adds what no log knows" 1 "^3 passed, 1 failed, 2 skipped" \
    "$tools/test-summary" "$testlog" "--failed=make lint"
printf '{"name": "x:unsanitized+cli / t", "result": "OK", "duration": 90, "stdout": "%s"}\n' \
    '# cpu seconds: 30.00\n' >"$testlog"
expect "test-summary: tells a target's minutes" 0 "^make test  *5.0  *9.0$" \
    "$tools/test-summary" "--minutes=make test,300,540,$testlog" "$testlog"
expect "test-summary: tells a suite's minutes" 0 "^  cli  *1.5  *0.5$" \
    "$tools/test-summary" "--minutes=make test,300,540,$testlog" "$testlog"
log FAIL '1..2\nok 1 - a\nnot ok 2 - b\n# 1 != 2\n' >"$testlog"
expect "test-summary: counts a failed case" 1 "^1 passed, 1 failed, 0 skipped" "$tools/test-summary" "$testlog"
log ERROR '1..3\nok 1 - a\n' >"$testlog"
expect "test-summary: counts a crash once" 1 "^1 passed, 1 failed, 0 skipped" "$tools/test-summary" "$testlog"
expect "test-summary: no cases are a failure" 1 "^0 passed, 0 failed" "$tools/test-summary"

# cmocka's output: a skip, and a message between the lines.
printf '%s\n' 'echo 1..2' 'echo no ROMs' 'echo "not ok 1 # SKIP a"' 'echo "not ok 2 - b"' 'exit 3' >"$work/program"
expect "run-test: mends a skip" 3 "^ok 1 - a # SKIP no ROMs" "$tools/run-test" sh "$work/program"
printf '%s\n' 'echo "# no ROMs"' 'echo "not ok 1 # SKIP a"' >"$work/comments"
expect "run-test: takes a comment as a skip's reason" 0 "^ok 1 - a # SKIP no ROMs" "$tools/run-test" sh "$work/comments"
expect "run-test: keeps a failure" 3 "^not ok 2 - b" "$tools/run-test" sh "$work/program"
expect "run-test: makes messages comments" 3 "^# no ROMs" "$tools/run-test" sh "$work/program"
expect "run-test: tells the CPU time" 3 "^# cpu seconds: [0-9]" "$tools/run-test" sh "$work/program"
# Started by something that ignores hang-ups, as nohup does.
printf '%s\n' 'sleep 3600 &' 'kill -HUP $!' 'wait $! || echo "ok 1 - dies of it"' >"$work/hung-up"
expect "run-test: restores signals that were ignored" 0 "^ok 1 - dies of it" \
    sh -c 'trap "" HUP; exec "$@"' sh "$tools/run-test" sh "$work/hung-up"
# A test that hangs, with a process that has left its group and one that does not heed SIGTERM.
printf '%s\n' 'setsid sleep 3600 >/dev/null &' 'echo $! >"$0.pids"' \
    '(trap "" TERM; exec sleep 3600 >/dev/null) &' 'echo $! >>"$0.pids"' 'echo "ok 1 - a"' 'sleep 3600' >"$work/hangs"
expect "run-test: ends a test that hangs" 1 "^run-test: ended after .*: the limit is 0 s" \
    env ASYNCRL_LIMIT=0.2 ASYNCRL_SLOWER=1 "$tools/run-test" sh "$work/hangs"
left=
for pid in $(cat "$work/hangs.pids"); do ! kill -0 "$pid" 2>"$work/output" || left="$left $pid"; done
expect "run-test: with all that it started" 0 "" test "$(wc -l <"$work/hangs.pids")$left" = 2

# A build folder as Meson leaves it: built FLAGS
built() {
    mkdir -p "$work/build/tests" "$work/build/meson-logs"
    echo 'C compiler for the host machine: cc (gcc 12.2.0 "cc (Debian 12.2.0) 12.2.0")' >"$work/build/meson-logs/meson-log.txt"
    echo "    \"command\": \"cc -Isrc -Wall -Winvalid-pch $1 -g -Wshadow -o log.c.o -c ../src/base/log.c\"," \
        >"$work/build/compile_commands.json"
}
built '-Wextra -Werror -std=c17 -O3'
expect "is-strict: passes warnings as errors" 0 "" "$tools/is-strict" "$work/build"
built '-Wextra -std=c17 -O3'
expect "is-strict: wants warnings as errors" 1 "" "$tools/is-strict" "$work/build"
built '-Wextra -Werror -std=c17 -O0'
expect "is-strict: wants an optimized build" 1 "" "$tools/is-strict" "$work/build"
built '-fsanitize=address,undefined -Wextra -Werror -std=c17 -O2'
expect "is-strict: wants none of the sanitizers" 1 "" "$tools/is-strict" "$work/build"

expect "install-deps: refuses what it does not know" 2 "usage:" "$tools/install-deps" --devel
expect "install-data: refuses what it does not know" 2 "usage:" "$tools/install-data" --all
expect "install-consoles: refuses what it does not know" 2 "usage:" "$tools/install-consoles" --all
expect "install-charts: refuses what it does not know" 2 "usage:" "$tools/install-charts" --all
expect "fetch-wheels: refuses what it does not know" 2 "usage:" "$tools/fetch-wheels" --all
echo "1..$count"
