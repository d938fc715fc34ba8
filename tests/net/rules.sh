#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The rules decide: with netfilter or traffic control on the way, everything comes out as it does
# without xdp-wg, natively, in skb mode and at the tc hook. What is compared is an outcome, such as
# who is reached, with the kernel's own.

. "$(dirname "$0")/ways.sh"

# A firewall as every router has one: A may begin, and who sends what is no part of it hears so.
stateful() {
	rules <<-NFT
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "${1:-r1-a}" oifname "wg0" ct state new accept
				meta l4proto tcp reject with tcp reset
			}
		}
	NFT
}

conntrack() {
	network
	stateful
	same_as "ping yes, TCP yes" ping_and_tcp
	expect_all_passed
}

# expect_all_passed: with rules for both families, nothing went fast in R1 since it was loaded.
expect_all_passed() {
	in_ns R1 xdp-wg status -j |
		jq -e '.counters | .encapsulated.packets == 0 and .decapsulated.packets == 0 and
			.netfilter.packets > 0' > /dev/null || {
		in_ns R1 xdp-wg status
		fail "packets went fast"
	}
}

# Loaded where only one direction could go fast.
conntrack_one_direction() {
	network
	stateful
	take kernel
	in_ns R1 xdp-wg load -q r1-a || fail "load failed"
	ready
	[ "$(ping_and_tcp)" = "ping yes, TCP yes" ] || fail "loaded on the LAN only: $(ping_and_tcp)"
	take kernel
	in_ns R1 xdp-wg load -q r1-r2 || fail "load failed"
	[ "$(ping_and_tcp)" = "ping yes, TCP yes" ] || fail "loaded on the WAN only: $(ping_and_tcp)"
	take kernel
	in_ns A ethtool -K a-r1 gro off
	undo in_ns A ethtool -K a-r1 gro on
	in_ns R1 xdp-wg load -q r1-a r1-r2 || fail "load failed"
	[ "$(ping_and_tcp)" = "ping yes, TCP yes" ] || fail "without XDP on the LAN: $(ping_and_tcp)"
	take kernel
}

# The LAN is a bridge, at tc, and the WAN native.
conntrack_bridge() {
	network
	spoil
	in_ns R1 ip link add br-lan type bridge && in_ns R1 ip addr flush dev r1-a &&
		in_ns R1 ip link set r1-a master br-lan && in_ns R1 ip link set br-lan up &&
		in_ns R1 ip addr add 10.1.0.1/24 dev br-lan || fail "no bridge"
	stateful br-lan
	take kernel
	in_ns R1 xdp-wg load -q r1-r2 && in_ns R1 xdp-wg load -q --hook tc -r none br-lan || fail "load failed"
	ready
	[ "$(ping_and_tcp)" = "ping yes, TCP yes" ] || fail "$(ping_and_tcp)"
}

