# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Shared by those that run many parts, in guests and beside each other, and add up what they counted:
# tests/check and tests/check-debug. Wants `top`, and vm/common.sh; `lanes` has the processes that run
# parts, one after the other.

work=$(mktemp -d)
lanes=()
finish() {
	# They end what they have started.
	[ ${#lanes[@]} = 0 ] || kill -TERM "${lanes[@]}" 2> /dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
passed=0 failed=0
: > "$work/failures"

# run_part NAME COMMAND...: run one part, and leave what it says and its exit status.
run_part() {
	local name=$1 status=0 start=$SECONDS

	shift
	"$@" < /dev/null > "$work/$name.out" || status=$?
	echo $((SECONDS - start)) > "$work/$name.seconds"
	echo "$status" > "$work/$name.tmp"
	mv "$work/$name.tmp" "$work/$name.status"
}

# guest NAME [OPTION...] -- SCRIPT [ARGUMENT...]: a part that is a script in a guest, with options of
# vm/run.
guest() {
	local name=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2086,SC2154 # TIED is words; vm and top are those of who reads this file
	run_part "$name" $TIED "$vm/run" --results "$top/results/$name" \
		${options[@]+"${options[@]}"} "$@"
}

# await NAME LANE: until the part has ended, or the process that was to run it.
await() {
	until [ -e "$work/$1.status" ]; do
		kill -0 "$2" 2> /dev/null || break
		sleep 0.5
	done
}

# result NAME WORDS: show what a part said, and add what it counted.
result() {
	local words=$2 status=none line

	say "checked $words"
	[ ! -e "$work/$1.status" ] || status=$(cat "$work/$1.status")
	[ ! -e "$work/$1.out" ] || cat "$work/$1.out"
	[ ! -e "$work/$1.seconds" ] || echo "# $1: $(cat "$work/$1.seconds") s"
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/$1.out" | tail -n 1 || true)
	if [ -z "$line" ]; then
		say "$words: ended without a result (exit status $status)"
		line="0 passed, 1 failed"
	elif [ "$status" != 0 ] && [[ $line == *" 0 failed" ]]; then
		say "$words: exit status $status"
		line="${line%% *} passed, 1 failed"
	fi
	[[ $line == *" 0 failed" ]] || grep '^not ok ' "$work/$1.out" >> "$work/failures" ||
		echo "not ok $words - exit status $status" >> "$work/failures"
	passed=$((passed + ${line%% *}))
	line=${line#*, }
	failed=$((failed + ${line%% *}))
}

# as_one COMMAND...: a part that counts as one test.
as_one() {
	if "$@"; then
		echo "1 passed, 0 failed"
	else
		echo "0 passed, 1 failed"
	fi
}

# in_lanes PART...: of parts that lanes run, what they say, in this order. A part is NAME:LANE:WORDS,
# with the lane's place in `lanes`.
in_lanes() {
	local part name words lane

	for part; do
		name=${part%%:*} words=${part##*:} lane=${part#*:} lane=${lane%%:*}
		await "$name" "${lanes[lane]}"
		result "$name" "$words"
	done
}

# closing: what failed once more, since it is far above, and the last line of all. Returns whether that
# is a good one.
closing() {
	echo
	cat "$work/failures"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
