#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the command refuses, in which words, with which exit status; and that what it refuses leaves
# everything as it was.

. "$(dirname "$0")/lib.sh"

object=/usr/lib/bpf/xdp_wg.bpf.o

# is_bare: no interface of R1 has an XDP program, and nothing is pinned for it.
is_bare() {
	! in_ns R1 ip -d link show | grep -q 'prog/xdp' || fail "a program is on an interface"
	nothing_left
}

usage() {
	network
	says 2 Usage R1 xdp-wg
	says 2 Usage R1 xdp-wg load
	says 2 Usage R1 xdp-wg unload
	says 2 Usage R1 xdp-wg unload --all r1-a
	says 2 "no command frobnicate" R1 xdp-wg frobnicate
	says 2 "no option" R1 xdp-wg load --frobnicate r1-a
	says 2 "no option -x" R1 xdp-wg status -x
	says 2 "needs an argument" R1 xdp-wg load r1-a -m
	says 2 "the mode must be" R1 xdp-wg load -m fast r1-a
	says 2 "the priority must be" R1 xdp-wg load -P -1 r1-a
	says 2 "the priority must be" R1 xdp-wg load -P 30x r1-a
	says 0 "Usage: xdp-wg" R1 xdp-wg --help
	says 0 "Usage: xdp-wg" R1 xdp-wg help
	says 0 "Usage: xdp-wg load" R1 xdp-wg load --help
	says 0 "Usage: xdp-wg load" R1 xdp-wg help load
	says 0 "Usage: xdp-wg status" R1 xdp-wg help stat
	says 2 "no command frobnicate" R1 xdp-wg help frobnicate
	says 2 "the log level must be" R1 xdp-wg status -l loud
	says 0 "Usage: xdp-wg unload" R1 xdp-wg u -h
	says 0 "xdp-wg 0." R1 xdp-wg --version
	says 0 "xdp-wg 0." R1 xdp-wg -V
}

# -q hides what is news, and never what may do harm: packets that go past rules.
quiet() {
	local said past="--bypass-netfilter r1-a"

	unloaded
	in_ns R1 nft 'add table ip busy; add chain ip busy forward { type filter hook forward priority 0; }
		add rule ip busy forward counter' || fail "no rules"
	undo in_ns R1 nft delete table ip busy
	# shellcheck disable=SC2086 # words
	said=$(in_ns R1 xdp-wg load -q $past 2>&1) || fail "load -q failed"
	[[ $said == *"warning: "*"ip busy forward"* ]] || fail "load -q hides a danger"
	! grep -v warning: <<< "$said" || fail "load -q tells news"
	# shellcheck disable=SC2086
	[ "$(in_ns R1 xdp-wg load -R -l warning $past 2>&1)" = "$said" ] ||
		fail "-q is something else than -l warning"
	says 0 "xdp_wg_auto is loaded on r1-a" R1 xdp-wg load -R -l info r1-a
	# shellcheck disable=SC2086
	said=$(in_ns R1 xdp-wg load -R -l error $past 2>&1) || fail "load -l error failed"
	[ -z "$said" ] || fail "load -l error says: $said"
	in_ns R1 xdp-wg unload -q r1-a
}

nothing_loaded() {
	unloaded
	says 3 "not loaded on r1-a" R1 xdp-wg status r1-a
	says 0 "not loaded on any interface" R1 xdp-wg status
	says 0 "not loaded on r1-a" R1 xdp-wg unload r1-a
	says 0 "not loaded on any interface" R1 xdp-wg unload --all
	[ "$(in_ns R1 xdp-wg status -j 2> /dev/null | jq -c .interfaces)" = "[]" ] ||
		fail "status -j does not say that nothing is loaded"
	is_bare
}

no_interface() {
	unloaded
	says 1 "there is no interface nosuch" R1 xdp-wg load nosuch
	says 1 "there is no interface nosuch" R1 xdp-wg load r1-a nosuch
	says 1 "there is no interface nosuch" R1 xdp-wg unload nosuch
	says 1 "there is no interface nosuch" R1 xdp-wg status nosuch
	is_bare
}

