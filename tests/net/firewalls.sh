#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What others install on a router: the rules that Debian's packages write, by the packages' own
# programs and files. Everything comes out as without xdp-wg.

. "$(dirname "$0")/ways.sh"

# impatient: a TCP connection of A or B fails after the second SYN that nobody answers. That is a
# time which does not begin before the first one is sent, however busy the machine.
impatient() {
	local ns

	for ns in A B; do
		in_ns $ns sysctl -q -w net.ipv4.tcp_syn_retries=1 || fail "no setting in $ns"
		undo in_ns $ns sysctl -q -w net.ipv4.tcp_syn_retries=6
	done
}

# knock NAMESPACE ADDRESS: whether a TCP port where nobody listens says so.
knock() {
	in_ns "$1" bash -c "exec 3<> /dev/tcp/$2/9" 2>&1 | grep -q refused
}

# reached HOST FAMILY ADDRESS: how that host reaches it, in words. All that are asked at the same
# time take as long as one.
reached() {
	[ "$(all_answered "$1" "$3")" = yes ] && echo "$1 ping$2" &
	asked+=($!)
	knock "$1" "$3" && echo "$1 tcp$2" &
	asked+=($!)
}

# both_ways: what A reaches of B, and B of A.
both_ways() {
	local all asked=()

	all=$(
		reached A 4 10.2.0.2
		reached A 6 fd00:2::2
		reached B 4 10.1.0.2
		reached B 6 fd00:1::2
		wait "${asked[@]}"
	)
	sort <<< "${all:-nothing}" | paste -sd ,
}

a_all="A ping4,A ping6,A tcp4,A tcp6"
b_all="B ping4,B ping6,B tcp4,B tcp6"

# in_turn CHANGE...: both ways after each change of the rules, made while xdp-wg is loaded. The last
# one brings them back to what they were.
in_turn() {
	local change words=

	for change; do
		$change > /dev/null || fail "in $change"
		words+="; $(both_ways)"
	done
	echo "${words#; }"
}

