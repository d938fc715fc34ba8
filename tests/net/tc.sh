#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tc hook: the same packets go fast there, beside the programs of others, and what it alone meets
# passes: packets that are merged, tags that are beside the packet.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "$0")/lib.sh"

others=/sys/fs/bpf/others

# on_tc [OPTION...]: the network, with the tc program on the routers.
on_tc() {
	local ns

	unloaded
	for ns in $routers; do
		load $ns --hook tc "$@"
		undo in_ns $ns xdp-wg unload -q --all
	done
	wait_session 30 || fail "A and B do not reach each other with --hook tc"
}

# other NAME: somebody else's program, attached to r1-a behind what is there. Sets other_id.
other() {
	if [ ! -d $others ]; then
		bpftool prog loadall "$tests/net/tcx.bpf.o" $others ||
			fail "the programs of others cannot be loaded"
		undo rm -r $others
	fi
	in_ns R1 bpftool net attach tcx_ingress pinned $others/"$1" dev r1-a ||
		fail "$1 cannot be attached"
	undo in_ns R1 bpftool net detach tcx_ingress dev r1-a
	other_id=$(bpftool -j prog show pinned $others/"$1" | jq .id)
}

seen() {
	bpftool -j map dump name tcx_seen | jq '.[0].formatted.value'
}

# position IS OF: where our program stands on r1-a, as status says.
position() {
	says 0 "r1-a: tc, position $1 of $2, program" R1 xdp-wg status r1-a
}

fast() {
	on_tc
	crosses_fast 20
	position 1 1
	in_ns R1 xdp-wg status -j r1-a | jq -e '.interfaces[0] | .hook == "tc" and .position == 1' \
		> /dev/null || fail "status -j does not show the hook"
	in_ns R1 bpftool net show dev r1-a | grep -q 'tcx/ingress tc_wg' ||
		fail "bpftool net does not show it"
	says 0 "unloaded from r1-a" R1 xdp-wg unload r1-a
	says 3 "not loaded on r1-a" R1 xdp-wg status r1-a
	in_ns R1 xdp-wg unload -q --all && in_ns R2 xdp-wg unload -q --all
	nothing_left
	crosses
}

outer_6() {
	unloaded 6
	load R1 --hook tc
	undo in_ns R1 xdp-wg unload -q --all
	load R2 --hook tc -u
	undo in_ns R2 xdp-wg unload -q --all
	wait_session 30 || fail "A and B do not reach each other with --hook tc"
	crosses_fast
}

# Without an option the last, so that all others have seen what it sends.
place() {
	local before filter

	unloaded
	load R2 --hook tc
	undo in_ns R2 xdp-wg unload -q --all
	other tcx_no_large
	filter=$other_id
	load R1 --hook tc
	undo in_ns R1 xdp-wg unload -q --all
	position 2 2
	ping_none A 10.2.0.2 3 -s 1200
	crosses_fast
	in_ns R1 xdp-wg unload -q r1-a
	[ "$(in_ns R1 bpftool -j net show dev r1-a | jq '.[0].tc | length')" = 1 ] ||
		fail "unload took another program along"

	# Before it, packets pass because of it, unless it is to be bypassed.
	in_ns R1 xdp-wg load -q --hook tc --before "$filter" r1-a || fail "load --before failed"
	position 1 2
	ping_none A 10.2.0.2 3 -s 1200
	mark
	crosses
	expect_gained R1 encapsulated 0 0
	expect_gained R1 traffic-control 20
	load R1 -R --hook tc --bypass-tc
	position 1 2
	ping_all A 10.2.0.2 3 -s 1200
	crosses_fast
	ping_none A 10.1.0.1 3 -s 1200

	# Behind it, only what it has passed is seen.
	other tcx_count
	in_ns R1 xdp-wg unload -q r1-a
	in_ns R1 xdp-wg load -q --hook tc --bypass-tc --after "$filter" r1-a ||
		fail "load --after failed"
	position 2 3
	before=$(seen)
	ping_all A 10.2.0.2 5
	ping_all A 10.1.0.1 3
	[ $(($(seen) - before)) = 3 ] ||
		fail "the program behind saw $(($(seen) - before)) packets, not 3"
}

