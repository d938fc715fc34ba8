#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The drivers of NICs instead of veth: the same network with NICs and cables between them, all of
# which are in one guest (vm/run --nics virtio,igb).

. "$(dirname "$0")/lib.sh"

# lengths: of both families, those near an edge, and the counters say that all went fast.
lengths() {
	mark
	timeout $((200 * SLOW)) python3 "$tests/net/lengths.py" --some > "$state/lengths" \
		2> "$state/error" ||
		fail "$(tail -n 1 "$state/error")"
	expect_fast "$(awk '{ n += $1 } END { print n }' "$state/lengths")"
}

# tcp: segments, checksums and acknowledgements, as the NICs of the hosts make them.
tcp() {
	transfer 500K 30
	expect_gained R1 encapsulated 300
	expect_gained R2 decapsulated 300
}

# cycle OUTER: load, everything crosses, unload, and nothing is left.
cycle() {
	loaded "$1"
	crosses_fast
	lengths
	tcp
	unloaded "$1"
	nothing_left
	crosses
}

# elsewhere OPTION...: another place than native XDP.
elsewhere() {
	local ns

	for ns in $routers; do
		load $ns "$@"
	done
	wait_session 30 || fail "A and B do not reach each other with $*"
	crosses_fast
	unloaded
}

other_hooks() {
	unloaded
	elsewhere -m skb
	elsewhere --hook tc
	nothing_left
}

virtio_ipv4() {
	export TOPOLOGY_NICS=virtio
	cycle 4
}

virtio_ipv6() {
	export TOPOLOGY_NICS=virtio
	cycle 6
}

virtio_other_hooks() {
	export TOPOLOGY_NICS=virtio
	other_hooks
}

# Large frames come in several buffers, which are the stack's.
virtio_jumbo() {
	export TOPOLOGY_NICS=virtio
	loaded
	jumbo
	wait_session 30 || fail "A and B do not reach each other with an MTU of 9000"
	mark
	crosses_large 5
	expect_gained R1 multi-buffer 20
	expect_gained R2 multi-buffer 20
	crosses_fast
}

igb_ipv4() {
	export TOPOLOGY_NICS=igb
	cycle 4
}

igb_ipv6() {
	export TOPOLOGY_NICS=igb
	cycle 6
}

igb_other_hooks() {
	export TOPOLOGY_NICS=igb
	other_hooks
}

# The driver has no XDP for frames larger than its buffers.
igb_jumbo() {
	export TOPOLOGY_NICS=igb
	unloaded
	jumbo
	says 1 "RX buffer size is too small" R1 xdp-wg load r1-a
	says 3 "not loaded" R1 xdp-wg status r1-a
	wait_session 30 || fail "A and B do not reach each other with an MTU of 9000"
	crosses_large 5
}

test_case virtio-other-hooks 60
test_case virtio-ipv4 60
test_case virtio-jumbo 60
test_case virtio-ipv6 60
test_case igb-other-hooks 60
test_case igb-ipv4 60
test_case igb-jumbo 60
test_case igb-ipv6 60
run_cases "$@"
