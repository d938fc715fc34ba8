#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What rules do with packets beside accepting and dropping them, with netfilter's consent, load -c.

. "$(dirname "$0")/consenting.sh"

# A program decides about packets, and when it has gone, nobody lets them through any more.
queued() {
	local options consumer output

	firewalled
	in_ns R1 nft insert rule inet fw forward udp dport 5001 queue to 7
	for options in "${hooks_but_skb[@]}"; do
		# On another CPU nobody would know a packet again that comes out of the queue.
		in_ns R1 taskset -c 0 python3 "$tests/net/queue.py" 7 > "$state/queue" &
		consumer=$!
		until [ -s "$state/queue" ]; do
			kill -0 $consumer || fail "nobody takes packets from the queue"
			sleep 0.1
		done
		# And what is busy here would have its flows go there.
		[ "$options" != "-m native" ] || options+=" -r none"
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		taskset -p -c 0 $BASHPID > /dev/null
		flows A 4 500
		taskset -p -c 0-$(($(nproc --all) - 1)) $BASHPID > /dev/null
		[ "$options" = "-r inner_flow" ] || expect_gained R1 encapsulated 200
		kill $consumer
		wait $consumer
		rm "$state/queue"
		sleep $((1 + SLOW))
		output=$(python3 "$tests/net/flows.py" A 4 100 --lossy)
		[ "$output" = "received 0 late 0 lost 400" ] || fail "B is reached: $output"
	done
	in_ns R1 xdp-wg unload -q --all
}

# connected: how many connections A has to B.
connected() {
	in_ns A ss -Htn state established dst 10.2.0.2 | wc -l
}

# Who is refused is told so, in the middle of a flow.
rejected() {
	local options pinging

	firewalled
	for options in "${hooks[@]}"; do
		# shellcheck disable=SC2086 # words
		consenting $options
		mark
		in_ns A timeout $((30 * SLOW)) ping -n -i 0.02 10.2.0.2 > "$state/pings" &
		pinging=$!
		traffic_allowed
		[ "$(connected)" = 2 ] || fail "A has no transfer ($options)"
		expect_gained R1 encapsulated 100
		in_ns R1 nft "insert rule inet fw forward ip daddr 10.2.0.2 icmp type echo-request reject;
			insert rule inet fw forward ip daddr 10.2.0.2 tcp dport 5201 reject with tcp reset"
		sleep $((1 + SLOW))
		# What the transfer is controlled by says nothing, and may stay.
		[ "$(connected)" -lt 2 ] || fail "a connection goes on that was reset ($options)"
		kill $pinging
		grep -q "From 10.1.0.1 .* Destination Port Unreachable" "$state/pings" ||
			fail "A is not told that it is refused ($options)"
		traffic_over
		in_ns R1 nft flush chain inet fw forward
		stateful
	done
	in_ns R1 xdp-wg unload -q --all
}

# What is not tracked passes, and what is beside it goes fast.
untracked() {
	firewalled
	rules <<-NFT
		table inet raw {
			chain pre {
				type filter hook prerouting priority raw;
				udp dport 5001 notrack
			}
		}
		table inet fw {
			chain forward {
				ct state untracked accept
			}
		}
	NFT
	consenting
	mark
	flows A 4 500
	expect_gained R1 encapsulated 0 0
	transfer 12M 120
	mostly_fast encapsulated 8000
	in_ns R1 xdp-wg unload -q --all
}

