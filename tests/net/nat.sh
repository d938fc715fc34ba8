#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Address translation with netfilter's consent, load -c: what the rules translate goes fast, in both
# directions, and comes out as the stack translates it.

. "$(dirname "$0")/consenting.sh"

# natted: xdp-wg in R2 alone, and a firewall in R1 with what else is said for nft.
natted() {
	firewalled
	rules
	forget
}

# connects FROM TO ADDRESS [OPTION...]: TCP from one host to the other, which has that address.
connects() {
	local from=$1 to=$2 address=$3 server

	shift 3
	listening "$to"
	in_ns "$from" timeout $((120 * SLOW)) iperf3 -n 6M -c "$address" "$@" ||
		fail "TCP does not cross from $from to $address"
	wait $server
}

# least OPTIONS COUNT: so many, and less at the tc hook, where all of a flow pass as long as something
# waits in WireGuard's queues. A flow faster than the stack passes behind each sample for a quarter of
# a second, and samples come with every second: on a slow machine, that may be a quarter of it.
least() {
	[ "$1" != "--hook tc" ] || {
		echo $(($2 / 8))
		return
	}
	echo "$2"
}

# masqueraded: what leaves by the tunnel gets its address, and B counts what does not have it.
masqueraded() {
	natted <<-NFT
		table inet nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" masquerade
			}
		}
	NFT
	watching B "ip saddr 10.1.0.0/24" "ip6 saddr fd00:1::/64"
}

# The commonest of all: towards a provider, a LAN has the address of the tunnel.
masquerade() {
	local options

	masqueraded
	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		connects A B 10.2.0.2
		expect_gained R1 encapsulated "$(least "$options" 3000)"
		expect_gained R1 decapsulated 100
		mark
		connects A B fd00:2::2
		expect_gained R1 encapsulated "$(least "$options" 3000)"
		expect_gained R1 decapsulated 100
		mark
		ping_all A 10.2.0.2 100
		ping_all A fd00:2::2 100
		expect_gained R1 encapsulated 150
		expect_gained R1 decapsulated 150
		none_wrong B
	done
	in_ns R1 xdp-wg unload -q --all
}

# entries: what connection tracking in R1 knows of the transfer.
entries() {
	in_ns R1 grep dport=5201 /proc/net/nf_conntrack || echo none
}

# into_tunnel NAMESPACE: packets that have left by its tunnel.
into_tunnel() {
	in_ns "$1" ip -j -s link show wg0 | jq '.[0].stats64.tx.packets'
}

# last_arrival: how long B still gets what it watches for, in milliseconds.
last_arrival() {
	local start=${EPOCHREALTIME/./} last now n before=

	last=$start now=$start
	while [ $((now - last)) -lt $((2500000 * SLOW)) ]; do
		n=$(wrong B)
		now=${EPOCHREALTIME/./}
		[ "$n" = "$before" ] || last=$now
		before=$n
	done
	echo $(((last - start) / 1000))
}

# A transfer in such a router, told: what goes fast, what the rules see, what is known of the
# connection, and when a new rule takes effect.
router() {
	local sent client late

	natted <<-NFT
		table inet nat {
			counter new { }
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" counter name new masquerade
			}
		}
	NFT
	watching B "tcp dport 5201"
	consenting
	forget
	in_ns R1 nft reset counters > /dev/null
	echo "before: $(entries)"
	listening
	mark
	sent=$(into_tunnel R1)
	in_ns A iperf3 -t 6 -b 20M -c 10.2.0.2 > /dev/null &
	client=$!
	sleep 3
	echo "during: $(entries)"
	[[ $(entries) == *" ESTABLISHED src=10.1.0.2 "*" dst=10.0.0.1 "*"[ASSURED]"* ]] ||
		fail "the connection is not what the stack makes of it"
	wait $client && wait $server || fail "TCP does not cross"
	echo "after: $(entries)"
	[[ $(entries) != *ESTABLISHED* ]] || fail "the connection has not ended"
	sent=$(($(into_tunnel R1) - sent))
	echo "out: $(gained R1 encapsulated) of $sent fast; in: $(gained R1 decapsulated)"
	in_ns R1 nft list counters
	[ "$sent" -ge 1000 ] || fail "$sent packets have left by the tunnel"
	[ "$SLOW" -gt 1 ] || expect_gained R1 encapsulated $((sent * 8 / 10))
	traffic_allowed
	in_ns R1 nft insert rule inet fw forward tcp dport 5201 drop
	late=$(last_arrival)
	traffic_over
	echo "a rule to drop it: the last one came after $late ms"
	[ "$late" -le $((1500 * SLOW)) ] || fail "the rule took $late ms"
	in_ns R1 xdp-wg unload -q --all
}

# Several hosts behind one address, by ports that are not theirs; and datagrams without a checksum.
ports() {
	local options

	natted <<-NFT
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" meta l4proto { tcp, udp } snat to 10.0.0.1:20000-29999
			}
		}
	NFT
	watching B "meta l4proto { tcp, udp } th dport { 5001, 5201 } th sport != 20000-29999"
	for options in "${hooks_but_skb[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		connects A B 10.2.0.2
		flows A 4 500
		expect_gained R1 encapsulated "$(least "$options" 4000)"
		expect_gained R1 decapsulated 50
		none_wrong B
	done
	in_ns R1 xdp-wg unload -q --all
}

