# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the scripts about VLAN devices: such devices in the network, and what comes and goes by them.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# tags NAMESPACE LINK NUMBER PEER-NAMESPACE PEER-LINK: VLAN devices LINK.NUMBER and PEER-LINK.NUMBER,
# with addresses that have the number, too.
tags() {
	local ns=$1 link=$2 id=$3 peer_ns=$4 peer_link=$5

	modprobe 8021q || fail "no VLANs"
	in_ns "$ns" ip link add link "$link" name "$link.$id" type vlan id "$id" &&
		in_ns "$peer_ns" ip link add link "$peer_link" name "$peer_link.$id" \
			type vlan id "$id" || fail "no VLAN devices"
	undo in_ns "$ns" ip link del "$link.$id"
	undo in_ns "$peer_ns" ip link del "$peer_link.$id"
	in_ns "$ns" ip addr add "10.$id.0.1/24" dev "$link.$id" &&
		in_ns "$ns" ip addr add "fd00:$id::1/64" dev "$link.$id" nodad &&
		in_ns "$ns" ip link set "$link.$id" up &&
		in_ns "$peer_ns" ip addr add "10.$id.0.2/24" dev "$peer_link.$id" &&
		in_ns "$peer_ns" ip addr add "fd00:$id::2/64" dev "$peer_link.$id" nodad &&
		in_ns "$peer_ns" ip link set "$peer_link.$id" up || fail "no addresses for VLANs"
}

# second_link: A and R1 have another one, lan9 at both ends, without addresses.
second_link() {
	local ns

	ip link add lan9 netns A type veth peer name lan9 netns R1 || fail "no second link"
	undo in_ns A ip link del lan9
	for ns in A R1; do
		in_ns $ns ethtool -K lan9 tx off txvlan off tx-vlan-stag-hw-insert off tso off gso off \
			gro on > /dev/null
		in_ns $ns ip link set lan9 up gso_max_segs 1 gro_max_size 1 gro_ipv4_max_size 1
	done
}

# outer_tag NAMESPACE LINK PEER-NAMESPACE PEER-LINK: devices LINK.100 and PEER-LINK.100 for the outer of
# two tags, as providers have it.
outer_tag() {
	modprobe 8021q || fail "no VLANs"
	in_ns "$1" ip link add link "$2" name "$2.100" type vlan proto 802.1ad id 100 &&
		in_ns "$3" ip link add link "$4" name "$4.100" type vlan proto 802.1ad id 100 &&
		in_ns "$1" ip link set "$2.100" up && in_ns "$3" ip link set "$4.100" up ||
		fail "no outer VLAN"
	undo in_ns "$1" ip link del "$2.100"
	undo in_ns "$3" ip link del "$4.100"
}

# lan LINK NUMBER: R2 finds B by that VLAN of its link, and not the other way round.
lan() {
	in_ns R2 ip route add 10.2.0.2 via "10.$2.0.2" dev "$1.$2" &&
		in_ns R2 ip -6 route add fd00:2::2 via "fd00:$2::2" dev "$1.$2" ||
		fail "no route to B"
	undo in_ns R2 ip route del 10.2.0.2
	undo in_ns R2 ip -6 route del fd00:2::2
}

# wan NUMBER: R1 finds R2 by that VLAN of the link between them.
wan() {
	in_ns R1 ip route add 192.0.2.2 via "10.$1.0.2" dev "r1-r2.$1" src 192.0.2.1 ||
		fail "no route to R2"
	undo in_ns R1 ip route del 192.0.2.2
}

# from_lan DEVICE PEER-DEVICE NUMBER: A and R1 have each other by these two, which tags has made, and
# not by the link.
from_lan() {
	in_ns A ip route add 10.2.0.2 via "10.$3.0.1" dev "$2" src 10.1.0.2 &&
		in_ns A ip -6 route add fd00:2::2 via "fd00:$3::1" dev "$2" src fd00:1::2 &&
		in_ns R1 ip route add 10.1.0.2 via "10.$3.0.2" dev "$1" &&
		in_ns R1 ip -6 route add fd00:1::2 via "fd00:$3::2" dev "$1" ||
		fail "no routes by VLANs"
	undo in_ns A ip route del 10.2.0.2
	undo in_ns A ip -6 route del fd00:2::2
	undo in_ns R1 ip route del 10.1.0.2
	undo in_ns R1 ip -6 route del fd00:1::2
}

