#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Netfilter's consent, load -c: flows that it lets through go fast, and none that it would not; what
# it decides anew takes effect within a sample; connections stay true, and packets in order.

. "$(dirname "$0")/consenting.sh"

# By the chain's own counter as well, what went fast has not come by it, and the samples have.
fast() {
	local options before

	firewalled
	for options in "${hooks_but_skb[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		before=$(seen)
		mark
		flows A 1 6000 --burst 8
		expect_gained R1 encapsulated 4500
		[ $(($(seen) - before)) -le 1500 ] || fail "the firewall saw $(($(seen) - before))"
		# On a fast machine all that took less than a second.
		before=$(seen)
		sleep 1.2
		flows A 1 100
		[ $(($(seen) - before)) -ge 1 ] || fail "the firewall saw no sample"
	done
	in_ns R1 xdp-wg unload -q --all
}

# TCP both ways: what is acknowledged, and the acknowledgements.
tcp() {
	local options

	firewalled
	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		transfer 12M 120
		# At the tc hook all pass as long as something waits in WireGuard's queues.
		[ "$options" != "--hook tc" ] || {
			expect_gained R1 encapsulated 3000
			continue
		}
		mostly_fast encapsulated 8000
		expect_gained R1 decapsulated 300
		expect_gained R1 netfilter 4
	done
	in_ns R1 xdp-wg unload -q --all
}

# ICMP echoes and their replies, which conntrack knows by their identifier.
pings() {
	firewalled
	pings_are_fast
}

# Other kinds of ICMP pass, and are answered: timestamps.
other_icmp() {
	local n

	firewalled
	consenting
	mark
	n=$(in_ns A python3 - <<-'PYTHON'
		import socket, struct, time
		icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
		icmp.settimeout(5)
		answers = 0
		for number in range(50):
		    words = [13 << 8, 0, 99, number, 0, 0, 0, 0, 0, 0]
		    total = sum(words)
		    words[1] = ~(total + (total >> 16)) & 0xffff
		    icmp.sendto(struct.pack("!10H", *words), ("10.2.0.2", 0))
		    while icmp.recv(128)[20] != 14:
		        pass
		    answers += 1
		print(answers)
	PYTHON
	) || fail "A gets no answers"
	[ "$n" = 50 ] || fail "A got $n answers"
	expect_gained R1 encapsulated 0 0
	expect_gained R1 decapsulated 0 0
	in_ns R1 xdp-wg unload -q --all
}

# When nothing is known of the tunnel any more, its handshake is the first that is seen of it, with
# another DSCP than its data.
rekeyed() {
	loaded
	stateful
	consenting --sample 5000
	forget
	in_ns R1 bash -c 'wg set wg0 private-key <(wg genkey) &&
		wg set wg0 private-key /run/topology/R1.key'
	ping_all A 10.2.0.2 3
	mark
	ping_all A 10.2.0.2 200
	expect_gained R1 encapsulated 150
	expect_gained R1 decapsulated 150
}

# Nobody may begin from outside: not before, during or after a flow that is allowed, and not with its
# addresses and other ports.
refused() {
	local output

	loaded
	stateful
	consenting
	for _ in before after; do
		ping_none B 10.1.0.2 3
		in_ns B timeout 2 bash -c 'echo > /dev/tcp/10.1.0.2/22' 2> /dev/null &&
			fail "B connects to A"
		output=$(python3 "$tests/net/flows.py" B 4 200 --lossy)
		[ "$output" = "received 0 late 0 lost 800" ] || fail "B reaches A: $output"
		flows A 4 500
	done
	mark
	flows A 4 500
	expect_gained R1 encapsulated 1000
	traffic_allowed
	output=$(python3 "$tests/net/flows.py" B 4 200 --lossy)
	[ "$output" = "received 0 late 0 lost 800" ] || fail "B reaches A: $output"
	in_ns B timeout 2 bash -c 'echo > /dev/tcp/10.1.0.2/22' 2> /dev/null && fail "B connects to A"
	traffic_over
}