refused() {
	unloaded
	says 2 "--mode is for XDP" R1 xdp-wg load --hook tc -m skb r1-a
	says 2 "--prio is for XDP" R1 xdp-wg load --hook tc -P 40 r1-a
	says 2 "exclude each other" R1 xdp-wg load --hook tc -B 1 -A 2 r1-a
	says 2 "keeps the program's place" R1 xdp-wg load --hook tc -R -B 1 r1-a
	says 2 "need --hook tc" R1 xdp-wg load -A 1 r1-a
	says 2 "is a number from 1" R1 xdp-wg load --hook tc -A 0 r1-a
	says 2 "must be xdp or tc" R1 xdp-wg load --hook netfilter r1-a
	says 1 "has no program 4294967295 at tcx ingress" R1 xdp-wg load --hook tc -B 4294967295 r1-a
	nothing_left
}

# Its options change without a packet lost, and its place and link stay.
replace() {
	local before after

	on_tc
	before=$(in_ns R1 xdp-wg status -j r1-a | jq -c '.interfaces[0] | [.position, .link_id]')
	traffic_start
	mark
	load R1 -R --hook tc -u
	sleep 1
	load R1 -R --hook tc
	[ "$(gained R1 encapsulated)" -gt 0 ] || fail "the counters did not go on"
	traffic_lossless
	after=$(in_ns R1 xdp-wg status -j r1-a | jq -c '.interfaces[0] | [.position, .link_id]')
	[ "$before" = "$after" ] || fail "place and link were $before and are $after"
	says 1 "already loaded on r1-a" R1 xdp-wg load --hook tc r1-a
	crosses_fast
}

# A program at either hook leaves the other nothing to do. Different interfaces may differ.
both_hooks() {
	loaded
	says 1 "nothing left to do for tc_wg" R1 xdp-wg load --hook tc r1-a
	says 1 "nothing left to do for tc_wg" R1 xdp-wg load -R --hook tc r1-a
	in_ns R1 xdp-wg unload -q r1-a
	undo load R1 -R
	in_ns R1 xdp-wg load -q --hook tc r1-a || fail "load failed"
	undo in_ns R1 xdp-wg unload -q r1-a
	says 1 "nothing left to do for xdp_wg_auto" R1 xdp-wg load r1-a
	says 1 "nothing left to do for xdp_wg_auto" R1 xdp-wg load -R r1-a
	crosses_fast
	in_ns R1 xdp-wg status -j | jq -e '[.interfaces[] | .hook] | sort == ["tc", "xdp"]' \
		> /dev/null || fail "status does not show both hooks"
}

# What somebody has attached without a link, or keeps the link of, unload detaches too.
without_link() {
	unloaded
	bpftool prog load /usr/lib/bpf/tc_wg.bpf.o /sys/fs/bpf/other_tc || fail "no program"
	undo rm -f /sys/fs/bpf/other_tc
	in_ns R1 bpftool net attach tcx_ingress pinned /sys/fs/bpf/other_tc dev r1-a ||
		fail "the program cannot be attached"
	says 0 "without link" R1 xdp-wg status r1-a
	says 1 "attached without a link" R1 xdp-wg load -R --hook tc r1-a
	says 0 "unloaded" R1 xdp-wg unload r1-a
	says 3 "not loaded" R1 xdp-wg status r1-a
}

# merging on|off: whether what A sends comes to R1 in large packets.
merging() {
	local size=65536

	[ "$1" = on ] || size=1
	in_ns A ethtool -K a-r1 tx "$1" tso "$1" gso "$1" > /dev/null
	in_ns A ip link set a-r1 gso_max_segs $((size == 1 ? 1 : 65535))
	in_ns R1 ip link set r1-a gro_max_size $size gro_ipv4_max_size $size
}

