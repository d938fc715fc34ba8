# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the scripts that compare outcomes: whether something comes out as it does without xdp-wg,
# natively, in skb mode, with netfilter's consent and at the tc hook.

export TOPOLOGY_OFFLOADS=${TOPOLOGY_OFFLOADS:-off}
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ways="kernel native skb consent tc"

# take WAY: xdp-wg on both routers like that, with an RSS program of that name, or not at all.
take() {
	local ns

	for ns in $routers; do
		in_ns $ns xdp-wg unload -q --all || fail "unload in $ns failed"
		case $1 in
		kernel) ;;
		native) load $ns ;;
		skb) load $ns -m skb ;;
		tc) load $ns --hook tc ;;
		consent) load $ns -c ;;
		consent-tc) load $ns --hook tc -c ;;
		*) load $ns --rss "$1" ;;
		esac
	done
}

# ready: sessions and neighbours are there, as far as the rules let A reach B.
ready() {
	local end=$((SECONDS + 4))

	until in_ns A ping -q -n -c 2 -i 0.2 -W 1 10.2.0.2 > /dev/null; do
		[ $SECONDS -lt $end ] || return
	done
}

# same OUTCOME...: what the command prints is the same in all ways. Sets outcome to it.
same() {
	local way got

	outcome=
	for way in $ways; do
		take $way
		ready
		got=$("$@")
		echo "$way: $got"
		[ $way != kernel ] || outcome=$got
		[ "$got" = "$outcome" ] || fail "$way: '$got', and without xdp-wg '$outcome'"
	done
	[ -n "$outcome" ] || fail "there is no outcome"
}

# same_as WANT OUTCOME...: and it is that, so that the comparison is of something.
same_as() {
	local want=$1

	shift
	same "$@"
	[ "$outcome" = "$want" ] || fail "the outcome is '$outcome', not '$want'"
}

# rules [NAMESPACE]: a ruleset for nft, from standard input, in R1.
rules() {
	in_ns "${1:-R1}" nft -f - || fail "nft does not take the rules"
	undo in_ns "${1:-R1}" nft flush ruleset
}

# answered NAMESPACE ADDRESS [COUNT]: how many pings are.
answered() {
	in_ns "$1" ping -q -n -c "${3:-10}" -i 0.1 -W 1 "$2" | sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

# all_answered NAMESPACE ADDRESS: a busy machine may lose the last one.
all_answered() {
	[ "$(answered "$1" "$2")" -ge 9 ] && echo yes || echo no
}

none_answered() {
	[ "$(answered "$1" "$2")" = 0 ] && echo none || echo some
}

# transfers [SECONDS]: whether TCP gets somewhere between A and B. Why not is in the log.
transfers() {
	local report=$state/iperf3 bytes server

	in_ns B timeout 30 iperf3 -s -1 > /dev/null 2>&1 &
	server=$!
	until in_ns B ss -Hltn sport = :5201 | grep -q .; do
		kill -0 $server 2> /dev/null || break
		sleep 0.1
	done
	in_ns A timeout 15 iperf3 -J -t "${1:-3}" -c 10.2.0.2 > "$report" 2>&1
	bytes=$(jq -r '.end.sum_received.bytes // 0' "$report" 2> /dev/null)
	kill $server 2> /dev/null
	wait $server 2> /dev/null
	if [ "${bytes:-0}" -gt 500000 ]; then
		echo yes
	else
		echo "TCP: ${bytes:-no report}, $(jq -c '.error, .end' "$report" 2>&1)" >&2
		in_ns A nstat -as | grep -E 'TcpRetrans|TcpExt.*(RTO|Timeouts)|ResetsRecv' >&2
		echo no
	fi
}

ping_and_tcp() {
	echo "ping $(all_answered A 10.2.0.2), TCP $(transfers)"
}

# wg_quick up|down: R1's tunnel is wg-quick's, which takes all traffic: interface and rules are its own.
wg_quick() {
	local file=$state/wg0.conf

	spoil
	[ "$1" != up ] || in_ns R1 ip link del wg0
	(umask 077 && cat > "$file") <<-CONF
		[Interface]
		PrivateKey = $(cat /run/topology/R1.key)
		ListenPort = 51820
		Address = 10.0.0.1/32, fd00::1/128
		[Peer]
		PublicKey = $(wg pubkey < /run/topology/R2.key)
		Endpoint = 192.0.2.2:51820
		AllowedIPs = 0.0.0.0/0, ::/0
	CONF
	in_ns R1 wg-quick "$1" "$file" || fail "wg-quick does not bring it $1"
}
