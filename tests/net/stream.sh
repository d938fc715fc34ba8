#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is read from a TCP connection is what was written to it, whatever the kernel does with the
# packets after they went fast.

. "$(dirname "$0")/ways.sh"

small_segments() {
	network
	same_as 4 python3 "$tests/net/segments.py"
}

test_case small-segments 60
run_cases "$@"
