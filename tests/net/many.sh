#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many peers, with sessions and without; and peers, their addresses and whole devices that come, go
# and move while packets cross. What is not concerned loses none.

. "$(dirname "$0")/lib.sh"

# must NAMESPACE COMMAND...: needed for the case.
must() {
	in_ns "$@" || fail "in $*"
}

key() {
	wg pubkey < "/run/topology/$1.key"
}

# strangers COUNT: the configuration of so many peers that nobody is, with ten allowed IPs each.
strangers() {
	python3 - "$1" <<-'END'
		import base64, os, sys
		for n in range(int(sys.argv[1])):
		    key = base64.b64encode(os.urandom(32)).decode()
		    ips = ",".join(f"10.{128 + n // 100}.{n % 100}.{i}/32" for i in range(5))
		    ips += "," + ",".join(f"fd01:{n:x}:{i:x}::/64" for i in range(5))
		    print(f"[Peer]\nPublicKey = {key}\nAllowedIPs = {ips}")
	END
}

# another_peer NAME NUMBER [ALLOWED-IPS]: a device of R2 that is a peer of R1's wg0.
another_peer() {
	local name=$1 number=$2 allowed=${3:-}

	(umask 077 && wg genkey > "/run/topology/$name.key")
	must R2 ip link add "$name" type wireguard
	must R2 wg set "$name" listen-port $((52000 + number)) private-key "/run/topology/$name.key" \
		peer "$(key R1)" endpoint 192.0.2.1:51820 allowed-ips 10.1.0.0/24,fd00:1::/64
	must R2 ip link set "$name" up
	must R1 wg set wg0 peer "$(key "$name")" endpoint "192.0.2.2:$((52000 + number))" \
		allowed-ips "$allowed"
}

# One tunnel to each of 20 peers, among a thousand peers with ten thousand addresses.
sessions() {
	local n name address real=20

	loaded
	spoil
	strangers 980 > "$state/many.conf"
	must R1 timeout $((100 * SLOW)) wg addconf wg0 "$state/many.conf"
	must R1 ip route add 10.200.0.0/16 dev wg0
	for ((n = 1; n <= real; n++)); do
		name=wg-many-$n address=10.200.$n.1
		another_peer $name $n "10.200.$n.0/24,10.201.$n.0/24,10.202.$n.0/24,10.203.$n.0/24"
		must R2 ip addr add $address/32 dev $name
		must R2 ip route add default dev $name table $((1000 + n))
		must R2 ip rule add from $address lookup $((1000 + n))
	done
	[ "$(in_ns R1 wg show wg0 peers | wc -l)" = $((980 + real + 1)) ] ||
		fail "not all peers are there"
	for ((n = 1; n <= real; n++)); do
		ping_all A 10.200.$n.1 2
	done
	mark
	for ((n = 1; n <= real; n++)); do
		ping_all A 10.200.$n.1 3
	done
	expect_gained R1 encapsulated $((3 * real))
	expect_gained R1 decapsulated $((3 * real))
	for ((n = 1; n <= real; n++)); do
		in_ns R2 wg show wg-many-$n transfer | awk '$2 < 500 || $3 < 500 { exit 1 }' ||
			fail "peer $n did not get and answer its own packets"
	done
	# The session with R2 has been idle, and on a slow kernel for longer than its key is good.
	wait_session 30 || fail "A and B do not reach each other any more"
	crosses_fast
}

# A thousand peers come and go beside one that has a session.
bystander() {
	local n keys

	loaded
	spoil
	traffic_start
	for n in 1 2 3; do
		strangers 1000 > "$state/many.conf"
		must R1 timeout $((100 * SLOW)) wg addconf wg0 "$state/many.conf"
		keys=$(awk '$1 == "PublicKey" { print "peer", $3, "remove" }' "$state/many.conf")
		must R1 timeout $((100 * SLOW)) wg set wg0 $keys
	done
	traffic_lossless
	[ "$(in_ns R1 wg show wg0 peers | wc -l)" = 1 ] || fail "there are other peers left"
	crosses_fast
}

# sent_to PEER: bytes that R1 has sent to it.
sent_to() {
	in_ns R1 wg show wg0 transfer | awk -v key="$(key "$1")" '$1 == key { print $3 }'
}

# Addresses go from one peer to another and back: each packet goes to one of them.
addresses() {
	local n one two

	loaded
	spoil
	another_peer wg-two 1
	must R1 wg set wg0 peer "$(key wg-two)" persistent-keepalive 1
	traffic_start --one-way
	one=$(sent_to R2) two=$(sent_to wg-two)
	mark
	for n in {1..10}; do
		must R1 wg set wg0 peer "$(key wg-two)" allowed-ips 10.2.0.0/24,fd00:2::/64
		sleep 0.5
		must R1 wg set wg0 peer "$(key R2)" \
			allowed-ips 10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64
		sleep 0.5
	done
	traffic_lossless
	[ $(($(sent_to R2) - one)) -gt 50000 ] && [ $(($(sent_to wg-two) - two)) -gt 50000 ] ||
		fail "not both peers got packets"
	[ "$(gained R1 encapsulated)" -gt $((traffic_sent / 2)) ] || fail "packets did not go fast"
	crosses_fast
}

# tunnel_home: what wg0 of R1 loses when it goes to another namespace.
tunnel_home() {
	must R1 ip addr add 10.0.0.1/32 dev wg0
	must R1 ip addr add fd00::1/128 dev wg0
	must R1 ip link set wg0 up
	must R1 ip route add 10.2.0.0/24 dev wg0
	must R1 ip -6 route add fd00:2::/64 dev wg0
	must R1 ip route add 10.0.0.2 dev wg0
	must R1 ip -6 route add fd00::2 dev wg0
}

# A device goes to another namespace and back. While it is there its packets come in by R1, where
# its socket is, but none of them is R1's.
moves() {
	local n

	loaded
	spoil
	ip netns del R0 2> /dev/null
	ip netns add R0 || fail "no namespace"
	traffic_start
	for n in 1 2; do
		must R1 ip link set wg0 netns R0
		mark
		must R0 sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
		must R0 ip addr add 10.1.0.1/24 dev wg0
		must R0 ip link set wg0 up
		must R0 wg set wg0 peer "$(key R2)" persistent-keepalive 1
		sleep 4
		in_ns R0 wg show wg0 transfer | awk '$2 == 0 { exit 1 }' ||
			fail "wg0 gets nothing in its new namespace"
		expect_gained R1 encapsulated 0 0
		expect_gained R1 decapsulated 0 0
		must R0 ip link set wg0 netns R1
		tunnel_home
		heals
	done
	traffic_stop
	ip netns del R0
	[ "$traffic_lost" -lt "$traffic_sent" ] || fail "no packet crossed"
	crosses_fast
}

test_case sessions 200
test_case bystander 100
test_case addresses 60
test_case moves 90
run_cases "$@"
