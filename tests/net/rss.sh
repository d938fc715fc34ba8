#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# RSS programs, which spread the work over CPUs: every packet arrives once, flows stay in order, the
# CPUs get what they should, and the counters say what happened. The chain is what it is without.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "$0")/lib.sh"

FLOWS=4096

# spread [OPTION...]: the network, with an RSS program on R1. R2 has none: what goes wrong is R1's.
spread() {
	[ "$(nproc)" -ge 4 ] || fail "this needs a guest with 4 CPUs (vm/run --cpus 4)"
	unloaded
	load R2 -r none
	undo in_ns R2 xdp-wg unload -q --all
	load R1 "$@"
	undo in_ns R1 xdp-wg unload -q --all
	wait_session 30 || fail "A and B do not reach each other with $*"
}

# frames: what XDP has seen on R1's interfaces, as the driver counts.
frames() {
	local interface

	for interface in $(interfaces R1); do
		in_ns R1 ethtool -S "$interface"
	done | awk '/rx_queue_.*_xdp_packets:/ { n += $2 } END { print n }'
}

# take: R1's counters and the driver's, of one moment: no frame comes while they are read. What was
# taken last is what is counted from.
take() {
	local n

	[ ! -e "$state/new.json" ] || mv "$state/new.json" "$state/old.json"
	[ ! -e "$state/new.frames" ] || mv "$state/new.frames" "$state/old.frames"
	for n in {1..50}; do
		frames > "$state/new.frames"
		in_ns R1 xdp-wg status -j > "$state/new.json" || fail "status failed"
		[ "$(frames)" != "$(cat "$state/new.frames")" ] || return 0
	done
	fail "R1 does not come to rest"
}

# cpus FIELD: for each CPU, on a line, what was counted in the time.
cpus() {
	jq -n --arg field "$1" --slurpfile old "$state/old.json" --slurpfile new "$state/new.json" \
		'$new[0].cpus[] | .cpu as $cpu | .[$field] -
			([$old[0].cpus[] | select(.cpu == $cpu) | .[$field]] | add // 0)'
}

sum() {
	awk '{ n += $1 } END { print n + 0 }'
}

# counted [REASON]: packets counted in the time, of all reasons or of one.
counted() {
	jq -n --arg reason "${1:-}" --slurpfile old "$state/old.json" \
		--slurpfile new "$state/new.json" '
		def packets: if $reason == "" then [.counters[].packets] | add
			else .counters[$reason].packets end;
		($new[0] | packets) - ($old[0] | packets)'
}

# sums_agree: what was counted is what the driver has seen.
sums_agree() {
	local seen=$(($(cat "$state/new.frames") - $(cat "$state/old.frames"))) counted lost

	counted=$(counted)
	lost=$(cpus lost | sum)
	[ "$seen" = $((counted + lost)) ] ||
		fail "of $seen packets $counted were counted, and $lost as lost"
}

# send SOURCE FLOWS PACKETS [OPTION...]: sets `received`, `late` and `lost`.
send() {
	local words

	timeout $((120 * SLOW)) python3 "$tests/net/flows.py" "$@" > "$state/flows" \
		2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
	cat "$state/flows"
	read -r words received words late words lost < "$state/flows"
}

# key_changed: since mark, a packet on a new session key was left to the stack, where others of its
# flow may have overtaken it.
key_changed() {
	[ $(($(gained R1 new-key) + $(gained R2 new-key))) != 0 ]
}

# send_all: as send, after take. Nothing is lost; the CPUs got all of it.
send_all() {
	local total=$(($2 * $3)) reason=encapsulated n

	for n in 1 2 3; do
		mark
		send "$@"
		[ "$lost" = 0 ] || fail "$lost of $total packets from $1 were lost"
		take
		key_changed || break
	done
	[ "$1" = A ] || reason=decapsulated
	[ "$(counted $reason)" -ge $total ] ||
		fail "of $total packets from $1 only $(counted $reason) were $reason"
	[ "$(cpus queued | sum)" -ge $total ] ||
		fail "of $total packets from $1 only $(cpus queued | sum) were queued for a CPU"
	sums_agree
}

# in_order: packets of a flow in bursts, in both directions.
in_order() {
	local source

	for source in A B; do
		send_all $source 32 64 --burst 16
		[ "$late" = 0 ] || fail "$late of $received packets from $source came late"
	done
}

# unevenness: by how many percent of an even share the CPUs' differ from it, at most.
unevenness() {
	cpus queued | awk '{ n[NR] = $1; all += $1 } END {
		for (i = 1; i <= NR; i++) {
			off = 100 * (n[i] * NR / all - 1)
			if (off < 0)
				off = -off
			if (off > most)
				most = off
		}
		printf "%.1f", most }'
}