arrived() {
	in_ns B nft -j list counter inet look arrived | jq '.nftables[1].counter.packets'
}

# counting: have B count segments of TCP that A sends.
counting() {
	rules B <<-NFT
		table inet look {
			chain in {
				type filter hook prerouting priority 0;
				tcp dport 5201 counter name arrived
			}
			counter arrived { }
		}
	NFT
}

# arriving: how many of them come in a second.
arriving() {
	local before

	before=$(arrived)
	sleep 1
	echo $(($(arrived) - before))
}

# A new rule takes effect for what is running, within a sample, as a ban does.
ban() {
	local options

	loaded
	stateful
	counting
	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		traffic_allowed
		mark
		[ "$(arriving)" -ge 50 ] || fail "there is no traffic ($options)"
		expect_gained R1 encapsulated 30
		in_ns R1 nft insert rule inet fw forward ip saddr 10.1.0.2 tcp dport 5201 drop
		sleep $((1 + SLOW))
		[ "$(arriving)" = 0 ] || fail "packets arrive in spite of the ban ($options)"
		traffic_over
		in_ns R1 nft flush chain inet fw forward
		stateful
	done
}

# A connection that is deleted is one no more, at once.
deleted() {
	loaded
	rules <<-NFT
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "r1-a" oifname "wg0" tcp flags syn / syn,ack accept
				iifname "r1-a" oifname "wg0" meta l4proto != tcp accept
			}
		}
	NFT
	in_ns R1 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
	undo in_ns R1 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
	counting
	consenting --sample 60000
	traffic_allowed
	mark
	[ "$(arriving)" -ge 50 ] || fail "there is no traffic"
	expect_gained R1 encapsulated 50
	forget
	sleep 0.2
	[ "$(arriving)" = 0 ] || fail "packets arrive without a connection"
	traffic_over
}

# A minute of samples, ten a second, in which nothing is overtaken.
order() {
	local options

	loaded
	stateful
	for options in "${hooks_but_skb[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting --sample 100 $options
		mark
		flows A 4 12000 --burst 8
		expect_gained R1 sample 20
		expect_gained R1 encapsulated 20000
	done
}

# pace: a third of what the stack carries here by TCP, in bits a second, 10 million at most. What is
# sent faster than the stack can follow is sent again because a queue was full.
pace() {
	local report=$state/iperf3 server

	listening
	in_ns A timeout $((30 * SLOW)) iperf3 -J -t 3 -c 10.2.0.2 > "$report" ||
		fail "TCP does not cross"
	wait $server
	jq '[(.end.sum_received.bits_per_second / 3 | floor), 10000000] | min' "$report"
}

# paced BITS: by TCP for some seconds, so many bits a second. Sets `again`: segments sent again for
# nothing.
paced() {
	local before server

	before=$(needless)
	listening
	mark
	in_ns A timeout $((30 * SLOW)) iperf3 -t 6 -b "$1" -c 10.2.0.2 ||
		fail "TCP does not cross"
	wait $server
	again=$(($(needless) - before))
}

# And so TCP sends no more again than with the stack alone.
resending() {
	local bits options kernel

	unloaded
	one_backlog
	stateful
	bits=$(pace)
	paced "$bits"
	kernel=$again
	load R2
	for options in "${hooks_but_skb[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting --sample 100 $options
		paced "$bits"
		echo "$options: $again overtaken, $kernel by the stack, at $bits bits a second"
		[ "$again" -le $((kernel + 3)) ] || fail "$again segments were overtaken ($options)"
		expect_gained R1 sample 20
		expect_gained R1 encapsulated 300
	done
	in_ns R1 xdp-wg unload -q --all
	in_ns R2 xdp-wg unload -q --all
}

# idling: whether a connection is there after six seconds in which nothing was sent, behind many in
# which much went fast, and whether one is after 20.
idling() {
	local long

	python3 "$tests/net/idle.py" 5 20 > "$state/idle" &
	long=$!
	python3 "$tests/net/idle.py" 20 6 || fail "A and B do not talk"
	wait $long || fail "A and B do not talk"
	cat "$state/idle"
}