# Segments that GRO has merged pass, their acknowledgements are not merged.
conntrack_gro() {
	local link ways="kernel tc consent-tc"

	network
	spoil
	in_ns A ethtool -K a-r1 tx on tso on gso on > /dev/null
	for link in "A a-r1" "R1 r1-a"; do
		in_ns ${link% *} ip link set ${link#* } gso_max_segs 65535 gro_max_size 65536 \
			gro_ipv4_max_size 65536 || fail "no GRO on ${link#* }"
	done
	stateful
	same_as yes transfers 4
}

# path_mtu: what A learns of the way to B, by an error that has to be related to something.
path_mtu() {
	in_ns A ip route flush cache
	in_ns A python3 -c '
import socket, time
IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_MTU = 10, 2, 14
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
s.connect(("10.2.0.2", 5003))
for n in range(20):
    try:
        s.send(bytes(1372))
    except OSError:
        break
    time.sleep(0.2)
print(s.getsockopt(socket.IPPROTO_IP, IP_MTU))'
}

icmp_related() {
	network
	spoil
	in_ns A ip route replace default via 10.1.0.1
	in_ns R2 ip link set r2-b mtu 1300 && in_ns B ip link set b-r2 mtu 1300 || fail "no MTU"
	stateful
	same_as 1300 path_mtu
}

# clamp HOOK: a rule in both routers that adjusts the MSS to the tunnel.
clamp() {
	local ns

	for ns in $routers; do
		rules $ns <<-NFT
			table inet mangle {
				chain c {
					type filter hook $1 priority mangle;
					oifname "wg0" tcp flags syn / syn,rst tcp option maxseg size set rt mtu
				}
			}
		NFT
	done
}

# The hosts do not know the tunnel's MTU, and hear of no error.
deaf_hosts() {
	local ns

	spoil
	in_ns A ip route replace default via 10.1.0.1
	in_ns B ip route replace default via 10.2.0.1
	for ns in A B; do
		rules $ns <<-NFT
			table inet deaf {
				chain in {
					type filter hook input priority 0;
					icmp type destination-unreachable drop
				}
			}
		NFT
	done
}

mss_postrouting() {
	network
	deaf_hosts
	clamp postrouting
	same_as yes transfers 4
}

mss_forward() {
	network
	deaf_hosts
	clamp forward
	same_as yes transfers 4
}

# send_udp FROM ADDRESS PORT COUNT
send_udp() {
	in_ns "$1" python3 -c '
import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
for n in range(int(sys.argv[3])):
    s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
    time.sleep(0.05)' "$2" "$3" "$4"
}

# counted NAMESPACE TABLE: packets of the counters, by their comments.
counted() {
	in_ns "$1" nft list table ip "$2" |
		sed -n 's/.*packets \([0-9]*\).*comment "\(.*\)".*/\1 \2/p' | tr '\n' ' '
	in_ns "$1" nft reset rules table ip "$2" > /dev/null
}

marked() {
	send_udp A 10.2.0.2 5003 20
	counted R2 watch
}

# A mark that prerouting sets sends a port past the tunnel, as pbr and mwan3 do.
mark_routing() {
	network
	rules <<-NFT
		table inet pbr {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname "r1-a" udp dport 5003 meta mark set 0x10000
			}
		}
	NFT
	in_ns R1 ip rule add fwmark 0x10000/0xff0000 table 256 || fail "no rule"
	undo in_ns R1 ip rule del fwmark 0x10000/0xff0000 table 256
	in_ns R1 ip route add 10.2.0.0/24 via 192.0.2.2 table 256 || fail "no route"
	undo in_ns R1 ip route flush table 256
	rules R2 <<-NFT
		table ip watch {
			chain pre {
				type filter hook prerouting priority -300;
				udp dport 5003 iifname "r2-r1" counter comment "plain"
				udp dport 5003 iifname "wg0" counter comment "tunnel"
			}
		}
	NFT
	same_as "20 plain 0 tunnel " marked
}

# open_to_tunnel: what comes from B to A, where only the LAN may begin.
open_to_tunnel() {
	echo "$(none_answered B 10.1.0.2) $(none_answered B fd00:1::2)"
	send_udp B 10.1.0.2 5004 5
	send_udp B fd00:1::2 5004 5
	in_ns A nft list table inet watch | sed -n 's/.*packets \([0-9]*\).*/\1/p' | tr '\n' ' '
}

closed_lan() {
	network
	rules A <<-NFT
		table inet watch {
			chain in {
				type filter hook input priority -300;
				udp dport 5004 counter
			}
		}
	NFT
	rules <<-NFT
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				iifname "r1-a" accept
			}
		}
	NFT
	same_as "none none
0 " open_to_tunnel
	in_ns R1 nft add rule inet fw forward iifname wg0 accept
	[ "$(all_answered B 10.1.0.2)" = yes ] || fail "the rules that let B in do not"
}

