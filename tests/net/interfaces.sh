#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Interfaces that come, go, get another name or another's number, or go to another network namespace:
# load, status and unload work with what is there.

. "$(dirname "$0")/lib.sh"

# spare [OPTION...]: a veth pair in R1, spare0 and spare1, that the other cases know nothing of.
spare() {
	in_ns R1 ip link add spare0 "$@" type veth peer name spare1 &&
		in_ns R1 ip link set spare0 up && in_ns R1 ip link set spare1 up || fail "no veth"
}

ifindex() {
	in_ns R1 ip -j link show "$1" | jq '.[0].ifindex'
}

# late: a second link between A and R1, a-late and r1-late, which packets between A and B take.
late() {
	in_ns A ip link add a-late type veth peer name r1-late &&
		in_ns A ip link set r1-late netns R1 &&
		in_ns A ethtool -K a-late tx off gro on > /dev/null &&
		in_ns R1 ethtool -K r1-late tx off gro on > /dev/null &&
		in_ns A ip addr add 10.3.0.2/24 dev a-late && in_ns A ip link set a-late up &&
		in_ns R1 ip addr add 10.3.0.1/24 dev r1-late && in_ns R1 ip link set r1-late up &&
		in_ns A ip route add 10.2.0.2 via 10.3.0.1 src 10.1.0.2 &&
		in_ns R1 ip route add 10.1.0.2 via 10.3.0.2
}

# Packets go fast from and to an interface that was not there when the program was loaded first, and
# go on when it is not there any more.
later() {
	loaded
	says 1 "there is no interface r1-late" R1 xdp-wg load r1-late
	late || fail "no second link"
	undo in_ns R1 ip link del r1-late
	in_ns R1 xdp-wg load -q r1-late || fail "load failed"
	ping_all A 10.2.0.2 2
	mark
	ping_all A 10.2.0.2 10
	expect_gained R1 encapsulated 10
	expect_gained R1 decapsulated 9
	in_ns A ip link set a-late down
	in_ns R1 ip link set r1-late down
	ping_all A 10.2.0.2 2
	crosses_fast
	in_ns R1 ip link del r1-late
	undo_list=()
	says 0 "r1-a:" R1 xdp-wg status
	! in_ns R1 xdp-wg status | grep -q late || fail "status shows an interface that is gone"
	loaded
	crosses_fast
}

# renamed HOOK-OPTION...: the program stays with an interface that is called otherwise.
renamed() {
	unloaded
	load R1 "$@"
	undo in_ns R1 xdp-wg unload -q --all
	load R2
	undo in_ns R2 xdp-wg unload -q --all
	in_ns R1 ip link set r1-a down && in_ns R1 ip link set r1-a name r1-x &&
		in_ns R1 ip link set r1-x up && in_ns R1 ip addr replace fd00:1::1/64 dev r1-x nodad ||
		fail "the interface cannot be renamed"
	spoil
	wait_session 30 || fail "A and B do not reach each other over the renamed interface"
	says 1 "there is no interface r1-a" R1 xdp-wg status r1-a
	says 0 "r1-x:" R1 xdp-wg status r1-x
	crosses_fast
	load_again "$@"
	says 1 "there is no interface r1-a" R1 xdp-wg unload r1-a
	says 0 "unloaded from r1-x" R1 xdp-wg unload r1-x
	in_ns R1 xdp-wg unload -q --all
}

load_again() {
	in_ns R1 xdp-wg load -q -R "$@" r1-x || fail "load -R failed"
	crosses_fast
}

renamed_xdp() {
	renamed
}

renamed_tc() {
	renamed --hook tc
}

# reused HOOK-OPTION...: another interface gets the number of one that had the program.
reused() {
	local index

	unloaded
	spare
	index=$(ifindex spare0)
	in_ns R1 ethtool -K spare0 rxvlan on
	in_ns R1 xdp-wg load -q "$@" spare0 || fail "load failed"
	in_ns R1 ip link del spare0
	spare index "$index"
	undo in_ns R1 ip link del spare0
	in_ns R1 ethtool -K spare0 rxvlan off
	says 3 "not loaded on spare0" R1 xdp-wg status spare0
	says 0 "not loaded on spare0" R1 xdp-wg unload spare0
	in_ns R1 ethtool -k spare0 | grep -q 'rx-vlan-offload: off' ||
		fail "an offload was restored that was another interface's"
	nothing_left

	# And again, without a command between.
	in_ns R1 xdp-wg load -q "$@" spare0 || fail "load failed"
	in_ns R1 ip link del spare0
	spare index "$index"
	says 0 "loaded on spare0" R1 xdp-wg load "$@" spare0
	says 0 "spare0:" R1 xdp-wg status spare0
	[ "$(in_ns R1 xdp-wg status -j | jq '.interfaces | length')" = 1 ] ||
		fail "status shows what is not there"
	in_ns R1 xdp-wg unload -q spare0 || fail "unload failed"
	nothing_left
}

reused_xdp() {
	reused
}

reused_tc() {
	reused --hook tc
}

# move [HOOK-OPTION...]: an interface goes to another namespace, with the program on it.
move() {
	in_ns R1 xdp-wg load -q "$@" spare0 || fail "load failed"
	in_ns R1 ip link set spare0 netns A || fail "the interface cannot be moved"
	says 0 "not loaded on any interface" R1 xdp-wg status
}

