#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices above a port that have its addresses: what the port receives is passed with a reason, and
# what is routed to such a device as well. At the tc hook that device is as good as a port.

. "$(dirname "$0")/bridges.sh"

# far_link: A has its address at a second link.
far_link() {
	second_link
	in_ns A ip addr add 10.9.0.2/24 dev lan9 || fail "no address for the second link"
}

# by DEVICE: A and R1 have each other by that device of R1, and lan9.
by() {
	in_ns R1 ip addr add 10.9.0.1/24 dev "$1" && in_ns R1 ip link set lan9 up &&
		in_ns R1 ip link set "$1" up && in_ns R1 ip route add 10.1.0.2 via 10.9.0.2 dev "$1" &&
		in_ns A ip route add 10.2.0.2 via 10.9.0.1 dev lan9 src 10.1.0.2 ||
		fail "no routes by $1"
	undo in_ns A ip route del 10.2.0.2
	ping_all A 10.2.0.2 2
}

# fast_by DEVICE FAST...: with a program at the tc hook of DEVICE, packets go fast for these reasons.
fast_by() {
	local fast

	in_ns R1 xdp-wg load -q --hook tc -r none "$1" r1-r2 || fail "$1 has no tc hook"
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	mark
	ping_all A 10.2.0.2 10
	for fast in "${@:2}"; do
		expect_all R1 "$fast" 10
	done
}

# upper DEVICE IN OUT FAST...: with a program on the port below, packets for it pass for the reason IN, and
# those that are routed to it for OUT; with one on DEVICE those go fast.
upper() {
	by "$1"
	in_ns R1 xdp-wg load -q -m native lan9 r1-r2 || fail "lan9 has no native mode"
	undo in_ns R1 xdp-wg unload -q --all
	ping_all A 10.2.0.2 2
	mark
	ping_all A 10.2.0.2 5
	expect_gained R1 encapsulated 0 0
	expect_gained R1 decapsulated 0 0
	if [ "$2" = "$3" ]; then
		expect_all R1 "$2" 10
	else
		expect_all R1 "$2" 5
		expect_all R1 "$3" 5
	fi
	in_ns R1 xdp-wg unload -q --all
	fast_by "$1" "${@:4}"
}

# One that filters VLANs; others have a script of their own.
a_bridge() {
	unloaded
	far_link
	modprobe bridge
	in_ns R1 ip link add up9 type bridge vlan_filtering 1 && in_ns R1 ip link set lan9 master up9 ||
		fail "no bridge"
	undo in_ns R1 ip link del up9
	upper up9 bridge bridge encapsulated decapsulated
}

a_bond() {
	unloaded
	far_link
	modprobe bonding max_bonds=0
	in_ns R1 ip link set lan9 down
	in_ns R1 ip link add up9 type bond mode active-backup && in_ns R1 ip link set lan9 master up9 ||
		fail "no bond"
	undo in_ns R1 ip link del up9
	upper up9 policy egress encapsulated decapsulated
}

# As VRRP has it: another MAC address, for which the port has no packets itself.
a_macvlan() {
	unloaded
	far_link
	modprobe macvlan
	in_ns R1 ip link set lan9 up
	in_ns R1 ip link add link lan9 name up9 address 00:00:5e:00:01:09 type macvlan mode private ||
		fail "no macvlan device"
	upper up9 other-mac egress encapsulated decapsulated
}

# Packets to other addresses than its own come in by the port, whose MAC address it has.
an_ipvlan() {
	unloaded
	far_link
	modprobe ipvlan
	in_ns R1 ip link set lan9 up
	in_ns R1 ip link add link lan9 name up9 type ipvlan mode l2 || fail "no ipvlan device"
	upper up9 policy egress decapsulated
}

# It has no native mode, and all goes fast at the tc hook.
a_netkit() {
	unloaded
	in_ns R1 ip link add lan9 type netkit mode l2 peer name far9 &&
		in_ns R1 ip link set far9 netns A name lan9 || fail "no netkit devices"
	undo in_ns R1 ip link del lan9
	in_ns A ip addr add 10.9.0.2/24 dev lan9 && in_ns A ip link set lan9 up ||
		fail "no address for netkit"
	by lan9
	says 1 "does not support XDP: use --hook tc" R1 xdp-wg load lan9
	fast_by lan9 encapsulated decapsulated
}

test_case a-bridge 60
test_case a-bond 60
test_case a-macvlan 60
test_case an-ipvlan 60
test_case a-netkit 60
run_cases "$@"
