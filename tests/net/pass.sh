#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is passed to the stack, and why: the reason is counted, and what the sender gets is what the
# stack gives.

. "$(dirname "$0")/lib.sh"

# passes ROUTER REASON COUNT ADDRESS [OPTION...]: pings from A are answered and counted so.
passes() {
	local ns=$1 reason=$2 count=$3 address=$4

	shift 4
	mark
	ping_all A "$address" "$count" "$@"
	expect_gained "$ns" "$reason" "$count"
}

# refused ROUTER REASON ADDRESS [OPTION...]: pings from A are not answered, and counted so.
refused() {
	local ns=$1 reason=$2 address=$3

	shift 3
	mark
	ping_none A "$address" 3 "$@"
	expect_gained "$ns" "$reason" 3
	expect_gained "$ns" encapsulated 0 0
}

# hears WORDS ADDRESS [OPTION...]: A is told by an ICMP error. The pings before were many, and errors
# are rationed.
hears() {
	local words=$1 address=$2 output

	shift 2
	in_ns R1 sysctl -q -w net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	in_ns R2 sysctl -q -w net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	output=$(in_ns A ping -n -c 1 -W 5 "$@" "$address" 2>&1)
	[[ $output == *"$words"* ]] || fail "ping $* $address does not say '$words': $output"
}

# in_r1 COMMAND...: needed for the case.
in_r1() {
	in_ns R1 "$@" || fail "$*"
}

local_host() {
	loaded
	passes R1 local 3 10.1.0.1
	passes R1 local 3 fd00:1::1
	passes R2 inner 3 10.0.0.2
	passes R2 inner 3 fd00::2
}

fragments() {
	loaded
	passes R1 fragment 3 10.2.0.2 -s 3000
	passes R1 fragment 3 fd00:2::2 -s 3000
}

options() {
	loaded
	passes R1 options 3 10.2.0.2 -R
}

ttl() {
	loaded
	refused R1 ttl 10.2.0.2 -t 1
	refused R1 ttl fd00:2::2 -t 1
	hears "From 10.1.0.1" 10.2.0.2 -t 1
	hears "From fd00:1::1" fd00:2::2 -t 1
	# The second hop is the other router, which decides before it decrypts.
	mark
	hears "From 10.0.0.2" 10.2.0.2 -t 2
	hears "From fd00::2" fd00:2::2 -t 2
	expect_gained R1 encapsulated 2
	expect_gained R2 ttl 2
	expect_gained R2 decapsulated 0 0
	ping_all A 10.2.0.2 3 -t 3
	ping_all A fd00:2::2 3 -t 3
}

mtu() {
	loaded
	refused R1 mtu 10.2.0.2 -M probe -s 1472
	hears "mtu = 1420" 10.2.0.2 -M probe -s 1472
	# Without DF the stack makes fragments of it.
	in_ns A ip route flush cache
	in_ns A ip route add 10.2.0.2 via 10.1.0.1
	undo in_ns A ip route del 10.2.0.2 via 10.1.0.1
	passes R1 mtu 3 10.2.0.2 -M dont -s 1410
}

no_route() {
	loaded
	refused R1 no-route 10.77.0.1
	refused R1 no-route fd00:77::1
	hears Unreachable 10.77.0.1
}

forbidden_route() {
	loaded
	in_r1 ip route add prohibit 10.78.0.0/24
	undo in_ns R1 ip route del prohibit 10.78.0.0/24
	refused R1 no-route 10.78.0.1
	hears filtered 10.78.0.1
}

no_peer() {
	loaded
	in_r1 ip route add 10.79.0.0/24 dev wg0
	undo in_ns R1 ip route del 10.79.0.0/24 dev wg0
	refused R1 no-peer 10.79.0.1
}

# A peer that never answers: what waits for its handshake is the stack's.
no_key() {
	local key

	loaded
	key=$(wg genkey | wg pubkey)
	in_r1 wg set wg0 peer "$key" endpoint 192.0.2.2:9 allowed-ips 10.80.0.0/24
	undo in_ns R1 wg set wg0 peer "$key" remove
	in_r1 ip route add 10.80.0.0/24 dev wg0
	undo in_ns R1 ip route del 10.80.0.0/24 dev wg0
	refused R1 no-key 10.80.0.1
	crosses_fast
}

forwarding_off() {
	loaded
	in_r1 sysctl -q -w net.ipv4.conf.r1-a.forwarding=0
	undo in_ns R1 sysctl -q -w net.ipv4.conf.r1-a.forwarding=1
	refused R1 forwarding-off 10.2.0.2
	mark
	ping_all A fd00:2::2 5
	expect_gained R1 encapsulated 5
}

