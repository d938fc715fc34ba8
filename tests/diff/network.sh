#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# network.sh up|down|session|variant N|load HOOK|unload|status: the network of the differential
# test. addresses.h has the same addresses for the program.
#
#      diff-a                diff-r1                    diff-w                   diff-r2
#        a-r1 ------------ r1-a  r1-w -------------- w-r1    w-r2 ------------ r2-w
#                            wg0 ================================================ wg4, wg6
#
# R1 is the router under test. The program is the host A, and the wire between the routers: it
# injects and takes frames at a-r1 and w-r1, and carries handshakes between w-r1 and w-r2. R2 does
# nothing else than these handshakes, for two peers of R1: one over IPv4, one over IPv6. With the
# keys of the session the program itself seals and opens the messages of these peers.
#
# With DIFF_OFFLOADS=on in the environment, A's and W's devices do for their senders what they can, so
# that R1 gets frames with work left undone; its own devices do nothing, and what it sends is finished.
#
# In the environment, DIFF_RULES is a set of rules that R1 has under all variants: empty, stateful,
# nat, mark, mss or tc. DIFF_BYPASS has xdp-wg bypass them, which must then show. DIFF_CONSENT has it
# ask for netfilter's consent.
#
# All neighbours are permanent and A and W have no addresses, so that no packet is on the way but
# those of the test. What R1 does not know how to reach fails at once.

set -e

namespaces="diff-a diff-r1 diff-w diff-r2"
keys=/run/diff

