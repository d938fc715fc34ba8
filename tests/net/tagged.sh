#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Frames that come with VLAN tags: they go fast if VLAN devices do no more than to take these off, and
# are packets of these devices to all who ask.

. "$(dirname "$0")/vlans.sh"

# receives NAMESPACE DEVICE SIZE REASON OPTIONS: it goes fast as REASON in there, and the device counts
# ten packets of that size for ten of A's, as it does without.
receives() {
	local ns=$1 dev=$2 size=$3 reason=$4 before after
	shift 4

	ping_all A 10.2.0.2 2
	before=$(counted $ns $dev rx)
	ping_all A 10.2.0.2 10
	after=$(counted $ns $dev rx)
	counts_ten "$before" "$after" $size || fail "the kernel has counted $before, and then $after"
	load $ns "$@"
	undo in_ns $ns xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	mark
	before=$(counted $ns $dev rx)
	ping_all A 10.2.0.2 10
	after=$(counted $ns $dev rx)
	counts_ten "$before" "$after" $size || fail "counted were $before, and then $after"
	expect_all $ns $reason 10
	fast $ns $reason
}

at_lan() {
	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	receives R1 r1-a.5 84 encapsulated -m native
	# It goes to the link's MAC address, or to one of its own.
	in_ns R1 ip link set r1-a.5 address 02:00:00:00:05:05
	ping_all A 10.2.0.2 2
	fast R1 encapsulated
}

# The data message of a ping has 128 bytes, with its own IP and UDP headers.
at_wan() {
	unloaded
	tags R1 r1-r2 9 R2 r2-r1
	from_wan 9
	receives R2 r2-r1.9 156 decapsulated -m native
}

sizes_at_lan() {
	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	in_ns A ip route replace 10.2.0.2 via 10.5.0.1 dev a-r1.5 src 10.1.0.2 mtu 1440
	load R1 -m native
	undo in_ns R1 xdp-wg unload -q --all
	sizes R1 encapsulated
	# With checksums that the sender leaves to its device.
	in_ns A ethtool -K a-r1 tx on > /dev/null
	undo in_ns A ethtool -K a-r1 tx off
	mark
	transfer 400K 60
	expect_gained R1 encapsulated 270
}

sizes_at_wan() {
	unloaded
	tags R1 r1-r2 9 R2 r2-r1
	from_wan 9
	load R2 -m native
	undo in_ns R2 xdp-wg unload -q --all
	sizes R2 decapsulated
}

# In with two tags, and on with none, or with others.
two_tags() {
	unloaded
	outer_tag R1 r1-a A a-r1
	tags R1 r1-a.100 5 A a-r1.100
	from_lan r1-a.100.5 a-r1.100.5 5
	receives R1 r1-a.100.5 84 encapsulated -m native
	tags R1 r1-r2 9 R2 r2-r1
	wan 9
	ping_all A 10.2.0.2 2
	fast R1 encapsulated
	[[ $(heard R2 r2-r1 'vlan 9 and udp port 51820 and udp[8:4] = 0x04000000') == "10 "* ]] ||
		fail "not with the tag of the way out"
	# A third is the stack's.
	in_ns R1 ip link add link r1-a.100.5 name r1-a.3 type vlan id 3 &&
		in_ns A ip link add link a-r1.100.5 name a-r1.3 type vlan id 3 &&
		in_ns R1 ip link set r1-a.3 up && in_ns A ip link set a-r1.3 up ||
		fail "no third VLAN"
	in_ns R1 ip addr add 10.8.0.1/24 dev r1-a.3
	in_ns A ip addr add 10.8.0.2/24 dev a-r1.3
	in_ns R1 ip route replace 10.1.0.2 via 10.8.0.2
	in_ns A ip route replace 10.2.0.2 via 10.8.0.1 src 10.1.0.2
	ping_all A 10.2.0.2 2
	slow R1 encapsulated vlan
	in_ns A ip route replace 10.2.0.2 via 10.5.0.1 src 10.1.0.2
	in_ns R1 ip route replace 10.1.0.2 via 10.5.0.2
}

# A tag that names no VLAN has only a priority: the packet comes in by the link.
priority_tags() {
	unloaded
	modprobe 8021q || fail "no VLANs"
	in_ns A ip link add link a-r1 name a-r1.0 type vlan id 0 egress-qos-map 0:5 &&
		in_ns A ip link set a-r1.0 up || fail "no device for priorities"
	undo in_ns A ip link del a-r1.0
	in_ns A ip neigh add 10.1.0.1 lladdr "$(mac_of R1 r1-a)" dev a-r1.0
	in_ns A ip route add 10.2.0.2 via 10.1.0.1 dev a-r1.0 src 10.1.0.2 onlink ||
		fail "no route with priorities"
	[[ $(heard R1 r1-a 'vlan 0 and icmp') == "10 "*"vlan 0, p 5"* ]] || fail "without priority"
	load R1 -m native
	ping_all A 10.2.0.2 2
	mark
	ping_all A 10.2.0.2 10
	expect_all R1 encapsulated 10
	in_ns R1 xdp-wg unload -q --all
	load R1 -m native -c
	undo in_ns R1 xdp-wg unload -q --all
	slow R1 encapsulated vlan
}

