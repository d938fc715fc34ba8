#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# RSS programs, which spread the work over CPUs: every packet arrives once, flows stay in order, the
# CPUs get what they should, and the counters say what happened. The chain is what it is without.

. "$(dirname "$0")/lib.sh"

FLOWS=4096

# spread [OPTION...]: the network, with an RSS program on the routers.
spread() {
	local ns

	[ "$(nproc)" -ge 4 ] || fail "this needs a guest with 4 CPUs (vm/run --cpus 4)"
	unloaded
	for ns in $routers; do
		load "$ns" "$@"
		undo in_ns "$ns" xdp-wg unload -q --all
	done
	wait_session 30 || fail "A and B do not reach each other with $*"
}

# cpus_gained ROUTER FIELD: for each CPU, what was counted since mark.
cpus_gained() {
	jq -n --arg field "$2" --slurpfile old "$state/mark.$1" \
		--argjson new "$(in_ns "$1" xdp-wg status -j)" '$new.cpus[] |
		.cpu as $cpu | .[$field] - ([$old[0].cpus[] | select(.cpu == $cpu) | .[$field]] | add // 0)'
}

sum() {
	awk '{ n += $1 } END { print n + 0 }'
}

# counters_gained ROUTER: of all reasons, since mark.
counters_gained() {
	echo $(($(in_ns "$1" xdp-wg status -j | jq '[.counters[].packets] | add') -
		$(jq '[.counters[].packets] | add' "$state/mark.$1")))
}

# frames ROUTER: what XDP has seen on its interfaces, as the driver counts.
frames() {
	local interface

	for interface in $(interfaces "$1"); do
		in_ns "$1" ethtool -S "$interface"
	done | awk '/rx_queue_.*_xdp_packets:/ { n += $2 } END { print n }'
}

# at_rest COMMAND...: run it while no frame arrives at the routers, so that the driver's counters
# and ours are of the same moment.
at_rest() {
	local before after= n

	for n in {1..20}; do
		sleep 0.5
		before=$(frames R1) && before+=" $(frames R2)"
		"$@"
		after=$(frames R1) && after+=" $(frames R2)"
		[ "$before" != "$after" ] || return 0
	done
	fail "the routers do not come to rest"
}

mark_frames() {
	mark
	frames R1 > "$state/frames.R1"
	frames R2 > "$state/frames.R2"
}

# mark_all: as mark, and the driver's counters.
mark_all() {
	at_rest mark_frames
}

add_up() {
	local ns

	for ns in $routers; do
		echo "$ns $(($(frames $ns) - $(cat "$state/frames.$ns"))) $(counters_gained $ns)" \
			"$(cpus_gained $ns lost | sum)"
	done > "$state/sums"
}

# sums_agree: what was counted since mark_all is what the driver has seen.
sums_agree() {
	local ns seen counted lost

	at_rest add_up
	while read -r ns seen counted lost; do
		[ "$seen" = $((counted + lost)) ] ||
			fail "$ns: of $seen packets $counted were counted, and $lost as lost"
	done < "$state/sums"
}

# send SOURCE FLOWS PACKETS [OPTION...]: sets `received`, `late` and `lost`.
send() {
	local words

	timeout 120 python3 "$tests/vm/flows.py" "$@" > "$state/flows" 2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
	cat "$state/flows"
	read -r words received words late words lost < "$state/flows"
}

# send_all: the same, and nothing is lost; of each router the CPUs got all of it.
send_all() {
	local ns total=$(($2 * $3))

	mark_all
	send "$@"
	[ "$lost" = 0 ] || fail "$lost of $total packets from $1 were lost"
	if [ "$1" = A ]; then
		expect_gained R1 encapsulated $total
		expect_gained R2 decapsulated $total
	else
		expect_gained R2 encapsulated $total
		expect_gained R1 decapsulated $total
	fi
	for ns in $routers; do
		[ "$(cpus_gained $ns queued | sum)" -ge $total ] ||
			fail "$ns: not all of $total packets were queued for a CPU"
	done
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

# shares ROUTER: the CPUs' shares since mark in percent, on one line.
shares() {
	cpus_gained "$1" queued | awk '{ n[NR] = $1; all += $1 } END {
		for (i = 1; i <= NR; i++) printf "%.1f ", 100 * n[i] / all }'
}

# even ROUTER: each CPU's share is within 20 % of even.
even() {
	shares "$1" | awk '{ for (i = 1; i <= NF; i++)
		if ($i < 0.8 * 100 / NF || $i > 1.2 * 100 / NF) exit 1 }' ||
		fail "$1: the CPUs' shares are $(shares "$1"), which is not even"
}

# table PROGRAM PACKETS: what is measured for each program: that many packets of many flows, in both
# directions.
table() {
	local source encrypts decrypts

	for source in A B; do
		send_all $source $FLOWS "$2"
		encrypts=R1 decrypts=R2
		[ $source = A ] || encrypts=R2 decrypts=R1
		printf '%-14s %s: %d received, %d late, %d lost; shares to encrypt %s, to decrypt %s\n' \
			"$1" $source "$received" "$late" "$lost" "$(shares $encrypts)" \
			"$(shares $decrypts)" | tee -a "$logs/rss-table"
		case $1 in
		inner_flow | round_robin)
			even $encrypts
			even $decrypts
			;;
		tuple_steering | rx_hash) even $encrypts ;;
		esac
	done
}