# in_ns NAMESPACE COMMAND...: `ip netns exec` would hide the BPF file system behind a new /sys.
in_ns() {
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# link NAMESPACE NAME MAC NAMESPACE NAME MAC MTU: a veth pair that XDP can work on: it sees neither
# a checksum that a device was to finish nor a tag beside the packet, unless there are to be such.
# Native XDP transmits to a veth whose peer polls, which GRO makes it do; the sizes of 1 leave every
# packet single.
link() {
	local mtu=$7

	ip link add "$2" address "$3" netns "$1" type veth peer name "$5" address "$6" netns "$4"
	for end in "$1 $2" "$4 $5"; do
		set -- $end
		in_ns "$1" ethtool -K "$2" tx off txvlan off \
			tx-vlan-stag-hw-insert off rxvlan off tso off gso off gro on > /dev/null
		in_ns "$1" ip link set "$2" mtu "$mtu" gso_max_segs 1 gro_max_size 1 \
			gro_ipv4_max_size 1 up
	done
}

sysctls() {
	in_ns "$1" sysctl -q -w net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.default.addr_gen_mode=1
}

host() {
	sysctls "$1"
	in_ns "$1" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

router() {
	local name

	in_ns "$1" ip link set lo up
	sysctls "$1"
	in_ns "$1" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 \
		net.ipv4.icmp_msgs_burst=1000000 net.ipv6.icmp.ratelimit=0 \
		net.ipv4.ipfrag_time=1 net.ipv6.ip6frag_time=1
	for name in all default; do
		in_ns "$1" sysctl -q -w net.ipv4.conf.$name.rp_filter=0 \
			net.ipv4.conf.$name.send_redirects=0
	done
}

# neighbour NAMESPACE INTERFACE MAC ADDRESS...: these, and no search for others.
neighbour() {
	local ns=$1 name=$2 mac=$3 address

	shift 3
	in_ns "$ns" sysctl -q -w "net.ipv4.neigh.$name.mcast_solicit=0" \
		"net.ipv6.neigh.$name.mcast_solicit=0"
	for address in "$@"; do
		in_ns "$ns" ip neigh replace "$address" dev "$name" lladdr "$mac" nud permanent
	done
}

# routes TABLE: of each kind one, per family.
routes() {
	sed "s/$/ table $1/" <<-ROUTES | in_ns diff-r1 ip -batch -
		route replace 10.1.0.0/17 via 172.16.1.2
		route replace 10.1.128.0/17 via 172.16.1.2 mtu 1200
		route replace 198.18.0.0/15 via 192.0.2.2
		route replace 198.18.0.9/32 via 192.0.2.2
		route replace 10.2.0.0/16 dev wg0
		route replace 10.2.64.0/18 dev wg0 mtu 1300
		route replace 10.2.192.0/18 dev wg0 mtu 1300
		route replace blackhole 10.2.0.0/16 tos 0x10
		route replace 10.3.0.0/16 dev wg0
		route replace 10.4.0.0/16 dev wg0
		route replace blackhole 10.5.0.0/16
		route replace unreachable 10.6.0.0/16
		route replace prohibit 10.7.0.0/16
	ROUTES
	sed "s/$/ table $1/" <<-ROUTES | in_ns diff-r1 ip -6 -batch -
		route replace fd00:1:0:0::/64 via fd00:a::2
		route replace fd00:1:0:1::/64 via fd00:a::2 mtu 1300
		route replace fd00:18::/32 via 2001:db8::2
		route replace fd00:2::/48 dev wg0
		route replace fd00:2:0:2::/64 dev wg0 mtu 1280
		route replace fd00:2:0:3::/64 dev wg0 mtu 1300
		route replace fd00:3::/48 dev wg0
		route replace fd00:4::/48 dev wg0
		route replace blackhole fd00:5::/48
		route replace unreachable fd00:6::/48
		route replace prohibit fd00:7::/48
	ROUTES
}

tunnel() {
	local name

	mkdir -p $keys
	for name in r1 wg4 wg6 nobody other; do
		(umask 077 && wg genkey > $keys/$name)
		wg pubkey < $keys/$name > $keys/$name.pub
	done
	in_ns diff-r1 ip link add wg0 type wireguard
	in_ns diff-r1 wg set wg0 listen-port 51820 private-key $keys/r1 \
		peer "$(cat $keys/wg4.pub)" endpoint 192.0.2.2:51824 \
		allowed-ips 10.2.0.0/17,fd00:2:0:0::/64,fd00:2:0:2::/64 \
		peer "$(cat $keys/wg6.pub)" endpoint "[2001:db8::2]:51826" \
		allowed-ips 10.2.128.0/17,fd00:2:0:1::/64,fd00:2:0:3::/64 \
		peer "$(cat $keys/nobody.pub)" allowed-ips 10.4.0.0/16,fd00:4::/48
	in_ns diff-r1 ip link set wg0 up
	for name in "wg4 51824 192.0.2.1" "wg6 51826 [2001:db8::1]"; do
		set -- $name
		in_ns diff-r2 ip link add "$1" type wireguard
		in_ns diff-r2 wg set "$1" listen-port "$2" private-key "$keys/$1" \
			peer "$(cat $keys/r1.pub)" endpoint "$3:51820" allowed-ips 0.0.0.0/0
		in_ns diff-r2 ip link set "$1" up
	done
}

up() {
	local ns

	down
	modprobe -a wireguard vrf 8021q bridge
	# The one limit of ICMP errors that is not the namespace's own.
	sysctl -q -w net.ipv4.route.error_cost=0
	for ns in $namespaces; do
		ip netns add "$ns"
	done
	host diff-a
	host diff-w
	router diff-r1
	router diff-r2
	link diff-a a-r1 02:00:00:00:0a:02 diff-r1 r1-a 02:00:00:00:0a:01 1600
	link diff-r1 r1-w 02:00:00:00:0b:01 diff-w w-r1 02:00:00:00:0b:02 1500
	link diff-w w-r2 02:00:00:00:0b:03 diff-r2 r2-w 02:00:00:00:0b:04 1500
	# What is longer than R1's MTU is for R1 to refuse.
	in_ns diff-a ip link set a-r1 mtu 2000
	in_ns diff-w ip link set w-r1 mtu 2000
	if [ "${DIFF_OFFLOADS:-}" = on ]; then
		in_ns diff-a ethtool -K a-r1 tx on txvlan on tx-vlan-stag-hw-insert on > /dev/null
		in_ns diff-w ethtool -K w-r1 tx on txvlan on tx-vlan-stag-hw-insert on > /dev/null
	fi
	in_ns diff-r1 ip addr add 192.0.2.1/30 brd + dev r1-w
	in_ns diff-r1 ip addr add 2001:db8::1/126 dev r1-w
	in_ns diff-r2 ip addr add 192.0.2.2/30 dev r2-w
	in_ns diff-r2 ip addr add 2001:db8::2/126 dev r2-w
	neighbour diff-r1 r1-w 02:00:00:00:0b:04 192.0.2.2 2001:db8::2
	neighbour diff-r2 r2-w 02:00:00:00:0b:01 192.0.2.1 2001:db8::1
	tunnel
	home
}

# What the interfaces of R1 lose that leave a VRF.
home() {
	in_ns diff-r1 ip addr replace 172.16.1.1/30 brd + dev r1-a
	in_ns diff-r1 ip addr replace fd00:a::1/126 dev r1-a
	in_ns diff-r1 ip addr replace 10.0.0.1/32 dev wg0
	in_ns diff-r1 ip addr replace fd00::1/128 dev wg0
	neighbour diff-r1 r1-a 02:00:00:00:0a:02 172.16.1.2 fd00:a::2
}

down() {
	local ns

	for ns in $namespaces; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
	done
	rm -rf $keys
}

hash_policy() {
	in_ns diff-r1 sysctl -q -w "net.ipv4.fib_multipath_hash_policy=$1" \
		"net.ipv6.fib_multipath_hash_policy=$1"
}

# variant N: one of the other ways in which routers are set up, 0 for none.
variant() {
	local v

	if in_ns diff-r1 ip link del vrf77 2> /dev/null; then
		in_ns diff-r1 ip route del local 172.16.1.1 dev lo
		in_ns diff-r1 ip route del local 10.0.0.1 dev lo
		in_ns diff-r1 ip -6 route del local fd00:a::1 dev lo
		in_ns diff-r1 sysctl -q -w net.ipv4.udp_l3mdev_accept=0
		home
	fi
	for v in lan7 wan9; do
		in_ns diff-r1 ip link del $v 2> /dev/null || true
	done
	for v in -4 -6; do
		in_ns diff-r1 ip $v rule flush
		in_ns diff-r1 ip $v rule add pref 32766 lookup main
		in_ns diff-r1 ip $v route flush table 77 2> /dev/null || true
	done
	in_ns diff-r1 ip rule add pref 32767 lookup default
	in_ns diff-r1 nft flush ruleset
	for v in r1-a r1-w wg0; do
		in_ns diff-r1 tc qdisc del dev $v clsact 2> /dev/null || true
	done
	in_ns diff-r1 wg set wg0 fwmark 0
	in_ns diff-r1 ip route flush 192.0.2.2/32
	in_ns diff-r1 ip route flush 10.1.0.0/28
	in_ns diff-r1 ip -6 route flush 2001:db8::2/128
	hash_policy 0
	routes main
	# First, since Debian's file begins with no rules at all.
	[ -z "${DIFF_RULES:-}" ] || "rules_$DIFF_RULES"
	"variant_$1"
	forget
}

# What Debian installs.
rules_empty() {
	in_ns diff-r1 nft -f tests/nftables.conf
}

# A begins, and others answer; but pass.c's markers come from either side, in any order. In a VRF,
# packets are the VRF's, and r1-a is the slave that they came to.
rules_stateful() {
	in_ns diff-r1 nft -f - <<-NFT
		table inet rules {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ip saddr { 10.2.0.1, 10.2.128.1 } ip daddr 10.1.0.1 accept
				ip saddr 10.1.0.1 ip daddr { 10.2.0.1, 10.2.128.1 } accept
				ct state established,related accept
				iifname { "r1-a", "lan7" } ct state new accept
				meta sdifname "r1-a" ct state new accept
			}
		}
	NFT
}

# An address for an address: where several have the same, ports that are taken are replaced by random
# ones, on which two runs do not agree.
rules_nat() {
	in_ns diff-r1 nft -f - <<-NFT
		table inet rules {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" snat ip prefix to ip saddr map { 10.1.0.0/16 : 10.11.0.0/16 }
			}
		}
	NFT
}

