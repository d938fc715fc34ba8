# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the scripts beside, which test with real traffic in the network of topology.sh. A script says
# what it has with test_case and ends with `run_cases "$@"`:
#
#   SCRIPT [--full] [--list] [CASE...]
#
# A case is a shell function. It runs in a shell of its own with a time limit, says what it needs
# (network, loaded, ...), and ends by itself when all is well or with fail(). What it changes, it
# undoes with undo(); after a case that failed, or said spoil(), the network is made anew. Cases of
# all scripts so share one network, because it takes long to make.

set -u

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$tests/topology.sh"

# How many times longer than on the distribution's kernel anything may take: those of vm/kernels
# check themselves.
case $(uname -r) in
*-debug | *-kcsan) : "${SLOW:=6}" ;;
esac
export SLOW=${SLOW:-1}

# What cases tell each other: `outer` has the family of the network that is up, and what links it has.
#
# Senders leave to their devices what they do by default, and a script where that would hide what it
# tests says TOPOLOGY_OFFLOADS=off first: in skb mode packets pass for it, at the tc hook they come
# merged.
state=/run/xdp-wg-tests
logs=${RESULTS:-/results}/net
routers="R1 R2"
mkdir -p "$state" "$logs"

case_names=()
declare -A case_limits case_kinds
undo_list=()

# test_case NAME SECONDS [full]: a case, which is the function NAME with _ for -. It may take so long
# on a machine that does nothing else, and ends at three times that (see SLOW).
test_case() {
	[ -z "${case_limits[$1]:-}" ] || {
		echo "$0: there are two cases $1" >&2
		exit 2
	}
	case_names+=("$1")
	case_limits[$1]=$((3 * SLOW * $2))
	case_kinds[$1]=${3:-}
}

# fail WHY...: end the case. In a subshell it only ends that, but the case has failed.
fail() {
	[ -e "$state/why" ] || echo "$*" > "$state/why"
	exit 1
}

# undo COMMAND...: when the case ends well, run this, before what was said earlier.
undo() {
	undo_list+=("$(printf '%q ' "$@")")
}

# spoil: the network will not be what it was.
spoil() {
	rm -f "$state/outer"
}

end_case() {
	local status=$1 i

	trap - EXIT
	if [ "$status" = 0 ] && [ ! -e "$state/why" ]; then
		for ((i = ${#undo_list[@]} - 1; i >= 0; i--)); do
			eval "${undo_list[i]}" || {
				echo "could not undo: ${undo_list[i]}" > "$state/why"
				break
			}
		done
	fi
	if [ "$status" != 0 ] || [ -e "$state/why" ]; then
		spoil
		exit 1
	fi
	exit 0
}

# one_case PREFIX NAME: run it and say how it went.
one_case() {
	local name=$1/$2 log="$logs/$1-$2.log" why status=0 start=$SECONDS

	rm -f "$state/why"
	timeout -k 10 "${case_limits[$2]}" bash "$0" --case "$2" < /dev/null > "$log" 2>&1 || status=$?
	if [ $status = 0 ]; then
		echo "ok net/$name # $((SECONDS - start)) s"
		return
	fi
	spoil
	why="exit status $status"
	[ $status != 124 ] || why="did not end within ${case_limits[$2]} s"
	[ ! -s "$state/why" ] || why=$(cat "$state/why")
	echo "not ok net/$name - $why"
	tail -n 15 "$log" | sed 's/^/# /'
	return 1
}

run_cases() {
	local full= list= wanted=() name failed=0 script

	script=$(basename "$0" .sh)
	while :; do
		case ${1:-} in
		--case)
			trap 'end_case $?' EXIT
			"${2//-/_}"
			exit
			;;
		--full) full=1 ;;
		--list) list=1 ;;
		*) break ;;
		esac
		shift
	done
	for name; do
		[ -n "${case_limits[$name]:-}" ] || {
			echo "$0: there is no case $name: --list shows them" >&2
			exit 2
		}
		wanted+=("$name")
	done
	if [ $# = 0 ]; then
		for name in "${case_names[@]}"; do
			[ "${case_kinds[$name]}" = full ] && [ -z "$full" ] || wanted+=("$name")
		done
	fi
	for name in "${wanted[@]}"; do
		if [ -n "$list" ]; then
			echo "net/$script/$name"
		else
			one_case "$script" "$name" || failed=1
		fi
	done
	exit $failed
}

