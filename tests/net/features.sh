#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What features says of the kernel, its module and interfaces, and that load agrees.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "$0")/lib.sh"

# feature NAME [INTERFACE]: whether R1 has it.
feature() {
	in_ns R1 xdp-wg features -j ${2:-} | jq --arg name "$1" --arg ifname "${2:-}" \
		'.features[] | select(.name == $name and (.ifname // "") == $ifname) | .there'
}

# expect_feature true|false NAME [INTERFACE]
expect_feature() {
	local there

	there=$(feature "$2" "${3:-}")
	[ "$there" = "$1" ] || fail "${3:+$3: }$2 is said to be ${there:-unknown}, not $1"
}

kernel() {
	local name

	network
	says 0 "load works with these" R1 xdp-wg features
	says 0 "Kernel functions:" R1 xdp-wg features
	for name in "BPF file system" "type information (BTF)" "wireguard module" \
		"replaceable programs (freplace)" "programs in a cpumap" tcx \
		bpf_xdp_wg_device_get_by_index bpf_skb_wg_device_get_by_port \
		bpf_wg_peer_allowedips_lookup bpf_wg_peer_hashtable_lookup \
		bpf_xdp_wg_encrypt bpf_skb_wg_encrypt bpf_xdp_wg_decrypt bpf_skb_wg_decrypt; do
		expect_feature true "$name"
	done
	for name in libxdp libbpf libmnl; do
		in_ns R1 xdp-wg features -j | jq -e --arg name $name \
			'any(.features[]; .name == $name and (.note | test("^[0-9]+[.]")))' > /dev/null ||
			fail "features does not say which $name there is"
	done
}

interfaces_of_r1() {
	network
	expect_feature true "native XDP" r1-a
	expect_feature true "XDP transmit" r1-a
	in_ns A ethtool -K a-r1 gro off
	undo in_ns A ethtool -K a-r1 gro on
	expect_feature false "XDP transmit" r1-a
	expect_feature true "hash of received packets" r1-a
	says 0 "Interface r1-r2" R1 xdp-wg features r1-a r1-r2
	in_ns R1 ip link add dummy1 type dummy || fail "no dummy interface"
	undo in_ns R1 ip link del dummy1
	expect_feature false "native XDP" dummy1
	says 1 "load needs -m skb" R1 xdp-wg features dummy1
	says 1 "there is no interface nosuch" R1 xdp-wg features nosuch
}

# Without the module, or with the kernel's own.
module() {
	local modules

	modules=/usr/lib/modules/$(uname -r)
	spoil
	clear_network
	ip netns add R1 || fail "no namespace"
	rmmod wireguard || fail "the module cannot be unloaded"
	says 1 "load does not work with these" R1 xdp-wg features
	expect_feature false "wireguard module"
	insmod "$modules"/kernel/drivers/net/wireguard/wireguard.ko* ||
		fail "the kernel's own module cannot be loaded"
	says 1 "install xdp-wg's wireguard module" R1 xdp-wg features
	expect_feature true "wireguard module"
	expect_feature false bpf_xdp_wg_encrypt
	rmmod wireguard && modprobe wireguard || fail "the module cannot be loaded again"
	says 0 "load works with these" R1 xdp-wg features
}

test_case kernel 60
test_case interfaces-of-r1 60
test_case module 60
run_cases "$@"