# Some of what comes from A or out of the tunnel has no way, by its mark.
rules_mark() {
	local v

	in_ns diff-r1 nft -f - <<-NFT
		table inet rules {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname { "r1-a", "lan7", "wg0" } meta l4proto { tcp, icmp } meta mark set 0x4000
			}
		}
	NFT
	for v in -4 -6; do
		in_ns diff-r1 ip $v rule add pref 5 fwmark 0x4000 unreachable
	done
}

rules_mss() {
	in_ns diff-r1 nft -f - <<-NFT
		table inet rules {
			chain post {
				type filter hook postrouting priority mangle;
				tcp flags syn tcp option maxseg size set 536
				ip dscp set cs1
				ip6 dscp set cs1
			}
		}
	NFT
}

rules_tc() {
	local dev protocol

	for dev in r1-a r1-w wg0; do
		in_ns diff-r1 tc qdisc add dev $dev clsact
		for protocol in ip ipv6; do
			in_ns diff-r1 tc filter add dev $dev ingress protocol $protocol \
				flower ip_proto tcp action drop
		done
	done
}

# forget: conntrack knows nothing of the passes before, which had the same frames, or others between the
# same addresses; and it waits for fragments no longer than R1 does. What goes fast does not renew a
# connection, which must live on, and for half of its time at least, until all passes are through.
forget() {
	case ${DIFF_RULES:-} in
	stateful | nat) ;;
	*) return 0 ;;
	esac
	in_ns diff-r1 sysctl -q -w net.netfilter.nf_conntrack_frag6_timeout=1
	in_ns diff-r1 sysctl -q -w net.netfilter.nf_conntrack_udp_timeout=300 \
		net.netfilter.nf_conntrack_udp_timeout_stream=300 \
		net.netfilter.nf_conntrack_icmp_timeout=300 \
		net.netfilter.nf_conntrack_icmpv6_timeout=300
	in_ns diff-r1 python3 tests/net/conntrack.py flush
}

