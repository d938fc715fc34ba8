#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The combinations of hook, mode, RSS program, checksum option and family of the tunnel: what is
# allowed loads, forwards fast both ways and unloads, and what is not says why.
#
# Of those with the checksum option, half are left out without --full: each place has it with one of
# the families.

export TOPOLOGY_OFFLOADS=off
. "$(dirname "$0")/lib.sh"

rss_programs="auto round_robin match_port tuple_steering rx_hash inner_flow"

# places: the options of all places that a program can be loaded at.
places() {
	local program

	echo "-m native -r none"
	for program in $rss_programs; do
		echo "-m native -r $program"
	done
	echo "-m skb"
	echo "--hook tc"
}

# combination [OPTION...]: on R1; the other router is always the same.
combination() {
	echo "== $outer: $*"
	in_ns R1 xdp-wg load -q "$@" $(interfaces R1) || fail "load $* failed"
	mark
	ping_all A 10.2.0.2 4
	ping_all A fd00:2::2 4
	expect_gained R1 encapsulated 8
	expect_gained R1 decapsulated $((8 - $(gained R1 new-key)))
	in_ns R1 xdp-wg unload -q --all || fail "unload after load $* failed"
	says 3 "not loaded" R1 xdp-wg status r1-a
}

# allowed FAMILY [all]: each place, with and without UDP checksums in turn, or both.
allowed() {
	local outer=$1 all=${2:-} option= place

	[ "$outer" = 4 ] || option=-u
	loaded "$outer"
	in_ns R1 xdp-wg unload -q --all
	while read -r place; do
		if [ -n "$all" ]; then
			combination $place
			combination $place -u
		else
			combination $place $option
			[ -n "$option" ] && option= || option=-u
		fi
	done < <(places)
	in_ns R2 xdp-wg unload -q --all
	nothing_left
}

allowed_4() {
	allowed 4
}

allowed_6() {
	allowed 6
}

all_4() {
	allowed 4 all
}

all_6() {
	allowed 6 all
}

refused() {
	local program mode

	unloaded
	for program in $rss_programs; do
		says 2 "in skb mode, the stack has chosen the CPU before" R1 \
			xdp-wg load -m skb -r $program r1-a
		says 2 "the CPUs are the host's and not the hardware's" R1 \
			xdp-wg load -m hw -r $program r1-a
		[ $program = auto ] || says 2 "--rss is auto or none with --hook tc" R1 \
			xdp-wg load --hook tc -r $program r1-a
	done
	for mode in native skb hw unspecified; do
		says 2 "--hook tc has no modes" R1 xdp-wg load --hook tc -m $mode r1-a
	done
	says 1 "refuses to run the program in hardware" R1 xdp-wg load -m hw r1-a
	says 1 "refuses to run the program in hardware" R1 xdp-wg load -m hw -u r1-a
	nothing_left
}

test_case allowed-4 90
test_case refused 60
test_case allowed-6 90
test_case all-4 150 full
test_case all-6 150 full
run_cases "$@"