even() {
	awk "BEGIN { exit !($(unevenness) <= 20) }" ||
		fail "the CPUs' shares differ by $(unevenness) % from even:" $(cpus queued)
}

# table PROGRAM PACKETS: a row for each direction, of so many packets of each of many flows.
table() {
	local source direction

	for source in A B; do
		direction=encrypt
		[ $source = A ] || direction=decrypt
		send_all $source $FLOWS "$2" --burst "$2"
		printf '%-14s  %s  %8d  %4d  %4d  %5s %%  %s\n' "$1" $direction "$received" \
			"$late" "$lost" "$(unevenness)" "$(cpus queued | xargs)" |
			tee -a "$logs/rss-table"
		[ "$1" = round_robin ] || [ "$late" = 0 ] ||
			fail "$late of $received packets from $source came late"
		case $1,$direction in
		inner_flow,* | round_robin,* | tuple_steering,encrypt | rx_hash,encrypt) even ;;
		esac
	done
}

# show_table: what `table` has found.
show_table() {
	[ -s "$logs/rss-table" ] || return
	echo "# $FLOWS flows in one tunnel, which R1 encrypts or decrypts:"
	echo "# program         direction packets  late  lost   uneven  packets of each CPU"
	sed 's/^/# /' "$logs/rss-table"
}

# program NAME: what is to be true for each.
program() {
	spread -r "$1"
	crosses_fast
	take
	[ "$1" = round_robin ] || in_order
	table "$1" 2
}

round_robin() {
	program round_robin
}

match_port() {
	program match_port
}

tuple_steering() {
	program tuple_steering
}

rx_hash() {
	program rx_hash
}

inner_flow() {
	program inner_flow
}

# busy: whatever arrives at CPU 0 finds it busy, until `calm`. The test's own traffic is from there.
busy() {
	taskset -c 0 sh -c 'while :; do :; done' &
	burner=$!
	undo calm
	sleep 1
}

calm() {
	[ -z "${burner:-}" ] || kill "$burner"
	burner=
}

# from_one_cpu: all that the test does from now on is done on CPU 0.
from_one_cpu() {
	taskset -p -c 0 $BASHPID > /dev/null || fail "CPU 0 cannot be chosen"
}

# What arrives at a CPU is handled there, elsewhere when it is busy, and there again.
auto() {
	local source

	spread -r auto
	from_one_cpu
	for source in A B; do
		take
		send $source 32 32 --gap 0.004
		take
		[ "$lost" = 0 ] || fail "$lost packets from $source were lost"
		[ "$(cpus queued | sum)" = 0 ] || fail "a CPU that is not busy gives work away:" $(cpus queued)

		busy
		send $source 32 128
		take
		sums_agree
		[ "$lost" = 0 ] || fail "$lost packets from $source were lost"
		[ "$late" = 0 ] || fail "$late packets from $source came late"
		[ "$(cpus queued | sum)" -gt 2048 ] ||
			fail "a CPU that is busy keeps its work:" $(cpus queued)
		[ "$(cpus queued | head -n 1)" = 0 ] || fail "flows move to the CPU that is busy"
		calm
		sleep 3
		send $source 32 16 --gap 0.004 # and back
		take
		send $source 32 32 --gap 0.004
		take
		[ "$(cpus queued | sum)" = 0 ] || fail "not all flows came back when all was calm:" $(cpus queued)
	done
}

