#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The memory that the module remembers things in: it comes when a program first asks, and what is
# asked before it is there is answered too. Each case loads the module anew.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "$0")/lib.sh"

tracing=/sys/kernel/tracing
event=$tracing/events/percpu/percpu_alloc_percpu/enable

# fresh: the module, as nobody has used it yet, with an eye on what it allocates for each CPU.
fresh() {
	local n

	clear_network
	# Programs hold the module until a grace period after they are gone.
	for n in {1..100}; do
		rmmod wireguard 2> /dev/null
		[ -d /sys/module/wireguard ] || break
		sleep 0.1
	done
	[ ! -d /sys/module/wireguard ] || fail "something holds the module"
	: > $tracing/trace
	echo 1 > $event || fail "allocations cannot be traced"
	undo sh -c "echo 0 > $event"
	modprobe wireguard || fail "the module cannot be loaded"
}

# allocations: the functions that allocated more than a peer or a device needs.
allocations() {
	sed -nE 's/.*call_site=([a-z_]+)[^ ]* \[wireguard\] .* size=([0-9]+) .*/\1 \2/p' \
		$tracing/trace | awk '$2 >= 1024 { print $1 }' | sort
}

expect_allocations() {
	local end=$((SECONDS + 10)) found

	until found=$(allocations | paste -s -d " ") && [ "$found" = "$*" ]; do
		[ $SECONDS -lt $end ] || fail "'$found' have allocated, not '$*'"
		sleep 0.1
	done
}

# A WireGuard without programs has none of it, and one with programs has all, once. The
# first packets of either direction go the fast way without it.
first_use() {
	fresh
	network
	crosses
	grep -q 'call_site=wg_.*\[wireguard\]' $tracing/trace || fail "the trace shows nothing"
	sleep 1
	expect_allocations ""
	loaded
	mark
	ping_all A 10.2.0.2 1 -s 1000
	ping_all A 10.2.0.2 3
	expect_gained R1 encapsulated 4
	expect_gained R1 decapsulated 4
	expect_allocations make_flow_cache make_peer_cache make_streams
	crosses_fast
	expect_allocations make_flow_cache make_peer_cache make_streams
}

# first_calls NAME...: the first call that a program makes is that of the case in tests/kfunc.
first_calls() {
	local name

	for name; do
		fresh
		network
		expect_allocations ""
		"$tests/kfunc/kfunc" "kfunc/$name" || fail "kfunc/$name failed"
		[ -n "$(allocations)" ] || fail "kfunc/$name has asked for no memory"
		spoil
	done
}

first_lookup() {
	first_calls allowedips/xdp flow-validate/skb
}

first_peek() {
	first_calls peek/skb decrypt/xdp
}

# A cpumap program asks for a key stream that no peek could leave.
first_handover() {
	first_calls stream-other-cpu/xdp
}

test_case first-use 60
test_case first-lookup 60
test_case first-peek 60
test_case first-handover 60
run_cases "$@"
