/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An encryption that is refused when all has been made ready for it, by the datapath's own code.
 * For programs of either kind, in which it stands once.
 */
#ifndef TESTS_REFUSAL_H
#define TESTS_REFUSAL_H

#include "bpf/encap.h"

/* Of the encryption: a WireGuard device, an address of a peer, the inner family, and lengths. */
__u32 device;
__u8 address[4];
__u32 family, outer, shift, message, tail;
__u32 flags; /* enum xdp_wg_flags */
/* The reason why it was refused. */
int reason;

static __always_inline void be_refused(pkt_ctx *ctx)
{
	struct encap plan = {
		.outer = outer,
		.shift = shift,
		.message = message,
		.tail = tail,
		.family = family,
	};
	struct wg_device *wg = pkt_device_by_index(ctx, device);
	struct wg_peer *peer;

	if (!wg)
		return;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, sizeof(address));
	bpf_wg_device_put(wg);
	if (!peer)
		return;
	reason = commit_encap(ctx, pkt_length(ctx), &plan, peer, flags);
	bpf_wg_peer_put(peer);
}

#endif /* TESTS_REFUSAL_H */
