// SPDX-License-Identifier: GPL-2.0
/*
 * How often a key stream is made, and a program that many CPUs can run at once, since it shares
 * nothing with its other runs.
 */

#include "kernel.h"
#include "relay.h"

#define MESSAGE_OFFSET 42

__u32 device, receiver; /* interface index, and receiver index of all messages */
__u64 made, looked_up;

SEC("fentry/wg_bpf_aead_stream")
int counts_streams(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&made, 1);
	return 0;
}

SEC("fentry/wg_allowedips_lookup_rcu")
int counts_lookups(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&looked_up, 1);
	return 0;
}

static __always_inline void relay_step(struct xdp_md *ctx, struct wg_peer *peer,
				       struct relay *relay)
{
	struct bpf_wg_block block = {};

	if (relay->step == RELAY_PEEK) {
		relay->ret = bpf_xdp_wg_peek(ctx, MESSAGE_OFFSET, relay->length, peer, &block);
		relay->ticket = bpf_xdp_wg_stream_hand_over(ctx);
		return;
	}
	if (relay->ticket)
		relay->taken = bpf_xdp_wg_stream_take_over(ctx, relay->ticket);
	relay->ret = bpf_xdp_wg_decrypt(ctx, MESSAGE_OFFSET, relay->length, peer);
}

SEC("xdp")
int relays(struct xdp_md *ctx)
{
	struct wg_device *wg;
	struct relay relay;
	struct wg_peer *peer;

	if (bpf_xdp_load_bytes(ctx, RELAY_OFFSET, &relay, sizeof(relay)))
		return XDP_ABORTED;
	wg = bpf_xdp_wg_device_get_by_index(ctx, device);
	if (!wg)
		return XDP_ABORTED;
	peer = bpf_wg_peer_hashtable_lookup(wg, receiver);
	if (peer) {
		relay_step(ctx, peer, &relay);
		bpf_wg_peer_put(peer);
	}
	bpf_wg_device_put(wg);
	if (!peer || bpf_xdp_store_bytes(ctx, RELAY_OFFSET, &relay, sizeof(relay)))
		return XDP_ABORTED;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
