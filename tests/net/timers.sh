#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# WireGuard's timers, when all packets go fast: the keepalives of whoever only receives, those that
# are asked for, and the search for a peer that says nothing. What the timers send is told by its
# length: 32 bytes for a keepalive, 148 for the first message of a handshake, and 8 of UDP.

. "$(dirname "$0")/lib.sh"

# must NAMESPACE COMMAND...: needed for the case.
must() {
	in_ns "$@" || fail "in $*"
}

key() {
	wg pubkey < "/run/topology/$1.key"
}

# fresh_session: a rekey for its age would be another timer.
fresh_session() {
	(umask 077 && wg genkey > "$state/other.key")
	must R1 wg set wg0 private-key "$state/other.key"
	must R1 wg set wg0 private-key /run/topology/R1.key
	wait_session 30 || fail "A and B do not reach each other"
}

# watch ROUTER: count the keepalives and the handshakes that it gets; netfilter does not see more.
watch() {
	must "$1" nft -f - <<-NFT
		table inet timers {
			counter keepalives {}
			counter handshakes {}
			chain input {
				type filter hook input priority 0;
				udp dport 51820 udp length 40 counter name keepalives
				udp dport 51820 udp length 156 counter name handshakes
			}
		}
	NFT
	undo in_ns "$1" nft delete table inet timers
}

# seen ROUTER COUNTER
seen() {
	in_ns "$1" nft -j list counter inet timers "$2" |
		jq '.nftables[] | .counter? // empty | .packets'
}

# within ROUTER COUNTER SECONDS WORDS: another one comes within that time.
within() {
	local end=$((SECONDS + $3)) before

	before=$(seen "$1" "$2")
	until [ "$(seen "$1" "$2")" -gt "$before" ]; do
		[ $SECONDS -lt $end ] || fail "$4"
		sleep 0.5
	done
}

# R2 only receives, so it says every ten seconds that it is there. R1 was asked to say so every five
# seconds, but sends anyway, until it does not.
keepalives() {
	local n

	bypassing
	fresh_session
	must R1 wg set wg0 peer "$(key R2)" persistent-keepalive 5
	undo in_ns R1 wg set wg0 peer "$(key R2)" persistent-keepalive 0
	traffic_start --one-way
	sleep 1
	watch R1
	watch R2
	mark
	sleep 25
	expect_gained R1 encapsulated 1000
	expect_gained R2 decapsulated 1000
	n=$(seen R1 keepalives)
	[ "$n" -ge 2 ] && [ "$n" -le 3 ] || fail "R2 sent $n keepalives in 25 seconds"
	n=$(seen R2 keepalives)
	[ "$n" = 0 ] || fail "R1 sent $n keepalives while it sent data"
	[ "$(seen R1 handshakes)$(seen R2 handshakes)" = 00 ] || fail "there was a handshake"
	traffic_lossless
	within R2 keepalives 10 "R1 sends no keepalives when it sends no data"
}

# Nothing comes back from R2: after 15 seconds R1 tries a handshake, and not before.
dead_peer() {
	local start

	bypassing
	fresh_session
	start=$SECONDS
	traffic_start --one-way
	watch R2
	must R2 nft -f - <<-NFT
		table inet silence {
			chain output {
				type filter hook output priority 0;
				udp sport 51820 drop
			}
		}
	NFT
	sleep 9
	[ "$(seen R2 handshakes)" = 0 ] || [ $((SECONDS - start)) -ge 14 ] ||
		fail "R1 tried a handshake too early"
	within R2 handshakes 14 "R1 does not try a handshake with a peer that says nothing"
	mark
	sleep 2
	expect_gained R1 encapsulated 50
	must R2 nft delete table inet silence
	traffic_lossless
	# In its search R1 has forgotten to which of its addresses the peer sends.
	crosses 2
	crosses_fast
}

test_case keepalives 60
test_case dead-peer 60
run_cases "$@"