# until_ok SECONDS COMMAND...: until that command succeeds.
until_ok() {
	local end=$((SECONDS + SLOW * $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "did not come: $*"
		sleep 0.2
	done
}

# end PID: of a daemon of this shell.
end() {
	kill "$1" && { wait "$1" || true; }
}

# The package's file, which has no rules and costs nothing, and then as a router's owner fills it
# in.
nftables_file() {
	in_ns R1 nft -f /etc/nftables.conf
}

nftables_filled_in() {
	in_ns R1 nft -f - <<-NFT
		table inet filter {
			chain input {
				policy drop;
				ct state vmap { established : accept, related : accept, invalid : drop }
				iifname "lo" accept
				icmp type echo-request accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
				udp dport 51820 accept
			}
			chain forward {
				policy drop;
				ct state vmap { established : accept, related : accept, invalid : drop }
				iifname "r1-a" accept
			}
		}
	NFT
}

nftables_conf() {
	loaded
	impatient
	nftables_file || fail "nft does not take the package's file"
	undo in_ns R1 nft flush ruleset
	crosses_fast
	same_as "$a_all; $a_all,$b_all" in_turn nftables_filled_in nftables_file
	nftables_filled_in || fail "nft does not take the rules"
	[ "$(ping_and_tcp)" = "ping yes, TCP yes" ] || fail "$(ping_and_tcp)"
}

# in_ufw WORD...: a command to ufw, which has its rules in files, too.
in_ufw() {
	in_ns R1 ufw "$@" || fail "ufw $* failed"
}

# Its rules, by iptables-nft, let everybody ping through.
ufw() {
	local file=/etc/ufw/sysctl.conf settings

	network
	impatient
	settings=$(sed -n 's/^\(net[^=]*\)=.*/\1/p' $file)
	in_ns R1 sysctl $settings > "$state/ufw.sysctl" || fail "the settings of ufw are not there"
	undo in_ns R1 sysctl -q -p "$state/ufw.sysctl"
	rm -rf "$state/ufw"
	cp -a /etc/ufw "$state/ufw"
	undo cp -a "$state/ufw/." /etc/ufw
	undo in_ns R1 nft flush ruleset
	in_ufw allow 51820/udp
	in_ufw route allow in on r1-a out on wg0
	in_ufw --force enable
	same_as "$a_all,B ping4,B ping6" both_ways
}

# zone NAME INTERFACE [ELEMENT]: the package's zone, with that interface in it.
zone() {
	sed "s|^</zone>|<interface name=\"$2\"/>${3:-}&|" "/usr/lib/firewalld/zones/$1.xml" \
		> "/etc/firewalld/zones/$1.xml"
	undo rm "/etc/firewalld/zones/$1.xml"
}

firewalld_answers() {
	dbus-send --system --print-reply --dest=org.fedoraproject.FirewallD1 \
		/org/fedoraproject/FirewallD1 org.freedesktop.DBus.Properties.Get \
		string:org.fedoraproject.FirewallD1 string:state 2>&1 | grep -q RUNNING
}

# The daemon, with the package's zones, and its policies for gateways switched on.
firewalld() {
	local policy

	network
	impatient
	mkdir -p /run/dbus
	nsenter --net=/run/netns/R1 dbus-daemon --system --nofork --nopidfile &
	undo end $!
	until_ok 10 test -S /run/dbus/system_bus_socket
	zone internal r1-a
	zone external r1-r2 '<port protocol="udp" port="51820"/>'
	zone public wg0
	for policy in /usr/lib/firewalld/policies/gateway-*.xml; do
		sed '/<disable/d' "$policy" > "/etc/firewalld/policies/$(basename "$policy")"
		undo rm "/etc/firewalld/policies/$(basename "$policy")"
	done
	nsenter --net=/run/netns/R1 firewalld --nofork --nopid --log-target console &
	undo end $!
	until_ok 120 firewalld_answers
	same_as "$a_all" both_ways
}

# What docker.io's daemon writes, as iptables-save tells it: version 28.5.2+dfsg4-5, started in R1,
# which forwards already, and without containers. The daemon itself is not here: with what it needs
# it would make the sandbox larger by 228 MB.
docker_rules() {
	in_ns R1 iptables-restore <<-'RULES' || return
		*filter
		:INPUT ACCEPT [0:0]
		:FORWARD ACCEPT [0:0]
		:OUTPUT ACCEPT [0:0]
		:DOCKER - [0:0]
		:DOCKER-BRIDGE - [0:0]
		:DOCKER-CT - [0:0]
		:DOCKER-FORWARD - [0:0]
		:DOCKER-ISOLATION-STAGE-1 - [0:0]
		:DOCKER-ISOLATION-STAGE-2 - [0:0]
		:DOCKER-USER - [0:0]
		-A FORWARD -j DOCKER-USER
		-A FORWARD -j DOCKER-FORWARD
		-A DOCKER ! -i docker0 -o docker0 -j DROP
		-A DOCKER-BRIDGE -o docker0 -j DOCKER
		-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A DOCKER-FORWARD -j DOCKER-CT
		-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
		-A DOCKER-FORWARD -j DOCKER-BRIDGE
		-A DOCKER-FORWARD -i docker0 -j ACCEPT
		-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
		-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
		COMMIT
		*nat
		:PREROUTING ACCEPT [0:0]
		:INPUT ACCEPT [0:0]
		:OUTPUT ACCEPT [0:0]
		:POSTROUTING ACCEPT [0:0]
		:DOCKER - [0:0]
		-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
		-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
		-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
		-A DOCKER -i docker0 -j RETURN
		COMMIT
	RULES
	in_ns R1 ip6tables-restore <<-'RULES'
		*filter
		:INPUT ACCEPT [0:0]
		:FORWARD ACCEPT [0:0]
		:OUTPUT ACCEPT [0:0]
		:DOCKER - [0:0]
		:DOCKER-BRIDGE - [0:0]
		:DOCKER-CT - [0:0]
		:DOCKER-FORWARD - [0:0]
		:DOCKER-ISOLATION-STAGE-1 - [0:0]
		:DOCKER-ISOLATION-STAGE-2 - [0:0]
		:DOCKER-USER - [0:0]
		-A FORWARD -j DOCKER-USER
		-A FORWARD -j DOCKER-FORWARD
		-A DOCKER-FORWARD -j DOCKER-CT
		-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
		-A DOCKER-FORWARD -j DOCKER-BRIDGE
		COMMIT
		*nat
		:PREROUTING ACCEPT [0:0]
		:INPUT ACCEPT [0:0]
		:OUTPUT ACCEPT [0:0]
		:POSTROUTING ACCEPT [0:0]
		:DOCKER - [0:0]
		-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
		-A OUTPUT ! -d ::1/128 -m addrtype --dst-type LOCAL -j DOCKER
		COMMIT
	RULES
}

# Where it had to switch forwarding on itself, it closes that to all but its containers, until the
# owner opens it: in IPv4, the only family of its bridge.
docker_closes() {
	in_ns R1 iptables -P FORWARD DROP
}

docker_user_opens() {
	in_ns R1 iptables -I DOCKER-USER -s 10.0.0.0/8 -j ACCEPT
}

docker_forwards() {
	in_ns R1 iptables -D DOCKER-USER -s 10.0.0.0/8 -j ACCEPT && in_ns R1 iptables -P FORWARD ACCEPT
}

docker() {
	network
	impatient
	undo in_ns R1 nft flush ruleset
	docker_rules || fail "iptables does not take the rules"
	same_as "A ping6,A tcp6,B ping6,B tcp6; $a_all,$b_all; $a_all,$b_all" \
		in_turn docker_closes docker_user_opens docker_forwards
}

# What OpenWrt's firewall4 prints for a router with a LAN, a WAN that is masqueraded, and a zone for the
# tunnel that the LAN may use: its chains and their order, in our words. ICMPv6 is allowed as a whole.
openwrt_rules() {
	in_ns R1 nft -f - <<-'NFT'
		table inet fw4 {
			chain input {
				type filter hook input priority filter; policy drop;
				iif "lo" accept
				ct state vmap { established : accept, related : accept }
				tcp flags & (fin | syn | rst | ack) == syn jump syn_flood
				iifname "r1-a" jump input_lan
				iifname "r1-r2" jump input_wan
				iifname "wg0" jump input_vpn
				jump handle_reject
			}
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state vmap { established : accept, related : accept }
				iifname "r1-a" jump forward_lan
				iifname "r1-r2" jump forward_wan
				iifname "wg0" jump forward_vpn
				jump handle_reject
			}
			chain output {
				type filter hook output priority filter; policy accept;
				oif "lo" accept
				ct state vmap { established : accept, related : accept }
				oifname "r1-a" jump output_lan
				oifname "r1-r2" jump output_wan
				oifname "wg0" jump output_vpn
			}
			chain prerouting {
				type filter hook prerouting priority filter; policy accept;
				iifname "r1-a" jump helper_lan
			}
			chain handle_reject {
				meta l4proto tcp reject with tcp reset
				reject
			}
			chain syn_flood {
				limit rate 25/second burst 50 packets return
				drop
			}
			chain input_lan { jump accept_from_lan; }
			chain output_lan { jump accept_to_lan; }
			chain forward_lan {
				jump accept_to_wan
				jump accept_to_vpn
				jump accept_to_lan
			}
			chain helper_lan { }
			chain accept_from_lan { iifname "r1-a" counter accept; }
			chain accept_to_lan { oifname "r1-a" counter accept; }
			chain input_wan {
				udp dport 51820 counter accept
				icmp type echo-request counter accept
				meta l4proto icmpv6 limit rate 1000/second counter accept
				jump reject_from_wan
			}
			chain output_wan { jump accept_to_wan; }
			chain forward_wan {
				meta l4proto icmpv6 limit rate 1000/second counter accept
				jump reject_to_wan
			}
			chain accept_to_wan {
				meta nfproto ipv4 oifname "r1-r2" ct state invalid counter drop
				oifname "r1-r2" counter accept
			}
			chain reject_from_wan { iifname "r1-r2" counter jump handle_reject; }
			chain reject_to_wan { oifname "r1-r2" counter jump handle_reject; }
			chain input_vpn { iifname "wg0" counter jump handle_reject; }
			chain output_vpn { jump accept_to_vpn; }
			chain forward_vpn { oifname "wg0" counter jump handle_reject; }
			chain accept_to_vpn { oifname "wg0" counter accept; }
			chain dstnat { type nat hook prerouting priority dstnat; policy accept; }
			chain srcnat {
				type nat hook postrouting priority srcnat; policy accept;
				oifname "r1-r2" jump srcnat_wan
			}
			chain srcnat_wan { meta nfproto ipv4 masquerade; }
			chain raw_prerouting { type filter hook prerouting priority raw; policy accept; }
			chain raw_output { type filter hook output priority raw; policy accept; }
			chain mangle_prerouting {
				type filter hook prerouting priority mangle; policy accept;
			}
			chain mangle_postrouting {
				type filter hook postrouting priority mangle; policy accept;
				oifname "r1-r2" tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu
			}
			chain mangle_input { type filter hook input priority mangle; policy accept; }
			chain mangle_output { type route hook output priority mangle; policy accept; }
			chain mangle_forward {
				type filter hook forward priority mangle; policy accept;
				iifname "r1-r2" tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu
			}
		}
	NFT
}

# Who is refused a connection is told so: knock() takes that for an answer.
openwrt() {
	network
	impatient
	undo in_ns R1 nft flush ruleset
	openwrt_rules || fail "nft does not take the rules"
	same_as "$a_all,B tcp4,B tcp6" both_ways
	take consent
	ready
	mark
	ping_all A 10.2.0.2 200
	ping_all A fd00:2::2 200
	expect_gained R1 encapsulated 300
	expect_gained R1 decapsulated 300
}

# The server of fail2ban with the package's jail for sshd, whose log names R2, and one for the
# tunnel. One client is told everything, because it takes long to start.
has_banned() {
	in_ns R1 nft list set inet f2b-table "addr-set-$1" 2> /dev/null | grep -q 192.0.2.2
}

has_not_banned() {
	! has_banned "$1"
}

fail2ban_bans() {
	echo set wireguard banip 192.0.2.2 >&"$client"
	until_ok 30 has_banned wireguard
}

fail2ban_unbans() {
	echo set wireguard unbanip 192.0.2.2 >&"$client"
	until_ok 30 has_not_banned wireguard
}

fail2ban_ends() {
	echo stop >&"$client"
	exec {client}>&-
	until_ok 30 test ! -e /run/fail2ban/fail2ban.pid
}

fail2ban() {
	local n

	network
	impatient
	: > "$state/auth.log"
	cat > /etc/fail2ban/jail.local <<-JAILS
		[sshd]
		backend = polling
		logpath = $state/auth.log
		[wireguard]
		enabled = true
		backend = polling
		logpath = $state/auth.log
		filter = sshd
		maxretry = 100
		port = 51820
		protocol = udp
	JAILS
	undo rm /etc/fail2ban/jail.local
	mkdir -p /run/fail2ban
	in_ns R1 fail2ban-client start || fail "fail2ban does not start"
	exec {client}> >(in_ns R1 fail2ban-client -i > /dev/null)
	undo fail2ban_ends
	for n in {1..6}; do
		echo "$(date "+%b %e %T") r1 sshd[$n]: Failed password for root from 192.0.2.2 port 5$n ssh2"
	done >> "$state/auth.log"
	until_ok 30 has_banned sshd
	same_as "nothing; $a_all,$b_all" in_turn fail2ban_bans fail2ban_unbans
}

# wg-quick, when all traffic is to go into the tunnel: the interface is its own.
full_tunnel() {
	network
	impatient
	wg_quick up
	same_as "$a_all,$b_all" both_ways
	wg_quick down
}

test_case nftables-conf 150
test_case ufw 150
test_case firewalld 150
test_case docker 150
test_case openwrt 150
test_case fail2ban 150
test_case full-tunnel 120
run_cases "$@"