variant_0() {
	:
}

# Rules that ask for what is in a packet, and a firewall that clamps the MSS.
variant_1() {
	local v

	for v in -4 -6; do
		in_ns diff-r1 ip $v rule add pref 10 iif r1-a dsfield 0x08 lookup 77
		in_ns diff-r1 ip $v rule add pref 11 ipproto tcp dport 1-2000 prohibit
		in_ns diff-r1 ip $v rule add pref 12 ipproto udp sport 10000-20000 blackhole
		in_ns diff-r1 ip $v rule add pref 13 iif wg0 ipproto udp dport 40000-50000 unreachable
		in_ns diff-r1 ip $v route add unreachable default table 77
	done
	in_ns diff-r1 nft -f - <<-NFT
		table inet diff {
			chain forward {
				type filter hook forward priority 0;
				tcp flags syn tcp option maxseg size set rt mtu
			}
		}
	NFT
}

# All that has no other way goes into the tunnel, except for what the tunnel sends itself.
variant_2() {
	local v

	in_ns diff-r1 wg set wg0 fwmark 77
	for v in -4 -6; do
		in_ns diff-r1 ip $v route add default dev wg0 table 77
		in_ns diff-r1 ip $v rule add pref 11 not fwmark 77 lookup 77
		in_ns diff-r1 ip $v rule add pref 10 lookup main suppress_prefixlength 0
	done
}

# Next hops of the other family, inside and outside, and several of them, chosen by addresses. The
# host that peers move to has but one: when its source address and the interface do not agree,
# WireGuard forgets the address and chooses again, and knows it again with the peer's next packet.
# Two runs of the kernel do not agree on that.
variant_3() {
	in_ns diff-r1 ip -batch - <<-ROUTES
		route replace 10.1.0.0/17 via inet6 fd00:a::2 dev r1-a
		route replace 198.18.0.0/15 nexthop via inet6 2001:db8::2 dev r1-w nexthop via 172.16.1.2
		route replace 10.2.0.0/16 nexthop dev wg0 weight 1 nexthop dev wg0 weight 2
	ROUTES
	in_ns diff-r1 ip -6 -batch - <<-ROUTES
		route replace fd00:18::/32 nexthop via 2001:db8::2 weight 1 nexthop via fd00:a::2 weight 2
	ROUTES
}

# By ports.
variant_4() {
	variant_3
	hash_policy 1
}

# By the packet inside.
variant_5() {
	variant_3
	hash_policy 2
}

# Outer routes with metrics of their own: what is longer than this MTU leaves in fragments.
variant_6() {
	in_ns diff-r1 ip route replace 192.0.2.2/32 dev r1-w mtu 1400 hoplimit 77
	in_ns diff-r1 ip -6 route replace 2001:db8::2/128 dev r1-w mtu 1380 hoplimit 99
}

# The inner side is a VRF, and only the tunnel's own packets are not in it. None goes fast.
variant_7() {
	in_ns diff-r1 sysctl -q -w net.ipv4.udp_l3mdev_accept=1
	in_ns diff-r1 ip link add vrf77 type vrf table 77
	in_ns diff-r1 ip link set vrf77 up
	in_ns diff-r1 ip rule add pref 1000 l3mdev 2> /dev/null || true
	in_ns diff-r1 ip -6 rule add pref 1000 l3mdev 2> /dev/null || true
	in_ns diff-r1 ip link set r1-a master vrf77
	in_ns diff-r1 ip link set wg0 master vrf77
	home
	routes 77
	# Messages to these come in from W, too.
	in_ns diff-r1 ip route add local 172.16.1.1 dev lo
	in_ns diff-r1 ip route add local 10.0.0.1 dev lo
	in_ns diff-r1 ip -6 route add local fd00:a::1 dev lo
	# For peers that move to A.
	in_ns diff-r1 ip route add 10.1.0.0/17 via 172.16.1.2 dev r1-a onlink
	in_ns diff-r1 ip -6 route add fd00:1:0:0::/64 via fd00:a::2 dev r1-a onlink
}