# What a device of the way in has to do with its packets is not skipped.
not_plain() {
	local dev

	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	load R1 -m native
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	fast R1 encapsulated
	in_ns R1 ip link set r1-a.5 type vlan ingress-qos-map 0:5
	slow R1 encapsulated vlan
	in_ns R1 ip link set r1-a.5 type vlan ingress-qos-map 0:0
	fast R1 encapsulated
	in_ns R1 ip link set r1-a.5 type vlan reorder_hdr off
	slow R1 encapsulated vlan
	in_ns R1 ip link set r1-a.5 type vlan reorder_hdr on
	for dev in r1-a r1-a.5; do
		in_ns R1 nft "table netdev test { chain c { type filter hook ingress device $dev \
			priority 0; counter; }; }"
		slow R1 encapsulated netfilter
		in_ns R1 nft delete table netdev test
		in_ns R1 tc qdisc add dev $dev clsact
		in_ns R1 tc filter add dev $dev ingress matchall action pass
		slow R1 encapsulated traffic-control
		in_ns R1 tc qdisc del dev $dev clsact
		fast R1 encapsulated
	done
	# As the packets of a bridge that looks at VLANs.
	in_ns R1 ip link add br5 type bridge vlan_filtering 1
	undo in_ns R1 ip link del br5
	in_ns R1 ip link set br5 address "$(mac_of R1 r1-a.5)" up
	in_ns R1 ip link set r1-a.5 master br5
	in_ns R1 ip addr add 10.5.0.1/24 dev br5
	in_ns R1 ip addr del 10.5.0.1/24 dev r1-a.5
	in_ns R1 ip route replace 10.1.0.2 via 10.5.0.2 dev br5
	ping_all A 10.2.0.2 2
	slow R1 encapsulated bridge
	in_ns R1 ip link set br5 down
	in_ns R1 ip addr add 10.5.0.1/24 dev r1-a.5
	in_ns R1 ip route replace 10.1.0.2 via 10.5.0.2 dev r1-a.5
}

# What is loaded on a VLAN device itself handles what comes in by it, and no other program does.
own_program() {
	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	in_ns R1 xdp-wg load -q --hook tc -r none r1-a.5 || fail "tc does not load on a VLAN device"
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	fast R1 encapsulated
	load R1 -m native
	ping_all A 10.2.0.2 2
	fast R1 encapsulated
	expect_gained R1 vlan 20
	in_ns R1 xdp-wg unload -q r1-a.5
	fast R1 encapsulated
	expect_gained R1 vlan 0 5
}

# Chains that let all of a flow through: by consent, what is at the VLAN device goes fast, and what is
# at the port, where the tag is seen, does not.
consented() {
	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	in_ns R1 nft "table inet test { chain c { type filter hook forward priority 0; policy drop;
		ct state established accept; iifname \"r1-a.5\" ct state new accept; }; }" ||
		fail "no firewall"
	undo in_ns R1 nft delete table inet test
	load R1 -m native -c
	undo in_ns R1 xdp-wg unload -q --all
	transfer 400K 60
	expect_gained R1 encapsulated 100
	expect_gained R1 decapsulated 30
	in_ns R1 nft "table netdev test { chain c { type filter hook ingress device r1-a.5 priority 0;
		counter; }; }"
	# The witness comes within a second of the first question.
	ping_all A 10.2.0.2 5
	sleep $((2 * SLOW))
	transfer 400K 60
	expect_gained R1 encapsulated 60
	in_ns R1 nft delete table netdev test
	in_ns R1 nft "table netdev test { chain c { type filter hook ingress device r1-a priority 0;
		counter; }; }"
	transfer 400K 60
	expect_gained R1 encapsulated 0 0
	in_ns R1 nft delete table netdev test
}

# With what else there is to load, which finds the tag elsewhere, or on another CPU.
other_programs() {
	local options

	unloaded
	tags R1 r1-a 5 A a-r1
	from_lan r1-a.5 a-r1.5 5
	tags R1 r1-r2 9 R2 r2-r1
	from_wan 9
	for options in "-m skb" "--hook tc" "-r inner_flow -c" "-r round_robin"; do
		# shellcheck disable=SC2086 # words
		receives R1 r1-a.5 84 encapsulated $options
		# shellcheck disable=SC2086 # words
		receives R2 r2-r1.9 156 decapsulated $options
		fast R2 encapsulated
		fast R1 decapsulated
		in_ns R1 xdp-wg unload -q --all
		in_ns R2 xdp-wg unload -q --all
	done
}

test_case at-lan 60
test_case at-wan 60
test_case sizes-at-lan 60
test_case sizes-at-wan 60
test_case two-tags 60
test_case priority-tags 60
test_case not-plain 90
test_case own-program 60
test_case consented 120
test_case other-programs 180
run_cases "$@"
