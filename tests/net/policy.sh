#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Routes that go by marks, with netfilter's consent, load -c: the one that the stack took is the one
# that is taken, and no packet goes by another.

. "$(dirname "$0")/consenting.sh"

# table NUMBER MARK ROUTE...: a routing table for packets with that mark.
table() {
	local number=$1 mark=$2

	shift 2
	in_ns R1 ip route add "$@" table "$number" && in_ns R1 ip rule add fwmark "$mark" table "$number" ||
		fail "there is no table $number"
	undo in_ns R1 ip rule del fwmark "$mark" table "$number"
	undo in_ns R1 ip route flush table "$number"
}

# marking MARK: what A sends to the port of flows() is marked, before it is routed.
marking() {
	in_ns R1 nft "flush chain inet pbr pre; add rule inet pbr pre iifname r1-a udp dport 5001 \
		ct mark set $1 meta mark set $1" || fail "nft does not take the mark"
}

# Two uplinks: a mark leads into the tunnel, and another past it. Without one there is no way.
uplinks() {
	local options

	firewalled
	spoil
	rules <<-NFT
		table inet pbr {
			chain pre {
				type filter hook prerouting priority mangle;
			}
		}
		table inet fw {
			chain forward {
				iifname "r1-a" oifname "r1-r2" accept
			}
		}
	NFT
	table 101 0x101 10.2.0.0/24 dev wg0
	table 102 0x102 10.2.0.0/24 via 192.0.2.2
	for options in "${hooks_but_skb[@]}"; do
		in_ns R1 nft flush chain inet pbr pre
		# shellcheck disable=SC2086 # words
		consenting $options
		in_ns R1 ip route replace unreachable 10.2.0.0/24
		forget
		marking 0x101
		mark
		flows A 4 500
		expect_gained R1 encapsulated 1500
		# By the other one, every packet of it.
		marking 0x102
		sleep 2
		mark
		flows A 4 500
		expect_gained R1 encapsulated 0 0
		in_ns R1 ip route replace 10.2.0.0/24 dev wg0
	done
	in_ns R1 xdp-wg unload -q --all
}

# Answers are marked as their connection is, and go back where it came from.
answers() {
	firewalled
	spoil
	rules <<-NFT
		table inet pbr {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname "r1-a" icmp type echo-request ct mark set 0x103
				iifname "wg0" meta mark set ct mark
			}
		}
	NFT
	table 103 0x103 10.1.0.2 dev r1-a
	consenting
	in_ns R1 ip route add unreachable 10.1.0.2
	undo in_ns R1 ip route del unreachable 10.1.0.2
	forget
	mark
	ping_all A 10.2.0.2 200
	expect_gained R1 decapsulated 150
	in_ns R1 xdp-wg unload -q --all
}

# wg-quick's own rules, when all traffic is to go into the tunnel, with strict source validation that
# goes by marks; R1 is the router of a LAN.
full_tunnel() {
	unloaded
	load R2
	undo in_ns R2 xdp-wg unload -q --all
	wg_quick up
	in_ns R1 sysctl -qw net.ipv4.conf.all.rp_filter=1
	pings_are_fast
	wg_quick down
}

test_case uplinks 120
test_case answers 40
test_case full-tunnel 150
run_cases "$@"
