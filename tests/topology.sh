#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The network that the demo and the tests use: four network namespaces, two of them routers with
# a WireGuard tunnel between them. A library of functions when sourced, a command when run.
#
#    A               R1                        R2               B
#   a-r1 -------- r1-a  r1-r2 ---------- r2-r1  r2-b -------- b-r2
#                   wg0 ================== wg0
#
#   A - R1    10.1.0.0/24    fd00:1::/64       A is .2, R1 is .1
#   R2 - B    10.2.0.0/24    fd00:2::/64       B is .2, R2 is .1
#   R1 - R2   192.0.2.0/30   2001:db8::/126    R1 is .1, R2 is .2; both listen on port 51820
#   wg0       10.0.0.1 and fd00::1 in R1, 10.0.0.2 and fd00::2 in R2
#
# With TOPOLOGY_KIND=homerouter R1 is one: its LAN is the bridge br-lan, of r1-a and a second port to A,
# r1-a2, that nobody is at; and its WAN is VLAN 7 of the link to R2: r1-r2.7, and r2-r1.7 there.
#
# The links are veth pairs, or with TOPOLOGY_NICS=virtio or igb NICs of that model, in a guest that has
# such. Interface names and indices are unique in all four, because tools may share one BPF file system.
# Functions return non-zero when something in them failed; nothing outside of the four namespaces
# is touched.

TOPOLOGY_NAMESPACES="A R1 R2 B"

# in_ns NAMESPACE COMMAND...: `ip netns exec` would hide the BPF file system behind a new /sys.
in_ns() {
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# topology_ports ROUTER: where xdp-wg is loaded.
topology_ports() {
	case $1/${TOPOLOGY_KIND:-} in
	R1/homerouter) echo r1-a r1-a2 r1-r2 ;;
	R1/*) echo r1-a r1-r2 ;;
	R2/*) echo r2-r1 r2-b ;;
	esac
}

topology_draw() {
	local outer=${1:-4}
	local r1=192.0.2.1 r2=192.0.2.2

	[ "$outer" = 4 ] || r1=2001:db8::1 r2=2001:db8::2
	cat <<-DRAWING
	       A                   R1                      R2                   B
	  +---------+         +---------+             +---------+         +---------+
	  | 10.1.0.2|---------|r1-a     |             |     r2-b|---------|10.2.0.2 |
	  |fd00:1::2|         |    r1-r2|-------------|r2-r1    |         |fd00:2::2|
	  +---------+         |      wg0|=============|wg0      |         +---------+
	                      +---------+  WireGuard  +---------+
	                      $(printf '%-11s' "$r1")             $r2
	DRAWING
	[ "${TOPOLOGY_KIND:-}" != homerouter ] || cat <<-WORDS

		R1's LAN is the bridge br-lan of r1-a and r1-a2; its WAN is VLAN 7: r1-r2.7, r2-r1.7.
	WORDS
}

# topology_veth NAMESPACE NAME PEER-NAMESPACE PEER-NAME: a veth pair that XDP can transmit by: natively
# it does so to a veth whose peer polls, which GRO makes it do.
#
# Senders leave checksums, VLAN tags and segmentation to such a device. With TOPOLOGY_OFFLOADS=off
# they do not, so that in skb mode, too, a program sees all there is.
topology_veth() {
	local ns offloads="gro on"

	[ "${TOPOLOGY_OFFLOADS:-on}" = on ] ||
		offloads+=" tx off txvlan off tx-vlan-stag-hw-insert off rxvlan off tso off gso off"

	ip link add "$2" type veth peer name "$4" &&
		ip link set "$2" netns "$1" &&
		ip link set "$4" netns "$3" || return
	for ns in "$1 $2" "$3 $4"; do
		set -- $ns
		# shellcheck disable=SC2086 # words
		in_ns "$1" ethtool -K "$2" $offloads > /dev/null || return
	done
}

# topology_nic MODEL CABLE END NAMESPACE NAME: one of the NICs that vm/run --nics gives the guest,
# there under that name. It comes back from a namespace that is removed, but not at once.
topology_nic() {
	local mac=02:57:47:0$1:0$2:0$3 nic=

	for _ in {1..100}; do
		nic=$(grep -l "^$mac" /sys/class/net/*/address) && break
		sleep 0.1
	done
	[ -n "$nic" ] || {
		echo "topology: there is no NIC with the address $mac (vm/run --nics)" >&2
		return 1
	}
	nic=$(basename "${nic%/address}")
	ip link set "$nic" mtu 1500 && ip link set "$nic" netns "$4" name "$5"
}

