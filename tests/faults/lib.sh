# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the command does while memory is short for it, and what must be true afterwards: for
# net/faults.sh and faults/run, which read net/lib.sh first. xdp-wg comes and goes on r1-a, and what
# is on r1-r2 must outlive that.

# shellcheck disable=SC2154
fault=$tests/faults/fault
# shellcheck disable=SC2154
report=$state/fault
said=$state/said

# run_short KIND N COMMAND...: run it in R1, where the N-th system call (call), allocation of the
# kernel's (memory) or of the C library's (malloc) fails, or with `list` for N, print what N there
# are from different places in the command's own code.
run_short() {
	local kind=$1 n=$2 what=("$1" "$2")

	shift 2
	if [ "$kind" = malloc ]; then
		in_ns R1 timeout $((120 * SLOW)) env LD_PRELOAD="$tests/faults/malloc.so" \
			FAULT_MALLOC="$n" FAULT_REPORT="$report" "$@"
		return
	fi
	[ "$n" != list ] || what=(list)
	in_ns R1 timeout $((120 * SLOW)) "$fault" -o "$report" "${what[@]}" "$@"
}

# short KIND N COMMAND...: run it so. Sets `status`; what it says is in $said, and what failed in
# $report. Returns 1 if it does not get so far.
short() {
	status=0
	rm -f "$report"
	run_short "$@" > "$said" 2>&1 || status=$?
	[ "$status" -lt 124 ] || library_crashed ||
		fail "exit status $status after $1 $2: $(tr '\n' ' ' < "$report") $(cat "$said")"
	grep -q '^used' "$report"
}

# library_crashed: whether a signal has ended libbpf or libxdp, which do not ask after each allocation.
# That is as if the command had been killed there.
library_crashed() {
	sed '1,/^crashed/d' "$report" | grep -vE '^(malloc|libc)\.so' | head -n 1 |
		grep -qE '^lib(bpf|xdp)\.so'
}

# one_sentence: how the command ended, if not well.
one_sentence() {
	[ "$status" != 0 ] && ! library_crashed || return 0
	[ "$status" = 1 ] || fail "exit status $status after $(head -n 1 "$report"): $(cat "$said")"
	[ "$(grep -c '^xdp-wg: error: ' "$said")" = 1 ] ||
		fail "not one sentence after $(head -n 1 "$report"): $(cat "$said")"
}

# objects: the kernel's BPF objects, what is pinned, and what is on the interfaces.
objects() {
	in_ns R1 "$tests/faults/objects" r1-a r1-r2 | sort
}

# difference FILE: what is not as in there.
difference() {
	diff "$1" "$state/objects" | grep '^[<>]' | tr '\n' ';'
}

# as_before FILE WHAT: the same as in that file, after WHAT. Objects are freed after a grace period.
as_before() {
	local end=$((SECONDS + 5 * SLOW))

	until objects > "$state/objects" && cmp -s "$1" "$state/objects"; do
		[ $SECONDS -lt $end ] ||
			fail "after $2 ($(head -n 1 "$report")), exit status $status: $(difference "$1") $(cat "$said")"
		sleep 0.2
	done
}

# on_r1_a: whether xdp-wg is loaded there.
on_r1_a() {
	in_ns R1 xdp-wg status -q r1-a > /dev/null 2>&1
}

# try_load KIND N [OPTION...]: load where memory is short. If it fails it leaves nothing; if it does
# not, packets cross and an unload leaves nothing, as after a crash. Returns 1 if memory was not short.
try_load() {
	local kind=$1 n=$2 used=0

	shift 2
	short "$kind" "$n" xdp-wg load -q "$@" r1-a || used=1
	one_sentence
	ping_all A 10.2.0.2 1
	if [ "$status" = 0 ]; then
		on_r1_a || fail "load did nothing after $kind $n, $(head -n 1 "$report")"
		in_ns R1 xdp-wg unload -q r1-a || fail "unload failed after load with $kind $n"
	elif library_crashed; then
		in_ns R1 xdp-wg unload -q r1-a || fail "unload failed after a crash, $kind $n"
	fi
	as_before "$state/without" "load with $kind $n"
	return $used
}

