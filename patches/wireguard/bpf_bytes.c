// SPDX-License-Identifier: GPL-2.0
/*
 * What is done to the bytes of a packet without a look at what they mean.
 */

#include "bpf_internal.h"

#include <net/checksum.h>

s64 wg_bpf_checksum(const struct wg_bpf_packet *packet, u32 offset, u32 length, u32 seed)
{
	if (!wg_bpf_within(packet, offset, length))
		return -EFAULT;
	return (__force u32)csum_partial(packet->data + offset, length, (__force __wsum)seed);
}

int wg_bpf_move(const struct wg_bpf_packet *packet, u32 to, u32 from, u32 length)
{
	if (!wg_bpf_within(packet, to, length) || !wg_bpf_within(packet, from, length))
		return -EFAULT;
	memmove(packet->data + to, packet->data + from, length);
	return 0;
}
