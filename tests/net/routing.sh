#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Set-ups that people have: full tunnels, several devices, tunnels in tunnels, VRFs, devices in other
# namespaces, very many peers, endpoints that move. Packets go fast or pass, and arrive.

. "$(dirname "$0")/lib.sh"

key() {
	wg pubkey < "/run/topology/$1.key"
}

# must NAMESPACE COMMAND...: needed for the case.
must() {
	in_ns "$@" || fail "in $*"
}

# What wg-quick does for a peer that is the default route: all but the tunnel's own packets, which
# have a mark, take a table of its own.
full_tunnel() {
	local family

	loaded
	must R1 wg set wg0 fwmark 51820 peer "$(key R2)" allowed-ips 0.0.0.0/0,::/0
	undo in_ns R1 wg set wg0 fwmark 0 peer "$(key R2)" \
		allowed-ips 10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64
	for family in -4 -6; do
		must R1 ip $family route add default dev wg0 table 51820
		must R1 ip $family rule add not fwmark 51820 table 51820
		must R1 ip $family rule add table main suppress_prefixlength 0
		undo in_ns R1 ip $family rule del not fwmark 51820 table 51820
		undo in_ns R1 ip $family rule del table main suppress_prefixlength 0
		undo in_ns R1 ip $family route flush table 51820
	done
	must R1 ip route del 10.2.0.0/24 dev wg0
	must R1 ip -6 route del fd00:2::/64 dev wg0
	undo in_ns R1 ip route add 10.2.0.0/24 dev wg0
	undo in_ns R1 ip -6 route add fd00:2::/64 dev wg0
	must R1 sysctl -q -w net.ipv4.conf.all.src_valid_mark=1
	undo in_ns R1 sysctl -q -w net.ipv4.conf.all.src_valid_mark=0
	# Another mark makes the stack forget which address packets came to.
	crosses 2
	crosses_fast
}

# second_tunnel ENDPOINT-1 ENDPOINT-2 ALLOWED: wg1 in both routers, for A and B in IPv4.
second_tunnel() {
	local ns key end host

	for ns in R1 R2; do
		(umask 077 && wg genkey > "/run/topology/${ns}b.key")
	done
	while read -r ns key end host; do
		must $ns ip link add wg1 type wireguard
		undo in_ns $ns ip link del wg1
		must $ns wg set wg1 listen-port 51821 private-key "/run/topology/${ns}b.key" \
			peer "$(key "$key")" endpoint "$end:51821" allowed-ips "$host"
		must $ns ip link set wg1 up
		must $ns ip route add "$host" dev wg1
	done <<-ENDS
		R1 R2b $2 10.2.0.2/32
		R2 R1b $1 10.1.0.2/32
	ENDS
	wait_session 30 || fail "A and B do not reach each other by the second tunnel"
}

two_tunnels() {
	local ns

	loaded
	second_tunnel 192.0.2.1 192.0.2.2
	crosses_fast
	for ns in R1 R2; do
		in_ns $ns wg show wg1 transfer | awk '$2 < 1000 || $3 < 1000 { exit 1 }' ||
			fail "the second tunnel was not used in $ns"
	done
}

# A tunnel in the tunnel: the stack's, for what goes into it and what comes out.
nested() {
	loaded
	second_tunnel 10.0.0.1 10.0.0.2
	mark
	ping_all A 10.2.0.2 10
	expect_gained R1 encapsulated 0 0
	expect_gained R1 decapsulated 0 0
	expect_gained R2 encapsulated 0 0
	expect_gained R2 decapsulated 0 0
	mark
	ping_all A fd00:2::2 10
	expect_gained R1 encapsulated 10
}

many_peers() {
	loaded
	in_ns R1 wg showconf wg0 > "$state/before.conf"
	python3 - > "$state/many.conf" <<-'END'
		import base64, os
		for n in range(1000):
		    key = base64.b64encode(os.urandom(32)).decode()
		    ips = ",".join(f"10.{128 + n // 100}.{n % 100}.{i}/32" for i in range(5))
		    ips += "," + ",".join(f"fd01:{n:x}:{i:x}::/64" for i in range(5))
		    print(f"[Peer]\nPublicKey = {key}\nAllowedIPs = {ips}")
	END
	must R1 timeout $((100 * SLOW)) wg addconf wg0 "$state/many.conf"
	undo in_ns R1 wg syncconf wg0 "$state/before.conf"
	[ "$(in_ns R1 wg show wg0 peers | wc -l)" = 1001 ] || fail "not all peers are there"
	crosses_fast
	in_ns R1 timeout $((20 * SLOW)) xdp-wg status > /dev/null || fail "status fails"
}

