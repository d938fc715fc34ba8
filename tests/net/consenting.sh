# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the scripts about netfilter's consent: xdp-wg with -c in R1, behind a firewall.

. "$(dirname "${BASH_SOURCE[0]}")/ways.sh"

# How xdp-wg is loaded in R1; in R2, which has no rules, as it is by default.
hooks=("-m native" "-m skb" "--hook tc" "-r inner_flow")
# In skb mode datagrams without a checksum pass.
hooks_but_skb=("-m native" "--hook tc" "-r inner_flow")

# A firewall as every router has one, with a counter of what it has seen.
stateful() {
	rules <<-NFT
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				counter name seen
				ct state established,related accept
				iifname "r1-a" oifname "wg0" ct state new accept
			}
			counter seen { }
		}
	NFT
}

# consenting [OPTION...]: load R1 anew with -c and these.
consenting() {
	in_ns R1 xdp-wg unload -q --all
	load R1 -c "$@"
	wait_session 30 || fail "A and B do not reach each other with -c $*"
	# The module's own hooks come with the first question, from a work item.
	warm
}

# warm: flows of both families have been asked about, and the hooks are there.
warm() {
	local end=$((SECONDS + 10 * SLOW))

	python3 "$tests/net/flows.py" A 1 20 > /dev/null
	until in_ns R1 nft list hooks | grep -q see_leaving; do
		[ $SECONDS -lt $end ] || fail "the hooks are not registered"
		sleep 0.2
	done
}

seen() {
	in_ns R1 nft -j list counter inet fw seen | jq '.nftables[1].counter.packets'
}

# flows ARGUMENT...: datagrams that are numbered, of which none is lost, late or twice. For a kernel that
# takes longer with what passes than that is waited for, some are late.
flows() {
	local got

	got=$(python3 "$tests/net/flows.py" "$@") || fail "$got"
	echo "$*: $got"
	[[ $got == *" lost 0" ]] || fail "not all arrived"
	[ "$SLOW" -gt 1 ] || [[ $got == *" late 0 "* ]] || fail "not all are in order"
}

# mostly_fast REASON COUNT: since mark, at least nine tenths of so many went fast in R1.
mostly_fast() {
	expect_gained R1 "$1" $(($2 * 9 / 10))
}

# firewalled: the network with a firewall in R1, and xdp-wg in R2 alone.
firewalled() {
	unloaded
	load R2
	undo in_ns R2 xdp-wg unload -q --all
	stateful
}

# forget: R1 knows of no connection any more: one is translated by the rules that its first packet met.
forget() {
	in_ns R1 python3 "$tests/net/conntrack.py" flush || fail "connections are not deleted"
}

# traffic_allowed: TCP from A to B until traffic_over.
traffic_allowed() {
	listening
	in_ns A timeout $((60 * SLOW)) iperf3 -t 600 -b "${1:-2M}" -c 10.2.0.2 > /dev/null 2>&1 &
	client=$!
	sleep $((2 * SLOW))
}

traffic_over() {
	kill $client $server 2> /dev/null
	wait $client $server 2> /dev/null
	return 0
}

# watching NAMESPACE MATCH...: a host counts packets that it should not get.
watching() {
	local ns=$1 match

	shift
	rules "$ns" <<-NFT
		table inet watch {
			counter wrong { }
			chain in {
				type filter hook prerouting priority -300;
			}
		}
	NFT
	for match; do
		in_ns "$ns" nft "add rule inet watch in $match counter name wrong" ||
			fail "nft does not take '$match'"
	done
}

# wrong NAMESPACE: how many of them it got.
wrong() {
	in_ns "$1" nft -j list counter inet watch wrong | jq '.nftables[1].counter.packets'
}

none_wrong() {
	local n

	n=$(wrong "$1")
	[ "$n" = 0 ] || fail "$1 got $n packets that it should not get"
}

# pings_are_fast: at each hook, in both directions and families.
pings_are_fast() {
	local options

	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		ping_all A 10.2.0.2 200
		ping_all A fd00:2::2 200
		expect_gained R1 encapsulated 300
		expect_gained R1 decapsulated 300
	done
	in_ns R1 xdp-wg unload -q --all
}