# What GRO has merged could not be split again: it is the stack's, and load says so.
gro() {
	unloaded
	says 0 "r1-a has GRO on" R1 xdp-wg load --hook tc -r none r1-a
	undo in_ns R1 xdp-wg unload -q --all
	merging on
	undo merging off
	transfer 400K 60
	expect_gained R1 gso 10
	merging off
	transfer 400K 60
	expect_gained R1 encapsulated 280
	expect_gained R1 gso 0 0

	in_ns R1 xdp-wg unload -q r1-a
	in_ns R1 ethtool -K r1-a gro off
	undo in_ns R1 ethtool -K r1-a gro on
	[[ $(in_ns R1 xdp-wg load --hook tc r1-a 2>&1) != *GRO* ]] ||
		fail "load warns about GRO where it is off"
}

# bulk: by TCP from a sender that segments, for some seconds. Sets `again`: segments sent again for
# nothing.
bulk() {
	local before

	before=$(needless)
	transfer 12M 120
	again=$(($(needless) - before))
}

# At the tc hook some of a flow's packets come merged and pass, and others come single: these do not
# overtake. At the others none is merged.
order() {
	local ns again kernel options

	unloaded
	one_backlog
	merging on
	undo merging off
	bulk
	kernel=$again
	for options in "--hook tc" "--hook tc -r auto" "-m native" "-m skb" "-r inner_flow"; do
		for ns in $routers; do
			in_ns $ns xdp-wg unload -q --all
			# shellcheck disable=SC2086 # words
			load $ns $options
		done
		wait_session 30 || fail "A and B do not reach each other ($options)"
		bulk
		echo "overtaken: $kernel with the kernel, $again with $options"
		[ "$options" != "--hook tc" ] || expect_gained R1 gso 100
		[ "$again" -le $((kernel + 5)) ] ||
			fail "$again segments were overtaken, not $kernel ($options)"
	done
	on_tc
	merging off
	in_ns A ping -q -n -c 3 -i 0.2 10.2.0.2 > /dev/null
	crosses_fast
}

# A checksum that A's interface was to finish is finished before the packet is encrypted. R2 is XDP's,
# behind which B's stack verifies all.
partial_checksums() {
	local before

	unloaded
	load R1 --hook tc
	undo in_ns R1 xdp-wg unload -q --all
	load R2
	undo in_ns R2 xdp-wg unload -q --all
	in_ns A ethtool -K a-r1 tx on tso off gso off > /dev/null
	undo in_ns A ethtool -K a-r1 tx off
	wait_session 30 || fail "A and B do not reach each other"
	before=$(in_ns B nstat -asz UdpInCsumErrors Udp6InCsumErrors TcpInCsumErrors |
		awk '/Errors/ { n += $2 } END { print n }')
	transfer 400K 60
	expect_gained R1 encapsulated 280
	mark
	traffic_start
	sleep 2
	traffic_lossless
	[ "$(gained R1 encapsulated)" -ge $((traffic_sent / 2)) ] ||
		fail "only $(gained R1 encapsulated) of $traffic_sent packets were encrypted fast"
	[ "$(in_ns B nstat -asz UdpInCsumErrors Udp6InCsumErrors TcpInCsumErrors |
		awk '/Errors/ { n += $2 } END { print n }')" = "$before" ] ||
		fail "packets came to B with wrong checksums"
}

# A tag that the sender's interface was to insert is beside the packet.
vlan() {
	on_tc
	modprobe 8021q || fail "no VLANs"
	in_ns A ethtool -K a-r1 txvlan on > /dev/null
	undo in_ns A ethtool -K a-r1 txvlan off
	in_ns A ip link add link a-r1 name a-r1.5 type vlan id 5 &&
		in_ns R1 ip link add link r1-a name r1-a.5 type vlan id 5 || fail "no VLAN"
	undo in_ns A ip link del a-r1.5
	undo in_ns R1 ip link del r1-a.5
	in_ns A ip addr add 10.5.0.2/24 dev a-r1.5 && in_ns A ip link set a-r1.5 up &&
		in_ns R1 ip addr add 10.5.0.1/24 dev r1-a.5 && in_ns R1 ip link set r1-a.5 up &&
		in_ns A ip route add 10.2.0.2 via 10.5.0.1 src 10.1.0.2 || fail "no address"
	mark
	ping_all A 10.5.0.1 5
	ping_all A 10.2.0.2 5
	expect_gained R1 vlan 0 0
	expect_gained R1 encapsulated 4
	in_ns A ip route del 10.2.0.2 via 10.5.0.1
	crosses_fast
}