# topology_cable NAMESPACE NAME PEER-NAMESPACE PEER-NAME: two NICs of the model TOPOLOGY_NICS.
topology_cable() {
	local model cable

	case $TOPOLOGY_NICS in
	virtio)
		model=0
		modprobe virtio_net
		;;
	igb)
		model=1
		[ -d /sys/module/igb ] || insmod "$(dirname "${BASH_SOURCE[0]}")/drivers/igb.ko"
		;;
	*) return 1 ;;
	esac || return
	case $2 in
	a-r1) cable=1 ;;
	r1-r2) cable=2 ;;
	r2-b) cable=3 ;;
	*) return 1 ;;
	esac
	topology_nic $model $cable 1 "$1" "$2" && topology_nic $model $cable 2 "$3" "$4"
}

# topology_link NAMESPACE NAME PEER-NAMESPACE PEER-NAME: a cable, or a veth pair. The sizes of 1 leave
# every packet single, so that what one counter counts is what the next one counts.
topology_link() {
	local ns

	if [ -n "${TOPOLOGY_NICS:-}" ]; then
		topology_cable "$@"
	else
		topology_veth "$@"
	fi || return
	for ns in "$1 $2" "$3 $4"; do
		set -- $ns
		in_ns "$1" ip link set "$2" up gso_max_segs 1 gro_max_size 1 gro_ipv4_max_size 1 ||
			return
	done
}

# topology_tunnel NAMESPACE ADDRESSES PEER-KEY ENDPOINT ALLOWED-IPS: wg0 with the key that is in
# the namespace's key file.
topology_tunnel() {
	local ns=$1 address

	in_ns "$ns" ip link add wg0 type wireguard &&
		in_ns "$ns" wg set wg0 listen-port 51820 private-key "/run/topology/$ns.key" \
			peer "$3" endpoint "$4" allowed-ips "$5" &&
		for address in $2; do
			in_ns "$ns" ip addr add "$address" dev wg0 || return
		done &&
		in_ns "$ns" ip link set wg0 up
}

# topology_vlan NAMESPACE LINK: VLAN 7 of it, as LINK.7.
topology_vlan() {
	in_ns "$1" ip link add link "$2" name "$2.7" type vlan id 7 && in_ns "$1" ip link set "$2.7" up
}

topology_homerouter() {
	modprobe -a bridge 8021q && topology_veth A a-r1-2 R1 r1-a2 &&
		in_ns A ip link set a-r1-2 up &&
		in_ns R1 ip link add br-lan type bridge &&
		in_ns R1 ip link set r1-a master br-lan &&
		in_ns R1 ip link set r1-a2 master br-lan up && in_ns R1 ip link set br-lan up &&
		topology_vlan R1 r1-r2 && topology_vlan R2 r2-r1
}

