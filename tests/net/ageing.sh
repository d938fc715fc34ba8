#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An hour of traffic by a bridge, on a clock that does not wait (vm/run --icount): a bridge forgets
# after five minutes who has not sent, and what goes fast it does not see. It knows all the same who is
# where, as it does without xdp-wg, and forgets who is silent.

. "$(dirname "$0")/bridges.sh"

# known MAC: since when br-lan has not seen the address, in seconds, or nothing.
known() {
	in_ns R1 bridge -s -j fdb show br br-lan | jq -r --arg mac "$1" \
		'[.[] | select(.mac == $mac and .state != "permanent")][0].updated // empty'
}

an_hour() {
	local mac age minute silent=02:00:00:00:51:17

	unloaded
	second_link
	bridge R1 br-lan r1-a lan9
	forget A
	ping_all A 10.2.0.2 2
	in_ns R1 xdp-wg load -q -m native r1-a lan9 r1-r2 || fail "load failed"
	undo in_ns R1 xdp-wg unload -q --all
	mac=$(mac_of A a-r1)
	in_ns R1 bridge fdb add $silent dev lan9 master dynamic
	# Nobody asks for A, whom B answers in every other minute.
	in_ns A ip neigh replace 10.1.0.1 lladdr "$(mac_of R1 br-lan)" dev a-r1 nud permanent
	in_ns R1 ip neigh replace 10.1.0.2 lladdr "$mac" dev br-lan nud permanent
	undo in_ns B sysctl -q -w net.ipv4.icmp_echo_ignore_all=0
	for minute in {1..60}; do
		in_ns B sysctl -q -w net.ipv4.icmp_echo_ignore_all=$((minute % 2))
		mark
		in_ns A timeout 600 ping -q -n -c 600 -i 0.1 -W 1 10.2.0.2 > /dev/null
		age=$(known "$mac")
		[ -n "$age" ] || fail "A is forgotten after $minute minutes"
		[ "$age" -le 6 ] || fail "A was not seen for $age seconds"
		expect_gained R1 encapsulated 510
		expect_gained R1 bridge 11
		if [ $minute -gt 6 ]; then
			[ -z "$(known $silent)" ] || fail "who was silent is known after $minute minutes"
		fi
	done
}

test_case an-hour 1800
run_cases "$@"
