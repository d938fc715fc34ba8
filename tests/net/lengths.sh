#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every inner length from the bare header to the MTU, both ways, IPv4 and IPv6 inside, IPv4 or IPv6
# outside: each packet goes fast and arrives as it was sent.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "$0")/lib.sh"

# every_length: of both families, and the counters say that none took the stack's way.
every_length() {
	local sent

	mark
	timeout $((400 * SLOW)) python3 "$tests/net/lengths.py" > "$state/lengths" \
		2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
	sent=$(awk '{ n += $1 } END { print n }' "$state/lengths")
	expect_fast "$sent"
}

outer_4() {
	loaded 4
	every_length
}

outer_6() {
	loaded 6
	every_length
}

skb_mode() {
	local ns

	unloaded 4
	for ns in $routers; do
		load $ns -m skb
		undo in_ns $ns xdp-wg unload -q --all
	done
	wait_session || fail "A and B do not reach each other"
	every_length
}

# Large frames come to XDP in several pieces, which are the stack's; the others go fast.
jumbo_frames() {
	loaded 4
	jumbo
	wait_session || fail "A and B do not reach each other"
	mark
	crosses_large 5
	expect_gained R1 multi-buffer 20
	expect_gained R2 multi-buffer 20
	crosses_fast
}

# The tc hook has each packet in one piece.
jumbo_tc() {
	local ns

	unloaded 4
	jumbo
	for ns in $routers; do
		load $ns --hook tc
		undo in_ns $ns xdp-wg unload -q --all
	done
	wait_session || fail "A and B do not reach each other"
	mark
	crosses_large 5
	expect_fast 20
	crosses_fast
}

test_case jumbo-frames 60
test_case jumbo-tc 60
test_case outer-4 150
test_case skb-mode 150
test_case outer-6 150
run_cases "$@"