# Connections of a zone go fast as any others, those of the tunnel as well.
zones() {
	local name

	firewalled
	rules <<-NFT
		table inet zones {
			map zones {
				typeof iifname : ct zone
				elements = { "r1-a" : 7, "wg0" : 7, "r1-r2" : 9 }
			}
			chain pre {
				type filter hook prerouting priority raw;
				ct zone set iifname map @zones
			}
			chain out {
				type filter hook output priority raw;
				oifname "r1-r2" ct zone set 9
			}
		}
	NFT
	forget
	pings_are_fast
	forget
	consenting
	transfer 12M 120
	mostly_fast encapsulated 8000
	for name in 7 9; do
		in_ns R1 grep -q " zone=$name " /proc/net/nf_conntrack || fail "there is no zone $name"
	done
	# Other rules, and the tunnel's own datagrams are in another zone.
	consenting --sample 60000
	load R1 -R -c --sample 200
	in_ns R1 nft "flush chain inet zones out; add rule inet zones out oifname r1-r2 ct zone set 10"
	sleep 1
	mark
	flows A 1 1000
	expect_gained R1 encapsulated 400
	# Packets that look alike are of two connections: nobody can tell of which, once both were seen.
	in_ns R1 nft "flush chain inet zones pre;
		add rule inet zones pre iifname r1-a udp dport 5001 \
			ct zone set numgen inc mod 2 map { 0 : 7, 1 : 8 }"
	forget
	consenting --sample 60000
	in_ns R1 xdp-wg unload -q --all
	flows A 1 20
	load R1 -c --sample 60000
	mark
	flows A 1 500
	expect_gained R1 encapsulated 0 0
	in_ns R1 xdp-wg unload -q --all
}

# at_ingress COMMAND: what nft is told of a chain at the ingress of each interface on the way.
at_ingress() {
	local name

	for name in r1-a wg0 r1-r2; do
		in_ns R1 nft "${1//NAME/$name}" || fail "nft does not take '$1' for $name"
	done
}

# Chains where interfaces receive packets are on the way as any others: what they change passes, and
# what they drop is dropped. Their interface may go.
ingress() {
	firewalled
	in_ns R1 nft add table netdev early
	at_ingress 'add chain netdev early NAME { type filter hook ingress device "NAME" priority 0; }
		add rule netdev early NAME ip saddr 10.66.0.0/16 drop'
	pings_are_fast
	consenting
	mark
	flows A 4 500
	expect_gained R1 encapsulated 1000
	watching B "ip saddr 10.1.0.2 udp dport 5001 ip ttl != 31"
	in_ns R1 nft add rule netdev early r1-a udp dport 5001 ip ttl set 33
	sleep $((1 + SLOW))
	mark
	in_ns B nft reset counters > /dev/null
	flows A 4 500
	none_wrong B
	expect_gained R1 encapsulated 0 0
	in_ns R1 nft flush chain netdev early r1-a
	traffic_allowed
	mark
	sleep 1
	expect_gained R1 decapsulated 20
	in_ns R1 nft add rule netdev early wg0 tcp sport 5201 drop
	sleep $((1 + SLOW))
	mark
	sleep 1
	expect_gained R1 decapsulated 0 0
	traffic_over
	in_ns R1 ip link del wg0 || fail "the tunnel does not go"
	spoil
	in_ns R1 nft list hooks | grep -q wg_bpf_see_ingress || fail "there is no witness any more"
	in_ns R1 xdp-wg unload -q --all
}

late() {
	echo "$(all_answered A 10.2.0.2), $(none_answered A fd00:2::2)"
}

# A chain where packets leave sees all of them, whatever sends them.
egress() {
	unloaded
	rules <<-NFT
		table netdev late {
			chain lan {
				type filter hook egress device "r1-a" priority 0;
				icmpv6 type echo-reply drop
			}
		}
	NFT
	ways="$ways consent-tc" same_as "yes, none" late
	in_ns R1 xdp-wg unload -q --all
	in_ns R2 xdp-wg unload -q --all
}

