#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading, replacing and unloading while packets cross: none is lost, and off means gone.

. "$(dirname "$0")/lib.sh"

# cycles COUNT: load and unload that often, on the inner and the outer interface of R1 in turn, with
# traffic.
cycles() {
	local n interface=r1-a

	unloaded
	load R2
	traffic_start
	for ((n = 0; n < $1; n++)); do
		in_ns R1 xdp-wg load -q $interface || fail "load failed in cycle $n"
		in_ns R1 xdp-wg unload -q $interface || fail "unload failed in cycle $n"
		[ $interface = r1-a ] && interface='r1-r2' || interface='r1-a'
	done
	traffic_lossless
	nothing_left_in_R1
	load R1
	crosses_fast
}

nothing_left_in_R1() {
	[ "$(bpftool prog show name xdp_wg_auto | grep -c '^[0-9]')" -le 2 ] ||
		fail "programs are left that nothing uses"
	says 3 "not loaded" R1 xdp-wg status r1-a
}

cycles_20() {
	cycles 20
}

cycles_200() {
	cycles 200
}

# Beside another program, which is then the last that leaves.
cycles_filtered() {
	unloaded
	in_ns R1 xdp-filter load r1-a && in_ns R1 xdp-filter load r1-r2 ||
		fail "xdp-filter cannot be loaded"
	cycles 20
	in_ns R1 xdp-filter unload r1-a && in_ns R1 xdp-filter unload r1-r2 ||
		fail "xdp-filter cannot be unloaded"
	in_ns R1 xdp-wg unload -q --all
}

# Every packet crosses in one program or the other, and the counters go on.
replace() {
	local n before

	loaded
	traffic_start
	before=$(count R1 encapsulated)
	for n in 1 2 3; do
		load R1 -R
		[ "$(count R1 encapsulated)" -gt "$before" ] || fail "the counters did not go on"
		before=$(count R1 encapsulated)
	done
	traffic_lossless
	[ "$(bpftool prog show name xdp_wg_auto | grep -c '^[0-9]')" = 4 ] ||
		fail "programs are left that nothing uses"
	crosses_fast
}

replace_options() {
	loaded
	says 0 "loaded on r1-r2" R1 xdp-wg load -R -u -P 40 r1-r2
	in_ns R1 xdp-wg status -j | jq -e '[.interfaces[] | select(.ifname == "r1-r2")] |
		length == 1 and .[0].priority == 40 and .[0].options != []' > /dev/null ||
		fail "the new options are not shown"
	crosses_fast
	load R1 -R
	in_ns R1 xdp-wg status -j | jq -e '[.interfaces[] | select(.ifname == "r1-r2")] |
		length == 1 and .[0].priority == 30 and .[0].options == []' > /dev/null ||
		fail "the new options are not gone"
	crosses_fast
}

# foreground SIGNAL: the program stays as long as the command does.
foreground() {
	local pid n

	unloaded
	rm -f "$state/foreground"
	in_ns R1 xdp-wg load -F r1-a r1-r2 2> "$state/foreground" &
	pid=$!
	for n in {1..200}; do
		grep -qs stays "$state/foreground" && break
		sleep 0.1
	done
	in_ns R1 xdp-wg status -q r1-a r1-r2 > /dev/null || fail "not loaded in the foreground"
	mark
	crosses
	expect_gained R1 encapsulated 20
	kill -"$1" $pid
	wait $pid || fail "exit status $? after SIG$1"
	says 3 "not loaded" R1 xdp-wg status r1-a
	nothing_left
	crosses
}

foreground_int() {
	foreground INT
}

foreground_term() {
	foreground TERM
}

# Programs that are attached need the module's functions.
module_busy() {
	loaded
	! rmmod wireguard 2> /dev/null || fail "the module went away under the program"
	[ "$(cat /sys/module/wireguard/refcnt)" -gt 0 ] || fail "nothing holds the module"
	unloaded
	nothing_left
	[ "$(cat /sys/module/wireguard/refcnt)" = 0 ] || fail "something still holds the module"
}

# What unload leaves is what was before load.
gone() {
	local before

	unloaded
	in_ns R1 ethtool -K r1-a rxvlan on
	before=$(in_ns R1 ethtool -k r1-a; in_ns R1 ip -d link show r1-a)
	load R1
	in_ns R1 xdp-wg unload -q --all
	[ "$(in_ns R1 ethtool -k r1-a; in_ns R1 ip -d link show r1-a)" = "$before" ] ||
		fail "unload does not restore the interface"
	in_ns R1 ethtool -K r1-a rxvlan off
	nothing_left
}

# An interface that goes away under the program leaves nothing that the next command does not free.
removed_interface() {
	unloaded
	in_ns R1 ip link add gone0 type veth peer name gone1 && in_ns R1 ip link set gone0 up ||
		fail "no veth"
	in_ns R1 xdp-wg load -q gone0 || fail "load failed"
	in_ns R1 ip link del gone0
	says 0 "not loaded" R1 xdp-wg status
	says 0 "" R1 xdp-wg unload --all
	nothing_left
}

test_case foreground-int 60
test_case foreground-term 60
test_case gone 60
test_case removed-interface 60
test_case module-busy 60
test_case replace 60
test_case replace-options 60
test_case cycles-20 90
test_case cycles-filtered 90 full
test_case cycles-200 600 full
run_cases "$@"