round_robin() {
	spread -r round_robin
	crosses_fast
	table round_robin 1
}

match_port() {
	spread -r match_port
	crosses_fast
	in_order
	table match_port 1
}

tuple_steering() {
	spread -r tuple_steering
	crosses_fast
	in_order
	table tuple_steering 1
}

rx_hash() {
	spread -r rx_hash
	crosses_fast
	in_order
	table rx_hash 1
}

inner_flow() {
	spread -r inner_flow
	crosses_fast
	in_order
	table inner_flow 2
}

inner_flow_lengths() {
	spread -r inner_flow
	mark
	timeout 280 python3 "$tests/vm/lengths.py" 2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
}

# Only CPUs that are not excluded work; where a flow is remembered, it stays.
exclude() {
	local before after

	spread -r inner_flow -e 0,2
	mark_all
	send A 256 4
	[ "$lost" = 0 ] && [ "$late" = 0 ] || fail "$lost lost, $late late"
	[ "$(cpus_gained R1 queued | wc -l)" = 2 ] || fail "status shows CPUs that are excluded"
	even R1
	in_ns R1 xdp-wg unload -q --all

	load R1 -r tuple_steering -e 3
	send A 1 100
	before=$(in_ns R1 xdp-wg status -j | jq '[.cpus[] | select(.queued >= 100) | .cpu][0]')
	load R1 -R -r tuple_steering
	mark
	send A 1 100
	after=$(cpus_gained R1 queued | awk '$1 >= 100 { print NR - 1 }')
	[ "$before" = "$after" ] || fail "a flow went from CPU $before to CPU $after"
	# Its CPU is not there any more: another takes over.
	load R1 -R -r tuple_steering -e "$before"
	mark
	send A 1 100
	[ "$lost" = 0 ] && [ "$late" = 0 ] || fail "$lost lost, $late late"
	expect_gained R1 encapsulated 100
}

# From one program to another under traffic, which loses nothing, and the counters go on.
replace() {
	local program

	loaded
	traffic_start
	for program in inner_flow round_robin inner_flow; do
		mark
		load R1 -R -r $program
		load R2 -R -r $program
		sleep 2
		[ "$(gained R1 encapsulated)" -gt 0 ] || fail "the counters did not go on with $program"
	done
	load R1 -R
	load R2 -R
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
	mark_all
	send A 1 2000 --burst 128 --lossy
	sums_agree
	counted=$(($(cpus_gained R1 lost | sum) + $(cpus_gained R2 lost | sum)))
	[ "$lost" -gt 0 ] && [ $counted -ge "$lost" ] ||
		fail "$lost packets were lost, and $counted counted"
}

expect_chain() {
	local now

	now=$(echo $(in_ns R1 xdp-loader status r1-a |
		awk '$1 == "=>" { sub(/_alw_all/, "", $3); print $2, $3 }'))
	[ "$now" = "$1" ] || fail "the chain is '$now', not '$1'"
}

# The filter before it still filters, and one behind it sees what it leaves alone.
filter() {
	unloaded
	undo in_ns R1 xdp-wg unload -q --all
	undo in_ns R2 xdp-wg unload -q --all
	in_ns R1 xdp-filter load r1-a || fail "xdp-filter cannot be loaded"
	load R1 -r inner_flow
	load R2 -r inner_flow
	wait_session 30
	expect_chain "10 xdpfilt 30 rss_inner_flow"
	crosses_fast
	in_ns R1 xdp-filter ip 10.2.0.2 -m dst || fail "xdp-filter takes no rule"
	ping_none A 10.2.0.2 3
	mark
	ping_all A fd00:2::2 10
	expect_gained R1 encapsulated 10

	in_ns R1 xdp-wg unload -q r1-a
	expect_chain "10 xdpfilt"
	in_ns R1 xdp-wg load -q -r inner_flow -P 5 r1-a || fail "load failed"
	expect_chain "5 rss_inner_flow 10 xdpfilt"
	crosses_fast
	in_ns R1 xdp-filter ip 10.1.0.1 -m dst
	ping_none A 10.1.0.1 2
	in_ns R1 xdp-filter unload r1-a || fail "xdp-filter cannot be unloaded"
	crosses_fast
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
		left=$(for name in xdp_wg_cpumap wg_enqueue wg_redirect_err; do
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
	says 2 "--exclude-cpus needs --rss" R1 xdp-wg load -e 0 r1-a
	says 2 "--queue-size needs --rss" R1 xdp-wg load -Q 64 r1-a
	says 2 "must be round_robin" R1 xdp-wg load -r toeplitz r1-a
	says 2 "--rss is for XDP" R1 xdp-wg load -r inner_flow --hook tc r1-a
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

[ "${1:-}" = --case ] || rm -f "$logs/rss-table"
test_case inner-flow 240
test_case tuple-steering 180
test_case match-port 180
test_case rx-hash 180
test_case round-robin 120
test_case exclude 90
test_case replace 180
test_case overflow 90
test_case filter 120
test_case bound 90
test_case refused 90
test_case offline 90
test_case inner-flow-lengths 300 full
run_cases "$@"