# interfaces ROUTER: where xdp-wg is loaded: the inner and the outer one.
interfaces() {
	case $1 in
	R1) echo r1-a r1-r2 ;;
	R2) echo r2-r1 r2-b ;;
	esac
}

clear_network() {
	local ns

	for ns in $TOPOLOGY_NAMESPACES; do
		[ ! -e "/run/netns/$ns" ] || in_ns "$ns" xdp-wg unload -q --all
	done
	rm -f "$state/outer"
	topology_down
	rm -rf /sys/fs/bpf/xdp-wg /sys/fs/bpf/xdp-filter /sys/fs/bpf/xdp
}

# network [4|6]: A and B reach each other, by a tunnel over that family (IPv4).
network() {
	local outer=${1:-4} links="${1:-4} ${TOPOLOGY_NICS:-} ${TOPOLOGY_OFFLOADS:-on}"

	if [ "$(cat "$state/outer" 2> /dev/null)" != "$links" ]; then
		clear_network
		topology_up "$outer" || fail "the network could not be made"
		echo "$links" > "$state/outer"
	fi
	wait_session 30 || fail "A and B do not reach each other"
}

# loaded_on ROUTER: xdp-wg there as it is without options.
loaded_on() {
	local ns=$1

	in_ns "$ns" xdp-wg status -j $(interfaces "$ns") 2> /dev/null |
		jq -e 'all(.interfaces[]; .mode == "native" and .priority == 30 and
			.options == [] and .rss == "auto") and (.interfaces | length == 2)' > /dev/null &&
		return
	in_ns "$ns" xdp-wg unload -q --all
	load "$ns"
}

# loaded: the network, and xdp-wg on both routers.
loaded() {
	local ns

	network "$@"
	for ns in $routers; do
		loaded_on "$ns"
	done
	wait_session 30 || fail "A and B do not reach each other once xdp-wg is loaded"
}

# bypassing: the network, and xdp-wg on both routers, which takes packets past all rules.
bypass_all="--bypass-netfilter --bypass-tc"
bypassing() {
	local ns

	unloaded "$@"
	for ns in $routers; do
		load "$ns" $bypass_all
	done
	wait_session 30 || fail "A and B do not reach each other once xdp-wg is loaded"
}

# unloaded: the network, without xdp-wg.
unloaded() {
	local ns

	network "$@"
	for ns in $routers; do
		in_ns "$ns" xdp-wg unload -q --all || fail "unload in $ns failed"
	done
}

# load ROUTER [OPTION...]. At the tc hook, what goes fast does not depend on how busy the guest's CPUs
# are, unless -r is among the options.
load() {
	local ns=$1

	shift
	[[ " $*" != *" --hook tc"* || " $*" = *" -r "* ]] || set -- "$@" -r none
	in_ns "$ns" xdp-wg load -q "$@" $(interfaces "$ns") || fail "load in $ns failed"
}

# count NAMESPACE REASON: packets counted until now.
count() {
	in_ns "$1" xdp-wg status -j | jq ".counters[\"$2\"].packets"
}

# mark: what gained() counts from.
mark() {
	local ns

	for ns in $routers; do
		in_ns "$ns" xdp-wg status -j > "$state/mark.$ns" 2> /dev/null
	done
}

gained() {
	echo $(($(count "$1" "$2") - $(jq ".counters[\"$2\"].packets" "$state/mark.$1")))
}

# expect_gained NAMESPACE REASON LEAST [MOST]: packets counted since mark.
expect_gained() {
	local n

	n=$(gained "$1" "$2")
	[ "$n" -ge "$3" ] && [ "$n" -le "${4:-$n}" ] && return
	in_ns "$1" xdp-wg status
	fail "$1 counted $n packets as $2, not ${4+from }$3${4+ to $4}"
}