# A port of R1 is one of a host behind the tunnel, and one of the tunnel's address a host's here.
forwards() {
	local options

	natted <<-NFT
		table inet nat {
			chain pre {
				type nat hook prerouting priority dstnat;
				iifname "r1-a" tcp dport 8080 dnat ip to 10.2.0.2:5201
				iifname "r1-a" tcp dport 8081 dnat ip6 to [fd00:2::2]:5201
				iifname "wg0" ip daddr 10.0.0.1 tcp dport 5201 dnat ip to 10.1.0.2
				iifname "wg0" ip6 daddr fd00::1 tcp dport 5201 dnat ip6 to fd00:1::2
			}
		}
		table inet fw {
			chain forward {
				ct status dnat accept
			}
		}
	NFT
	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		connects A B 10.1.0.1 -p 8080
		connects A B fd00:1::1 -p 8081
		expect_gained R1 encapsulated "$(least "$options" 6000)"
		expect_gained R1 decapsulated 200
		mark
		connects B A 10.0.0.1
		connects B A fd00::1
		expect_gained R1 decapsulated "$(least "$options" 6000)"
		expect_gained R1 encapsulated 200
	done
	in_ns R1 xdp-wg unload -q --all
}

# forwarding MATCH: as natted, where port 8080 of what matches is B's, and the tunnel has one address.
forwarding() {
	natted <<-NFT
		table inet nat {
			chain pre {
				type nat hook prerouting priority dstnat;
				$1 tcp dport 8080 dnat ip to 10.2.0.2:5201
			}
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" masquerade
			}
		}
		table inet fw {
			chain forward {
				ct status dnat accept
			}
		}
	NFT
}

# By an address of R1 that is not on the link they come by; and where a port leads back into the
# tunnel that they come from, which all pass.
hairpin() {
	forwarding 'iifname { "r1-a", "wg0" } ip daddr { 192.0.2.1, 10.0.0.1 }'
	watching B "tcp dport 5201 ip saddr != 10.0.0.1"
	consenting
	mark
	connects A B 192.0.2.1 -p 8080
	expect_gained R1 encapsulated 3800
	expect_gained R1 decapsulated 100
	mark
	connects B B 10.0.0.1 -p 8080
	expect_gained R1 nested 1000
	expect_gained R1 decapsulated 0 0
	none_wrong B
	in_ns R1 xdp-wg unload -q --all
}

# lossless NAMESPACE ADDRESS: a stream of UDP by the kernel's own hosts, which leave checksums to
# their devices.
lossless() {
	local report=$state/iperf3

	listening
	in_ns "$1" timeout $((60 * SLOW)) iperf3 -u -J -b 8M -l 1000 -n 2M -c "$2" > "$report" ||
		fail "UDP does not cross"
	wait $server
	echo "lost $(jq .end.sum.lost_packets "$report") of $(jq .end.sum.packets "$report")"
	[ "$(jq .end.sum.lost_packets "$report")" -le 20 ] || fail "UDP gets lost"
}

# Packets of containers have checksums that are not finished.
unfinished() {
	local options

	spoil
	TOPOLOGY_OFFLOADS=on
	natted <<-NFT
		table inet nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" meta l4proto { tcp, udp } snat ip to 10.0.0.1:20000-29999
			}
		}
	NFT
	for options in "-m native" "--hook tc" "-r inner_flow"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		lossless A 10.2.0.2
		expect_gained R1 encapsulated 1200
		connects A B 10.2.0.2
		[ "$options" = "--hook tc" ] || expect_gained R1 encapsulated 3000
		[ "$(in_ns B nstat -asz UdpInCsumErrors TcpInCsumErrors | awk '/Csum/ { n += $2 } END { print n }')" = 0 ] ||
			fail "B got checksums that are wrong"
	done
	in_ns R1 xdp-wg unload -q --all
	spoil
}

# endpoint_of_R1: where R2 sends to.
endpoint_of_R1() {
	in_ns R2 wg show wg0 endpoints | cut -f 2
}