# What passes, since rules want to see it, stays where it arrives also when that CPU is busy.
auto_passing() {
	local source

	spread -r auto
	in_ns R1 nft 'add table ip seen; add chain ip seen forward { type filter hook forward priority 0; }
		add rule ip seen forward counter' || fail "no rules"
	undo in_ns R1 nft delete table ip seen
	from_one_cpu
	busy
	for source in A B; do
		take
		send $source 32 64
		take
		[ "$lost" = 0 ] || fail "$lost packets from $source were lost"
		[ "$(cpus queued | sum)" = 0 ] || fail "what passes is queued:" $(cpus queued)
	done
}

# relieved LOW [HIGH]: so many of the packets that were counted were left to the stack since their CPU
# was busy; none was lost, and none came late.
relieved() {
	local n

	n=$(counted busy)
	[ "$lost" = 0 ] || fail "$lost packets were lost"
	[ "$late" = 0 ] || fail "$late of $received packets came late"
	[ "$n" -ge "$1" ] && [ "$n" -le "${2:-$received}" ] ||
		fail "$n of $received packets were left to the stack since their CPU was busy"
}

# At the tc hook nothing can be queued: flows of a CPU that is busy are left to the stack, and go fast
# again when it is calm.
relief() {
	local source

	spread --hook tc -r auto
	from_one_cpu
	for source in A B; do
		take
		send $source 8 32 --gap 0.02 --length 1000
		take
		relieved 0 0
		busy
		send $source 8 500 --length 1000 # until it is known how busy
		take
		send $source 8 250 --length 1000
		take
		relieved 1000
		send $source 8 250
		take
		# A message has no flow that could be seen: all of a session are one.
		[ $source = B ] || relieved 0 0
		calm
		sleep 2
		send $source 8 32 --gap 0.02 --length 1000
		take
		relieved 0 0
	done
}

# The same while packets that were left to the stack wait there: WireGuard's workers are on other CPUs.
relief_order() {
	local source

	spread --hook tc -r auto
	stall
	from_one_cpu
	for source in A B; do
		send_switching $source 2 1500 --gap 0.005 --length 1000
		relieved 100 2900
	done
}

# With auto, a flow that is more than a CPU can do is left to the stack as well, once it has filled
# another one than where it came in. R2 decrypts it on the same, and B receives it there.
relief_queued() {
	local server

	spread -r auto
	in_ns B taskset -c 3 iperf3 -s -1 > /dev/null 2>&1 &
	server=$!
	undo sh -c "kill $server 2> /dev/null || :"
	sleep 1
	take
	in_ns A timeout $((90 * SLOW)) taskset -c 0 iperf3 -t 20 -c 10.2.0.2 || fail "TCP does not cross"
	take
	echo "$(counted busy) busy, $(counted order) in order," \
		"$(counted encapsulated) fast; by CPU:" $(cpus queued)
	[ "$(counted busy)" -ge 100 ] || fail "a flow that fills a CPU is not left to the stack"
	from_one_cpu
	send A 8 32 --gap 0.02 --length 1000
	take
	relieved 0 0
}

stop_switching() {
	[ -z "${switcher:-}" ] || kill "$switcher"
	switcher=
}

# switch_load: CPU 0 is busy and calm in turn, until `stop_switching`.
switch_load() {
	(
		while :; do
			timeout 2 taskset -c 0 sh -c 'while :; do :; done'
			sleep 3
		done
	) &
	switcher=$!
	undo stop_switching
}

# send_switching SOURCE FLOWS PACKETS [OPTION...]: as send, while CPU 0 is busy and calm in turn.
send_switching() {
	switch_load
	take
	send "$@"
	stop_switching
	take
}

# stall: the CPUs that flows move to come to nothing else for a while, a fifth of the time, which is
# little work for them. What is queued there waits.
stall() {
	local cpu

	stallers=()
	for cpu in 1 2 3; do
		taskset -c $cpu chrt -f 50 python3 -c '
import time
while True:
    end = time.monotonic() + 0.06
    while time.monotonic() < end:
        pass
    time.sleep(0.24)' &
		stallers+=($!)
	done
	undo kill "${stallers[@]}"
}

