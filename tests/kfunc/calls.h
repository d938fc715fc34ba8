/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One call, for one kind of program: included once for XDP and once for tc, with KIND xdp or skb
 * and CONTEXT the type of its context.
 */

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define OF_KIND(name) JOIN(KIND, _, name)
#define KFUNC(name) JOIN(bpf_, KIND, _##name)
#ifdef IS_SKB
#define RECEIVED_BY(ctx) ((ctx)->ifindex)
#else
#define RECEIVED_BY(ctx) ((ctx)->ingress_ifindex)
#endif

static __always_inline __s64 OF_KIND(call_peer)(struct CONTEXT *ctx, struct wg_peer *peer)
{
	const struct request *request = &exchange.request;
	struct reply *reply = &exchange.reply;
	__u32 size = request->size;

	bpf_probe_read_kernel(reply->peer, sizeof(reply->peer), peer->handshake.remote_static);
	switch (request->call) {
	case CALL_PEER:
		return 0;
	case CALL_KEYS:
		return read_keys(peer);
	case CALL_TUPLE:
		if (size > sizeof(reply->tuple))
			return 0;
		return bpf_wg_endpoint_tuple_get(peer, &reply->tuple, size);
	case CALL_MATCH:
		if (size > sizeof(request->flow))
			return 0;
		return bpf_wg_endpoint_match(peer, &request->flow, size);
	case CALL_ROUTE:
		if (size > sizeof(reply->route))
			return 0;
		return bpf_wg_peer_route(peer, &reply->route, size);
	case CALL_IDENT:
		return bpf_wg_ip_ident(peer, request->saddr, request->daddr);
	case CALL_QUEUED:
		return bpf_wg_peer_queued(peer, request->offset);
	case CALL_BRIDGE_SEES:
		return KFUNC(wg_bridge_sees)(ctx, peer, request->mark, request->offset);
	case CALL_CONSENT_ENCRYPT:
		return bpf_wg_consent_encrypt(peer, &request->flow, &reply->route,
					      &exchange.request.consent);
	case CALL_CONSENT_DECRYPT:
		return bpf_wg_consent_decrypt(peer, &request->flow, &request->flow,
					      &exchange.request.consent);
	case CALL_PEEK:
		return KFUNC(wg_peek)(ctx, request->offset, request->length, peer, &reply->block);
	case CALL_ENCRYPT:
		return KFUNC(wg_encrypt)(ctx, request->offset, request->length, peer);
	case CALL_DECRYPT:
		return KFUNC(wg_decrypt)(ctx, request->offset, request->length, peer);
#ifdef IS_SKB
	case CALL_ENCAPSULATED:
	case CALL_DECAPSULATED:
		return call_metadata(ctx, peer);
#endif
	}
	return 0;
}

static __always_inline __s64 OF_KIND(call_device)(struct CONTEXT *ctx, struct wg_device *wg)
{
	const struct request *request = &exchange.request;
	__u32 size = request->address_size;
	struct wg_peer *peer;
	__s64 ret;

	exchange.reply.device = wg->dev->ifindex;
	if (request->call == CALL_DEVICE)
		return 0;
	if (request->call == CALL_HOOKS) {
		exchange.reply.egress = (struct bpf_wg_egress){ .ifindex = request->egress };
		__builtin_memcpy(exchange.reply.egress.dmac, request->memory, 6);
		return KFUNC(wg_hooks)(ctx, request->iif ?: RECEIVED_BY(ctx), wg,
				       &exchange.reply.egress, request->hooks);
	}
	if (size > sizeof(request->address))
		return 0;
	if (request->find_peer == PEER_BY_ADDRESS)
		peer = bpf_wg_peer_allowedips_lookup(wg, request->address, size);
	else
		peer = bpf_wg_peer_hashtable_lookup(wg, request->index);
	if (!peer)
		return NO_PEER;
	ret = OF_KIND(call_peer)(ctx, peer);
	bpf_wg_peer_put(peer);
	return ret;
}

/* Returns 1 if the call was one that needs no device, with its result in *ret. */
static __always_inline int OF_KIND(call_plain)(struct CONTEXT *ctx, __s64 *ret)
{
	const struct request *request = &exchange.request;
	__u32 size = request->size;

	switch (request->call) {
	case CALL_VALIDATE:
		if (size > sizeof(request->flow))
			return 1;
		*ret = KFUNC(wg_flow_validate)(ctx, &exchange.request.flow, size, request->mark);
		exchange.reply.mtu = request->flow.mtu;
		return 1;
	case CALL_RECALL:
		if (size <= sizeof(request->flow))
			*ret = KFUNC(wg_flow_recall)(ctx, &request->flow, size,
						     &exchange.reply.recalled);
		return 1;
	case CALL_OWN_MAC:
		if (size <= sizeof(request->memory))
			*ret = KFUNC(wg_own_mac)(ctx, request->memory, size);
		return 1;
	case CALL_INGRESS:
		exchange.reply.arrival = request->ingress;
		if (size <= sizeof(request->memory))
			*ret = KFUNC(wg_ingress)(ctx, request->memory, size,
						 &exchange.reply.arrival);
		return 1;
	case CALL_RECEIVED:
		*ret = KFUNC(wg_received)(ctx, request->egress, request->length);
		return 1;
	case CALL_EGRESS:
		*ret = KFUNC(wg_egress)(ctx, request->egress);
		return 1;
	case CALL_PROBE:
		if (size <= sizeof(request->memory))
			*ret = KFUNC(wg_neigh_probe)(ctx, request->egress, request->memory, size);
		return 1;
	case CALL_CHECKSUM:
		*ret = KFUNC(checksum)(ctx, request->offset, request->length, request->seed);
		return 1;
	case CALL_MOVE:
		*ret = KFUNC(wg_move)(ctx, request->to, request->from, request->length);
		return 1;
	case CALL_HAND_OVER:
		*ret = KFUNC(wg_stream_hand_over)(ctx);
		return 1;
	case CALL_TAKE_OVER:
		*ret = KFUNC(wg_stream_take_over)(ctx, request->ticket);
		return 1;
	case CALL_FORGET:
		KFUNC(wg_stream_forget)(ctx);
		return 1;
#ifdef IS_SKB
	case CALL_FINISH:
		*ret = bpf_skb_wg_finish(ctx, request->offset);
		return 1;
	case CALL_HEADROOM:
		*ret = bpf_skb_wg_headroom(ctx);
		return 1;
#else
	case CALL_UNFINISHED:
		if (size <= sizeof(exchange.reply.unfinished))
			*ret = bpf_xdp_wg_unfinished(ctx, &exchange.reply.unfinished, size);
		return 1;
	case CALL_SENT:
		*ret = bpf_xdp_wg_sent(ctx, request->egress, request->ifindex, request->length);
		return 1;
#endif
	}
	return 0;
}

static __always_inline __s64 OF_KIND(call)(struct CONTEXT *ctx)
{
	const struct request *request = &exchange.request;
	struct wg_device *wg;
	__s64 ret = 0;

	if (OF_KIND(call_plain)(ctx, &ret))
		return ret;
	if (request->find_device == DEVICE_BY_INDEX)
		wg = KFUNC(wg_device_get_by_index)(ctx, request->ifindex);
	else
		wg = KFUNC(wg_device_get_by_port)(ctx, request->port);
	if (!wg)
		return NO_DEVICE;
	ret = OF_KIND(call_device)(ctx, wg);
	bpf_wg_device_put(wg);
	return ret;
}

#undef JOIN_
#undef JOIN
#undef OF_KIND
#undef KFUNC
#undef RECEIVED_BY
