#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh [plain|homerouter]: the demo, run in a guest: two routers with a WireGuard tunnel between
# them, xdp-filter and xdp-wg on their interfaces, real traffic across, and a table of what took the fast
# path. Fails when less than 95 % of the routed packets did, or any packet was lost.

set -u
export TOPOLOGY_KIND=${1:-plain}
. "$(dirname "$0")/topology.sh"
case $TOPOLOGY_KIND in
plain | homerouter) ;;
*)
	echo "demo: there is no topology $TOPOLOGY_KIND: plain and homerouter are known" >&2
	exit 2
	;;
esac

table=
failures=0
lost_packets=0

title() {
	printf '\n=== %s\n\n' "$*"
}

# show NAMESPACE COMMAND...: as a person would type it.
show() {
	local ns=$1

	shift
	echo "$ns# $*"
	in_ns "$ns" "$@" || {
		echo "demo: this command failed" >&2
		exit 1
	}
}

# watch_hosts: count, in A and in B, what each sends to the other and what arrives. Packets of the
# neighbour protocols have other addresses.
watch_hosts() {
	local ns me4 me6 peer4 peer6

	while read -r ns me4 me6 peer4 peer6; do
		in_ns "$ns" nft -f - <<-NFT || exit 1
			table inet demo {
				counter sent4 {}
				counter sent6 {}
				counter arrived4 {}
				counter arrived6 {}
				chain output {
					type filter hook output priority 0;
					ip saddr $me4 ip daddr $peer4 counter name sent4
					ip6 saddr $me6 ip6 daddr $peer6 counter name sent6
				}
				chain input {
					type filter hook input priority 0;
					ip saddr $peer4 ip daddr $me4 counter name arrived4
					ip6 saddr $peer6 ip6 daddr $me6 counter name arrived6
				}
			}
		NFT
	done <<-HOSTS
		A 10.1.0.2 fd00:1::2 10.2.0.2 fd00:2::2
		B 10.2.0.2 fd00:2::2 10.1.0.2 fd00:1::2
	HOSTS
}

host_counter() {
	in_ns "$1" nft -j list counter inet demo "$2" | jq '.nftables[] | .counter? // empty | .packets'
}

router_counter() {
	in_ns "$1" xdp-wg status -j | jq ".counters.$2.packets"
}

# snapshot FAMILY: what has been counted until now: a line for each direction, with the packets
# sent, encrypted fast, decrypted fast and arrived.
snapshot() {
	echo "$(host_counter A "sent$1") $(router_counter R1 encapsulated)" \
		"$(router_counter R2 decapsulated) $(host_counter B "arrived$1")"
	echo "$(host_counter B "sent$1") $(router_counter R2 encapsulated)" \
		"$(router_counter R1 decapsulated) $(host_counter A "arrived$1")"
}

# speed WORDS IPERF-OPTION...: one run of iperf3 from A against B, as one line.
speed() {
	local words=$1 result

	shift
	result=$(in_ns A iperf3 -J -t 2 "$@") || {
		echo "demo: iperf3 failed: $(jq -r .error <<< "$result")" >&2
		exit 1
	}
	jq -r --arg words "$words" '.end | (.sum_received // .sum) |
		"  \($words): \(.bits_per_second / 1e5 | round / 10) Mbit/s"' <<< "$result"
}

# row OUTER INNER DIRECTION, and the numbers before and after: one line of the table.
row() {
	local sent=$(($8 - $4)) encrypted=$(($9 - $5)) decrypted=$((${10} - $6))
	local lost=$(($8 - $4 - ${11} + $7)) fast result=

	fast=$((encrypted < decrypted ? encrypted : decrypted))
	fast=$((sent ? fast * 1000 / sent : 0))
	lost_packets=$((lost_packets + lost))
	[ "$lost" = 0 ] || result="  lost packets"
	[ "$fast" -ge 950 ] || result="  not fast"
	[ -z "$result" ] || failures=$((failures + 1))
	table+=$(printf '  IPv%s     IPv%s    %s  %8d  %14d  %14d  %4d.%d %%  %6d%s' "$1" "$2" "$3" \
		"$sent" "$encrypted" "$decrypted" $((fast / 10)) $((fast % 10)) "$lost" "$result")
	table+=$'\n'
}

# say_where NAMESPACE INTERFACE...: what counts drops, when a packet was lost.
say_where() {
	local ns=$1 interface

	shift
	for interface in "$@"; do
		in_ns "$ns" ethtool -S "$interface" | awk -v name="$ns $interface" \
			'/drop|err/ && $2 != 0 { print "  " name ": " $1, $2 }'
		in_ns "$ns" ip -s -j link show "$interface" | jq -r --arg name "$ns $interface" \
			'.[].stats64 | "  \($name): dropped \(.rx.dropped) received, " +
			"\(.tx.dropped) sent"'
	done
}

# traffic OUTER INNER ADDRESS: send all kinds of it across, and add two rows to the table.
traffic() {
	local before after udp="-u -b 8M -l 1200"

	title "IPv$2 traffic, IPv$1 outside"
	before=$(snapshot "$2")
	in_ns A ping -q -n -c 40 -i 0.02 -W 2 "$3" | sed -n 's/^\([0-9]* packets\)/  ping: \1/p'
	speed "TCP, A to B" -w 64K -c "$3"
	speed "TCP, B to A" -w 64K -c "$3" -R
	speed "UDP, A to B" $udp -c "$3"
	speed "UDP, B to A" $udp -c "$3" -R
	sleep 1
	after=$(snapshot "$2")
	row "$1" "$2" "A to B" $(head -n 1 <<< "$before") $(head -n 1 <<< "$after")
	row "$1" "$2" "B to A" $(tail -n 1 <<< "$before") $(tail -n 1 <<< "$after")
}

for outer in 4 6; do
	title "Two routers, R1 and R2, and a WireGuard tunnel over IPv$outer"
	topology_up $outer || {
		echo "demo: the network could not be made" >&2
		exit 1
	}
	topology_draw $outer
	watch_hosts

	title "xdp-filter and xdp-wg on the routers' interfaces"
	for ns in R1 R2; do
		for interface in $(topology_ports $ns); do
			show $ns xdp-filter load "$interface"
		done
	done
	show R1 xdp-wg load $(topology_ports R1)
	show R2 xdp-wg load $(topology_ports R2)
	echo
	show R1 xdp-loader status

	title "The first packets make WireGuard shake hands"
	wait_session || {
		echo "demo: A and B do not reach each other" >&2
		exit 1
	}
	in_ns R1 wg show wg0 latest-handshakes |
		while read -r peer when; do
			echo "  handshake with $peer at $(date -d "@$when" +%T)"
		done
	in_ns B iperf3 -s -D
	until in_ns B ss -Hltn sport = :5201 | grep -q .; do
		sleep 0.1
	done

	traffic $outer 4 10.2.0.2
	traffic $outer 6 fd00:2::2

	title "What the routers say"
	show R1 xdp-wg status
	echo
	show R1 wg show

	if [ $lost_packets != 0 ]; then
		title "Where packets were lost"
		say_where A a-r1
		say_where R1 r1-a wg0 r1-r2
		say_where R2 r2-r1 wg0 r2-b
		say_where B b-r2
		show R2 xdp-wg status
	fi
done
topology_down

title "Packets across the routers, after the first handshake"
echo "  outside  inside  direction    sent  encrypted fast  decrypted fast      fast    lost"
echo "$table"
if [ $failures != 0 ]; then
	echo "demo: failed"
	exit 1
fi
echo "demo: every packet arrived, and 95 % or more of each row went fast."