# Whoever looks at the packets holds the same memory: it must not change under him.
watched() {
	local n

	on_tc
	in_ns R1 timeout $((30 * SLOW)) tcpdump -n -U -s 200 -i r1-a -w "$state/dump" icmp \
		2> "$state/error" &
	for n in {1..100}; do
		grep -q listening "$state/error" && break
		sleep 0.1
	done
	crosses
	ping_all A 10.2.0.2 20 -s 1000 -p 5a
	sleep 1
	kill $!
	wait $! || true
	n=$(tcpdump -n -r "$state/dump" 'src 10.1.0.2 and icmp[icmptype] == icmp-echo and
		icmp[40:4] == 0x5a5a5a5a and icmp[100:4] == 0x5a5a5a5a' 2> /dev/null | wc -l)
	[ "$n" = 20 ] || fail "whoever watches r1-a sees $n pings as they were sent, not 20"
	crosses_fast
}

# What goes fast is queued where it is sent.
queued() {
	local before

	on_tc
	in_ns R1 tc qdisc add dev r1-r2 root handle 1: tbf rate 100mbit burst 100k latency 50ms ||
		fail "no qdisc"
	undo in_ns R1 tc qdisc del dev r1-r2 root
	before=$(in_ns R1 tc -j -s qdisc show dev r1-r2 root | jq '.[0].packets')
	crosses_fast
	[ $(($(in_ns R1 tc -j -s qdisc show dev r1-r2 root | jq '.[0].packets') - before)) -ge 20 ] ||
		fail "packets did not go through the queue"
	! in_ns R1 xdp-wg status | grep -q tbf || fail "status says that the queue is bypassed"
}

# rooms WHICH: packets that came with little (0) or much (1) room in front, until now.
rooms() {
	bpftool -j map dump name tcx_rooms | jq ".[] | .formatted | select(.key == $1) | .value"
}

# in_room OUTER PROGRAM: R1 encrypts for R2, which leaves decryption to XDP, behind a program of
# others that counts what room packets have in front.
in_room() {
	unloaded "$1"
	load R2
	undo in_ns R2 xdp-wg unload -q --all
	other "$2"
	load R1 --hook tc
	undo in_ns R1 xdp-wg unload -q --all
	position 2 2
	wait_session 30 || fail "A and B do not reach each other with --hook tc"
}

# some_lengths WHICH: packets of some lengths, with little or much room, arrive as they were sent.
some_lengths() {
	local sent before

	before=$(rooms "$1")
	mark
	timeout $((100 * SLOW)) python3 "$tests/net/lengths.py" --some > "$state/lengths" \
		2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
	sent=$(awk '{ n += $1 } END { print n }' "$state/lengths")
	expect_fast "$sent"
	[ $(($(rooms "$1") - before)) -ge "$sent" ] ||
		fail "only $(($(rooms "$1") - before)) of $sent packets came with such room"
}

# Raw sockets and those of UDP leave hardly any room, as AF_PACKET does.
little_room_outer_4() {
	in_room 4 tcx_room
	some_lengths 0
}

little_room_outer_6() {
	in_room 6 tcx_room
	some_lengths 0
}

much_room_outer_4() {
	in_room 4 tcx_more_room
	some_lengths 1
}

much_room_outer_6() {
	in_room 6 tcx_more_room
	some_lengths 1
}

# TCP leaves room for the longest headers there are.
tcp_room() {
	local before

	in_room 4 tcx_room
	before=$(rooms 1)
	transfer 400K 60
	expect_gained R1 encapsulated 280
	[ $(($(rooms 1) - before)) -ge 280 ] ||
		fail "only $(($(rooms 1) - before)) packets of TCP came with much room"
}

# class_packets: what each class of the queue on r1-r2 has sent, a line each.
class_packets() {
	in_ns R1 tc -s class show dev r1-r2 |
		awk '/^class prio/ { class = $3 } / Sent / { print class, $4 }'
}

# spread FLOWS PACKETS: send so many of each flow from A. Sets used to the number of classes that
# got as many as one flow has, and most and all to packets: of the fullest class, and of all.
spread() {
	class_packets > "$state/before"
	mark
	timeout $((100 * SLOW)) python3 "$tests/net/flows.py" A "$1" "$2" > "$state/flows" ||
		fail "the flows ended with an error"
	[[ $(cat "$state/flows") == *" lost 0" ]] || fail "flows: $(cat "$state/flows")"
	expect_gained R1 encapsulated $(($1 * $2))
	class_packets > "$state/after"
	paste "$state/before" "$state/after"
	read -r used most all <<< "$(paste "$state/before" "$state/after" | awk -v least="$2" '
		{ n = $4 - $2; all += n; used += n >= least; if (n > most) most = n }
		END { print used + 0, most + 0, all + 0 }')"
	[ "$all" -ge $(($1 * $2)) ] ||
		fail "only $all of $(($1 * $2)) packets went through the queue"
}

# check_hash PROGRAM: behind that one, what is encrypted is queued by the flow that it had. Flows
# differ in their classes, and the packets of one do not.
check_hash() {
	in_room 4 "$1"
	in_ns R1 tc qdisc add dev r1-r2 root handle 1: prio bands 8 \
		priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 || fail "no qdisc"
	undo in_ns R1 tc qdisc del dev r1-r2 root
	in_ns R1 tc filter add dev r1-r2 parent 1: protocol all prio 1 handle 1 \
		flow map key rxhash divisor 8 baseclass 1:1 || fail "no filter"
	spread 64 8
	[ "$used" -ge 4 ] || fail "64 flows are in $used of 8 classes"
	spread 1 200
	[ "$most" -ge 200 ] && [ $((all - most)) -lt 20 ] ||
		fail "of $all packets, nearly all of one flow, $most are in one class"
}

# All that is outside of the tunnel's packets is the same for all flows.
hash() {
	check_hash tcx_room
}

hash_much_room() {
	check_hash tcx_more_room
}

# A kernel without tcx does not know the query, which strace says in its place.
no_tcx() {
	local n

	unloaded
	# One query for each interface finds what is loaded, and the next is whether there is tcx.
	n=$(in_ns R1 ip -o link | wc -l)
	in_ns R1 strace -o "$state/trace" -e trace=bpf xdp-wg load -q --hook tc r1-a ||
		fail "load failed when it was traced"
	in_ns R1 xdp-wg unload -q --all
	n=$(awk -v n="$n" '/^bpf\(/ { calls++ } /^bpf\(BPF_PROG_QUERY/ && !n-- { print calls; exit }' \
		"$state/trace")
	says 1 "the kernel has no tcx hook" R1 strace -o /dev/null -e trace=bpf \
		-e "inject=bpf:error=EINVAL:when=$n" xdp-wg load --hook tc r1-a
	nothing_left
}

test_case fast 60
test_case place 60
test_case refused 60
test_case replace 60
test_case both-hooks 60
test_case without-link 60
test_case gro 60
test_case order 150
test_case partial-checksums 60
test_case vlan 60
test_case watched 60
test_case queued 60
test_case hash 60
test_case hash-much-room 60
test_case little-room-outer-4 60
test_case much-room-outer-4 60
test_case tcp-room 60
test_case no-tcx 60
test_case outer-6 60
test_case little-room-outer-6 60
test_case much-room-outer-6 60
run_cases "$@"