# expect_all NAMESPACE REASON COUNT: so many, but for those on a key that has just come.
expect_all() {
	expect_gained "$1" "$2" $(($3 - $(gained "$1" new-key) - $(gained "$1" no-key)))
}

# echo_replies NAMESPACE: how many came until now.
echo_replies() {
	in_ns "$1" nstat -asz IcmpInEchoReps Icmp6InEchoReplies |
		awk '/Echo/ { n += $2 } END { print n }'
}

# ping_all NAMESPACE ADDRESS COUNT [OPTION...]: all must be answered. ping itself does not wait long
# for the last answers, and a busy machine may be slow.
ping_all() {
	local ns=$1 address=$2 count=$3 output before end=$((SECONDS + 15 * SLOW))

	shift 3
	before=$(echo_replies "$ns")
	output=$(in_ns "$ns" timeout $((60 * SLOW)) \
		ping -q -n -c "$count" -i 0.02 -W 5 "$@" "$address" 2>&1)
	until [[ $output == *" $count received"* ]] ||
		[ $(($(echo_replies "$ns") - before)) -ge "$count" ]; do
		if [ $SECONDS -ge $end ]; then
			echo "$output"
			fail "not all of $count pings from $ns to $address ${*:+($*) }were answered"
		fi
		sleep 0.2
	done
}

# ping_none: none must be answered.
ping_none() {
	local ns=$1 address=$2 count=$3 output

	shift 3
	output=$(in_ns "$ns" timeout $((60 * SLOW)) \
		ping -q -n -c "$count" -i 0.02 -W 1 "$@" "$address" 2>&1)
	[[ $output == *" 0 received"* ]] && return
	echo "$output"
	fail "pings from $ns to $address ${*:+($*) }were answered"
}

# listening [NAMESPACE]: B, or that one, waits for one transfer. Sets `server` to the process.
listening() {
	local ns=${1:-B}

	in_ns "$ns" iperf3 -s -1 > /dev/null 2>&1 &
	server=$!
	until in_ns "$ns" ss -Hltn sport = :5201 | grep -q .; do
		kill -0 $server || fail "iperf3 does not listen in $ns"
		sleep 0.1
	done
}

# transfer BYTES SECONDS: by TCP, from A to B, within that time, after a mark.
transfer() {
	local server

	listening
	mark
	in_ns A timeout $(($2 * SLOW)) iperf3 -n "$1" -c 10.2.0.2 || fail "TCP does not cross"
	wait $server
}

# needless: segments that A has sent again until now and B had already: none was lost, but others had
# overtaken them.
needless() {
	in_ns A nstat -asz TcpExtTCPDSACKRecv | awk '/DSACK/ { print $2 }'
}