# try_unload KIND N [OPTION...]: unload what was loaded with these options while memory is short. If
# it fails, it can be repeated; then nothing is left. Returns 1 if memory was not short.
try_unload() {
	local kind=$1 n=$2 used=0

	shift 2
	on_r1_a || in_ns R1 xdp-wg load -q "$@" r1-a || fail "load failed"
	short "$kind" "$n" xdp-wg unload -q r1-a || used=1
	one_sentence
	ping_all A 10.2.0.2 1
	if [ "$status" != 0 ]; then
		in_ns R1 xdp-wg unload -q r1-a ||
			fail "unload cannot be repeated after $kind $n, $(head -n 1 "$report")"
	fi
	as_before "$state/without" "unload with $kind $n"
	return $used
}

# try_status KIND N: what is loaded is told or not, and nothing changes.
try_status() {
	local used=0

	short "$1" "$2" xdp-wg status r1-r2 || used=1
	[ "$status" = 0 ] || grep -q '^xdp-wg: error: ' "$said" ||
		fail "no sentence after $(head -n 1 "$report"): $(cat "$said")"
	as_before "$state/without" "status with $1 $2"
	return $used
}

# alone, beside: the network, with nothing loaded, or with xdp-wg on r1-r2. What then is there is in
# $state/without. VLAN tags are taken off r1-a, so that there is something to restore.
alone() {
	unloaded
	in_ns R1 ethtool -K r1-a rxvlan on || fail "r1-a takes no tags off"
	spoil
	# Directories that stay are made by the first load ever.
	in_ns R1 xdp-wg load -q r1-a && in_ns R1 xdp-wg unload -q --all || fail "load failed"
	sleep 1
	objects > "$state/without"
}

beside() {
	alone
	in_ns R1 xdp-wg load -q r1-r2 || fail "load failed"
	sleep 1
	objects > "$state/without"
}

# each SHARE TRY KIND [OPTION...]: TRY with each number of the share: K/N, or one number alone.
each() {
	local share=$1 try=$2 kind=$3 n=${1%/*} tried=0 start=$SECONDS

	shift 3
	while "$try" "$kind" "$n" "$@"; do
		tried=$((tried + 1))
		[[ $share == */* ]] || break
		n=$((n + ${share#*/}))
	done
	echo "# $try $kind $*: $tried tried, the last below $((n + 1)), $((SECONDS - start)) s"
	[ $tried -gt 0 ] || fail "no $kind failed"
}

# each_place TRY KIND load|unload|status [OPTION...]: TRY with those numbers that come from
# different places in the command's own code.
each_place() {
	local try=$1 kind=$2 command=$3 n rest tried=0 start=$SECONDS

	shift 3
	rm -f "$report"
	case $command in
	load)
		run_short "$kind" list xdp-wg load -q "$@" r1-a > "$state/list" || fail "load failed"
		in_ns R1 xdp-wg unload -q r1-a || fail "unload failed"
		;;
	unload)
		in_ns R1 xdp-wg load -q "$@" r1-a || fail "load failed"
		run_short "$kind" list xdp-wg unload -q r1-a > "$state/list" || fail "unload failed"
		;;
	status) run_short "$kind" list xdp-wg status r1-r2 > "$state/list" || fail "status failed" ;;
	esac
	[ "$kind" != malloc ] || grep '^place ' "$report" | cut -d ' ' -f 2 > "$state/list"
	while read -r n rest; do
		"$try" "$kind" "$n" "$@" || fail "no $kind $n failed: $(cat "$said")"
		echo "$n $rest: $(head -n 1 "$report"), exit status $status"
		tried=$((tried + 1))
	done < "$state/list"
	echo "# $try $kind $*: $tried tried, $((SECONDS - start)) s"
	[ $tried -ge 8 ] || fail "only $tried places were found"
}
