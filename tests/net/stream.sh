#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is read from a TCP connection is what was written to it, whatever the kernel does with the
# packets after they went fast.

. "$(dirname "$0")/ways.sh"

small_segments() {
	network
	same_as 4 python3 "$tests/net/segments.py"
}

# taps: the routers have taps instead of veth between them.
taps() {
	local cable

	spoil
	in_ns R1 ip link del r1-r2 && modprobe tun || fail "no place for taps"
	python3 "$tests/net/cable.py" > "$state/cable" &
	cable=$!
	undo kill $cable
	until [ -s "$state/cable" ]; do
		kill -0 $cable || fail "there are no taps"
		sleep 0.1
	done
	in_ns R1 ip addr add 192.0.2.1/30 dev r1-r2 && in_ns R1 ip link set r1-r2 up &&
		in_ns R2 ip addr add 192.0.2.2/30 dev r2-r1 && in_ns R2 ip link set r2-r1 up ||
		fail "no addresses"
}

small_segments_by_tap() {
	network
	taps
	same_as 4 python3 "$tests/net/segments.py"
}

test_case small-segments 60
test_case small-segments-by-tap 60
run_cases "$@"