# Flows that move, again and again, and back while others of them wait in a queue, stay in order;
# nothing is lost.
auto_order() {
	local source

	spread -r auto
	stall
	from_one_cpu
	for source in A B; do
		send_switching $source 8 1000 --burst 8 --gap 0.002
		[ "$lost" = 0 ] || fail "$lost packets from $source were lost"
		[ "$late" = 0 ] || fail "$late of $received packets from $source came late"
		sums_agree
		[ "$(cpus queued | sum)" -gt 500 ] && [ "$(cpus queued | sum)" -lt 7500 ] ||
			fail "of $received packets from $source $(cpus queued | sum) were handled elsewhere"
	done
}

inner_flow_lengths() {
	spread -r inner_flow
	timeout $((280 * SLOW)) python3 "$tests/net/lengths.py" 2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
}

# CPUs that are excluded do nothing; where a flow is remembered, it stays.
exclude() {
	local before after

	spread -r inner_flow -e 0,2
	take
	send_all A 256 4
	[ "$late" = 0 ] || fail "$late packets came late"
	[ "$(cpus queued | wc -l)" = 2 ] || fail "status shows CPUs that are excluded"
	even
	in_ns R1 xdp-wg unload -q --all

	load R1 -r tuple_steering -e 3
	send A 1 100
	take
	before=$(jq '[.cpus[] | select(.queued >= 100) | .cpu][0]' "$state/new.json")
	load R1 -R -r tuple_steering
	take
	send_all A 1 100
	after=$(cpus queued | awk '$1 >= 100 { print NR - 1 }')
	[ "$before" = "$after" ] || fail "a flow went from CPU $before to CPU $after"
	# Its CPU is not there any more: another takes over.
	load R1 -R -r tuple_steering -e "$before"
	take
	send_all A 1 100
	[ "$late" = 0 ] || fail "$late packets came late"
}

# CPUs that the kernel was told to leave alone are left alone by auto, unless there are no others.
isolated() {
	local list=/sys/devices/system/cpu/isolated

	unloaded
	undo umount $list
	echo 1-2 > "$state/isolated"
	mount --bind "$state/isolated" $list || fail "$list cannot be changed"
	says 0 "" R1 xdp-wg load -r auto r1-a
	[ "$(in_ns R1 xdp-wg status -j | jq -c '[.cpus[].cpu]')" = "[0,3]" ] ||
		fail "CPUs 1 and 2 are used, which are isolated"
	echo "0-$(($(nproc) - 1))" > "$state/isolated"
	says 0 "" R1 xdp-wg load -R -r auto r1-a
	[ "$(in_ns R1 xdp-wg status -j | jq '.cpus | length')" = "$(nproc)" ] ||
		fail "where all CPUs are isolated, not all are used"
	in_ns R1 xdp-wg unload -q --all
}

# From one program to another under traffic, which loses nothing, and the counters go on.
replace() {
	local program

	loaded
	traffic_start
	for program in inner_flow round_robin auto; do
		mark
		load R1 -R -r $program
		sleep 1
		[ "$(gained R1 encapsulated)" -gt 0 ] || fail "the counters did not go on with $program"
	done
	load R1 -R -r none
	traffic_lossless
	[ "$(in_ns R1 xdp-wg status -j | jq '[.interfaces[] | select(.rss)] | length')" = 0 ] ||
		fail "an RSS program is still loaded"
	loaded
	crosses_fast
}

# What a queue has no room for is lost, and counted.
overflow() {
	local counted

	spread -r match_port -Q 1
	take
	send A 1 2000 --burst 128 --lossy
	sleep 0.5
	take
	sums_agree
	counted=$(cpus lost | sum)
	[ "$lost" -gt 0 ] && [ "$counted" -ge "$lost" ] ||
		fail "$lost packets were lost, and $counted counted"
}

