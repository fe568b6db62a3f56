#!/bin/sh
# Two hosts, which are network namespaces that a bridge joins. For bench/hosts and test_hosts.sh, which set $work, a
# folder of their own, and call two_hosts_close at their end. As root, on Linux.

two_hosts_net=10.77.$(($$ % 256))

# mpirun's options for a rank on each. Open MPI starts ranks by $work/enter in place of ssh. It takes hosts of one
# name for one host.
# shellcheck disable=SC2034 # for those who source this
two_hosts_options="--host $two_hosts_net.1,$two_hosts_net.2 --mca plm_rsh_agent ${work:?}/enter
    --mca plm_rsh_no_tree_spawn 1 --mca btl tcp,self --mca pml ob1
    --mca oob_tcp_if_include $two_hosts_net.0/24 --mca btl_tcp_if_include $two_hosts_net.0/24"

# What keeps them from being made, or nothing.
two_hosts_lack() {
    [ "$(id -u)" -eq 0 ] || echo "network namespaces need root"
    for tool in ip tc unshare mpirun; do
        command -v "$tool" >/dev/null || echo "'$tool' is not installed (packages iproute2, util-linux, openmpi-bin)"
    done
}

two_hosts_open() { # fails with the reason on stderr
    ip link add "arl$$" type bridge || return
    ip address add "$two_hosts_net.254/24" dev "arl$$"
    ip link set "arl$$" up
    for host in 1 2; do
        ip netns add "asyncrl-$$-$host" || return
        ip link add "arl$$-$host" type veth peer name eth0 netns "asyncrl-$$-$host" || return
        ip link set "arl$$-$host" master "arl$$" up
        ip -n "asyncrl-$$-$host" address add "$two_hosts_net.$host/24" dev eth0
        ip -n "asyncrl-$$-$host" link set eth0 up
        ip -n "asyncrl-$$-$host" link set lo up
    done
    cat >"$work/enter" <<END
#!/bin/sh
host=asyncrl-$$-\${1##*.}
shift
exec ip netns exec "\$host" unshare --uts --mount sh -c "mount -t tmpfs tmpfs /dev/shm && hostname \$host && \$*"
END
    chmod +x "$work/enter"
}

two_hosts_close() { # the kernel may keep a namespace, and its links, for sockets that still send
    for host in 1 2; do ip link delete "arl$$-$host"; ip netns delete "asyncrl-$$-$host"; done
    ip link delete "arl$$"
} 2>/dev/null

two_hosts_limit() { # two_hosts_limit QDISC...: each host's way out, in place of an older limit
    for host in 1 2; do
        tc -n "asyncrl-$$-$host" qdisc replace dev eth0 root "$@" || return
    done
}

two_hosts_pids() { # all processes on both
    for host in 1 2; do ip netns pids "asyncrl-$$-$host"; done
}

two_hosts_cut() { # two_hosts_cut down|up: takes the second host from the net, and gives it back
    ip link set "arl$$-2" "$1"
}
