#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Routes that leave by VLAN devices: an XDP frame gets the tags that the devices would write, and
# passes where it would not leave as it does from the stack.

. "$(dirname "$0")/vlans.sh"

# What R2 decrypts leaves with the tag that the kernel writes, and is counted as there.
decrypted() {
	local kernel fast before after

	unloaded
	tags R2 r2-b 7 B b-r2
	lan r2-b 7
	ping_all A 10.2.0.2 2
	before=$(counted R2 r2-b.7 tx)
	kernel=$(heard B b-r2 'vlan and icmp')
	after=$(counted R2 r2-b.7 tx)
	[[ $kernel == "10 "*"vlan 7, p 0"* ]] || fail "the kernel sends $kernel"
	counts_ten "$before" "$after" 98 || fail "the kernel has counted $before, and then $after"
	load R2 -m native
	undo in_ns R2 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	mark
	before=$(counted R2 r2-b.7 tx)
	fast=$(heard B b-r2 'vlan and icmp')
	after=$(counted R2 r2-b.7 tx)
	[ "$fast" = "$kernel" ] || fail "$fast were sent, and by the kernel $kernel"
	counts_ten "$before" "$after" 98 || fail "counted were $before, and then $after"
	expect_all R2 decapsulated 10
	fast R2 decapsulated
}

sizes_decrypted() {
	unloaded
	tags R2 r2-b 7 B b-r2
	lan r2-b 7
	load R2 -m native
	undo in_ns R2 xdp-wg unload -q --all
	sizes R2 decapsulated
}

sizes_encrypted() {
	unloaded
	tags R1 r1-r2 9 R2 r2-r1
	wan 9
	load R1 -m native
	undo in_ns R1 xdp-wg unload -q --all
	sizes R1 encapsulated
}

# What R1 encrypts, too; R2 has it by another device, and passes it.
encrypted() {
	local kernel fast

	unloaded
	tags R1 r1-r2 9 R2 r2-r1
	wan 9
	ping_all A 10.2.0.2 2
	kernel=$(heard R2 r2-r1 'vlan 9 and udp port 51820 and udp[8:4] = 0x04000000')
	[[ $kernel == "10 "*"vlan 9, p 0"* ]] || fail "the kernel sends $kernel"
	load R1 -m native
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	mark
	fast=$(heard R2 r2-r1 'vlan 9 and udp port 51820 and udp[8:4] = 0x04000000')
	[ "$fast" = "$kernel" ] || fail "$fast are sent, and by the kernel $kernel"
	expect_all R1 encapsulated 10
	fast R1 encapsulated
}

# A VLAN of a VLAN, as providers have it; its MTU is less, since the port takes one tag more.
two_tags() {
	local heard

	unloaded
	outer_tag R2 r2-b B b-r2
	tags R2 r2-b.100 7 B b-r2.100
	lan r2-b.100 7
	load R2 -m native
	undo in_ns R2 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	slow R2 decapsulated egress
	in_ns R2 ip link set r2-b.100.7 mtu 1496
	fast R2 decapsulated
	heard=$(heard B b-r2 'vlan and vlan and icmp')
	[[ $heard == "10 ethertype 802.1Q-QinQ, length 106: vlan 100, p 0, "*"vlan 7, p 0, "* ]] ||
		fail "sent were: $heard"
	in_ns R2 ip link add link r2-b.100.7 name r2-b.3 type vlan id 3
	undo in_ns R2 ip link del r2-b.3
	in_ns R2 ip link set r2-b.3 mtu 1400 up
	in_ns R2 ip addr add 10.8.0.1/24 dev r2-b.3
	in_ns R2 ip neigh add 10.8.0.2 lladdr 02:00:00:00:00:08 dev r2-b.3
	in_ns R2 ip route replace 10.2.0.2 via 10.8.0.2
	mark
	ping_none A 10.2.0.2 5
	expect_gained R2 egress 5
	in_ns R2 ip route replace 10.2.0.2 via 10.7.0.2
	fast R2 decapsulated
}

# What a device of the way has to do with its packets is not skipped.
not_plain() {
	local dev

	unloaded
	tags R2 r2-b 7 B b-r2
	lan r2-b 7
	load R2 -m native
	undo in_ns R2 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	fast R2 decapsulated
	in_ns R2 ip link set r2-b.7 type vlan egress-qos-map 0:5
	slow R2 decapsulated egress
	in_ns R2 ip link set r2-b.7 type vlan egress-qos-map 0:0
	fast R2 decapsulated
	for dev in r2-b r2-b.7; do
		in_ns R2 nft "table netdev test { chain c { type filter hook egress device $dev \
			priority 0; counter; }; }"
		slow R2 decapsulated netfilter
		in_ns R2 nft delete table netdev test
		in_ns R2 tc qdisc add dev $dev clsact
		in_ns R2 tc filter add dev $dev egress matchall action pass
		slow R2 decapsulated traffic-control
		in_ns R2 tc qdisc del dev $dev clsact
		in_ns R2 tc qdisc add dev $dev root tbf rate 1gbit burst 100k latency 50ms
		slow R2 decapsulated traffic-control
		in_ns R2 tc qdisc del dev $dev root
		fast R2 decapsulated
	done
	in_ns B ethtool -K b-r2 gro off
	slow R2 decapsulated egress
	in_ns B ethtool -K b-r2 gro on
	fast R2 decapsulated
}

# At the other hooks the device itself sends.
other_hooks() {
	local options

	unloaded
	tags R2 r2-b 7 B b-r2
	lan r2-b 7
	for options in "-m skb" "--hook tc"; do
		# shellcheck disable=SC2086 # words
		load R2 $options
		ping_all A 10.2.0.2 2
		fast R2 decapsulated
		[[ $(heard B b-r2 'vlan and icmp') == "10 "*"vlan 7, p 0"* ]] || fail "no tag with $options"
		in_ns R2 xdp-wg unload -q --all
	done
}

test_case decrypted 60
test_case encrypted 60
test_case sizes-decrypted 60
test_case sizes-encrypted 60
test_case two-tags 60
test_case not-plain 90
test_case other-hooks 60
run_cases "$@"
