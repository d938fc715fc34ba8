/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One step, for one kind of program: included once for XDP and once for tc, with KIND xdp or skb,
 * CONTEXT the type of its context, LENGTH() its length and LOAD the helper that reads it.
 */

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define OF_KIND(name) JOIN(KIND, _, name)
#define KFUNC(name) JOIN(bpf_, KIND, _##name)

/* Of a part of the packet; equal parts have equal hashes wherever they are. */
__noinline __u64 OF_KIND(hash)(struct CONTEXT *ctx, __u32 from, __u32 to)
{
	__u64 hash = 0;
	__u32 i, size;

	for (i = 0; i < CHUNKS && from < to; i++) {
		size = to - from;
		/* The compiler knows that it is not 0, the verifier does not. */
		asm volatile("" : "+r"(size));
		if (size > CHUNK)
			size = CHUNK;
		if (!size)
			break;
		__builtin_memset(chunk, 0, sizeof(chunk));
		if (LOAD(ctx, from, chunk, size))
			return 0;
		hash = hash_chunk(hash ^ size);
		from += size;
	}
	return hash;
}

/* Remember what the packet is. */
__noinline int OF_KIND(look)(struct CONTEXT *ctx)
{
	now.hashed = 1;
	now.inside = OF_KIND(hash)(ctx, now.start, now.end);
	now.outside =
		OF_KIND(hash)(ctx, 0, now.start) * 3 + OF_KIND(hash)(ctx, now.end, now.packet);
	return 0;
}

/* Compare the packet with what it was. */
__noinline int OF_KIND(compare)(struct CONTEXT *ctx, __s64 ret)
{
	__u64 inside, outside;
	int finished = 0;

	if (LENGTH(ctx) != now.packet) {
		break_rule(ret, FUZZ_LENGTH);
		return 0;
	}
#ifdef IS_SKB
	finished = fuzz.unfinished && now.call == FUZZ_ENCRYPT;
#endif
	inside = OF_KIND(hash)(ctx, now.start, now.end);
	outside = OF_KIND(hash)(ctx, 0, now.start) * 3 + OF_KIND(hash)(ctx, now.end, now.packet);
	if (outside != now.outside && !finished)
		break_rule(ret, FUZZ_OUTSIDE);
	if (inside != now.inside && !finished && !writes(ret))
		break_rule(ret, FUZZ_INSIDE);
	if (now.call == FUZZ_MOVE && !ret && inside != now.source)
		break_rule(ret, FUZZ_MOVED);
	return 0;
}

__noinline int OF_KIND(check)(struct CONTEXT *ctx, __s64 ret)
{
	judge(ret);
	if (now.hashed)
		OF_KIND(compare)(ctx, ret);
	return 0;
}

__noinline int OF_KIND(begin)(struct CONTEXT *ctx, __u32 call)
{
	__builtin_memset(&now, 0, sizeof(now));
	now.call = call;
	now.packet = LENGTH(ctx);
	return 0;
}

/* A part of the packet that a message could be in: where it is, almost there, or anywhere. */
__noinline int OF_KIND(draw_part)(struct CONTEXT *ctx)
{
	__u32 r = draw();
	__be16 length = 0;

	if (r & 1) {
		now.offset = draw_number(now.packet);
		now.length = draw_number(now.packet);
	} else {
		LOAD(ctx, UDP_LENGTH_OFFSET, &length, sizeof(length));
		now.offset = MESSAGE_OFFSET;
		now.length = __builtin_bswap16(length) - 8;
		if (!(r & 6))
			now.length += around[r >> 3 & 7];
	}
	if (within(now.offset, now.length)) {
		now.start = now.offset;
		now.end = now.offset + now.length;
	}
	OF_KIND(look)(ctx);
	return 0;
}