# What goes fast keeps its connection for as long as the stack would, and no longer.
timeouts() {
	local way got

	firewalled
	rules <<-NFT
		flush ruleset
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "r1-a" oifname "wg0" tcp flags & (syn | ack) == syn accept
				iifname "r1-a" oifname "wg0" meta l4proto != tcp accept
			}
		}
	NFT
	in_ns R1 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 \
		net.netfilter.nf_conntrack_tcp_timeout_established=13
	undo in_ns R1 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1 \
		net.netfilter.nf_conntrack_tcp_timeout_established=432000
	for way in kernel native; do
		[ $way = kernel ] || consenting
		mark
		got=$(idling | xargs)
		[ "$got" = "yes no" ] || fail "$way: the connections are there: '$got', not 'yes no'"
	done
	expect_gained R1 encapsulated 1000
	expect_gained R1 decapsulated 1000
	in_ns R1 xdp-wg unload -q --all
}

# fast_before: without the rules that a case is about, and with a plain firewall, the same goes fast.
fast_before() {
	loaded
	stateful
	consenting
	mark
	flows A 1 500
	expect_gained R1 encapsulated 250
	in_ns R1 nft flush ruleset
}

# What rules change otherwise passes, and is changed.
changed() {
	fast_before
	rules <<-NFT
		table inet mangle {
			chain forward {
				type filter hook forward priority mangle;
				ct state established,new ip dscp set 10
			}
		}
	NFT
	rules B <<-NFT
		table inet look {
			chain in {
				type filter hook prerouting priority 0;
				udp dport 5001 ip dscp 10 counter name marked
			}
			counter marked { }
		}
	NFT
	consenting
	mark
	flows A 1 500
	expect_gained R1 encapsulated 0 0
	[ "$(in_ns B nft -j list counter inet look marked | jq '.nftables[1].counter.packets')" -ge 500 ] ||
		fail "B got packets that were not marked"
}

# A mark by itself does not matter. Where it leads past the tunnel, the route that the stack took is
# not the one that is asked for.
marked() {
	loaded
	rules <<-NFT
		table inet pbr {
			chain pre {
				type filter hook prerouting priority mangle;
				iifname "r1-a" udp dport 5001 ct state new,established meta mark set 0x10000
			}
		}
	NFT
	consenting
	mark
	flows A 1 500
	expect_gained R1 encapsulated 250
	in_ns R1 ip rule add fwmark 0x10000/0xff0000 table 256
	undo in_ns R1 ip rule del fwmark 0x10000/0xff0000 table 256
	in_ns R1 ip route add 10.2.0.0/24 via 192.0.2.2 table 256
	undo in_ns R1 ip route flush table 256
	sleep 2
	mark
	flows A 1 500
	expect_gained R1 encapsulated 0 0
}

# With accounting, connections count what goes fast.
counted() {
	local got

	loaded
	stateful
	in_ns R1 sysctl -qw net.netfilter.nf_conntrack_acct=1
	undo in_ns R1 sysctl -qw net.netfilter.nf_conntrack_acct=0
	consenting --sample 60000
	forget
	mark
	flows A 1 3000
	mostly_fast encapsulated 3000
	got=$(in_ns R1 sed -n 's/.*dport=5001 packets=\([0-9]*\) bytes=\([0-9]*\).*/\1 \2/p' \
		/proc/net/nf_conntrack)
	[ "$got" = "3000 $((3000 * 32))" ] || fail "the connection has counted '$got'"
}

