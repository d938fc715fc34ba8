/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test program and its BPF programs tell each other: one call to a kfunc, and what came
 * of it.
 */
#ifndef TESTS_EXCHANGE_H
#define TESTS_EXCHANGE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "patches/wireguard/bpf_types.h"

/* The kfuncs; those of a device or peer take the one that struct request tells how to find. */
enum call {
	CALL_DEVICE, /* only the device */
	CALL_HOOKS,
	CALL_PEER, /* only device and peer */
	CALL_KEYS, /* no kfunc: the session keys of the peer, read from its memory */
	CALL_TUPLE,
	CALL_MATCH,
	CALL_ROUTE,
	CALL_IDENT,
	CALL_QUEUED,
	CALL_BRIDGE_SEES, /* the mark for the flow, the offset for whether it is received */
	CALL_CONSENT_ENCRYPT, /* with the flow, and the reply's route */
	CALL_CONSENT_DECRYPT, /* with the flow for both */
	CALL_VALIDATE,
	CALL_RECALL,
	CALL_OWN_MAC,
	CALL_INGRESS,
	CALL_RECEIVED,
	CALL_EGRESS,
	CALL_PROBE,
	CALL_PEEK,
	CALL_ENCRYPT,
	CALL_DECRYPT,
	CALL_MOVE,
	CALL_CHECKSUM,
	CALL_HAND_OVER, /* returns the ticket */
	CALL_TAKE_OVER,
	CALL_FORGET,
	CALL_FINISH, /* tc only, of a packet that ends at the offset */
	CALL_ENCAPSULATED, /* tc only */
	CALL_DECAPSULATED, /* tc only */
	CALL_HEADROOM, /* tc only */
	CALL_UNFINISHED, /* XDP only */
	CALL_SENT, /* XDP only */
};

enum find_device {
	DEVICE_BY_INDEX,
	DEVICE_BY_PORT,
};

enum find_peer {
	PEER_BY_ADDRESS,
	PEER_BY_INDEX,
};

#define KEY_SIZE 32
#define PEEK_SIZE sizeof(struct bpf_wg_block)

struct request {
	__u32 call; /* enum call */
	__u32 find_device; /* enum find_device */
	__u32 ifindex; /* of the device to find, and an ifindex argument of a kfunc */
	__u32 egress; /* the other ifindex argument */
	__u32 iif; /* where the packet comes in, for CALL_HOOKS; or 0: where it is received */
	__u16 port;
	__u32 find_peer; /* enum find_peer */
	__u32 index; /* receiver index, as in the message */
	__u32 address_size;
	__u8 address[16]; /* allowed-IPs lookup */
	__u32 size; /* of the memory argument */
	__u8 memory[16]; /* MAC addresses, one or two, or a neighbour's address */
	__be32 saddr, daddr;
	__u32 offset, length, to, from, seed;
	__u32 family; /* of the outer header */
	__u32 hooks; /* enum bpf_wg_hooks_flags */
	__u32 mark; /* that the flow is routed with */
	__u64 ticket; /* to take over by */
	__u64 room_flags; /* of bpf_skb_adjust_room() */
	__u32 headroom; /* to leave in front of an XDP frame that is moved there, or to cut off */
	__s32 grow; /* what bpf_skb_adjust_room(), or bpf_xdp_adjust_tail(), adds before the call */
	struct bpf_wg_flow flow;
	struct bpf_wg_consent consent;
	struct bpf_wg_ingress ingress;
};

/* What a call returned, or how far it did not get. */
#define NO_DEVICE (-1000001)
#define NO_PEER (-1000002)

struct reply {
	__s64 ret;
	__u32 device; /* ifindex of the device that was found */
	__u8 peer[KEY_SIZE]; /* public key of the peer that was found */
	struct bpf_sock_tuple tuple;
	struct bpf_wg_route route;
	struct bpf_wg_block block;
	struct bpf_wg_recalled recalled;
	__u32 mtu; /* of the flow */
	/* Of the skb, after CALL_ENCAPSULATED or CALL_DECAPSULATED. */
	__u32 mark, protocol, priority, ingress, queue, tc_index;
	struct bpf_wg_unfinished unfinished;
	struct bpf_wg_egress egress; /* CALL_HOOKS */
	struct bpf_wg_ingress arrival; /* CALL_INGRESS */
	/* CALL_KEYS */
	__u8 sending[KEY_SIZE];
	__u8 receiving[KEY_SIZE];
	__u64 receiving_at; /* where the kernel has that key */
	__u64 birth; /* nanoseconds since boot */
	__u64 counter; /* next to be sent */
	__u32 local_index; /* as in messages */
	__u32 remote_index;
	__u32 handshake_index;
};

struct exchange {
	struct request request;
	struct reply reply;
};

#endif /* TESTS_EXCHANGE_H */