# topology_up [4|6]: make the topology with tunnel endpoints of that family, IPv4 if none is said.
# What was there before is removed. Needs no handshake yet: see wait_session.
topology_up() {
	local outer=${1:-4} ns key1 key2 end1=192.0.2.1 end2=192.0.2.2
	local lan=r1-a wan1=r1-r2 wan2=r2-r1

	[ "$outer" = 4 ] || end1="[2001:db8::1]" end2="[2001:db8::2]"
	topology_down
	modprobe wireguard || return
	mkdir -p /run/topology
	for ns in $TOPOLOGY_NAMESPACES; do
		ip netns add "$ns" && in_ns "$ns" ip link set lo up || return
		# Nobody else is on these links: an address is usable at once, and no router or
		# multicast listener messages disturb the counters.
		in_ns "$ns" sysctl -q -w net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.accept_ra=0 \
			net.ipv6.conf.default.router_solicitations=0 || return
	done
	topology_link A a-r1 R1 r1-a && topology_link R1 r1-r2 R2 r2-r1 &&
		topology_link R2 r2-b B b-r2 || return
	if [ "${TOPOLOGY_KIND:-}" = homerouter ]; then
		topology_homerouter || return
		lan=br-lan wan1=r1-r2.7 wan2=r2-r1.7
	fi

	in_ns A ip addr add 10.1.0.2/24 dev a-r1 &&
		in_ns A ip addr add fd00:1::2/64 dev a-r1 nodad &&
		in_ns R1 ip addr add 10.1.0.1/24 dev $lan &&
		in_ns R1 ip addr add fd00:1::1/64 dev $lan nodad &&
		in_ns R1 ip addr add 192.0.2.1/30 dev $wan1 &&
		in_ns R1 ip addr add 2001:db8::1/126 dev $wan1 nodad &&
		in_ns R2 ip addr add 192.0.2.2/30 dev $wan2 &&
		in_ns R2 ip addr add 2001:db8::2/126 dev $wan2 nodad &&
		in_ns R2 ip addr add 10.2.0.1/24 dev r2-b &&
		in_ns R2 ip addr add fd00:2::1/64 dev r2-b nodad &&
		in_ns B ip addr add 10.2.0.2/24 dev b-r2 &&
		in_ns B ip addr add fd00:2::2/64 dev b-r2 nodad || return
	for ns in R1 R2; do
		in_ns "$ns" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
			(umask 077 && wg genkey > "/run/topology/$ns.key") || return
	done
	key1=$(wg pubkey < /run/topology/R1.key) && key2=$(wg pubkey < /run/topology/R2.key) &&
		topology_tunnel R1 "10.0.0.1/32 fd00::1/128" "$key2" "$end2:51820" \
			10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64 &&
		topology_tunnel R2 "10.0.0.2/32 fd00::2/128" "$key1" "$end1:51820" \
			10.0.0.1/32,10.1.0.0/24,fd00::1/128,fd00:1::/64 || return

	# The hosts know the tunnel's MTU: nothing need be told by ICMP first.
	in_ns A ip route add default via 10.1.0.1 mtu 1420 &&
		in_ns A ip -6 route add default via fd00:1::1 mtu 1420 &&
		in_ns B ip route add default via 10.2.0.1 mtu 1420 &&
		in_ns B ip -6 route add default via fd00:2::1 mtu 1420 &&
		in_ns R1 ip route add 10.2.0.0/24 dev wg0 &&
		in_ns R1 ip -6 route add fd00:2::/64 dev wg0 &&
		in_ns R1 ip route add 10.0.0.2 dev wg0 &&
		in_ns R1 ip -6 route add fd00::2 dev wg0 &&
		in_ns R2 ip route add 10.1.0.0/24 dev wg0 &&
		in_ns R2 ip -6 route add fd00:1::/64 dev wg0 &&
		in_ns R2 ip route add 10.0.0.1 dev wg0 &&
		in_ns R2 ip -6 route add fd00::1 dev wg0
}

# topology_down: remove it, with every process in it.
topology_down() {
	local ns pids

	for ns in $TOPOLOGY_NAMESPACES; do
		[ -e "/run/netns/$ns" ] || continue
		pids=$(ip netns pids "$ns")
		[ -z "$pids" ] || kill -KILL $pids 2> /dev/null
		ip netns del "$ns"
	done
	rm -rf /run/topology
}

# wait_session [SECONDS]: until packets of both families go both ways, so that the handshake is
# done, both ends use its keys, and every neighbour is known. SLOW times as long on a slow kernel.
wait_session() {
	local end=$((SECONDS + ${1:-15} * ${SLOW:-1}))

	until in_ns A ping -q -n -c 2 -i 0.2 -W 1 10.2.0.2 > /dev/null &&
		in_ns A ping -q -n -c 2 -i 0.2 -W 1 fd00:2::2 > /dev/null; do
		[ $SECONDS -lt $end ] || return 1
	done
}

topology_usage() {
	cat <<-USAGE
	Usage: topology up [4|6]           make it, with tunnel endpoints of that family (4)
	       topology down               remove it
	       topology draw [4|6]         show it
	       topology A|R1|R2|B COMMAND  run something in a namespace
	USAGE
}

[ "${BASH_SOURCE[0]}" = "$0" ] || return 0
case ${1:-} in
up) topology_up "${2:-4}" && topology_draw "${2:-4}" ;;
down) topology_down ;;
draw) topology_draw "${2:-4}" ;;
A | R1 | R2 | B) in_ns "$@" ;;
-h | --help) topology_usage ;;
*) topology_usage >&2; exit 2 ;;
esac
