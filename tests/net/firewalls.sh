#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What others install on a router: rules like those that Debian's packages write, with the chains,
# priorities and matches that they have. Everything comes out as without xdp-wg.

. "$(dirname "$0")/ways.sh"

both_ways() {
	echo "A $(all_answered A 10.2.0.2), B $(all_answered B 10.1.0.2)"
}

# nftables.conf, as a router's owner would fill it in.
nftables_conf() {
	network
	rules <<-NFT
		flush ruleset
		table inet filter {
			chain input {
				type filter hook input priority filter; policy drop;
				ct state vmap { established : accept, related : accept, invalid : drop }
				iifname "lo" accept
				icmp type echo-request accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
				udp dport 51820 accept
			}
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state vmap { established : accept, related : accept, invalid : drop }
				iifname "r1-a" accept
			}
			chain output {
				type filter hook output priority filter;
			}
		}
	NFT
	same_as "A yes, B no" both_ways
	[ "$(ping_and_tcp)" = "ping yes, TCP yes" ] || fail "$(ping_and_tcp)"
}

# By iptables-nft: a chain for each purpose.
ufw() {
	network
	rules <<-NFT
		table ip filter {
			chain ufw-user-forward {
				iifname "r1-a" oifname "wg0" counter accept
			}
			chain ufw-before-forward {
				ct state related,established counter accept
				ip protocol icmp icmp type { destination-unreachable, time-exceeded } accept
				counter jump ufw-user-forward
			}
			chain ufw-before-input {
				iifname "lo" counter accept
				ct state related,established counter accept
				ct state invalid counter drop
				ip protocol icmp icmp type echo-request counter accept
				udp dport 51820 counter accept
			}
			chain ufw-track-output {
				meta l4proto { tcp, udp } ct state new counter accept
			}
			chain INPUT {
				type filter hook input priority filter; policy drop;
				counter jump ufw-before-input
			}
			chain FORWARD {
				type filter hook forward priority filter; policy drop;
				counter jump ufw-before-forward
			}
			chain OUTPUT {
				type filter hook output priority filter; policy accept;
				counter jump ufw-track-output
			}
		}
	NFT
	same_as "A yes, B no" both_ways
}

firewalld() {
	network
	rules <<-NFT
		table inet firewalld {
			chain mangle_PREROUTING {
				type filter hook prerouting priority mangle + 10; policy accept;
			}
			chain nat_POSTROUTING {
				type nat hook postrouting priority srcnat + 10; policy accept;
				oifname "r1-r2" meta nfproto ipv4 masquerade
			}
			chain filter_INPUT {
				type filter hook input priority filter + 10; policy accept;
				ct state { established, related } accept
				ct status dnat accept
				iifname "lo" accept
				udp dport 51820 ct state { new, untracked } accept
				ip protocol icmp accept
				meta l4proto ipv6-icmp accept
				ct state invalid drop
				reject with icmpx admin-prohibited
			}
			chain filter_FORWARD {
				type filter hook forward priority filter + 10; policy accept;
				ct state { established, related } accept
				ct status dnat accept
				ct state invalid drop
				iifname "r1-a" ct state { new, untracked } accept
				reject with icmpx admin-prohibited
			}
			chain filter_OUTPUT {
				type filter hook output priority filter + 10; policy accept;
				ct state { established, related } accept
				oifname "lo" accept
			}
		}
	NFT
	same_as "A yes, B no" both_ways
}

# It closes forwarding to all but its containers, until its owner opens it.
docker() {
	network
	rules <<-NFT
		table ip nat {
			chain DOCKER {
			}
			chain PREROUTING {
				type nat hook prerouting priority dstnat; policy accept;
				fib daddr type local counter jump DOCKER
			}
			chain OUTPUT {
				type nat hook output priority dstnat; policy accept;
				ip daddr != 127.0.0.0/8 fib daddr type local counter jump DOCKER
			}
			chain POSTROUTING {
				type nat hook postrouting priority srcnat; policy accept;
				oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
			}
		}
		table ip filter {
			chain DOCKER-USER {
			}
			chain DOCKER-FORWARD {
				oifname "docker0" ct state related,established counter accept
				iifname "docker0" counter accept
			}
			chain FORWARD {
				type filter hook forward priority filter; policy drop;
				counter jump DOCKER-USER
				counter jump DOCKER-FORWARD
			}
		}
	NFT
	same_as "A no, B no" both_ways
	in_ns R1 nft add rule ip filter DOCKER-USER ip saddr 10.0.0.0/8 accept
	same_as "A yes, B yes" both_ways
}

# It only looks at what comes to this host.
fail2ban() {
	network
	rules <<-NFT
		table inet f2b-table {
			set addr-set-sshd {
				type ipv4_addr
				elements = { 192.0.2.2 }
			}
			chain f2b-chain {
				type filter hook input priority filter - 1; policy accept;
				tcp dport { 22 } ip saddr @addr-set-sshd reject
			}
		}
	NFT
	same_as "A yes, B yes" both_ways
	in_ns R1 nft add rule inet f2b-table f2b-chain ip saddr @addr-set-sshd udp dport 51820 drop
	same_as "A no, B no" both_ways
}

# wg-quick, when all traffic is to go into the tunnel.
full_tunnel() {
	network
	rules <<-NFT
		table ip wg-quick-wg0 {
			chain preraw {
				type filter hook prerouting priority raw; policy accept;
				iifname != "wg0" ip daddr 10.0.0.1 fib saddr type != local drop
			}
			chain premangle {
				type filter hook prerouting priority mangle; policy accept;
				meta l4proto udp meta mark set ct mark
			}
			chain postmangle {
				type filter hook postrouting priority mangle; policy accept;
				meta l4proto udp meta mark 0x0000ca6c ct mark set meta mark
			}
		}
	NFT
	in_ns R1 wg set wg0 fwmark 51820
	undo in_ns R1 wg set wg0 fwmark 0
	in_ns R1 ip route add default dev wg0 table 51820 &&
		in_ns R1 ip rule add not fwmark 51820 table 51820 &&
		in_ns R1 ip rule add table main suppress_prefixlength 0 || fail "no rules"
	undo in_ns R1 ip route flush table 51820
	undo in_ns R1 ip rule del not fwmark 51820 table 51820
	undo in_ns R1 ip rule del table main suppress_prefixlength 0
	same_as "A yes, B yes" both_ways
}

test_case nftables-conf 120
test_case ufw 120
test_case firewalld 120
test_case docker 200
test_case fail2ban 200
test_case full-tunnel 120
run_cases "$@"