/* A call about a peer. */
static __always_inline void OF_KIND(call_peer)(struct CONTEXT *ctx, struct wg_peer *peer)
{
	static const __u8 calls[8] = {
		FUZZ_TUPLE, FUZZ_MATCH,	  FUZZ_ROUTE,	FUZZ_IDENT,
		FUZZ_PEEK,  FUZZ_ENCRYPT, FUZZ_DECRYPT, FUZZ_ENCAPSULATED,
	};
	__u32 size = draw(), call = calls[draw() & 7];
	__s64 ret;

	if (call == FUZZ_IDENT && size & 4)
		call = FUZZ_QUEUED + (size >> 3 & 3);
#ifdef IS_SKB
	if (call == FUZZ_ENCAPSULATED && size & 4)
		call = FUZZ_DECAPSULATED;
#endif
	OF_KIND(begin)(ctx, call);
	switch (call) {
	case FUZZ_TUPLE:
		size = size & 1 ? 12 : size & 2 ? 36 : size >> 2 & 31;
		ret = bpf_wg_endpoint_tuple_get(peer, &tuple, size);
		break;
	case FUZZ_MATCH:
		draw_flow();
		size = size & 7 ? sizeof(flow) : size >> 3 & 31;
		ret = bpf_wg_endpoint_match(peer, &flow, size);
		break;
	case FUZZ_ROUTE:
		size = size & 7 ? sizeof(route) : size >> 3 & 63;
		ret = bpf_wg_peer_route(peer, &route, size);
		break;
	case FUZZ_IDENT:
		ret = bpf_wg_ip_ident(peer, size, draw());
		break;
	case FUZZ_QUEUED:
		ret = bpf_wg_peer_queued(peer, size >> 5 & 1);
		break;
	case FUZZ_CONSENT_ENCRYPT:
		draw_consent();
		ret = bpf_wg_consent_encrypt(peer, &flow, &route, &consent);
		break;
	case FUZZ_CONSENT_DECRYPT:
		draw_consent();
		ret = bpf_wg_consent_decrypt(peer, &flow, &outer, &consent);
		break;
	case FUZZ_CONSENT_USED:
		draw_consent();
		bpf_wg_consent_used(peer, &consent, size, draw());
		ret = 0;
		break;
	case FUZZ_PEEK:
		OF_KIND(draw_part)(ctx);
		ret = KFUNC(wg_peek)(ctx, now.offset, now.length, peer, &block);
		break;
	case FUZZ_ENCRYPT:
		OF_KIND(draw_part)(ctx);
		ret = KFUNC(wg_encrypt)(ctx, now.offset, now.length, peer);
		break;
	case FUZZ_DECRYPT:
		OF_KIND(draw_part)(ctx);
		ret = KFUNC(wg_decrypt)(ctx, now.offset, now.length, peer);
		break;
#ifdef IS_SKB
	case FUZZ_DECAPSULATED:
		OF_KIND(look)(ctx);
		ret = bpf_skb_wg_decapsulated(ctx, peer);
		break;
#endif
	default:
#ifdef IS_SKB
		OF_KIND(look)(ctx);
		ret = bpf_skb_wg_encapsulated(ctx, peer, size & 1 ? 2 : size & 2 ? 10 : size);
		break;
#else
		return;
#endif
	}
	OF_KIND(check)(ctx, ret);
}

static __always_inline struct wg_device *OF_KIND(find_device)(struct CONTEXT *ctx)
{
	struct wg_device *wg;
	__u32 r = draw();

	if (r & 1)
		wg = KFUNC(wg_device_get_by_index)(ctx, r & 14 ? fuzz.ifindexes[0]
							       : draw_of(fuzz.ifindexes));
	else
		wg = KFUNC(wg_device_get_by_port)(ctx, r & 14 ? fuzz.ports[r >> 4 & 3] : r >> 16);
	found(FUZZ_DEVICE, !!wg);
	return wg;
}

static __always_inline struct wg_peer *OF_KIND(find_peer)(struct wg_device *wg)
{
	__u32 r = draw(), size = draw();
	struct wg_peer *peer;

	if (r & 1) {
		draw_memory();
		size = size & 1 ? 4 : size & 6 ? 16 : size >> 3 & 31;
		peer = bpf_wg_peer_allowedips_lookup(wg, memory, size);
	} else {
		peer = bpf_wg_peer_hashtable_lookup(wg, draw_of(fuzz.receivers));
	}
	found(FUZZ_PEER, !!peer);
	return peer;
}