# one_backlog: a veth gives each packet to the CPU that sends it, and what WireGuard's workers send on
# several comes in any order, without xdp-wg as well. Until the case ends, all goes through one CPU's
# backlog, so that what is overtaken was overtaken in a router.
one_backlog() {
	local link file

	for link in A/a-r1 R1/r1-a R1/r1-r2 R2/r2-r1 R2/r2-b B/b-r2; do
		file=/sys/class/net/${link#*/}/queues/rx-0/rps_cpus
		ip netns exec "${link%/*}" sh -c "echo 1 > $file" || fail "$link has no RPS"
		undo ip netns exec "${link%/*}" sh -c "echo 0 > $file"
	done
}

# crosses: without xdp-wg or with it, A and B reach each other and nothing is lost.
crosses() {
	ping_all A 10.2.0.2 "${1:-10}"
	ping_all A fd00:2::2 "${1:-10}"
}

# expect_fast COUNT: since mark, each router encrypted and decrypted so many packets. The first on a
# new key is the stack's to decrypt, and a key gets old at any time.
expect_fast() {
	local ns

	for ns in $routers; do
		expect_gained $ns encapsulated "$1"
		expect_gained $ns decapsulated $(($1 - $(gained $ns new-key)))
	done
}

# crosses_fast: and each packet takes the fast path, in each router and direction.
crosses_fast() {
	local n=${1:-10}

	mark
	crosses "$n"
	expect_fast $((2 * n))
}

# heals [SECONDS]: within that time packets go fast again.
heals() {
	local end=$((SECONDS + SLOW * ${1:-30}))

	wait_session "${1:-30}" || fail "A and B do not reach each other again"
	mark
	until [ "$(gained R1 encapsulated)" -ge 4 ] && [ "$(gained R2 encapsulated)" -ge 4 ]; do
		[ $SECONDS -lt $end ] || fail "packets do not go fast again"
		in_ns A ping -q -n -c 4 -i 0.1 -W 1 10.2.0.2 > /dev/null
	done
	crosses_fast
}

# traffic_start [OPTION...]: packets of all sizes between A and B, both ways and families, until
# traffic_stop, which sets traffic_sent and traffic_lost.
traffic_start() {
	rm -f "$state/traffic"
	python3 "$tests/net/traffic.py" "$@" > "$state/traffic" &
	traffic=$!
	until [ -s "$state/traffic" ]; do
		kill -0 $traffic || fail "the traffic did not start"
		sleep 0.1
	done
}

traffic_stop() {
	kill -TERM $traffic
	wait $traffic || fail "the traffic ended with an error"
	cat "$state/traffic"
	read -r traffic_sent traffic_lost <<< "$(awk '/^sent/ { s += $2; l += $4 } END { print s, l }' \
		"$state/traffic")"
}

# traffic_lossless: stop it, and not a packet may be missing.
traffic_lossless() {
	traffic_stop
	[ "$traffic_lost" = 0 ] || fail "$traffic_lost of $traffic_sent packets were lost"
}

# jumbo: the links of the network take frames of 9000 bytes, and the tunnel what fits into them.
jumbo() {
	local link

	spoil
	for link in "A a-r1" "R1 r1-a" "R1 r1-r2" "R2 r2-r1" "R2 r2-b" "B b-r2"; do
		in_ns ${link% *} ip link set ${link#* } mtu 9000 || fail "${link#* } has no MTU of 9000"
	done
	in_ns R1 ip link set wg0 mtu 8920 && in_ns R2 ip link set wg0 mtu 8920 &&
		in_ns A ip route replace default via 10.1.0.1 mtu 8920 &&
		in_ns A ip -6 route replace default via fd00:1::1 mtu 8920 &&
		in_ns B ip route replace default via 10.2.0.1 mtu 8920 &&
		in_ns B ip -6 route replace default via fd00:2::1 mtu 8920 ||
		fail "the network takes no large packets"
}

# crosses_large COUNT: packets as large as jumbo() allows.
crosses_large() {
	ping_all A 10.2.0.2 "$1" -M "do" -s 8892
	ping_all B 10.1.0.2 "$1" -M "do" -s 8892
	ping_all A fd00:2::2 "$1" -M "do" -s 8872
	ping_all B fd00:1::2 "$1" -M "do" -s 5000
}

# says STATUS WORDS NAMESPACE COMMAND...: a command ends with that status and says those words.
says() {
	local status=0 want=$1 words=$2 ns=$3 output

	shift 3
	output=$(in_ns "$ns" "$@" 2>&1 < /dev/null) || status=$?
	echo "$output"
	[ $status = "$want" ] || fail "$*: exit status $status, not $want"
	[[ $output == *"$words"* ]] || fail "$* does not say '$words', but: $(head -n 1 <<< "$output")"
}

# nothing_left: no trace of xdp-wg is in the kernel.
nothing_left() {
	local left n

	left=$(find /sys/fs/bpf/xdp-wg /sys/fs/bpf/xdp -mindepth 1 2> /dev/null)
	[ -z "$left" ] || fail "left behind: ${left//$'\n'/ }"
	# Programs are freed after a grace period.
	for n in {1..50}; do
		left=$(for program in xdp_wg xdp_wg_auto xdp_wg_cpumap tc_wg; do
			bpftool prog show name "$program"
		done)
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	fail "a program is left: $(head -n 1 <<< "$left")"
}