not_root() {
	local nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"

	unloaded
	says 1 "needs root" R1 $nobody xdp-wg load r1-a
	says 1 "needs root" R1 $nobody xdp-wg unload --all
	says 1 "needs root" R1 $nobody xdp-wg status
	says 0 "Usage" R1 $nobody xdp-wg --help
	is_bare
}

# A process that may not see what is there does not say that there is nothing.
short_of_rights() {
	local option

	loaded
	for option in net_admin sys_admin; do
		says 1 "needs the capability CAP_${option^^}" R1 \
			setpriv --bounding-set -$option --inh-caps -$option xdp-wg status
		says 1 "needs the capability CAP_${option^^}" R1 \
			setpriv --bounding-set -$option --inh-caps -$option xdp-wg unload --all
	done
	says 1 "no more than 8 files may be open" R1 prlimit --nofile=8 xdp-wg status
	says 1 "no more than 8 files may be open" R1 prlimit --nofile=8 xdp-wg unload --all
	# What may be raised is raised.
	says 0 "r1-a:" R1 prlimit --nofile=8:1024 xdp-wg status
	crosses_fast
}

twice() {
	local before

	loaded
	before=$(in_ns R1 xdp-wg status -j | jq -c .interfaces)
	says 1 "already loaded on r1-a" R1 xdp-wg load r1-a
	says 1 "already loaded on r1-r2" R1 xdp-wg load r1-r2
	[ "$(in_ns R1 xdp-wg status -j | jq -c .interfaces)" = "$before" ] ||
		fail "a load that was refused changed something"
	crosses_fast
}

# All or none: the second interface refuses, so the first has nothing.
all_or_none() {
	unloaded
	in_ns R1 ip link add dummy1 type dummy && in_ns R1 ip link set dummy1 up ||
		fail "no dummy interface"
	undo in_ns R1 ip link del dummy1
	says 1 "dummy1" R1 xdp-wg load r1-a dummy1
	is_bare
	crosses
}

modes() {
	unloaded
	says 1 "in hardware" R1 xdp-wg load -m hw r1-a
	is_bare

	in_ns R1 ip link add dummy1 type dummy && in_ns R1 ip link set dummy1 up ||
		fail "no dummy interface"
	says 1 "use --hook tc, or else -m skb" R1 xdp-wg load dummy1
	says 0 "(skb)" R1 xdp-wg load -m unspecified dummy1
	says 0 "unloaded" R1 xdp-wg unload dummy1
	says 0 "(skb)" R1 xdp-wg load -m skb dummy1
	says 0 "unloaded" R1 xdp-wg unload dummy1
	in_ns R1 ip link del dummy1

	modprobe 8021q || fail "no VLANs"
	in_ns R1 ip link add link r1-a name wan.7 type vlan id 7 &&
		in_ns R1 ip link add link wan.7 name wan.7.8 type vlan id 8 || fail "no VLAN devices"
	undo in_ns R1 ip link del wan.7
	says 1 "wan.7 is a VLAN interface: load below it, on r1-a," R1 xdp-wg load wan.7
	says 1 "wan.7.8 is a VLAN interface: load below it, on r1-a," R1 xdp-wg load wan.7.8
	is_bare

	# All programs of a chain have one mode.
	in_ns R1 xdp-filter load -m skb r1-a || fail "xdp-filter cannot be loaded"
	says 1 "use -m skb" R1 xdp-wg load r1-a
	says 0 "(skb)" R1 xdp-wg load -m unspecified r1-a
	says 0 "unloaded" R1 xdp-wg unload r1-a
	in_ns R1 xdp-filter unload r1-a
	says 0 "(native)" R1 xdp-wg load -m unspecified r1-a
	says 0 "unloaded" R1 xdp-wg unload r1-a
	is_bare
}

