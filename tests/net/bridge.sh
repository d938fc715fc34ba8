#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A LAN behind a bridge: what comes by its ports goes fast as the bridge's own, and what goes there
# leaves by the port where the neighbour is at home. The bridge sees one frame of each sender every
# five seconds, so that it forgets nobody.

. "$(dirname "$0")/bridges.sh"

# lan [OPTION...]: R1's link to A and a second one are ports of br-lan; xdp-wg is loaded on both.
lan() {
	unloaded
	second_link
	bridge R1 br-lan r1-a lan9
	forget A
	ping_all A 10.2.0.2 2
	in_ns R1 xdp-wg load -q "$@" r1-a lan9 r1-r2 || fail "load ${*:-} failed"
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
}

# at_home MAC: the port of br-lan where it is.
at_home() {
	in_ns R1 bridge -j fdb show br br-lan | jq -r --arg mac "$1" \
		'[.[] | select(.mac == $mac and .state != "permanent")][0].ifname'
}

# counts rx|tx SIZE: br-lan counts packets of that size for A's, in that direction. Some have to say of
# themselves who listens to which group.
counts() {
	local before after

	for _ in 1 2 3 4 5; do
		before=$(counted R1 br-lan "$1")
		ping_all A 10.2.0.2 10
		after=$(counted R1 br-lan "$1")
		! counts_ten "$before" "$after" "$2" || return 0
	done
	fail "counted were $before, and then $after ($1)"
}

# The bridge counts as it does without.
native() {
	unloaded
	second_link
	bridge R1 br-lan r1-a lan9
	forget A
	ping_all A 10.2.0.2 2
	counts rx 84
	counts tx 98
	in_ns R1 xdp-wg load -q r1-a lan9 r1-r2 || fail "load failed"
	undo in_ns R1 xdp-wg unload -q --all
	fast_both R1
	counts rx 84
	counts tx 98
}

other_hooks() {
	lan -m skb
	fast_both R1
	in_ns R1 xdp-wg unload -q --all
	in_ns R1 xdp-wg load -q --hook tc -r none r1-a lan9 r1-r2 || fail "load failed"
	fast_both R1
	in_ns R1 xdp-wg unload -q --all
	in_ns R1 xdp-wg load -q -r inner_flow r1-a lan9 r1-r2 || fail "load failed"
	fast_both R1
}

# What is not addressed to the bridge goes on to other ports, and comes there.
switched() {
	lan -m native
	ip netns add C || fail "no namespace"
	undo ip netns del C
	ip link add c-r1 netns C type veth peer name r1-c netns R1 || fail "no third link"
	in_ns R1 ip link set r1-c master br-lan up
	in_ns C ip addr add 10.1.0.3/24 dev c-r1
	in_ns C ip link set c-r1 up
	ping_all A 10.1.0.3 2
	mark
	ping_all A 10.1.0.3 10
	expect_gained R1 other-mac 10
}

# Each setting of a port or bridge by itself.
settings() {
	local setting

	lan -m native
	fast_both R1
	for setting in "isolated on" "hairpin on" "learning off" "flood off" "mcast_flood off" "guard on"; do
		# shellcheck disable=SC2086 # words
		in_ns R1 bridge link set dev r1-a $setting || fail "no setting '$setting'"
		fast_both R1
		in_ns R1 bridge link set dev r1-a ${setting% *} \
			$([ "${setting#* }" = on ] && echo off || echo on)
	done
	in_ns R1 bridge link set dev r1-a neigh_suppress on
	slow_both R1 bridge
	in_ns R1 bridge link set dev r1-a neigh_suppress off
	in_ns R1 bridge link set dev r1-a locked on
	in_ns R1 bridge fdb replace "$(mac_of A a-r1)" dev r1-a master static
	slow_both R1 bridge
	in_ns R1 bridge link set dev r1-a locked off
	fast_both R1
	in_ns R1 bridge fdb del "$(mac_of A a-r1)" dev r1-a master
	in_ns R1 ip link set br-lan type bridge vlan_filtering 1
	slow_both R1 bridge
	in_ns R1 ip link set br-lan type bridge vlan_filtering 0
	fast_both R1
}

# Nothing comes by a port that is not forwarding, and nothing leaves by it.
states() {
	local number

	lan -m native
	fast_both R1
	for number in 0 1 2; do
		in_ns R1 bridge link set dev r1-a state $number || fail "no state $number"
		mark
		ping_none A 10.2.0.2 3
		ping_none B 10.1.0.2 3
		expect_gained R1 encapsulated 0 0
		expect_gained R1 decapsulated 0 0
		in_ns R1 bridge link set dev r1-a state 3
		fast_both R1
	done
}

