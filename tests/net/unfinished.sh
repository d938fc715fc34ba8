#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Senders that leave work to their device, as containers do by default: checksums, VLAN tags,
# segmentation. What comes to B is right, at every hook, and goes fast where it can.

export TOPOLOGY_OFFLOADS=on
. "$(dirname "$0")/ways.sh"

# In native mode and with an RSS program everything goes fast, at the tc hook what comes single.
hooks="native skb tc inner_flow"

# at HOOK: xdp-wg is there on both routers, and A and B reach each other.
at() {
	take "$1"
	wait_session 30 || fail "A and B do not reach each other with xdp-wg ($1)"
}

# wrong NAMESPACE: packets that came there with a wrong checksum, until now.
wrong() {
	in_ns "$1" nstat -asz TcpInCsumErrors UdpInCsumErrors Udp6InCsumErrors IcmpInCsumErrors \
		SctpChecksumErrors 2> /dev/null | awk '/Errors/ { n += $2 } END { print n + 0 }'
}

# talks KIND [ADDRESS]: A sends B what it asks for and B answers, by streams and datagrams of all
# sizes, and each has got what the other has sent.
talks() {
	python3 "$tests/net/talk.py" "$@" || fail "$* does not work ($hook)"
}

container() {
	local hook family address before kinds="tcp udp"

	network
	undo take kernel
	! modprobe sctp 2> /dev/null || kinds+=" sctp"
	for hook in $hooks; do
		at $hook
		for address in 10.2.0.2 fd00:2::2; do
			for kind in $kinds; do
				before=$(($(wrong A) + $(wrong B)))
				mark
				talks $kind $address
				[ $(($(wrong A) + $(wrong B))) = "$before" ] ||
					fail "wrong checksums ($kind to $address, $hook)"
				check_fast $hook $kind
			done
		done
	done
}

# check_fast HOOK KIND: what was to go fast did.
check_fast() {
	case $1-$2 in
	skb-*)
		expect_gained R1 encapsulated 0 0
		expect_gained R1 decapsulated 0 0
		expect_gained R1 vlan 100
		;;
	tc-*) ;;
	*-sctp)
		# Its checksum is none that can be finished.
		expect_gained R1 encapsulated 0 0
		expect_gained R1 checksum 20
		;;
	*)
		expect_gained R1 encapsulated 100
		expect_gained R1 checksum 0 0
		expect_gained R1 decapsulated 100
		;;
	esac
}

# tunnel KIND: a device x in A and in B, whose packets go through the routers.
tunnel() {
	local ns here there number=1 options=

	case $1 in
	vxlan) options="id 7 dstport 4789 noudpcsum" ;;
	vxlan-csum) options="id 7 dstport 4789 udpcsum" ;;
	esac
	while read -r ns here there; do
		in_ns "$ns" ip link add x type "${1%-csum}" local "$here" remote "$there" $options &&
			in_ns "$ns" ip addr add 10.9.0.$number/24 dev x &&
			in_ns "$ns" ip link set x mtu 1300 up || return
		number=2
	done <<-ENDS
		A 10.1.0.2 10.2.0.2
		B 10.2.0.2 10.1.0.2
	ENDS
}

# The checksum of a packet in a packet is the one that is left to the device.
tunnels() {
	local hook kind before

	network
	spoil
	for kind in vxlan vxlan-csum gre ipip; do
		tunnel $kind || fail "no $kind device"
		for hook in $hooks; do
			at $hook
			before=$(($(wrong A) + $(wrong B)))
			mark
			talks tcp 10.9.0.2
			talks udp 10.9.0.2
			[ $(($(wrong A) + $(wrong B))) = "$before" ] ||
				fail "wrong checksums ($kind, $hook)"
			case $hook in
			native | inner_flow) expect_gained R1 encapsulated 150 ;;
			esac
		done
		take kernel
		in_ns A ip link del x && in_ns B ip link del x || fail "the $kind device stays"
	done
}

# A tag that the sender's device was to insert is beside the packet, which is not for the interface
# that it came in by.
tags() {
	local hook

	network
	modprobe 8021q || fail "no VLANs"
	in_ns A ip link add link a-r1 name a-r1.5 type vlan id 5 &&
		in_ns R1 ip link add link r1-a name r1-a.5 type vlan id 5 || fail "no VLAN"
	undo in_ns A ip link del a-r1.5
	undo in_ns R1 ip link del r1-a.5
	in_ns A ip addr add 10.5.0.2/24 dev a-r1.5 && in_ns A ip link set a-r1.5 up &&
		in_ns R1 ip addr add 10.5.0.1/24 dev r1-a.5 && in_ns R1 ip link set r1-a.5 up ||
		fail "no address"
	undo take kernel
	for hook in $hooks; do
		at $hook
		in_ns A ip route add 10.2.0.2 via 10.5.0.1 src 10.1.0.2 || fail "no route"
		mark
		ping_all A 10.5.0.1 5
		ping_all A 10.2.0.2 5
		case $hook in
		tc) expect_gained R1 encapsulated 4 5 ;;
		*)
			expect_gained R1 vlan 10
			expect_gained R1 encapsulated 0 0
			;;
		esac
		# What the VLAN may not send must not come by the link below it either.
		in_ns R1 sysctl -q -w net.ipv4.conf.r1-a/5.forwarding=0
		ping_none A 10.2.0.2 3
		in_ns R1 sysctl -q -w net.ipv4.conf.r1-a/5.forwarding=1
		in_ns A ip route del 10.2.0.2 via 10.5.0.1 || fail "the route stays"
	done
}

# Frames that no stack has made, by AF_XDP and by an XDP program, arrive as they are. xdp-trafficgen
# sends 64 at a time.
redirected() {
	local hook way sent=64

	network
	undo take kernel
	for hook in $hooks; do
		at $hook
		for way in xsk trafficgen; do
			mark
			python3 "$tests/net/frames.py" $way $sent "$tests/net/xsk" ||
				fail "$way does not work ($hook)"
			case $hook in
			skb) expect_gained R1 vlan $sent ;;
			*) expect_gained R1 encapsulated $sent ;;
			esac
		done
	done
}

# A virtual machine leaves its checksums to a tap. There it can only be guessed that it has.
tap() {
	network
	modprobe tun || fail "no taps"
	undo take kernel
	at native
	in_ns R1 python3 "$tests/net/machine.py" > "$state/machine" 2>&1 ||
		fail "$(tail -n 1 "$state/machine")"
}

test_case container 240
test_case tunnels 240
test_case redirected 120
test_case tags 90
test_case tap 60
run_cases "$@"
