#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory is short for the command, once: one of its system calls fails with ENOMEM (tests/faults).
# What it does not learn then it must not take for an answer: programs that it cannot see are there
# all the same. It ends with one sentence, or does what it was asked to.

. "$(dirname "$0")/lib.sh"

fault=$tests/faults/fault
report=$state/fault

# Where a program that cannot be seen would look like none.
questions="BPF_PROG_QUERY|BPF_PROG_GET_FD_BY_ID|BPF_OBJ_GET_INFO_BY_FD|BPF_MAP_GET_FD_BY_ID"

# short N COMMAND...: run it in R1, with its N-th system call failing. Sets `status`; what it says is
# in $state/said, and in which call it was in $report.
short() {
	local n=$1

	shift
	status=0
	rm -f "$report"
	in_ns R1 timeout $((60 * SLOW)) "$fault" -o "$report" call "$n" "$@" > "$state/said" 2>&1 ||
		status=$?
	grep -q '^used' "$report" || fail "no call $n failed: $(cat "$state/said")"
}

# one_sentence: how the command ended, if not well.
one_sentence() {
	[ "$status" != 0 ] || return 0
	[ "$status" = 1 ] || fail "exit status $status after $(cat "$report"): $(cat "$state/said")"
	[ "$(grep -c '^xdp-wg: error: ' "$state/said")" = 1 ] ||
		fail "not one sentence after $(cat "$report"): $(cat "$state/said")"
}

# One interface is unloaded, and the other one's program must outlive whatever question about it is
# not answered: each kind of question to the kernel's BPF, where the command asks it.
keeps_other() {
	local n name attempts=0

	unloaded
	in_ns R1 xdp-wg load -q --hook tc r1-a r1-r2 || fail "load failed"
	in_ns R1 "$fault" list xdp-wg unload -q r1-a > "$state/calls" || fail "unload failed"
	grep -qE ' bpf BPF_PROG_QUERY$' "$state/calls" || fail "no question was found"
	while read -r n _ name; do
		in_ns R1 xdp-wg status -q r1-a > /dev/null 2>&1 ||
			in_ns R1 xdp-wg load -q --hook tc r1-a || fail "load failed"
		short "$n" xdp-wg unload -q r1-a
		echo "== $n $name: $(cat "$report"), exit status $status"
		one_sentence
		in_ns R1 xdp-wg status -q r1-r2 > /dev/null ||
			fail "the program of r1-r2 is gone after call $n, $(cat "$report")"
		attempts=$((attempts + 1))
	done < <(grep -E " bpf ($questions)\$" "$state/calls")
	[ "$attempts" -ge 8 ] || fail "only $attempts questions were found"
}

test_case keeps-other 300
run_cases "$@"