# Rules of the bridge's own family, and what IP's see by br_netfilter.
rules() {
	local hook

	lan -m native
	for hook in prerouting input output postrouting; do
		in_ns R1 nft "table bridge test { chain c { type filter hook $hook priority 0; counter; }; }" ||
			fail "no chain at $hook"
		mark
		ping_all A 10.2.0.2 5
		expect_all R1 netfilter 5
		says 0 "bridge test c" R1 xdp-wg status
		in_ns R1 nft delete table bridge test
		fast_both R1
	done
	in_ns R1 nft "table bridge test { chain c { type filter hook forward priority 0; counter; }; }"
	fast_both R1
	in_ns R1 nft delete table bridge test
	in_ns R1 tc qdisc add dev br-lan clsact
	in_ns R1 tc filter add dev br-lan ingress matchall action pass
	mark
	ping_all A 10.2.0.2 5
	expect_gained R1 encapsulated 0 0
	expect_all R1 traffic-control 5
	in_ns R1 tc qdisc del dev br-lan clsact
	fast_both R1
	in_ns R1 nft "table netdev test { chain c { type filter hook ingress device br-lan priority 0; counter; }; }"
	mark
	ping_all A 10.2.0.2 5
	expect_gained R1 encapsulated 0 0
	expect_all R1 netfilter 5
	in_ns R1 nft delete table netdev test
	fast_both R1
}

# Containers bring br_netfilter along, which has hooks in every namespace that has a bridge from then on.
netfilter_module() {
	lan -m native
	fast_both R1
	modprobe br_netfilter || fail "no br_netfilter"
	undo rmmod br_netfilter
	in_ns R1 ip link add other9 type bridge
	slow_both R1 netfilter
	says 0 br_netfilter R1 xdp-wg status
}

# A moves to the other port with its MAC address.
moves() {
	local mac

	lan -m native
	fast_both R1
	mac=$(mac_of A a-r1)
	[ "$(at_home "$mac")" = r1-a ] || fail "A is not at home at r1-a"
	in_ns A ip link set a-r1 down
	in_ns A ip link set lan9 down
	in_ns A ip link set lan9 address "$mac"
	in_ns A ip addr add 10.1.0.2/24 dev lan9
	in_ns A ip addr add fd00:1::2/64 dev lan9 nodad
	in_ns A ip link set lan9 up
	in_ns A ip route replace default via 10.1.0.1 mtu 1420
	in_ns A ip -6 route replace default via fd00:1::1 mtu 1420
	fast_both R1
	[ "$(at_home "$mac")" = lan9 ] || fail "A is not at home at lan9"
}

# Who is not known to the bridge is looked for by it.
unknown() {
	lan -m native
	fast_both R1
	in_ns R1 ip link set r1-a type bridge_slave learning off
	in_ns R1 ip link set br-lan type bridge fdb_flush 2> /dev/null ||
		in_ns R1 bridge fdb flush dev br-lan
	mark
	ping_all A 10.2.0.2 5
	expect_gained R1 decapsulated 0 0
	expect_gained R1 bridge 5
	in_ns R1 ip link set r1-a type bridge_slave learning on
	fast_both R1
}

# Bridges of VLAN devices, and VLAN devices on bridges, at both ends of the tunnel.
with_vlans() {
	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	bridge R1 br-lan r1-a.5
	in_ns R1 ip route replace 10.1.0.2 via 10.5.0.2 dev br-lan
	in_ns R1 ip -6 route replace fd00:1::2 via fd00:5::2 dev br-lan
	forget A
	in_ns R1 xdp-wg load -q r1-a r1-r2 || fail "load failed"
	undo in_ns R1 xdp-wg unload -q --all
	fast_both R1
}

vlan_on_bridge() {
	unloaded
	second_link
	tags R1 r1-a 5 A a-r1
	bridge R1 br-lan r1-a lan9
	in_ns R1 ip link del r1-a.5
	in_ns R1 ip link add link br-lan name r1-a.5 type vlan id 5
	in_ns R1 ip addr add 10.5.0.1/24 dev r1-a.5
	in_ns R1 ip addr add fd00:5::1/64 dev r1-a.5 nodad
	in_ns R1 ip link set r1-a.5 up
	from_lan r1-a.5 a-r1.5 5
	forget A
	in_ns R1 xdp-wg load -q r1-a lan9 r1-r2 || fail "load failed"
	undo in_ns R1 xdp-wg unload -q --all
	fast_both R1
}

# The tunnel's own packets by a bridge, with no rule for it anywhere.
wan() {
	unloaded
	bridge R1 br-wan r1-r2
	forget R2
	load R1 -m native
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	fast_both R1
}

# Large packets, and those whose checksums are left to a device.
sizes_of_all() {
	lan -m native
	mark
	transfer 400K 60
	expect_gained R1 encapsulated 250
	in_ns A ethtool -K a-r1 tx on > /dev/null
	mark
	transfer 400K 60
	expect_gained R1 encapsulated 250
}

test_case native 90
test_case other-hooks 120
test_case switched 60
test_case settings 180
test_case states 120
test_case rules 180
test_case netfilter-module 60
test_case moves 60
test_case unknown 60
test_case with-vlans 60
test_case vlan-on-bridge 60
test_case wan 60
test_case sizes-of-all 90
run_cases "$@"