# The tunnel's own datagrams: they come to a port that R1 redirects, and their answers leave from it.
outer() {
	local options

	natted <<-NFT
		table ip nat {
			chain pre {
				type nat hook prerouting priority dstnat;
				iifname "r1-r2" udp dport 443 redirect to :51820
			}
			chain post {
				type nat hook postrouting priority srcnat;
			}
		}
	NFT
	spoil
	in_ns R2 wg set wg0 peer "$(wg pubkey < /run/topology/R1.key)" endpoint 192.0.2.1:443 ||
		fail "no endpoint"
	forget
	in_ns R2 ping -q -c 3 -W 1 10.0.0.1 > /dev/null
	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		[ "$(endpoint_of_R1)" = 192.0.2.1:443 ] || fail "R2 sends to $(endpoint_of_R1)"
		mark
		ping_all A 10.2.0.2 200
		connects A B 10.2.0.2
		expect_gained R1 encapsulated "$(least "$options" 3000)"
		expect_gained R1 decapsulated 250
		[ "$(endpoint_of_R1)" = 192.0.2.1:443 ] || fail "R2 has been told $(endpoint_of_R1)"
	done
	# And where R1 begins, from another port than it listens at.
	in_ns R1 nft "flush chain ip nat pre;
		add rule ip nat post oifname r1-r2 udp sport 51820 snat to 192.0.2.1:40000"
	in_ns R2 wg set wg0 peer "$(wg pubkey < /run/topology/R1.key)" endpoint 192.0.2.1:9
	forget
	in_ns R1 ping -q -c 3 -W 1 10.0.0.2 > /dev/null
	[ "$(endpoint_of_R1)" = 192.0.2.1:40000 ] || fail "R2 sends to $(endpoint_of_R1)"
	mark
	ping_all A 10.2.0.2 200
	expect_gained R1 encapsulated 150
	expect_gained R1 decapsulated 150
	[ "$(endpoint_of_R1)" = 192.0.2.1:40000 ] || fail "R2 has been told $(endpoint_of_R1)"
}

# A rule that comes later takes effect within a sample, and a translation that is no more as soon.
ban() {
	local answers

	natted <<-NFT
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" masquerade
			}
		}
	NFT
	consenting
	mark
	in_ns A ping -q -n -c 400 -i 0.02 10.2.0.2 > "$state/ping" &
	sleep 2
	in_ns R1 nft insert rule inet fw forward ip saddr 10.1.0.2 ip daddr 10.2.0.2 drop
	wait $!
	expect_gained R1 encapsulated 50
	answers=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$state/ping")
	echo "$answers of 400 pings were answered"
	[ "$answers" -ge 50 ] && [ "$answers" -le 250 ] || fail "$answers of 400 pings were answered"
	in_ns R1 nft flush chain ip nat post
	in_ns R1 nft flush chain inet fw forward
	stateful
	forget
	watching B "ip saddr 10.0.0.1"
	ping_all A 10.2.0.2 100
	none_wrong B
	in_ns R1 xdp-wg unload -q --all
}

# Where nothing else asks: the first packet of a port that is forwarded is for the router itself.
alone() {
	spoil
	forwarding 'iifname "r1-a"'
	load R1 -c
	mark
	connects A B 10.1.0.1 -p 8080
	expect_gained R1 encapsulated 3800
	expect_gained R1 decapsulated 100
	in_ns R1 xdp-wg unload -q --all
}

# send_from ADDRESS: A sends datagrams from there, all from one port to one of B's.
send_from() {
	in_ns A python3 - "$1" <<-'PYTHON'
		import socket, sys, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind((sys.argv[1], 7777))
		for _ in range(20):
		    s.sendto(b"x", ("10.2.0.2", 5003))
		    time.sleep(0.05)
	PYTHON
}

# Rules in front of connection tracking tell apart what is one flow to it.
disguised() {
	local n

	natted <<-NFT
		table ip nat {
			chain raw {
				type filter hook prerouting priority raw;
				iifname "r1-a" ip saddr 10.1.0.2 udp dport 5003 drop
				iifname "r1-a" ip saddr 10.1.0.66 ip saddr set 10.1.0.2
			}
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" masquerade
			}
		}
	NFT
	watching B "udp dport 5003"
	in_ns A ip addr add 10.1.0.66/24 dev a-r1
	undo in_ns A ip addr del 10.1.0.66/24 dev a-r1
	consenting --sample 60000
	forget
	send_from 10.1.0.66
	send_from 10.1.0.2
	n=$(wrong B)
	[ "$n" = 20 ] || fail "B got $n datagrams, not 20"
	in_ns R1 xdp-wg unload -q --all
}

# refusals ADDRESS: how often A is told that nobody listens, while it sends for three seconds.
refusals() {
	in_ns A python3 - "$1" <<-'PYTHON'
		import socket, sys, time
		family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
		sender = socket.socket(family, socket.SOCK_DGRAM)
		sender.connect((sys.argv[1], 5009))
		refused = 0
		for _ in range(600):
		    try:
		        sender.send(b"anybody?")
		    except ConnectionRefusedError:
		        refused += 1
		    time.sleep(0.005)
		print(refused)
	PYTHON
}

# An error that is about a packet which went fast is delivered to who sent it, with the address that
# it was sent from, and it passes itself.
related() {
	local address n

	masqueraded
	for address in 10.2.0.2 fd00:2::2; do
		consenting
		mark
		n=$(refusals $address)
		[ "$n" -ge 2 ] || fail "A was told $n times that nobody listens at $address"
		expect_gained R1 encapsulated 300
		expect_gained R1 decapsulated 0 0
	done
	none_wrong B
	in_ns R1 xdp-wg unload -q --all
}

test_case router 60
test_case masquerade 240
test_case alone 60
test_case related 60
test_case disguised 40
test_case ports 120
test_case forwards 240
test_case hairpin 60
test_case unfinished 180
test_case outer 180
test_case ban 60
run_cases "$@"