# roams ROUTER OTHER HOST ADDRESS: a router has a new port, as behind a NAT that forgot it. The other
# learns of it by the stack, from the first packet of the host behind, and sends there then.
roams() {
	local ns=$1 other=$2 host=$3 address=$4

	must "$ns" wg set wg0 listen-port 51999
	mark
	ping_all "$host" "$address" 10
	expect_gained "$other" endpoint 1
	in_ns "$other" wg show wg0 endpoints | grep -q ':51999$' ||
		fail "$other did not learn the new port"
	crosses_fast
	must "$ns" wg set wg0 listen-port 51820
	ping_all "$host" "$address" 10
	crosses_fast
}

roaming() {
	loaded
	roams R2 R1 B 10.1.0.2
	roams R1 R2 A 10.2.0.2
}

# arrived: packets that came to B's own MAC address.
arrived() {
	in_ns B nft -j list counter ip silent arrived |
		jq '.nftables[] | .counter? // empty | .packets'
}

# more_arrive SECONDS WORDS: within that time, ever more packets arrive.
more_arrive() {
	local end=$((SECONDS + $1)) start

	start=$(arrived)
	until [ "$(arrived)" -ge $((start + 50)) ]; do
		[ $SECONDS -lt $end ] || fail "$2"
		sleep 0.5
	done
}

# The next hop gets another network card and says nothing. Only the fast path uses the entry, so it
# has to see to it that the kernel asks again.
silent_neighbour() {
	local mac

	loaded
	mac=$(in_ns B ip -j link show b-r2 | jq -r '.[].address')
	must R2 sysctl -q -w net.ipv4.neigh.r2-b.base_reachable_time_ms=2000 \
		net.ipv4.neigh.r2-b.delay_first_probe_time=1
	undo in_ns R2 sysctl -q -w net.ipv4.neigh.r2-b.base_reachable_time_ms=30000 \
		net.ipv4.neigh.r2-b.delay_first_probe_time=5
	# An entry that is there keeps the time it began with.
	must R2 ip neigh flush dev r2-b
	must B nft -f - <<-NFT
		table ip silent {
			counter arrived {}
			chain input {
				type filter hook input priority 0;
				udp dport 5000 counter name arrived drop
			}
			chain output {
				type filter hook output priority 0; policy drop;
			}
		}
	NFT
	undo in_ns B nft delete table ip silent
	traffic_start --one-way
	more_arrive 20 "no packets arrive"
	mark
	more_arrive 20 "no packets arrive"
	expect_gained R2 decapsulated 50
	must B ip link set b-r2 address 02:00:00:00:77:01
	undo in_ns R2 ip neigh flush dev r2-b
	undo in_ns B ip link set b-r2 address "$mac"
	more_arrive 40 "packets still go to the old MAC address"
	mark
	more_arrive 20 "no more packets arrive"
	expect_gained R2 decapsulated 50
	traffic_stop
}

# An interface that belongs to a VRF, and its tunnel too.
vrf() {
	loaded
	spoil
	modprobe vrf
	must R1 ip link add vrf1 type vrf table 100
	must R1 ip link set vrf1 up
	must R1 ip link set r1-a master vrf1
	must R1 ip link set wg0 master vrf1
	must R1 ip route replace 10.2.0.0/24 dev wg0 vrf vrf1
	ping_all A 10.2.0.2 3
	mark
	ping_all A 10.2.0.2 10
	expect_gained R1 encapsulated 0 0
	expect_gained R1 decapsulated 0 0
}

# A device that was made where its packets leave, and then moved to where they come from.
moved_device() {
	loaded
	spoil
	in_ns R1 xdp-wg unload -q --all
	ip netns add R0 || fail "no namespace"
	must R1 ip link set r1-a netns R0
	must R1 ip link set wg0 netns R0
	must R0 sysctl -q -w net.ipv4.ip_forward=1
	must R0 ip link set r1-a up
	must R0 ip addr add 10.1.0.1/24 dev r1-a
	must R0 ip link set wg0 up
	must R0 ip route add 10.2.0.0/24 dev wg0
	must R0 xdp-wg load -q r1-a
	must R1 xdp-wg load -q r1-r2
	ping_all A 10.2.0.2 10
	[ "$(count R0 encapsulated)" = 0 ] || fail "packets were encrypted in another namespace"
	[ "$(count R1 decapsulated)" = 0 ] || fail "packets were decrypted for another namespace"
	must R0 xdp-wg unload -q --all
	ip netns del R0
}

test_case full-tunnel 60
test_case two-tunnels 60
test_case nested 60
test_case many-peers 150
test_case roaming 120
test_case silent-neighbour 90
test_case vrf 90
test_case moved-device 90
run_cases "$@"
