# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the scripts beside, which measure in a guest: the network, and what is loaded on its routers.

set -u

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
results=${RESULTS:-/results}
export TOPOLOGY_OFFLOADS=off
. "$tests/topology.sh"

die() {
	echo "bench: $*" >&2
	exit 1
}

# ready [OUTER]: the network, with a session, and every neighbour known for as long as it takes.
ready() {
	local ns

	topology_up "${1:-4}" > /dev/null || die "the network could not be made"
	wait_session 60 || die "A and B do not reach each other"
	for ns in $TOPOLOGY_NAMESPACES; do
		in_ns "$ns" ip neigh show nud reachable nud stale nud delay |
			while read -r address _ dev _ mac _; do
				in_ns "$ns" ip neigh replace "$address" dev "$dev" \
					lladdr "$mac" nud permanent || exit
			done || die "the neighbours of $ns cannot be made permanent"
	done
}

# in_bursts: what A sends at once is there at once when R1 begins with it. Otherwise, on the one CPU of
# a guest that counts instructions, R1 would be done with each packet before A sends the next, as if
# a NIC had interrupted it for each.
in_bursts() {
	ip netns exec R1 sh -c 'echo 1 > /sys/class/net/r1-a/threaded' ||
		die "R1 has no thread for what A sends"
}

# forget: R1 knows of no connection any more.
forget() {
	in_ns R1 python3 "$tests/net/conntrack.py" flush || die "connections are not deleted"
}

# rules MODE: those that R1 has for a mode.
rules() {
	case $1 in
	firewall | conntrack | tcx-conntrack | masquerade | masquerade-conntrack) ;;
	*) return ;;
	esac
	in_ns R1 nft -f - <<-NFT || die "R1 takes no rules"
		flush ruleset
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "r1-a" oifname "wg0" ct state new accept
			}
		}
	NFT
	# So many flows of a flood have room, as evenly as others.
	sysctl -q -w net.netfilter.nf_conntrack_buckets=65536 net.netfilter.nf_conntrack_max=262144 ||
		die "there is no room for connections"
	[[ $1 == masquerade* ]] || return 0
	in_ns R1 nft -f - <<-NFT || die "R1 does not masquerade"
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wg0" masquerade
			}
		}
	NFT
	# What is known already would not be masqueraded.
	forget
}

# load MODE NS IF...: what a router works with.
load() {
	local mode=$1 ns=$2

	shift 2
	case $mode in
	xdp | vlan | bridge) in_ns "$ns" xdp-wg load -q "$@" ;;
	tcx) in_ns "$ns" xdp-wg load -q --hook tc "$@" ;;
	none | auto | inner_flow) in_ns "$ns" xdp-wg load -q --rss "$mode" "$@" ;;
	# Samples come once a second, and a run takes less: none of it is one.
	conntrack | masquerade-conntrack)
		in_ns "$ns" xdp-wg load -q --conntrack --sample 60000 "$@"
		;;
	tcx-conntrack) in_ns "$ns" xdp-wg load -q --hook tc --conntrack --sample 60000 "$@" ;;
	kernel | firewall | masquerade | vlan-kernel | bridge-kernel) ;;
	esac || die "xdp-wg cannot be loaded as $mode"
}

unload() {
	local ns

	for ns in R1 R2; do
		in_ns "$ns" xdp-wg unload -q --all || die "xdp-wg cannot be unloaded"
	done
}

# send OPTIONS AT-NS AT-IF LENGTH FAMILY: see send.c.
send() {
	"$tests/bench/send" "$@" || die "sending to $*"
}

# record KIND NAME VALUE...: a line of the results. Values that are numbers are so in JSON.
record() {
	jq -cn '$ARGS.positional as $word | reduce range(0; $word | length; 2) as $i ({};
		.[$word[$i]] = ($word[$i + 1] | tonumber? // .))' --args kind "$@" \
		>> "$results/bench.jsonl" || die "$1 cannot be recorded"
}

# difference AFTER BEFORE: of two costs and their spreads in percent, as send prints them: the cost
# between, and the larger spread.
difference() {
	echo "$1 $2" | awk '{ printf "%.1f %.2f\n", $1 - $3, ($2 > $4 ? $2 : $4) }'
}

# cost MODE WHAT OUTER INNER LENGTH "INSTRUCTIONS SPREAD": record it, and show it.
cost() {
	record cost mode "$1" what "$2" outer "$3" inner "$4" length "$5" \
		instructions "${6% *}" spread "${6#* }"
	printf '%-11s %-8s IPv%s in IPv%s %5d bytes %10s instructions (%s %%)\n' \
		"$1" "$2" "$4" "$3" "$5" "${6% *}" "${6#* }"
}

# to_router INNER LENGTH...: what sending and receiving costs without a router, in `base`.
declare -A base
to_router() {
	local inner=$1 length

	shift
	for length; do
		[ -n "${base[$inner/$length]:-}" ] ||
			base[$inner/$length]=$(send R1 r1-a "$length" "$inner") || exit 1
	done
}

# encrypt MODE OUTER INNER LENGTH...: by R1. What native XDP needs is kept in `encrypted`, by way.
declare -A encrypted
encrypt() {
	local mode=$1 outer=$2 inner=$3 length after

	shift 3
	to_router "$inner" "$@"
	load "$mode" R1 r1-a
	for length; do
		after=$(send R2 r2-r1 "$length" "$inner") || exit 1
		cost "$mode" encrypt "$outer" "$inner" "$length" \
			"$(difference "$after" "${base[$inner/$length]}")"
		case $mode in
		xdp | vlan | bridge) encrypted[$mode/$outer/$inner/$length]=$after ;;
		esac
	done
	unload
}

# decrypt MODE OUTER INNER LENGTH...: by R2, after encrypt xdp of the same, or vlan, or bridge. R1 is in
# native XDP, whatever R2 is, so that the packets come to all in the same way.
decrypt() {
	local mode=$1 outer=$2 inner=$3 length after way=xdp

	case $mode in
	vlan* | bridge*) way=${mode%-kernel} ;;
	esac
	shift 3
	load xdp R1 r1-a
	load "$mode" R2 r2-r1
	for length; do
		after=$(send B b-r2 "$length" "$inner") || exit 1
		cost "$mode" decrypt "$outer" "$inner" "$length" \
			"$(difference "$after" "${encrypted[$way/$outer/$inner/$length]}")"
	done
	unload
}