/* Where a packet comes in: where it is received, mostly. */
static __always_inline __u32 OF_KIND(draw_iif)(struct CONTEXT *ctx)
{
	switch (draw() & 7) {
	case 0:
		return draw_of(fuzz.ifindexes);
	case 1:
		return VLAN_IFINDEX;
	case 2:
		return BRIDGE_IFINDEX;
	}
#ifdef IS_SKB
	return ctx->ifindex;
#else
	return ctx->ingress_ifindex;
#endif
}

/* Calls about one peer or two, which are released in any order, before the device or after it. */
__noinline int OF_KIND(device_step)(struct CONTEXT *ctx)
{
	struct wg_peer *peer, *other;
	struct wg_device *wg;
	__u32 order = draw();

	wg = OF_KIND(find_device)(ctx);
	if (!wg)
		return 0;
	if (!(order & 24)) {
		OF_KIND(begin)(ctx, FUZZ_HOOKS);
		egress.ifindex = draw_above();
		egress.dmac[0] = draw();
		OF_KIND(check)
		(ctx, KFUNC(wg_hooks)(ctx, OF_KIND(draw_iif)(ctx), wg, &egress,
				      order & 32 ? order >> 6 & BPF_WG_HOOKS_FLAGS : order >> 6));
	}
	peer = OF_KIND(find_peer)(wg);
	other = order & 1 ? OF_KIND(find_peer)(wg) : NULL;
	if (order & 2) {
		bpf_wg_device_put(wg);
		wg = NULL;
	}
#ifdef IS_SKB
	/* Another program runs in the middle of this one, at the egress of an interface. */
	if (fuzz.nested && !(draw() & 15) && !bpf_clone_redirect(ctx, fuzz.nested, 0))
		fuzz.clones++;
#endif
	if (other) {
		OF_KIND(call_peer)(ctx, other);
		if (order & 4) {
			bpf_wg_peer_put(other);
			other = NULL;
		}
	}
	if (peer) {
		OF_KIND(call_peer)(ctx, peer);
		bpf_wg_peer_put(peer);
	}
	if (other)
		bpf_wg_peer_put(other);
	if (wg)
		bpf_wg_device_put(wg);
	return 0;
}

/* A packet of another size, with other room around it. */
__noinline int OF_KIND(resize)(struct CONTEXT *ctx)
{
	__u32 r = draw();
	int by = (int)(r >> 8 & 127) - 64;

#ifdef IS_SKB
	switch (r & 3) {
	case 0:
		bpf_skb_change_tail(ctx, ctx->len + by, 0);
		break;
	case 1:
		bpf_skb_adjust_room(ctx, r >> 8 & 63, BPF_ADJ_ROOM_MAC, 0);
		break;
	case 2:
		bpf_skb_pull_data(ctx, r >> 8 & 2047);
		break;
	}
#else
	/*
	 * In skb mode what the head loses would leave an skb's transport header in front of it,
	 * which the kernel itself warns of where such a packet of several segments is sent on.
	 */
	if (r & 1)
		bpf_xdp_adjust_head(ctx, fuzz.generic && by > 0 ? -by : by);
	else
		bpf_xdp_adjust_tail(ctx, by);
#endif
	return 0;
}

__noinline int OF_KIND(move_step)(struct CONTEXT *ctx)
{
	__u32 to;

	OF_KIND(begin)(ctx, FUZZ_MOVE);
	now.offset = draw_number(now.packet);
	now.length = draw_number(now.packet);
	to = draw_number(now.packet);
	if (within(now.offset, now.length) && within(to, now.length)) {
		now.start = to;
		now.end = to + now.length;
		now.source = OF_KIND(hash)(ctx, now.offset, now.offset + now.length);
	}
	OF_KIND(look)(ctx);
	OF_KIND(check)(ctx, KFUNC(wg_move)(ctx, to, now.offset, now.length));
	return 0;
}

