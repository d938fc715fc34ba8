#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What packets bypass that go fast although there are rules: each thing is named by load and by
# status as soon as it is there, and not when it does nothing. rules.sh is about the default.

. "$(dirname "$0")/lib.sh"

# bypassed: what status names, as lines with a kind and a name.
bypassed() {
	in_ns R1 xdp-wg status -j | jq -r '.bypassed[] | "\(.kind) \(.name)"'
}

# names KIND NAME SENTENCE: and load says that sentence about it.
names() {
	bypassed | grep -qxF "$1 $2" || fail "status does not name $2 as $1: $(bypassed)"
	in_ns R1 xdp-wg status | grep -q "^  $1 *$2" || fail "status shows $2 only as JSON"
	says 0 "packets that go fast bypass $3: $2" R1 xdp-wg load -R ${load_options:-} $bypass_all r1-a
}

names_nothing() {
	[ -z "$(bypassed)" ] || fail "status names $(bypassed)"
	[[ $(in_ns R1 xdp-wg load -R ${load_options:-} $bypass_all r1-a 2>&1) != *bypass* ]] ||
		fail "load says that something is bypassed"
}

# rules: a ruleset for nft, from standard input.
rules() {
	in_ns R1 nft -f - || fail "nft does not take the rules"
	undo in_ns R1 nft flush ruleset
}

firewall() {
	bypassing
	names_nothing
	rules <<-NFT
		table ip idle {
			chain forward {
				type filter hook forward priority 0;
			}
		}
	NFT
	names_nothing
	# It would drop what then crosses.
	rules <<-NFT
		table ip busy {
			chain forward {
				type filter hook forward priority 0;
				icmp type echo-request drop
			}
		}
	NFT
	names firewall "ip busy forward" "the firewall"
	says 0 "those that set up a TCP connection do not" R1 xdp-wg load -R $bypass_all r1-a
	crosses_fast
	in_ns R1 nft flush ruleset
	names_nothing
}

firewall_of_device() {
	bypassing
	rules <<-NFT
		table netdev wires {
			chain arriving {
				type filter hook ingress device "r1-a" priority 0;
				counter
			}
			chain leaving {
				type filter hook egress device "r1-r2" priority 0;
				counter
			}
		}
	NFT
	names firewall "netdev wires arriving on r1-a" "the firewall"
	bypassed | grep -qxF "firewall netdev wires leaving on r1-r2" ||
		fail "status does not name the chain at the egress"
}

# masquerading [MATCH...]: packets that match.
masquerading() {
	in_ns R1 nft flush ruleset
	rules <<-NFT
		table ip translation {
			chain postrouting {
				type nat hook postrouting priority srcnat;
				meta l4proto tcp $* masquerade
			}
		}
	NFT
}

nat() {
	local seen="rules (ip translation postrouting): this is the default, and nothing is broken"

	bypassing
	masquerading
	names nat "ip translation postrouting" "address translation"
	masquerading oifname wg0
	names nat "ip translation postrouting" "address translation"
	says 0 "ip translation postrouting (of packets that leave by wg0)" \
		R1 xdp-wg load -R $bypass_all r1-a
	# What goes fast does not leave there, and misses nothing. But the chain sees all packets.
	masquerading oif lo
	names_nothing
	masquerading oifname "ppp*"
	names_nothing
	load R1 -R
	ping_all A 10.2.0.2 3
	says 0 "$seen; they are only seen, not translated, by ip translation postrouting" \
		R1 xdp-wg status
	masquerading
	says 0 "$seen" R1 xdp-wg status
	[[ $(in_ns R1 xdp-wg status) != *"only seen"* ]] || fail "status does not see the rule for all"
}

flowtable() {
	bypassing
	rules <<-NFT
		table inet flows {
			flowtable short {
				hook ingress priority 0;
				devices = { "r1-a", "r1-r2" };
			}
		}
	NFT
	names flowtable "inet flows short" "the flowtable"
}

# The kernel makes a table when somebody asks for it.
iptables() {
	bypassing
	in_ns R1 iptables-legacy -S || fail "there is no table"
	spoil
	names firewall "iptables filter" "the firewall"
	rmmod iptable_filter || fail "the module cannot be unloaded"
	names_nothing
}

qdisc() {
	bypassing
	in_ns R1 tc qdisc add dev r1-r2 root fq_codel || fail "no fq_codel"
	undo in_ns R1 tc qdisc del dev r1-r2 root
	names_nothing
	in_ns R1 tc qdisc replace dev r1-r2 root tbf rate 1gbit burst 100k latency 50ms ||
		fail "no tbf"
	names qdisc "tbf on r1-r2" "the queueing discipline"
}

filter() {
	bypassing
	in_ns R1 tc qdisc add dev r1-a clsact || fail "no clsact"
	undo in_ns R1 tc qdisc del dev r1-a clsact
	names_nothing
	in_ns R1 tc filter add dev r1-a ingress matchall action pass || fail "no filter"
	names filter "matchall filter at ingress of r1-a" "traffic control"
}

# At the tc hook, only those are bypassed that come later.
tcx() {
	local id load_options="--hook tc"

	bypassing
	bpftool prog load "$tests/net/tcx.bpf.o" /sys/fs/bpf/other type tcx/ingress ||
		fail "no program"
	undo rm -f /sys/fs/bpf/other
	id=$(bpftool -j prog show pinned /sys/fs/bpf/other | jq .id)
	in_ns R1 bpftool net attach tcx_ingress pinned /sys/fs/bpf/other dev r1-a ||
		fail "the program cannot be attached"
	undo in_ns R1 bpftool net detach tcx_ingress dev r1-a
	load_options= names filter "program tcx_count ($id) at ingress of r1-a" "traffic control"
	in_ns R1 xdp-wg unload -q --all
	load R1 --hook tc $bypass_all
	names_nothing
	in_ns R1 xdp-wg unload -q r1-a
	in_ns R1 xdp-wg load -q --hook tc $bypass_all --before "$id" r1-a || fail "load --before failed"
	undo in_ns R1 xdp-wg unload -q --all
	names filter "program tcx_count ($id) at ingress of r1-a" "traffic control"
}

test_case firewall 60
test_case firewall-of-device 60
test_case nat 60
test_case flowtable 60
test_case qdisc 60
test_case filter 60
test_case tcx 60
test_case iptables 60
run_cases "$@"
