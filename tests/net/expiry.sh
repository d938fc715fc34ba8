#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sessions begin and end under traffic. WireGuard makes new ones after 120 seconds, and when it
# cannot, refuses the old ones after 180: the fast path does both as the stack would.

. "$(dirname "$0")/lib.sh"

# fresh_session: one that has begun just now.
fresh_session() {
	in_ns R1 ip link set wg0 down && in_ns R1 ip link set wg0 up || fail "wg0 does not come up"
	in_ns R1 ip route replace 10.2.0.0/24 dev wg0
	in_ns R1 ip -6 route replace fd00:2::/64 dev wg0
	in_ns R1 ip route replace 10.0.0.2 dev wg0
	in_ns R1 ip -6 route replace fd00::2 dev wg0
	wait_session 30 || fail "A and B do not reach each other"
}

handshake() {
	in_ns "$1" wg show wg0 latest-handshakes | awk '{ print $2 }'
}

# Handshakes are told from data by their lengths, 148 and 92 bytes and 8 of UDP: those of data are
# multiples of 16 and 8.
block_handshakes() {
	in_ns R1 nft -f - <<-NFT || fail "nft does not take the rules"
		table inet handshakes {
			chain input {
				type filter hook input priority 0;
				udp dport 51820 udp length { 156, 100 } drop
			}
			chain output {
				type filter hook output priority 0;
				udp dport 51820 udp length { 156, 100 } drop
			}
		}
	NFT
}

no_new_key() {
	local start

	bypassing
	fresh_session
	start=$SECONDS
	block_handshakes
	traffic_start --rate 20
	mark
	sleep $((165 - SECONDS + start))
	[ "$(gained R1 encapsulated)" -gt 4000 ] || fail "packets did not go fast before"
	sleep $((190 - SECONDS + start))
	mark
	ping_none A 10.2.0.2 5
	expect_gained R1 encapsulated 0 0
	expect_gained R2 encapsulated 0 0
	expect_gained R1 no-key 5
	in_ns R1 nft delete table inet handshakes
	heals 60
	traffic_stop
}

# Three times a new key under load, and not a packet is lost.
rekey() {
	local start=$SECONDS first last changes=0

	bypassing
	fresh_session
	traffic_start --rate 100
	mark
	first=$(handshake R1)
	while [ $SECONDS -lt $((start + 400)) ]; do
		sleep 5
		last=$(handshake R1)
		[ "$last" = "$first" ] || changes=$((changes + 1))
		first=$last
	done
	[ $changes -ge 3 ] || fail "there were only $changes new keys"
	traffic_lossless
	[ $(($(gained R1 new-key) + $(gained R2 new-key))) -ge $changes ] ||
		fail "the first packets on new keys were not passed"
	crosses_fast
}

# begin_session: from R1, with datagrams from A to B that have waited for it. Returns whether they
# came in order.
begin_session() {
	local output

	in_ns R1 bash -c "wg set wg0 private-key <(wg genkey) &&
		wg set wg0 private-key /run/topology/R1.key" || fail "R1 does not take a key"
	output=$(python3 "$tests/net/flows.py" A 4 25 --burst 25) || fail "$output"
	echo "$output"
	[[ $output == *" lost 0" ]] || fail "not all arrived"
	[[ $output == *" late 0 "* ]]
}

# What comes in a session before it is confirmed is not overtaken by what comes then. The answer to
# a handshake takes longer than it takes to send the datagrams. With the stack alone some are
# overtaken in one session of many; it was every other one.
order() {
	local disordered=0

	bypassing
	spoil
	in_ns R2 tc qdisc add dev r2-r1 root netem delay 100ms || fail "there is no delay"
	mark
	for _ in {1..30}; do
		begin_session || disordered=$((disordered + 1))
	done
	expect_gained R2 new-key 30
	[ "$SLOW" -gt 1 ] || {
		expect_gained R2 decapsulated 30
		[ $disordered -le 6 ] ||
			fail "in $disordered of 30 sessions packets were overtaken"
	}
}

test_case order 90
test_case no-new-key 300 full
test_case rekey 500 full
run_cases "$@"
