#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory is short for the command, once: one of its system calls fails with ENOMEM (tests/faults).
# What it does not learn then it must not take for an answer: programs that it cannot see are there
# all the same. It ends with one sentence and nothing changed, or does what it was asked to.
# faults/run has what needs a kernel that injects faults.

. "$(dirname "$0")/lib.sh"
. "$tests/faults/lib.sh"

# Where a program that cannot be seen would look like none.
questions="BPF_PROG_QUERY|BPF_PROG_GET_FD_BY_ID|BPF_OBJ_GET_INFO_BY_FD|BPF_MAP_GET_FD_BY_ID"

# One interface is unloaded, and the other one's program must outlive whatever question about it is
# not answered: each kind of question to the kernel's BPF, where the command asks it.
keeps_other() {
	local n name attempts=0

	unloaded
	in_ns R1 xdp-wg load -q --hook tc r1-a r1-r2 || fail "load failed"
	in_ns R1 "$fault" list xdp-wg unload -q r1-a > "$state/calls" || fail "unload failed"
	grep -qE ' bpf BPF_PROG_QUERY$' "$state/calls" || fail "no question was found"
	while read -r n _ name; do
		on_r1_a || in_ns R1 xdp-wg load -q --hook tc r1-a || fail "load failed"
		short call "$n" xdp-wg unload -q r1-a || fail "no call $n failed: $(cat "$said")"
		echo "== $n $name: $(cat "$report"), exit status $status"
		one_sentence
		in_ns R1 xdp-wg status -q r1-r2 > /dev/null ||
			fail "the program of r1-r2 is gone after call $n, $(cat "$report")"
		attempts=$((attempts + 1))
	done < <(grep -E " bpf ($questions)\$" "$state/calls")
	[ "$attempts" -ge 8 ] || fail "only $attempts questions were found"
}

# Each call, or allocation of the C library's, that comes from another place in the command's own
# code: at the XDP hook and at tc, with nothing else loaded, or beside what is on r1-r2.
load_calls() {
	alone
	each_place try_load call load
}

load_tc_calls() {
	alone
	each_place try_load call load --hook tc
}

unload_calls() {
	alone
	each_place try_unload call unload
}

unload_calls_beside() {
	beside
	each_place try_unload call unload
}

unload_tc_calls() {
	alone
	each_place try_unload call unload --hook tc
}

load_malloc() {
	alone
	each_place try_load malloc load
}

load_tc_malloc() {
	alone
	each_place try_load malloc load --hook tc
}

unload_malloc() {
	alone
	each_place try_unload malloc unload
}

unload_tc_malloc() {
	alone
	each_place try_unload malloc unload --hook tc
}

status_malloc() {
	beside
	each_place try_status malloc status
}

test_case keeps-other 300
test_case load-calls 900 full
test_case load-tc-calls 900 full
test_case unload-calls 900 full
test_case unload-calls-beside 900 full
test_case unload-tc-calls 900 full
test_case load-malloc 900 full
test_case load-tc-malloc 900 full
test_case unload-malloc 900 full
test_case unload-tc-malloc 900 full
test_case status-malloc 600 full
run_cases "$@"