objects() {
	unloaded
	says 1 "No such file" R1 xdp-wg load -o /nonexistent r1-a
	says 1 "is not a BPF object file" R1 xdp-wg load -o /etc/passwd r1-a
	says 1 "is not a BPF object file" R1 xdp-wg load -o /dev/null r1-a
	says 1 "not of BPF" R1 xdp-wg load -o /usr/bin/ip r1-a
	says 1 "no XDP program named xdp_wg" R1 xdp-wg load \
		-o "$(echo /usr/lib/*/bpf/xdpfilt_alw_all.o)" r1-a
	# The byte that tells the order of the others.
	{ head -c 5 $object; printf '\002'; tail -c +7 $object; } > "$state/foreign.o"
	says 1 "big-endian machines" R1 xdp-wg load -o "$state/foreign.o" r1-a
	head -c 1000 $object > "$state/short.o"
	says 1 "$state/short.o" R1 xdp-wg load -o "$state/short.o" r1-a
	is_bare
	cp $object "$state/copy.o"
	says 0 "loaded on r1-a" R1 xdp-wg load -o "$state/copy.o" r1-a
	in_ns R1 xdp-wg unload -q r1-a
}

# A program that is not in a dispatcher is somebody's, and stays.
foreign_program() {
	unloaded
	bpftool prog load "$(echo /usr/lib/*/bpf/xdpfilt_alw_all.o)" /sys/fs/bpf/foreign type xdp ||
		fail "no program to be foreign"
	in_ns R1 bpftool net attach xdpdrv pinned /sys/fs/bpf/foreign dev r1-a ||
		fail "the foreign program cannot be attached"
	says 1 "does not share" R1 xdp-wg load r1-a
	in_ns R1 ip -d link show r1-a | grep -q 'prog/xdp' || fail "the foreign program is gone"
	says 0 "not loaded on r1-a" R1 xdp-wg unload r1-a
	in_ns R1 ip -d link show r1-a | grep -q 'prog/xdp' || fail "the foreign program is gone"
	in_ns R1 bpftool net detach xdpdrv dev r1-a
	rm /sys/fs/bpf/foreign
	is_bare
}

# `ip netns exec` mounts another /sys, without the BPF file system.
no_bpffs() {
	unloaded
	says 1 "nsenter --net" R1 ip netns exec R1 xdp-wg load r1-a
	says 1 "nsenter --net" R1 ip netns exec R1 xdp-wg status
	is_bare
}

# Where programs do not share interfaces, the default is what can be attached alone.
no_dispatcher() {
	local alone="env LIBXDP_SKIP_DISPATCHER=1"

	unloaded
	# shellcheck disable=SC2086 # words
	says 2 "needs libxdp's dispatcher" R1 $alone xdp-wg load -r auto r1-a
	is_bare
	loaded_on R2
	# shellcheck disable=SC2086
	says 0 "xdp_wg is loaded on r1-r2" R1 $alone xdp-wg load r1-a r1-r2
	says 0 "without dispatcher" R1 xdp-wg status
	crosses_fast
	in_ns R1 xdp-wg unload -q --all
	in_ns R2 xdp-wg unload -q --all
	is_bare
}

# The module of the kernel itself, or none.
stock_module() {
	local modules

	modules=/usr/lib/modules/$(uname -r)
	unloaded
	spoil
	clear_network
	ip netns add R1 && in_ns R1 ip link add r1-a type veth peer name a-r1 || fail "no veth"
	rmmod wireguard || fail "the module cannot be unloaded"
	says 1 "modprobe wireguard" R1 xdp-wg load r1-a
	insmod "$modules"/kernel/drivers/net/wireguard/wireguard.ko* ||
		fail "the kernel's own module cannot be loaded"
	says 1 "lacks xdp-wg's kernel functions" R1 xdp-wg load r1-a
	says 1 "then reboot; removing the running one (rmmod) would delete all its tunnels" \
		R1 xdp-wg load r1-a
	is_bare
	rmmod wireguard && modprobe wireguard || fail "the module cannot be loaded again"
	says 0 "no WireGuard device" R1 xdp-wg load r1-a
	in_ns R1 xdp-wg unload -q r1-a
}

test_case usage 60
test_case nothing-loaded 60
test_case quiet 60
test_case no-interface 60
test_case not-root 60
test_case short-of-rights 60
test_case all-or-none 60
test_case modes 90
test_case objects 60
test_case foreign-program 60
test_case no-bpffs 60
test_case twice 60
test_case no-dispatcher 60
test_case stock-module 60
run_cases "$@"
