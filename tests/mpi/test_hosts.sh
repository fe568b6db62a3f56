#!/bin/sh
# Two ranks on two hosts, which are network namespaces: the run survives a short break of the network, and ends after
# a long one, or with mpirun; over a full link ranks learn the same.
# shellcheck source=tests/train/train.sh
. "$(dirname "$0")/../train/train.sh"
# shellcheck source=tests/mpi/two-hosts.sh
. "$(dirname "$0")/two-hosts.sh"

lack=$(two_hosts_lack)
[ -n "${MPIRUN:-}" ] || lack="no MPI: run tools/install-deps --mpi and set the build up again"
trap 'two_hosts_close; rm -rf "$work"' EXIT
if [ -n "$lack" ] || ! lack=$(two_hosts_open 2>&1); then
    skip "two hosts" "$(echo "$lack" | head -n 1)"
    finish
    exit
fi

catch="a3c --game=catch --processes=1"

ranks() { # ranks MPIRUN_OPTION... PROGRAM ARGUMENT...
    exec env OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        "$MPIRUN" --bind-to none -n 2 "$@" </dev/null
}

ranks_in_background() { # ranks_in_background MPIRUN_OPTION...: on two hosts; sets supervisor
    new_run
    # shellcheck disable=SC2086 # words
    ranks $two_hosts_options "$@" "$ASYNCRL" train $catch --save_freq=500 --run_dir="$work/run" >stdout 2>stderr &
    supervisor=$!
    wait_until test -f run/checkpoint-previous.h5
}

no_process() { [ -z "$(two_hosts_pids)" ]; }
rests() { # the newest two rows have equal steps; the first line has names, the first rows may have none
    awk -F, '{ is_equal = NR > 2 && $2 == steps && $2 > 0; steps = $2 } END { exit !is_equal }' run/progress.csv
}
goes_on() { [ "$(tail -n 1 run/progress.csv | cut -d, -f2)" -gt "$rested_at" ]; }

# ---- A network that breaks -----------------------------------------------------------------------

ranks_in_background
two_hosts_cut down
check "a short break: the ranks wait" wait_until rests
rested_at=$(tail -n 1 run/progress.csv | cut -d, -f2)
two_hosts_cut up
check "a short break: the run goes on" wait_until goes_on
kill -KILL "$supervisor"
finish_run
check "mpirun dies: no process is left on any host" wait_until no_process

# Open MPI misses a host after 4 s, and not after minutes.
ranks_in_background --mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 2
two_hosts_cut down
finish_run
check "a long break: exit code is not 0" test "$exit_code" -ne 0
check "a long break: says so" says "lost communication with a remote daemon"
check "a long break: no process is left on any host" wait_until no_process
two_hosts_cut up
run train --resume=run --stop_steps=1
check "a long break: the last checkpoint is whole" test "$exit_code" -eq 0

# ---- A full link ---------------------------------------------------------------------------------

# The gradients of an update have 22 Mbit.
exit_code=0
# shellcheck disable=SC2086
(ranks "$ASYNCRL" train $catch --batch_size=80 --deterministic --total_steps=640 --run_dir="$work/one") >stdout 2>stderr
if ! two_hosts_limit tbf rate 100mbit burst 256kb latency 50ms 2>stderr; then
    skip "a full link" "tc can limit nothing here: $(tail -n 1 stderr)"
else
    # shellcheck disable=SC2086
    (ranks $two_hosts_options "$ASYNCRL" train $catch --batch_size=80 --deterministic --total_steps=640 \
        --run_dir="$work/two") >stdout 2>stderr || exit_code=$?
    check "a full link: equal to the byte to ranks of one host" \
        cmp one/model-catch-640.h5 two/model-catch-640.h5
fi

finish