# A rule holds from the moment that it is there, and no longer.
added_later() {
	local option

	for option in "" "-m skb" "--hook tc"; do
		network
		take kernel
		load R1 $option
		load R2 $option
		wait_session 30
		mark
		ping_all A 10.2.0.2 5
		expect_gained R1 encapsulated 5
		in_ns R1 nft 'table inet late { chain c { type filter hook forward priority 0;
			ip daddr 10.2.0.2 drop; }; }' || fail "no rule"
		ping_none A 10.2.0.2 5
		mark
		ping_all A fd00:2::2 5
		expect_gained R1 netfilter 10
		in_ns R1 nft flush ruleset
		mark
		ping_all A 10.2.0.2 5
		expect_gained R1 encapsulated 5
	done
}

translated() {
	all_answered A 10.2.0.2
	send_udp A 10.2.0.2 5003 5
	counted B watch
}

# Towards a provider, the LAN has the address of the tunnel.
masquerade() {
	network
	rules <<-NFT
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" masquerade
			}
		}
	NFT
	rules B <<-NFT
		table ip watch {
			chain in {
				type filter hook input priority -300;
				udp dport 5003 ip saddr 10.0.0.1 counter comment "translated"
				udp dport 5003 ip saddr 10.1.0.2 counter comment "plain"
			}
		}
	NFT
	same_as "yes
5 translated 0 plain " translated
}

# R2 knows R1 by a port that R1 redirects.
redirected_port() {
	local peer

	network
	spoil
	rules <<-NFT
		table ip nat {
			chain pre {
				type nat hook prerouting priority dstnat;
				iifname "r1-r2" udp dport 443 redirect to :51820
			}
		}
	NFT
	peer=$(wg pubkey < /run/topology/R1.key)
	in_ns R1 wg set wg0 peer "$(wg pubkey < /run/topology/R2.key)" persistent-keepalive 0
	in_ns R2 wg set wg0 peer "$peer" endpoint 192.0.2.1:443 || fail "no endpoint"
	same_as "ping yes, TCP yes" ping_and_tcp
}

# What is said of the tunnel's own packets holds as well.
tunnel_packets() {
	network
	rules <<-NFT
		table inet fw {
			chain out {
				type filter hook output priority filter;
				oifname "r1-r2" udp dport 51820 udp length > 1000 drop
			}
		}
	NFT
	same_as "yes no" small_and_large
}

small_and_large() {
	echo "$(all_answered A 10.2.0.2) $(all_answered_large A 10.2.0.2)"
}

all_answered_large() {
	[ "$(in_ns "$1" ping -q -n -c 5 -i 0.1 -W 1 -s 1200 "$2" |
		sed -n 's/.* \([0-9]*\) received.*/\1/p')" -ge 5 ] && echo yes || echo no
}

# The table's policy for forwarded packets is to drop.
iptables_legacy() {
	network
	spoil
	in_ns R1 iptables-legacy -P FORWARD DROP || fail "the table cannot be changed"
	same_as none none_answered A 10.2.0.2
	in_ns R1 iptables-legacy -P FORWARD ACCEPT || fail "the table cannot be changed"
	same_as yes all_answered A 10.2.0.2
	rmmod iptable_filter || fail "the module cannot be unloaded"
}

# tc_rule INTERFACE HOOK FILTER...: a filter that drops.
tc_rule() {
	local dev=$1 hook=$2

	shift 2
	in_ns R1 tc qdisc add dev $dev clsact || fail "no clsact"
	undo in_ns R1 tc qdisc del dev $dev clsact
	in_ns R1 tc filter add dev $dev $hook protocol ip flower "$@" action drop || fail "no filter"
}

tc_ingress() {
	network
	tc_rule r1-a ingress ip_proto icmp dst_ip 10.2.0.2
	same_as none none_answered A 10.2.0.2
}

tc_tunnel() {
	network
	tc_rule wg0 egress ip_proto icmp dst_ip 10.2.0.2
	same_as none none_answered A 10.2.0.2
}

tc_egress() {
	network
	tc_rule r1-a egress ip_proto icmp src_ip 10.2.0.2
	same_as none none_answered A 10.2.0.2
}

