#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In one chain with xdp-filter: whoever comes first, the filter decides first, and neither takes
# the other along when it goes.

. "$(dirname "$0")/lib.sh"

# chain INTERFACE: the priorities and names of the programs, in their order.
chain() {
	in_ns R1 xdp-loader status "$1" |
		awk '$1 == "=>" { sub(/_alw_all/, "", $3); printf "%s%s %s", s, $2, $3; s = " " }'
}

expect_chain() {
	local now

	now=$(chain r1-a)
	[ "$now" = "$1" ] || fail "the chain is '$now', not '$1'"
}

# The filter is before xdp-wg: what it denies never crosses, the rest goes fast.
filters_first() {
	expect_chain "10 xdpfilt 30 xdp_wg_auto"
	crosses_fast
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst || fail "xdp-filter takes no rule"
	ping_none A 10.2.0.2 3
	mark
	ping_all A fd00:2::2 10
	expect_gained R1 encapsulated 10
}

filter_first() {
	unloaded
	in_ns R1 xdp-filter load r1-a || fail "xdp-filter cannot be loaded"
	load R1
	load R2
	filters_first
	in_ns R1 xdp-wg unload r1-a || fail "unload failed"
	expect_chain "10 xdpfilt"
	ping_none A 10.2.0.2 3
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst -r
	crosses
	in_ns R1 xdp-filter unload r1-a || fail "xdp-filter cannot be unloaded"
	in_ns R1 xdp-wg unload -q --all && in_ns R2 xdp-wg unload -q --all
	nothing_left
}

filter_last() {
	loaded
	in_ns R1 xdp-filter load r1-a || fail "xdp-filter cannot be loaded"
	filters_first
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst -r
	in_ns R1 xdp-filter unload r1-a || fail "xdp-filter cannot be unloaded"
	expect_chain "30 xdp_wg_auto"
	crosses_fast
}

# Whoever asks for it comes before the filter.
before_filter() {
	unloaded
	load R2
	in_ns R1 xdp-filter load r1-a || fail "xdp-filter cannot be loaded"
	load R1 -P 5
	expect_chain "5 xdp_wg_auto 10 xdpfilt"
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst
	crosses_fast
	# What xdp-wg passes, the filter still sees.
	in_ns R1 xdp-filter ip 10.1.0.1 -m dst
	ping_none A 10.1.0.1 2
	in_ns R1 xdp-filter unload r1-a
	in_ns R1 xdp-wg unload -q --all
}

# Who unloads everything with xdp-loader unloads xdp-wg too, and it can be loaded again.
loader() {
	loaded
	in_ns R1 xdp-loader unload r1-a --all || fail "xdp-loader cannot unload"
	says 3 "not loaded on r1-a" R1 xdp-wg status r1-a
	crosses
	load R1 -R
	crosses_fast
}

# xdpdump sees the packets without disturbing them.
dump() {
	loaded
	timeout -s INT 6 nsenter --net=/run/netns/R1 -- xdpdump -i r1-a -p xdp_wg_auto \
		> "$state/dump" 2>&1 &
	sleep 3
	crosses_fast
	wait $!
	grep -q 'packet size' "$state/dump" || fail "xdpdump saw nothing: $(tail -n 1 "$state/dump")"
}

# behind: how many packets have come to the program at the end of the chain.
behind() {
	bpftool -j map dump name behind_seen | jq '.[0].formatted.value'
}

# Each program in the middle of a chain: what the filter before it denies never comes to it, and the
# program behind it sees what it leaves alone.
in_the_middle() {
	local program=$1 before

	shift
	in_ns R1 xdp-wg load -q "$@" r1-a || fail "load $* failed"
	expect_chain "10 xdpfilt 30 $program 50 xdp_behind"
	mark
	ping_none A 10.2.0.2 2
	expect_gained R1 encapsulated 0 0
	ping_all A fd00:2::2 2
	before=$(behind)
	ping_all A fd00:2::2 5
	[ "$(behind)" = "$before" ] || fail "$program leaves packets that go fast to the next"
	expect_gained R1 encapsulated 7
	ping_all A 10.1.0.1 3
	[ "$(behind)" = $((before + 3)) ] ||
		fail "$program leaves $(($(behind) - before)) packets to the next, not 3"
	in_ns R1 xdp-wg unload -q r1-a
	expect_chain "10 xdpfilt 50 xdp_behind"
}

chains() {
	local rss

	unloaded
	load R2
	undo in_ns R2 xdp-wg unload -q --all
	in_ns R1 xdp-filter load r1-a && in_ns R1 xdp-loader load r1-a "$tests/net/behind.bpf.o" ||
		fail "the other programs cannot be loaded"
	undo in_ns R1 xdp-loader unload r1-a --all
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst || fail "xdp-filter takes no rule"
	in_the_middle xdp_wg -r none
	in_the_middle xdp_wg_auto -r auto
	for rss in round_robin match_port tuple_steering inner_flow; do
		in_the_middle rss_$rss -r $rss
	done
	# The one that is bound to its driver can be in no chain with others.
	says 1 "are not bound" R1 xdp-wg load -r rx_hash r1-a
	expect_chain "10 xdpfilt 50 xdp_behind"
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst -r
}

# A WireGuard device has no driver for XDP: what is loaded there is generic, and sees what comes out of
# the tunnel.
on_the_tunnel() {
	loaded
	in_ns R2 xdp-filter load -m skb wg0 || fail "xdp-filter cannot be loaded on wg0"
	undo in_ns R2 sh -c 'xdp-filter unload wg0 2> /dev/null || :'
	mark
	ping_all A 10.2.0.2 10
	expect_gained R2 decapsulated 0 0
	expect_gained R2 traffic-control 9
	expect_gained R2 encapsulated 9
	says 0 "XDP program on wg0" R2 xdp-wg status
	in_ns R2 xdp-filter unload wg0
	crosses_fast
}

test_case filter-first 90
test_case chains 120
test_case filter-last 90
test_case before-filter 90
test_case on-the-tunnel 60
test_case loader 60
test_case dump 60
run_cases "$@"