# All programs on an interface are bound to its device, or none is.
bound() {
	unloaded
	undo in_ns R1 xdp-wg unload -q --all
	in_ns R1 xdp-filter load r1-a || fail "xdp-filter cannot be loaded"
	says 1 "not bound" R1 xdp-wg load -r rx_hash r1-a
	in_ns R1 xdp-filter unload r1-a
	says 0 "xdp-filter cannot load another beside it" R1 xdp-wg load -r rx_hash r1-a
	! in_ns R1 xdp-filter load r1-a || fail "xdp-filter has joined a bound dispatcher"
	says 1 "are bound to its driver" R1 xdp-wg load -R r1-a
	says 0 "rx_hash" R1 xdp-wg status r1-a
	says 0 "" R1 xdp-wg load -R -r rx_hash r1-a
	crosses
	in_ns R1 xdp-wg unload -q --all
	nothing_left
	expect_none
}

# expect_none: no program that goes with an RSS program is left, and no thread. They go after a grace
# period.
expect_none() {
	local left n name

	for n in {1..50}; do
		left=$(for name in xdp_wg_cpumap wg_enqueue wg_redirect_err wg_batch; do
			bpftool prog show name $name
		done)
		left+=$(pgrep -a -f '^\[?cpumap/')
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	fail "left behind: $left"
}

refused() {
	local last=$(($(nproc) - 1))

	unloaded
	says 2 "--exclude-cpus needs an RSS program" R1 xdp-wg load -m skb -e 0 r1-a
	says 2 "--queue-size needs an RSS program" R1 xdp-wg load -r none -Q 64 r1-a
	says 2 "with --hook tc nothing is queued" R1 xdp-wg load --hook tc -Q 64 r1-a
	says 2 "must be auto" R1 xdp-wg load -r toeplitz r1-a
	says 2 "--rss is auto or none with --hook tc" R1 xdp-wg load -r inner_flow --hook tc r1-a
	says 2 "--rss needs native mode" R1 xdp-wg load -r inner_flow -m skb r1-a
	says 2 "--rss needs native mode" R1 xdp-wg load -r inner_flow -m hw r1-a
	says 2 "is like 0,1,4-7" R1 xdp-wg load -r inner_flow -e 0-,1 r1-a
	says 2 "number is too high" R1 xdp-wg load -r inner_flow -e 0-1024 r1-a
	says 2 "from 1 to 16384" R1 xdp-wg load -r inner_flow -Q 0 r1-a
	says 2 "from 1 to 16384" R1 xdp-wg load -r inner_flow -Q 16385 r1-a
	says 1 "it does not exist" R1 xdp-wg load -r inner_flow -e 1000 r1-a
	says 1 "none is left" R1 xdp-wg load -r inner_flow -e 0-$last r1-a
	says 3 "not loaded" R1 xdp-wg status r1-a
	nothing_left
	expect_none
}

# A CPU that is offline cannot be excluded; without a word about it, it is not used.
offline() {
	local last=$(($(nproc) - 1))
	local online=/sys/devices/system/cpu/cpu$last/online

	unloaded
	(
		trap 'echo 1 > $online' EXIT
		echo 0 > $online
		says 1 "it is offline" R1 xdp-wg load -r inner_flow -e $last r1-a
		says 3 "not loaded" R1 xdp-wg status r1-a
		says 0 "" R1 xdp-wg load -r inner_flow r1-a
		in_ns R1 xdp-wg status -j | jq -e "all(.cpus[]; .cpu != $last)" > /dev/null ||
			fail "CPU $last is used, which is offline"
	)
	in_ns R1 xdp-wg unload -q --all
	nothing_left
	expect_none
}

if [ "${1:-}" != --case ]; then
	rm -f "$logs/rss-table"
	trap show_table EXIT
fi
test_case inner-flow 60
test_case auto 150
test_case auto-order 120
test_case auto-passing 60
test_case relief 120
test_case relief-order 120
test_case relief-queued 150
test_case tuple-steering 60
test_case rx-hash 60
test_case match-port 60
test_case round-robin 60
test_case exclude 60
test_case overflow 60
test_case isolated 60
test_case replace 60
test_case bound 60
test_case refused 60
test_case offline 60
test_case inner-flow-lengths 300 full
run_cases "$@"
