# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the scripts about bridges: such devices in the network, and what goes by them.

. "$(dirname "${BASH_SOURCE[0]}")/vlans.sh"

# bridge NAMESPACE NAME PORT...: a bridge of these. It takes over the addresses of the first. The network
# is made again after the case.
bridge() {
	local ns=$1 name=$2 first=$3 port address addresses

	modprobe bridge || fail "no bridges"
	spoil
	addresses=$(in_ns "$ns" ip -j addr show "$first" |
		jq -r '.[].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"')
	in_ns "$ns" ip link add "$name" type bridge || fail "no bridge"
	in_ns "$ns" sysctl -q -w "net.ipv6.conf.$name.accept_dad=0"
	for port in "${@:3}"; do
		in_ns "$ns" ip link set "$port" master "$name" up || fail "$port is no port"
	done
	in_ns "$ns" ip addr flush dev "$first" scope global
	for address in $addresses; do
		in_ns "$ns" ip addr add "$address" dev "$name" || fail "no address for $name"
	done
	in_ns "$ns" ip link set "$name" up
}

# forget NAMESPACE...: their neighbours, who have other MAC addresses now.
forget() {
	local ns

	for ns; do
		in_ns "$ns" ip neigh flush all
		in_ns "$ns" ip -6 neigh flush all
	done
}

# fast_of NAMESPACE REASON COUNT: so many went fast since mark, but for a few that the bridge was to see.
fast_of() {
	local seen

	seen=$(gained "$1" bridge)
	[ "$seen" -le 4 ] || fail "$1 passed $seen packets to bridges"
	expect_gained "$1" "$2" $(($3 - seen - $(gained "$1" new-key) - $(gained "$1" no-key)))
}

# fast_both NAMESPACE: what A and B exchange goes fast there in both directions, but for that.
fast_both() {
	ping_all A 10.2.0.2 2
	ping_all A fd00:2::2 2
	mark
	ping_all A 10.2.0.2 10
	ping_all A fd00:2::2 10
	fast_of "$1" encapsulated 20
	fast_of "$1" decapsulated 20
}

# slow_both NAMESPACE REASON [REASON]: nothing does; to encrypt for the first, to decrypt for the second,
# or the first again.
slow_both() {
	mark
	ping_all A 10.2.0.2 5
	expect_gained "$1" encapsulated 0 0
	expect_gained "$1" decapsulated 0 0
	if [ "${3:-$2}" = "$2" ]; then
		expect_all "$1" "$2" 10
	else
		expect_all "$1" "$2" 5
		expect_all "$1" "$3" 5
	fi
}