# A connection ends for conntrack when it ends, whatever went fast before.
ends() {
	local table=/proc/net/nf_conntrack

	loaded
	stateful
	consenting
	transfer 12M 120
	mostly_fast encapsulated 8000
	in_ns R1 grep -E 'tcp .*dport=5201' $table
	[ "$(in_ns R1 grep -cE 'tcp .* (TIME_WAIT|CLOSE|LAST_ACK) .*dport=5201' $table)" -ge 2 ] ||
		fail "connections that are over are not"
	traffic_allowed
	in_ns R1 grep -E 'tcp .* ESTABLISHED .*dport=5201' $table
	[ "$(in_ns R1 sed -nE 's/.*tcp +6 ([0-9]+) ESTABLISHED .*dport=5201.*/\1/p' $table | sort -n |
		head -n 1)" -gt 100000 ] || fail "a connection that lives is to be forgotten soon"
	traffic_over
}

# The module has hooks where a program asks, and only as long as one does: while there are rules, even
# where packets go on.
gone() {
	local end pinging

	loaded
	stateful
	in_ns R1 nft 'add table netdev early;
		add chain netdev early lan { type filter hook ingress device "r1-a" priority 0; };
		add rule netdev early lan counter'
	consenting
	! in_ns R2 nft list hooks | grep -q see_ || fail "there are hooks where nobody asks"
	in_ns R1 nft flush ruleset
	in_ns A ping -q -n -i 0.2 10.2.0.2 > /dev/null &
	pinging=$!
	end=$((SECONDS + 75 * SLOW))
	while in_ns R1 nft list hooks | grep -q see_; do
		[ $SECONDS -lt $end ] || fail "the hooks have not gone"
		sleep 1
	done
	kill $pinging
	stateful
	consenting --sample 60000
	mark
	flows A 1 1000
	expect_gained R1 encapsulated 800
}

# A namespace can go while its connections are noted, and its tunnel with it.
namespace() {
	loaded
	in_ns R1 nft -f - <<-NFT || fail "nft does not take the rules"
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,new accept
			}
		}
	NFT
	consenting
	mark
	flows A 8 400
	expect_gained R1 encapsulated 1000
	spoil
	timeout $((20 * SLOW)) ip netns del R1 || fail "R1 cannot be deleted"
	timeout $((60 * SLOW)) ip netns add R1-again || fail "there is no new namespace"
	ip netns del R1-again
	[ -d /sys/module/nf_conntrack/holders ] || fail "there is no connection tracking"
	[ ! -e /sys/module/nf_conntrack/holders/wireguard ] || fail "the module depends on conntrack"
}

# The module can be unloaded while its hooks are still there.
module() {
	local ns

	loaded
	stateful
	consenting
	spoil
	for ns in $routers; do
		in_ns $ns xdp-wg unload -q --all
		in_ns $ns ip link del wg0
	done
	in_ns R1 nft list hooks | grep -q see_leaving || fail "the hooks have gone already"
	modprobe -r wireguard || rmmod wireguard || fail "the module cannot be unloaded"
	! in_ns R1 nft list hooks | grep -q see_ || fail "the hooks are still there"
	in_ns A ping -q -c 1 -W 1 10.1.0.1 > /dev/null || fail "R1 does not answer"
	modprobe wireguard || fail "the module cannot be loaded"
}

options() {
	unloaded
	says 2 "--conntrack and --bypass-netfilter exclude each other" \
		R1 xdp-wg load -c --bypass-netfilter r1-a
	says 2 "--sample needs --conntrack" R1 xdp-wg load --sample 500 r1-a
	says 2 "50 to 60000 milliseconds" R1 xdp-wg load -c --sample 49 r1-a
	stateful
	says 0 "with --conntrack, flows that it lets through go fast" R1 xdp-wg load r1-a
	says 0 "flows go fast once it has let them through" R1 xdp-wg load -c -R r1-a
	says 0 "conntrack" R1 xdp-wg status r1-a
	in_ns R1 xdp-wg unload -q --all
}

test_case fast 120
test_case tcp 120
test_case pings 90
test_case other-icmp 40
test_case rekeyed 40
test_case refused 60
test_case ban 90
test_case deleted 40
test_case order 200
test_case resending 120
test_case timeouts 90
test_case changed 40
test_case marked 40
test_case counted 40
test_case ends 60
test_case gone 120
test_case namespace 60
test_case module 40
test_case options 30
run_cases "$@"
