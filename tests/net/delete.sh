#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the program works with goes away under traffic, and comes back: nothing breaks, and packets go
# fast again.

. "$(dirname "$0")/lib.sh"

key2() {
	wg pubkey < /run/topology/R2.key
}

allowed2=10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64

# tunnel_r1: wg0 in R1, as topology_up makes it.
tunnel_r1() {
	topology_tunnel R1 "10.0.0.1/32 fd00::1/128" "$(key2)" 192.0.2.2:51820 $allowed2 &&
		routes_r1
}

routes_r1() {
	in_ns R1 ip route replace 10.2.0.0/24 dev wg0 &&
		in_ns R1 ip -6 route replace fd00:2::/64 dev wg0 &&
		in_ns R1 ip route replace 10.0.0.2 dev wg0 &&
		in_ns R1 ip -6 route replace fd00::2 dev wg0
}

# under_traffic COUNT COMMAND...: with traffic all the time, run it that often, and each time packets
# go fast again.
under_traffic() {
	local count=$1 n

	shift
	spoil
	traffic_start --rate 100
	for ((n = 0; n < count; n++)); do
		"$@"
		heals
	done
	traffic_stop
	[ "$traffic_lost" -lt "$traffic_sent" ] || fail "no packet crossed"
	crosses_fast
	echo "${outer:-4}" > "$state/outer"
}

remove_peer() {
	in_ns R1 wg set wg0 peer "$(key2)" remove || fail "the peer cannot be removed"
	sleep 0.5
	in_ns R1 wg set wg0 peer "$(key2)" endpoint 192.0.2.2:51820 allowed-ips $allowed2 ||
		fail "the peer cannot be added"
}

peer() {
	loaded
	under_traffic 2 remove_peer
}

remove_device() {
	in_ns R1 ip link del wg0 || fail "wg0 cannot be deleted"
	sleep 0.5
	tunnel_r1 || fail "wg0 cannot be made again"
}

device() {
	loaded
	under_traffic 2 remove_device
}

device_down() {
	in_ns R1 ip link set wg0 down
	sleep 0.5
	in_ns R1 ip link set wg0 up && routes_r1 || fail "wg0 does not come up"
}

down() {
	loaded
	under_traffic 2 device_down
}

# A key of its own that changes makes a device forget its sessions.
forget_keys() {
	(umask 077 && wg genkey > "$state/other.key")
	in_ns R1 wg set wg0 private-key "$state/other.key" &&
		in_ns R1 wg set wg0 private-key /run/topology/R1.key || fail "no other key"
}

keys() {
	loaded
	under_traffic 2 forget_keys
}

allowed_ips() {
	in_ns R1 wg set wg0 peer "$(key2)" allowed-ips 10.99.0.0/16
	sleep 0.5
	in_ns R1 wg set wg0 peer "$(key2)" allowed-ips $allowed2
}

allowed() {
	loaded
	under_traffic 2 allowed_ips
}

link_down() {
	in_ns R1 ip link set r1-r2 down
	sleep 0.5
	in_ns R1 ip link set r1-r2 up
	in_ns R1 ip addr replace 2001:db8::1/126 dev r1-r2 nodad
}

link() {
	loaded
	under_traffic 2 link_down
}

# The program goes with its interface. Somebody makes it again, and loads again.
remove_veth() {
	in_ns R1 ip link del r1-r2 || fail "the veth cannot be deleted"
	sleep 0.5
	topology_link R1 r1-r2 R2 r2-r1 && in_ns R1 ip addr add 192.0.2.1/30 dev r1-r2 &&
		in_ns R2 ip addr add 192.0.2.2/30 dev r2-r1 || fail "the veth cannot be made again"
	in_ns R1 xdp-wg load -q r1-r2 && in_ns R2 xdp-wg load -q r2-r1 || fail "load failed"
}

veth() {
	loaded
	under_traffic 1 remove_veth
	spoil
}

# The inner interface, where packets to encrypt arrive.
remove_inner() {
	in_ns R2 ip link del r2-b || fail "the veth cannot be deleted"
	sleep 0.5
	topology_link R2 r2-b B b-r2 && in_ns R2 ip addr add 10.2.0.1/24 dev r2-b &&
		in_ns R2 ip addr add fd00:2::1/64 dev r2-b nodad &&
		in_ns B ip addr add 10.2.0.2/24 dev b-r2 &&
		in_ns B ip addr add fd00:2::2/64 dev b-r2 nodad &&
		in_ns B ip route add default via 10.2.0.1 mtu 1420 &&
		in_ns B ip -6 route add default via fd00:2::1 mtu 1420 ||
		fail "the veth cannot be made again"
	in_ns R2 xdp-wg load -q r2-b || fail "load failed"
}

inner() {
	loaded
	under_traffic 1 remove_inner
	spoil
}

# The whole router goes, with the programs on it.
router() {
	loaded
	spoil
	traffic_start --rate 100
	ip netns del R2
	sleep 1
	traffic_stop
	in_ns R1 ip link show r1-r2 > /dev/null 2>&1 && fail "the other end of the link is still there"
	in_ns R1 xdp-wg status > /dev/null || fail "status fails"
	in_ns R1 xdp-wg unload -q --all || fail "unload fails"
	ping_all A 10.1.0.1 3
}

test_case peer 60
test_case keys 60
test_case allowed 60
test_case down 60
test_case device 60
test_case link 60
test_case veth 60
test_case inner 60
test_case router 60
run_cases "$@"