# The stack finds out who the next hop is, and what it sends after that goes fast.
neighbour() {
	loaded
	mark
	# At once: B may look for R2 by itself, which tells R2 where B is.
	in_ns R2 ip neigh del 10.2.0.2 dev r2-b
	ping_all A 10.2.0.2 10
	in_ns R2 ip neigh del fd00:2::2 dev r2-b
	ping_all A fd00:2::2 10
	expect_gained R2 neighbour 2 6
	expect_gained R2 decapsulated 14
	mark
	in_r1 ip neigh del 192.0.2.2 dev r1-r2
	ping_all A 10.2.0.2 10
	expect_gained R1 neighbour 1 4
	expect_gained R1 encapsulated 6
	crosses_fast
}

# Strict filtering: only packets from where the answers would go.
reverse_path() {
	loaded
	in_r1 sysctl -q -w net.ipv4.conf.r1-a.rp_filter=1 net.ipv4.conf.wg0.rp_filter=1 \
		net.ipv4.conf.r1-r2.rp_filter=1
	undo in_ns R1 sysctl -q -w net.ipv4.conf.r1-a.rp_filter=0 net.ipv4.conf.wg0.rp_filter=0 \
		net.ipv4.conf.r1-r2.rp_filter=0
	crosses_fast
	in_ns A ip addr add 10.81.0.2/32 dev lo
	undo in_ns A ip addr del 10.81.0.2/32 dev lo
	in_r1 ip route add 10.81.0.0/24 dev wg0
	undo in_ns R1 ip route del 10.81.0.0/24 dev wg0
	refused R1 source 10.2.0.2 -I 10.81.0.2
	# Loose filtering asks only that there is a route.
	in_r1 sysctl -q -w net.ipv4.conf.r1-a.rp_filter=2
	mark
	ping_none A 10.2.0.2 3 -I 10.81.0.2
	expect_gained R1 encapsulated 3
	# After decryption it is the tunnel that packets come from.
	in_ns R2 sysctl -q -w net.ipv4.conf.wg0.rp_filter=1
	undo in_ns R2 sysctl -q -w net.ipv4.conf.wg0.rp_filter=0
	in_ns R2 wg set wg0 peer "$(wg pubkey < /run/topology/R1.key)" \
		allowed-ips 10.0.0.1/32,10.1.0.0/24,fd00::1/128,fd00:1::/64,10.81.0.0/24
	undo in_ns R2 wg set wg0 peer "$(wg pubkey < /run/topology/R1.key)" \
		allowed-ips 10.0.0.1/32,10.1.0.0/24,fd00::1/128,fd00:1::/64
	in_ns R2 ip route add 10.81.0.0/24 dev r2-b
	undo in_ns R2 ip route del 10.81.0.0/24 dev r2-b
	mark
	ping_none A 10.2.0.2 3 -I 10.81.0.2
	expect_gained R2 source 3
	expect_gained R2 decapsulated 0 0
}

# Without GRO at the other end of a veth nothing that XDP redirects arrives there.
egress() {
	loaded
	in_ns B ethtool -K b-r2 gro off
	undo in_ns B ethtool -K b-r2 gro on
	mark
	crosses
	expect_gained R2 egress 20
	expect_gained R2 decapsulated 0 0
	expect_gained R1 encapsulated 20
}

# What comes over the tunnel, but not from its peer's addresses, is dropped by the stack.
wrong_source() {
	loaded
	in_ns A ip addr add 10.82.0.2/32 dev lo
	undo in_ns A ip addr del 10.82.0.2/32 dev lo
	mark
	ping_none A 10.2.0.2 3 -I 10.82.0.2
	expect_gained R1 encapsulated 3
	expect_gained R2 inner 3
	expect_gained R2 decapsulated 0 0
}

# Handshakes are the kernel's.
handshakes() {
	loaded
	mark
	(umask 077 && wg genkey > "$state/other.key")
	in_r1 wg set wg0 private-key "$state/other.key"
	in_r1 wg set wg0 private-key /run/topology/R1.key
	wait_session 30 || fail "A and B do not reach each other"
	[ $(($(gained R1 not-data) + $(gained R2 not-data))) -ge 2 ] ||
		fail "handshakes were not passed"
	expect_gained R1 no-key 1
	[ $(($(gained R1 new-key) + $(gained R2 new-key))) -ge 1 ] ||
		fail "the first packet on a new key was not passed"
	crosses_fast
}

test_case local-host 60
test_case fragments 60
test_case options 60
test_case ttl 60
test_case mtu 60
test_case no-route 60
test_case forbidden-route 60
test_case no-peer 60
test_case no-key 60
test_case forwarding-off 60
test_case neighbour 60
test_case reverse-path 60
test_case egress 60
test_case wrong-source 60
test_case handshakes 60
run_cases "$@"
