#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What status shows, and why it thinks that packets do not go fast.

. "$(dirname "$0")/lib.sh"

# why WORDS...: the reason that status and its JSON give.
why() {
	says 0 "why: " R1 xdp-wg status
	says 0 "$*" R1 xdp-wg status
	in_ns R1 xdp-wg status -j | jq -e --arg words "$*" 'any(.why[]; contains($words))' \
		> /dev/null || fail "status -j does not say '$*'"
}

# As long as nothing goes fast, each thing that is missing is named, and once it is there, no more.
why_not() {
	local peer

	unloaded
	in_ns R1 sysctl -q -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	says 0 "forwarding is off" R1 xdp-wg load r1-a r1-r2
	why "forwarding is off"
	in_ns R1 sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

	in_ns R1 ip link set wg0 down
	why "no WireGuard device is up"
	in_ns R1 ip link set wg0 up
	why "no route leads to a WireGuard device"
	in_ns R1 ip route add 10.2.0.0/24 dev wg0
	in_ns R1 ip -6 route add fd00:2::/64 dev wg0
	in_ns R1 ip route add 10.0.0.2 dev wg0
	in_ns R1 ip -6 route add fd00::2 dev wg0

	in_ns R2 ethtool -K r2-r1 gro off
	in_ns A ethtool -K a-r1 gro off
	why "cannot transmit XDP frames"
	in_ns R2 ethtool -K r2-r1 gro on
	in_ns A ethtool -K a-r1 gro on

	peer=$(wg pubkey < /run/topology/R2.key)
	in_ns R1 wg set wg0 peer "$peer" remove
	why "peer"
	in_ns R1 wg set wg0 peer "$peer" endpoint 192.0.2.2:51820 \
		allowed-ips 10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64
	why "no WireGuard peer has a session"

	wait_session 30 || fail "A and B do not reach each other"
	[ "$(in_ns R1 xdp-wg status -j | jq -c .why)" = "[]" ] ||
		fail "status still gives a reason"
	! in_ns R1 xdp-wg status | grep -q '^why' || fail "status still gives a reason"
}

# Once packets went fast, a reason is given when they cannot any more, or when many did not.
why_not_now() {
	local mac

	loaded
	crosses_fast
	in_ns R1 ip link set wg0 down
	why "no WireGuard device is up"
	spoil
	clear_network

	loaded
	crosses_fast
	mac=$(in_ns R1 ip -j link show r1-a | jq -r '.[0].address')
	in_ns R1 ip link add br-lan address "$mac" type bridge && in_ns R1 ip link set br-lan up &&
		in_ns R1 ip link set r1-a master br-lan && in_ns R1 ip addr add 10.9.0.1/24 dev br-lan ||
		fail "no bridge"
	says 1 "br-lan is a bridge: load below it, on r1-a," R1 xdp-wg load br-lan
	says 0 "br-lan -> r1-a" R1 xdp-wg status
	in_ns R1 ip link set br-lan type bridge vlan_filtering 1
	in_ns R1 xdp-wg unload -q r1-r2
	why "load --hook tc br-lan"
	spoil
}

# With one side only, the other direction is missing.
one_side() {
	unloaded
	says 0 "those to decrypt arrive at r1-r2, where nothing is loaded" R1 xdp-wg load r1-a
	in_ns R1 xdp-wg unload -q --all
	says 0 "load where those to encrypt arrive, too (r1-a?)" R1 xdp-wg load r1-r2
	in_ns R1 xdp-wg unload -q --all
}

shows() {
	local status

	loaded
	mark
	crosses
	status=$(in_ns R1 xdp-wg stat) || fail "status cannot be shortened"
	for words in "r1-a: native mode, priority 30, program" \
		"r1-r2: native mode, priority 30, program" "bytes  encrypted and sent" \
		"bytes  decrypted and forwarded" "to this host, not WireGuard data"; do
		[[ $status == *"$words"* ]] || fail "status does not show '$words'"
	done
	[[ $status != *replayed* ]] || fail "status shows what did not happen"
	status=$(in_ns R1 xdp-wg status r1-a)
	[[ $status == *r1-a:* && $status != *r1-r2:* ]] ||
		fail "status r1-a shows other interfaces, or not this one"
	# Messages are not output.
	[ -z "$(in_ns R1 xdp-wg status 2>&1 > /dev/null)" ] || fail "status has something to say"
	# Bytes are those of the frames as they came.
	[ "$(in_ns R1 xdp-wg status -j | jq '.counters.encapsulated | .bytes >= .packets * 60')" = true ] ||
		fail "bytes are not counted"
}

# What other tools say of the tunnel includes what went fast.
other_counters() {
	local before after ns

	loaded
	for ns in $routers; do
		before=$(in_ns $ns wg show wg0 transfer | awk '{ print $2, $3 }')
		before="$before $(in_ns $ns ip -s -j link show wg0 |
			jq -r '.[].stats64 | "\(.rx.packets) \(.tx.packets)"')"
		crosses_fast
		after=$(in_ns $ns wg show wg0 transfer | awk '{ print $2, $3 }')
		after="$after $(in_ns $ns ip -s -j link show wg0 |
			jq -r '.[].stats64 | "\(.rx.packets) \(.tx.packets)"')"
		# 10 IPv4 pings of 84 bytes, in messages of 128, and as many of 104 bytes, of 144.
		awk -v before="$before" -v after="$after" 'BEGIN {
			split(before, b); split(after, a)
			exit !(a[1] - b[1] >= 2720 && a[2] - b[2] >= 2720 &&
			       a[1] - b[1] < 3500 && a[2] - b[2] < 3500 &&
			       a[3] - b[3] >= 20 && a[4] - b[4] >= 20)
		}' || fail "$ns: bytes and packets went from $before to $after"
	done
}

test_case shows 60
test_case other-counters 60
test_case why-not 90
test_case why-not-now 90
test_case one-side 60
run_cases "$@"
