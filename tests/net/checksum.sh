#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The outer UDP checksum: always there, but for IPv4 with -u.

. "$(dirname "$0")/lib.sh"

# What R2 gets from R1, before anything looks at the checksum.
watch_checksums() {
	in_ns R2 nft -f - <<-NFT || fail "nft does not take the rules"
		table inet checksums {
			counter absent {}
			counter present {}
			chain prerouting {
				type filter hook prerouting priority -400;
				iif r2-r1 udp dport 51820 udp checksum 0 counter name absent
				iif r2-r1 udp dport 51820 udp checksum != 0 counter name present
			}
		}
	NFT
	undo in_ns R2 nft delete table inet checksums
}

seen() {
	in_ns R2 nft -j list counter inet checksums "$1" |
		jq '.nftables[] | .counter? // empty | .packets'
}

# sends present|absent: R1 sends its packets so. The stack takes them, and so verifies the checksum.
sends() {
	local absent present

	watch_checksums
	absent=$(seen absent)
	present=$(seen present)
	mark
	crosses
	expect_gained R1 encapsulated 20
	absent=$(($(seen absent) - absent))
	present=$(($(seen present) - present))
	case $1 in
	present) [ "$absent" = 0 ] && [ $present -ge 20 ] ;;
	absent) [ $absent -ge 20 ] ;;
	esac || fail "$present packets came with a checksum and $absent without"
}

# only_r1 [OPTION...]: R2 is left to the stack.
only_r1() {
	in_ns R2 xdp-wg unload -q --all
	in_ns R1 xdp-wg unload -q --all
	load R1 "$@"
	undo in_ns R1 xdp-wg unload -q --all
}

ipv4() {
	network 4
	only_r1
	sends present
}

no_udp_csum_ipv4() {
	network 4
	only_r1 -u
	sends absent
}

no_udp_csum_ipv6() {
	network 6
	only_r1 -u
	sends present
}

test_case ipv4 60
test_case no-udp-csum-ipv4 60
test_case no-udp-csum-ipv6 90
run_cases "$@"