# from_wan NUMBER: R1 and R2 have each other by that VLAN of the link between them.
from_wan() {
	wan "$1"
	in_ns R2 ip route add 192.0.2.1 via "10.$1.0.1" dev "r2-r1.$1" src 192.0.2.2 ||
		fail "no route to R1"
	undo in_ns R2 ip route del 192.0.2.1
}

# mac_of NAMESPACE DEVICE
mac_of() {
	in_ns "$1" ip -j link show "$2" | jq -r '.[0].address'
}

# counted NAMESPACE DEVICE tx|rx: packets and bytes that the device has sent or received.
counted() {
	in_ns "$1" ip -j -s link show "$2" |
		jq -r --arg way "$3" '.[0].stats64[$way] | "\(.packets) \(.bytes)"'
}

# counts_ten BEFORE AFTER SIZE: whether ten packets of that size are counted between; and perhaps a few
# that ARP and IPv6 have sent of themselves.
counts_ten() {
	local others=$((${2% *} - ${1% *} - 10)) bytes=$((${2#* } - ${1#* } - 10 * $3))

	[ $others -ge 0 ] && [ $others -le 3 ] && [ $bytes -ge $((28 * others)) ] &&
		[ $bytes -le $((150 * others)) ]
}

# heard NAMESPACE LINK FILTER: the tags of the frames with echo requests that come in there while A
# sends B ten, outermost first, and how many had them.
heard() {
	local watcher

	rm -f "$state/dump"
	# Not in_ns, which is a shell that would be killed alone.
	nsenter --net=/run/netns/"$1" timeout $((30 * SLOW)) tcpdump --immediate-mode -n -U -i "$2" \
		-Q in -w "$state/dump" 2> /dev/null &
	watcher=$!
	until [ -s "$state/dump" ]; do
		kill -0 $watcher 2> /dev/null || fail "nobody watches"
		sleep 0.1
	done
	ping_all A 10.2.0.2 10 > /dev/null
	sleep $SLOW
	kill $watcher
	wait $watcher
	tcpdump -n -e -r "$state/dump" "$3" 2> /dev/null |
		grep -oE 'ethertype .*(, p [0-9])?, ethertype IPv4 ' | sed 's/ (0x[0-9a-f]*)//g' |
		sort | uniq -c | sed 's/^ *//; s/ *$//'
}

# fast NAMESPACE REASON: all of what A sends now goes fast there.
fast() {
	ping_all A fd00:2::2 2
	mark
	ping_all A 10.2.0.2 10
	ping_all A fd00:2::2 10
	expect_all "$1" "$2" 20
}

# slow NAMESPACE REASON WHY: nothing does, for that reason.
slow() {
	mark
	ping_all A 10.2.0.2 5
	expect_gained "$1" "$2" 0 0
	expect_all "$1" "$3" 5
}

# sizes NAMESPACE REASON: packets of all of these, the largest with the tunnel's own MTU of 1440: what
# carries it has 1,500 bytes.
sizes() {
	local size ns

	for ns in $routers; do
		in_ns $ns ip link set wg0 mtu 1440
		undo in_ns $ns ip link set wg0 mtu 1420
	done
	in_ns A ip route replace default via 10.1.0.1 mtu 1440
	undo in_ns A ip route replace default via 10.1.0.1 mtu 1420
	in_ns B ip route replace default via 10.2.0.1 mtu 1440
	undo in_ns B ip route replace default via 10.2.0.1 mtu 1420
	ping_all A 10.2.0.2 2
	for size in 0 1 17 100 1001 1411 1412; do
		mark
		ping_all A 10.2.0.2 5 -M do -s $size
		expect_all "$1" "$2" 5
	done
	transfer 400K 60
	expect_gained "$1" "$2" 270
}
