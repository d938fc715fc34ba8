#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command killed before each of its system calls in turn: the interface works, the next load
# succeeds, and an unload then leaves nothing behind.
#
# A kill between two calls that change nothing outside of the process leaves what a kill at the next
# one does. So it is enough to kill at those that change something, and at the last; with --full,
# also at all others that could.

. "$(dirname "$0")/lib.sh"

changing='mkdir|rmdir|unlink|unlinkat|rename|renameat2|ioctl|exit_group'
changing_bpf='BPF_OBJ_PIN|BPF_LINK_CREATE|BPF_LINK_UPDATE|BPF_LINK_DETACH|BPF_RAW_TRACEPOINT_OPEN'
changing_bpf="$changing_bpf|BPF_PROG_ATTACH|BPF_PROG_DETACH"
possible="$changing|bpf|sendto|openat|flock|socket|setsockopt"

# calls ALL COMMAND...: the calls that a command makes, each as its name, the number of that system
# call, and the how manieth of that name it is.
calls() {
	local all=$1 trace=$state/trace

	shift
	in_ns R1 strace -n -o "$trace" -e "trace=${possible//|/,}" "$@" > /dev/null 2>&1 ||
		fail "$* failed when it was traced"
	sed -E 's/^\[ *([0-9]+)\] ([a-z0-9_]+)/\2 \1 /' "$trace" | awk -v all="$all" \
		-v calls="^($changing)$" -v bpf="^bpf [0-9]+ .($changing_bpf)" '
		/^[a-z]/ {
			n[$1]++
			if (all || $1 ~ calls || $0 ~ bpf || /RTM_SETLINK/)
				print $1, $2, n[$1]
		}'
}

# killed_at CALL NUMBER COUNT COMMAND...: the command dies there.
killed_at() {
	local name=$1 number=$2 count=$3

	shift 3
	echo "== $name $count"
	in_ns R1 timeout $((60 * SLOW)) python3 "$tests/net/kill_at.py" "$number" "$count" "$@" \
		> /dev/null ||
		fail "$* was not killed at $name $count"
}

# How load is called, and after a kill again.
load_options=

# sound CALL COUNT: packets cross, whatever was left, and a load succeeds.
sound() {
	local options=

	ping_all A 10.2.0.2 2
	in_ns R1 xdp-wg status -q r1-a > /dev/null 2>&1 && options=-R
	in_ns R1 xdp-wg load -q $options $load_options r1-a || fail "after a kill at $1 $2 load fails"
	mark
	ping_all A fd00:2::2 2
	expect_gained R1 encapsulated 2
	in_ns R1 xdp-wg unload -q --all || fail "after a kill at $1 $2 unload fails"
	nothing_left
}

# each_kill_load ALL [OPTION...]: kill load, with these options, at its calls.
each_kill_load() {
	local all=$1 call number count n=0

	shift
	load_options=$*
	unloaded
	# Directories that stay are made by the first load ever.
	in_ns R1 xdp-wg load -q r1-a && in_ns R1 xdp-wg unload -q --all || fail "load failed"
	calls "$all" xdp-wg load -q "$@" r1-a > "$state/calls"
	in_ns R1 xdp-wg unload -q --all
	while read -r call number count; do
		killed_at "$call" "$number" "$count" xdp-wg load -q "$@" r1-a
		sound "$call" "$count"
		n=$((n + 1))
	done < "$state/calls"
	[ $n -ge "${least:-8}" ] || fail "only $n calls were found"
}

load() {
	each_kill_load "" -r none
}

load_tc() {
	local least=5

	each_kill_load "" --hook tc
}

load_rss() {
	each_kill_load ""
}

load_all() {
	each_kill_load 1
}

# each_kill_of COMMAND...: kill a command, which finds the program loaded, at its calls.
each_kill_of() {
	local call number count

	unloaded
	in_ns R1 xdp-wg load -q $load_options r1-a || fail "load failed"
	calls "" "$@" > "$state/calls"
	while read -r call number count; do
		in_ns R1 xdp-wg status -q r1-a > /dev/null 2>&1 ||
			in_ns R1 xdp-wg load -q $load_options r1-a || fail "load failed"
		killed_at "$call" "$number" "$count" "$@"
		sound "$call" "$count"
	done < "$state/calls"
}

replace() {
	each_kill_of xdp-wg load -q -R r1-a
}

replace_tc() {
	load_options="--hook tc"
	each_kill_of xdp-wg load -q -R $load_options r1-a
}

unload() {
	each_kill_of xdp-wg unload -q r1-a
}

unload_tc() {
	load_options="--hook tc"
	each_kill_of xdp-wg unload -q r1-a
}

test_case load 180
test_case load-tc 60 full
test_case unload 120
test_case unload-tc 60 full
test_case replace-tc 60 full
test_case replace 200 full
test_case load-rss 600 full
test_case load-all 2000 full
run_cases "$@"