# It can be unloaded where it is now.
moved() {
	unloaded
	spare
	undo in_ns R1 ip link del spare1
	move "$@"
	says 0 "spare0:" A xdp-wg status
	says 0 "unloaded from spare0" A xdp-wg unload spare0
	nothing_left
	in_ns A ip link set spare0 netns R1
}

# Or the next command where it was takes the program away. At the XDP hook, nobody but its new owner
# can take the dispatcher from it.
moved_xdp() {
	moved
	move
	says 0 "not loaded on any interface" R1 xdp-wg unload --all
	nothing_left
	says 3 "not loaded" A xdp-wg status spare0
	says 1 "does not share it" A xdp-wg load spare0
	in_ns A ip link set spare0 xdp off
	load_there
}

moved_tc() {
	moved --hook tc
	move --hook tc
	says 0 "not loaded on any interface" R1 xdp-wg unload --all
	nothing_left
	load_there --hook tc
}

load_there() {
	says 3 "not loaded" A xdp-wg status spare0
	says 0 "loaded on spare0" A xdp-wg load "$@" spare0
	says 0 "unloaded from spare0" A xdp-wg unload spare0
	nothing_left
}

# Interfaces of two namespaces may have the same number, and their programs one BPF file system.
same_number() {
	loaded
	ip netns add twin || fail "no namespace"
	undo ip netns del twin
	in_ns twin ip link add twin0 index "$(ifindex r1-a)" type veth peer \
		name twin1 index 1000 ||
		fail "no veth with the number of r1-a"
	in_ns twin ip link set twin0 up && in_ns twin ip link set twin1 up
	in_ns twin xdp-wg load -q twin0 || fail "load failed"
	says 0 "twin0:" twin xdp-wg status
	in_ns twin xdp-wg unload -q twin0 || fail "unload failed"
	says 0 "r1-a:" R1 xdp-wg status r1-a
	crosses_fast
	in_ns twin xdp-wg load -q twin0 || fail "load failed"
	unloaded
	says 0 "twin0:" twin xdp-wg status twin0
	in_ns twin xdp-wg unload -q --all
	nothing_left
}

# A namespace that is removed leaves what the next command frees, wherever it is given; what others
# have stays.
namespace() {
	local left before

	loaded
	ip netns add gone || fail "no namespace"
	in_ns gone ip link add gone0 type veth peer name gone1 &&
		in_ns gone ip link add gone2 type veth peer name gone3 || fail "no veth"
	for left in 0 1 2 3; do
		in_ns gone ip link set gone$left up
	done
	in_ns gone xdp-wg load -q gone0 gone1 && in_ns gone xdp-wg load -q --hook tc gone2 ||
		fail "load failed"
	before=$(find /sys/fs/bpf/xdp-wg -name 'net-*' | wc -l)
	# Not before they are gone.
	in_ns R1 xdp-wg unload -q lo
	[ "$(in_ns gone xdp-wg status -j | jq '.interfaces | length')" = 3 ] ||
		fail "a command in one namespace disturbs another"
	ip netns del gone
	sleep 1
	in_ns R1 xdp-wg unload -q lo
	[ "$(find /sys/fs/bpf/xdp-wg -name 'net-*' | wc -l)" = $((before - 1)) ] ||
		fail "the namespace's directory is left"
	crosses_fast
	unloaded
	nothing_left
}

# An interface answers to its alternative names, is shown by its own, and in the order of that; and a
# name is no way to tell a terminal what to do.
names() {
	local long=spare-interface-with-a-name-that-is-long evil=$'e\e[31m' order

	unloaded
	spare
	undo in_ns R1 ip link del spare0
	in_ns R1 ip link property add dev spare0 altname $long altname other0 ||
		fail "no alternative name"
	says 0 "loaded on spare0 " R1 xdp-wg load $long
	says 0 "spare0: " R1 xdp-wg status $long
	says 0 "spare0: " R1 xdp-wg status other0
	says 0 "Interface spare0:" R1 xdp-wg features $long
	says 0 "unloaded from spare0" R1 xdp-wg unload other0
	says 1 "there is no interface ${long}er" R1 xdp-wg load ${long}er
	says 1 "there is no interface" R1 xdp-wg status ""

	in_ns R1 ip link add z10 type veth peer name z2 || fail "no veth"
	undo in_ns R1 ip link del z2
	in_ns R1 ip link add "$evil" type veth peer name a1 || fail "no veth"
	undo in_ns R1 ip link del a1
	in_ns R1 xdp-wg load -q z10 z2 "$evil" a1 2> /dev/null || fail "load failed"
	order=$(in_ns R1 xdp-wg status | sed -n 's/: native mode.*//p' | tr '\n' ' ')
	[ "$order" = 'a1 e\x1b[31m z2 z10 ' ] || fail "status shows them as: $order"
	says 0 'unloaded from e\x1b[31m' R1 xdp-wg unload "$evil"
	says 0 'not loaded on e\x1b[31m' R1 xdp-wg unload "$evil"
	in_ns R1 xdp-wg unload -q --all
	nothing_left
}

test_case later 60
test_case renamed-xdp 60
test_case renamed-tc 60
test_case reused-xdp 60
test_case reused-tc 60
test_case moved-xdp 60
test_case moved-tc 60
test_case same-number 60
test_case namespace 60
test_case names 60
run_cases "$@"