# What is in a flowtable goes by it, in both directions, and what is not goes fast.
flowtable() {
	firewalled
	rules <<-NFT
		table inet fw {
			flowtable short {
				hook ingress priority 0;
				devices = { "r1-a", "wg0", "r1-r2" };
			}
			chain shorten {
				type filter hook forward priority filter + 1;
				meta l4proto tcp ct state established flow add @short
			}
		}
	NFT
	consenting
	forget
	mark
	traffic_allowed
	in_ns R1 grep "dport=5201 .*OFFLOAD" /proc/net/nf_conntrack || fail "nothing is in the flowtable"
	traffic_over
	transfer 12M 120
	expect_gained R1 encapsulated 0 50
	expect_gained R1 decapsulated 0 50
	mark
	ping_all A 10.2.0.2 200
	ping_all A fd00:2::2 200
	expect_gained R1 encapsulated 300
	expect_gained R1 decapsulated 300
	in_ns R1 xdp-wg unload -q --all
}

# slow_by TABLE: TCP passes, every packet of it, and without those rules it goes fast.
slow_by() {
	consenting
	transfer 2M 120
	expect_gained R1 encapsulated 0 0
	in_ns R1 nft delete table ip "$1"
	forget
	transfer 2M 120
	mostly_fast encapsulated 1200
	in_ns R1 xdp-wg unload -q --all
}

# What a helper reads must pass, as its connections are told by it; and what a proxy answers for.
helped() {
	firewalled
	modprobe nf_conntrack_ftp || fail "there is no helper"
	rules <<-NFT
		table ip helpers {
			ct helper files {
				type "ftp" protocol tcp
			}
			chain pre {
				type filter hook prerouting priority filter;
				tcp dport 5201 ct helper set "files"
			}
		}
	NFT
	slow_by helpers
}

proxied() {
	firewalled
	rules <<-NFT
		table ip proxy {
			chain pre {
				type filter hook prerouting priority raw;
				iifname "r1-a" tcp dport 5201 tcp flags syn notrack
			}
			chain forward {
				type filter hook forward priority filter - 1;
				iifname "r1-a" tcp dport 5201 ct state invalid,untracked \
					synproxy mss 1360 wscale 7 timestamp sack-perm
			}
		}
	NFT
	in_ns R1 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
	undo in_ns R1 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
	slow_by proxy
}

# The size of segments is changed in the handshake alone, where the firewall is and behind it.
clamped() {
	firewalled
	rules <<-NFT
		table inet clamp {
			chain forward {
				type filter hook forward priority mangle;
				iifname "r1-a" tcp flags syn tcp option maxseg size set 1000
			}
			chain post {
				type filter hook postrouting priority mangle;
				oifname "r1-a" tcp flags syn tcp option maxseg size set 900
			}
		}
	NFT
	watching B "tcp flags & (syn | ack) == syn tcp option maxseg size != 1000"
	watching A "tcp flags & (syn | ack) == syn | ack tcp option maxseg size != 900"
	consenting
	transfer 8M 120
	mostly_fast encapsulated 8000
	none_wrong A
	none_wrong B
	in_ns R1 xdp-wg unload -q --all
}

# scan: how many connections R1 knows when A has tried ports of B that are closed, which are forgotten
# at once, and 20 that say nothing, and has sent datagrams from 100 ports.
scan() {
	local port tries=()

	forget
	for port in {1..40} {1001..1020}; do
		in_ns A timeout $((3 * SLOW)) bash -c "exec 3<> /dev/tcp/10.2.0.2/$port" 2> /dev/null &
		tries+=($!)
	done
	wait "${tries[@]}"
	flows A 100 2 > /dev/null
	in_ns R1 grep -c "src=10.1.0.2 dst=10.2.0.2" /proc/net/nf_conntrack
}

# Who looks for open ports leaves as much behind as with the stack alone.
scanned() {
	firewalled
	rules B <<-NFT
		table inet quiet {
			chain in {
				type filter hook prerouting priority 0;
				tcp dport 1001-1020 drop
			}
		}
	NFT
	ways="kernel consent consent-tc" same_as 120 scan
	in_ns R1 xdp-wg unload -q --all
}

test_case queued 90
test_case rejected 90
test_case untracked 60
test_case zones 120
test_case ingress 120
test_case egress 90
test_case flowtable 60
test_case helped 60
test_case proxied 60
test_case clamped 60
test_case scanned 60
run_cases "$@"