/* A call that has no device or peer, and looks for nothing in the packet. */
__noinline int OF_KIND(plain_step)(struct CONTEXT *ctx)
{
	static const __u8 calls[8] = {
		FUZZ_VALIDATE,	FUZZ_OWN_MAC,	FUZZ_EGRESS, FUZZ_PROBE,
		FUZZ_HAND_OVER, FUZZ_TAKE_OVER, FUZZ_FORGET, FUZZ_HEADROOM,
	};
	__u32 size = draw(), call = calls[draw() & 7];
	__s64 ret = 0;

	if (call == FUZZ_VALIDATE && size & 8)
		call = FUZZ_RECALL;
	if (call == FUZZ_OWN_MAC && size & 0x400)
		call = FUZZ_INGRESS;
	if (call == FUZZ_EGRESS && size & 8)
		call = FUZZ_RECEIVED;
#ifdef IS_SKB
	if (call == FUZZ_HEADROOM && size & 8)
		call = FUZZ_FINISH;
#else
	if (call == FUZZ_HEADROOM)
		call = size & 8 ? FUZZ_SENT : FUZZ_UNFINISHED;
#endif
	OF_KIND(begin)(ctx, call);
	switch (call) {
	case FUZZ_VALIDATE:
		draw_flow();
		ret = KFUNC(wg_flow_validate)(ctx, &flow, size & 7 ? sizeof(flow) : size >> 4 & 31,
					      size & 0x200 ? draw() : 0);
		break;
	case FUZZ_RECALL:
		draw_flow();
		ret = KFUNC(wg_flow_recall)(ctx, &flow, size & 7 ? sizeof(flow) : size >> 4 & 31,
					    &recalled);
		break;
	case FUZZ_OWN_MAC:
		draw_memory();
		ret = KFUNC(wg_own_mac)(ctx, memory, size & 1 ? 6 : size >> 1 & 31);
		break;
	case FUZZ_INGRESS:
		draw_memory();
		draw_tags();
		ret = KFUNC(wg_ingress)(ctx, memory, size & 7 ? 12 : size >> 3 & 31, &ingress);
		break;
	case FUZZ_EGRESS:
		ret = KFUNC(wg_egress)(ctx, draw_of(fuzz.ifindexes));
		break;
	case FUZZ_RECEIVED:
		ret = KFUNC(wg_received)(ctx, draw_above(), draw());
		break;
	case FUZZ_PROBE:
		draw_memory();
		ret = KFUNC(wg_neigh_probe)(ctx, draw_of(fuzz.ifindexes), memory,
					    size & 1   ? 4
					    : size & 2 ? 16
						       : size >> 2 & 31);
		break;
	case FUZZ_HAND_OVER:
		ret = KFUNC(wg_stream_hand_over)(ctx);
		if (ret)
			fuzz.ticket = ret;
		break;
	case FUZZ_TAKE_OVER:
		ret = KFUNC(wg_stream_take_over)(ctx, size & 3 ? fuzz.ticket
							       : (__u64)size << 32 | draw());
		break;
	case FUZZ_FORGET:
		KFUNC(wg_stream_forget)(ctx);
		break;
#ifdef IS_SKB
	case FUZZ_FINISH:
		ret = bpf_skb_wg_finish(ctx, draw_number(now.packet));
		break;
#endif
	default:
#ifdef IS_SKB
		ret = bpf_skb_wg_headroom(ctx);
#else
		if (call == FUZZ_SENT)
			ret = bpf_xdp_wg_sent(ctx, draw_above(), draw_of(fuzz.ifindexes), draw());
		else
			ret = bpf_xdp_wg_unfinished(ctx, &unfinished,
						    size & 7 ? sizeof(unfinished) : size >> 3 & 3);
#endif
		break;
	}
	OF_KIND(check)(ctx, ret);
	return 0;
}

__noinline int OF_KIND(checksum_step)(struct CONTEXT *ctx)
{
	OF_KIND(begin)(ctx, FUZZ_CHECKSUM);
	now.offset = draw_number(now.packet);
	now.length = draw_number(now.packet);
	OF_KIND(look)(ctx);
	OF_KIND(check)(ctx, KFUNC(checksum)(ctx, now.offset, now.length, draw()));
	return 0;
}

static __always_inline void OF_KIND(step)(struct CONTEXT *ctx)
{
	__u32 r = draw() & 15;

	if (r < 9)
		OF_KIND(device_step)(ctx);
	else if (r < 13)
		OF_KIND(plain_step)(ctx);
	else if (r == 13)
		OF_KIND(move_step)(ctx);
	else if (r == 14)
		OF_KIND(checksum_step)(ctx);
	else
		OF_KIND(resize)(ctx);
}

#undef JOIN_
#undef JOIN
#undef OF_KIND
#undef KFUNC