# shaped: whether the queue of the WAN has seen what A sends.
shaped() {
	local before after

	before=$(in_ns R1 tc -s -j qdisc show dev r1-r2 root | jq '.[0].packets')
	all_answered A 10.2.0.2
	after=$(in_ns R1 tc -s -j qdisc show dev r1-r2 root | jq '.[0].packets')
	[ $((after - before)) -ge 10 ] && echo seen || echo not
}

shaper() {
	local kind

	network
	undo in_ns R1 tc qdisc del dev r1-r2 root
	for kind in "tbf rate 100mbit burst 100k latency 50ms" "cake bandwidth 100mbit"; do
		in_ns R1 tc qdisc replace dev r1-r2 root $kind || fail "no ${kind%% *}"
		same_as "yes
seen" shaped
	done
}

# What Debian installs as nftables.conf is no rule.
empty_chains() {
	loaded
	rules < "$tests/nftables.conf"
	crosses_fast
	in_ns R1 nft add rule inet filter forward counter
	mark
	crosses
	expect_gained R1 encapsulated 0 0
	expect_gained R1 decapsulated 0 0
	expect_gained R1 netfilter 40
}

# says_why WORDS: load and status, while packets pass and others go fast.
says_why() {
	says 0 "packets pass because $1: this is the default, and nothing is broken" \
		R1 xdp-wg load -R r1-a r1-r2
	says 0 "packets passed because $1: this is the default, and nothing is broken" \
		R1 xdp-wg status
	in_ns R1 xdp-wg status -j | jq -e --arg words "$1" 'any(.why[]; contains($words))' \
		> /dev/null || fail "status -j does not say '$1'"
	[[ $(in_ns R1 xdp-wg load -R r1-a r1-r2 2>&1; in_ns R1 xdp-wg status) != *--bypass* ]] ||
		fail "they recommend to bypass it"
}

told() {
	loaded
	crosses_fast
	rules <<-NFT
		table ip busy {
			chain forward {
				type filter hook forward priority 0;
				counter
			}
		}
	NFT
	ping_all A 10.2.0.2 3
	says_why "netfilter has rules (ip busy forward)"
	in_ns R1 xdp-wg status -j | jq -e '.rules == [{kind: "firewall", name: "ip busy forward"}] and
		.bypassed == []' > /dev/null || fail "status -j does not list the rules"
	in_ns R1 nft flush ruleset
	in_ns R1 tc qdisc add dev r1-r2 root tbf rate 1gbit burst 100k latency 50ms || fail "no tbf"
	undo in_ns R1 tc qdisc del dev r1-r2 root
	ping_all A 10.2.0.2 3
	says_why "traffic control has rules (tbf on r1-r2)"
	# It is news and no danger.
	in_ns R1 xdp-wg load -q -R r1-a r1-r2 > "$state/said" 2>&1 || fail "load -R failed"
	[ ! -s "$state/said" ] || fail "load -q has something to say of it"
}

# What another version has loaded did not ask the rules.
other_version() {
	unloaded
	load R2
	in_ns R1 xdp-loader load r1-a "$tests/net/old.bpf.o" || fail "the old program does not load"
	says 0 "loaded by version 0.1.0" R1 xdp-wg status r1-a
	says 0 "xdp-wg 0.1.0 on r1-a took packets past netfilter and traffic control: now packets pass" \
		R1 xdp-wg load -R r1-a r1-r2
	[[ $(in_ns R1 xdp-wg load -R r1-a r1-r2 2>&1) != *0.1.0* ]] || fail "it says so again"
	wait_session 30
	crosses_fast
}

test_case told 60
test_case other-version 60
test_case empty-chains 60
test_case added-later 120
test_case closed-lan 180
test_case conntrack 180
test_case conntrack-one-direction 180
test_case masquerade 150
test_case mark-routing 120
test_case tunnel-packets 120
test_case tc-ingress 120
test_case tc-tunnel 120
test_case tc-egress 120
test_case shaper 200
test_case icmp-related 150
test_case mss-postrouting 150
test_case mss-forward 150
test_case conntrack-gro 120
test_case conntrack-bridge 90
test_case redirected-port 180
test_case iptables-legacy 200
run_cases "$@"