# other_way: to A by the device lan7, and to what is behind R2 by wan9.
other_way() {
	in_ns diff-r1 ip link set lan7 up
	in_ns diff-r1 ip link set wan9 up
	neighbour diff-r1 lan7 02:00:00:00:0a:02 172.16.1.2 fe80::2
	neighbour diff-r1 wan9 02:00:00:00:0b:04 192.0.2.2 fe80::2 2001:db8::2
	in_ns diff-r1 ip -batch - <<-ROUTES
		route replace 10.1.0.0/17 via 172.16.1.2 dev lan7 onlink
		route replace 10.1.128.0/17 via 172.16.1.2 dev lan7 onlink mtu 1200
	ROUTES
	in_ns diff-r1 ip -6 -batch - <<-ROUTES
		route replace fd00:1:0:0::/64 via fe80::2 dev lan7
		route replace fd00:1:0:1::/64 via fe80::2 dev lan7 mtu 1300
		route replace fd00:18::/32 via fe80::2 dev wan9
		route replace 2001:db8::2/128 dev wan9 src 2001:db8::1
	ROUTES
}

# And to R2 and all hosts that peers move to as well.
only_way() {
	other_way
	in_ns diff-r1 ip -batch - <<-ROUTES
		route replace 192.0.2.2/32 dev wan9 src 192.0.2.1
		route replace 198.18.0.0/15 via 192.0.2.2 dev wan9
		route replace 198.18.0.9/32 via 192.0.2.2 dev wan9
	ROUTES
}

vlans() {
	in_ns diff-r1 ip link add link r1-a name lan7 type vlan id 7
	in_ns diff-r1 ip link add link r1-w name wan9 type vlan id 9
}

# What R1 sends leaves by VLAN devices, and what comes to it has no tag, and so fails where rp_filter is
# strict: markers, peers that move to A, and the one over IPv4 keep the other routes.
variant_8() {
	vlans
	other_way
	in_ns diff-r1 ip route replace 10.1.0.0/28 via 172.16.1.2
}

# What comes to it has the tags of these devices, too.
variant_9() {
	vlans
	only_way
}

# Both are bridges, which know who is behind their ports.
variant_10() {
	in_ns diff-r1 ip link add lan7 type bridge mcast_snooping 0
	in_ns diff-r1 ip link add wan9 type bridge mcast_snooping 0
	in_ns diff-r1 ip link set r1-a master lan7
	in_ns diff-r1 ip link set r1-w master wan9
	only_way
	in_ns diff-r1 bridge fdb replace 02:00:00:00:0a:02 dev r1-a master dynamic
	in_ns diff-r1 bridge fdb replace 02:00:00:00:0b:04 dev r1-w master dynamic
}

# Another key of its own makes a device forget its sessions, and the next packet starts a handshake.
session() {
	local name

	for name in wg4 wg6; do
		in_ns diff-r2 wg set $name private-key $keys/other
		in_ns diff-r2 wg set $name private-key $keys/$name
	done
}

# load HOOK: none leaves both passes to the kernel, which tests the test. Without a set of rules, one
# variant has a rule all the same, and is to go fast.
load() {
	local options bypass=

	forget
	[ -n "${DIFF_RULES:-}" ] || bypass=--bypass-netfilter
	[ -z "${DIFF_CONSENT:-}" ] || bypass="--conntrack --sample 60000"
	[ -z "${DIFF_BYPASS:-}" ] || bypass="--bypass-netfilter --bypass-tc"

	case $1 in
	native) options="-m native -r none" ;;
	skb) options="-m skb" ;;
	tc) options="--hook tc -r none" ;;
	# One of the two CPUs: what moves a peer must not be overtaken by the markers behind it.
	auto | inner_flow | match_port | round_robin | rx_hash | tuple_steering) options="-r $1 -e 0" ;;
	none) return ;;
	*) echo "network.sh: there is no hook $1" >&2; exit 2 ;;
	esac
	in_ns diff-r1 xdp-wg load -q $bypass $options r1-a r1-w
}

case ${1:-} in
up | down | session) "$1" ;;
variant) variant "$2" ;;
load) load "$2" ;;
unload) in_ns diff-r1 xdp-wg unload -q --all ;;
status) in_ns diff-r1 xdp-wg status --json ;;
*) echo "Usage: network.sh up|down|session|variant N|load HOOK|unload|status" >&2; exit 2 ;;
esac
