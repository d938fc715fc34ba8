/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF programs and user space agree on: names, the configuration of one attached
 * program, and the table of reasons that every packet is counted under.
 */
#ifndef BPF_XDP_WG_H
#define BPF_XDP_WG_H

#include <linux/types.h>

/*
 * Name of the XDP program that is the datapath and nothing else, as `xdp-loader status` and
 * `bpftool prog` show it.
 */
#define XDP_WG_PROG "xdp_wg"

/* Name of the tc program, and of the program that runs on the CPUs that an RSS program chose. */
#define XDP_WG_TC_PROG "tc_wg"
#define XDP_WG_CPUMAP_PROG "xdp_wg_cpumap"

/* Where it stands in a dispatcher's chain: after xdp-filter (10), before xdp-forward (50). */
#define XDP_WG_PRIO 30

/*
 * Version of the layout of everything pinned and of struct xdp_wg_config. It changes whenever a
 * program of one version could not work on the maps of another.
 */
#define XDP_WG_LAYOUT 6

/* Options of one attached program: the section .rodata.config of the object. */
#define XDP_WG_CONFIG_SECTION ".rodata.config"

enum xdp_wg_flags {
	/* Send outer IPv4 packets with UDP checksum 0 (RFC 768). Never applied to IPv6. */
	XDP_WG_NO_UDP_CSUM = 1U << 0,
	/* In skb mode or at the tc hook: any egress that is up can transmit, also without XDP. */
	XDP_WG_SKB_MODE = 1U << 1,
	/* Packets do not pass for what netfilter, or traffic control, has on the stack's way. */
	XDP_WG_BYPASS_NETFILTER = 1U << 2,
	XDP_WG_BYPASS_TC = 1U << 3,
	/* The program does not run on skbs, whose end the kernel notes wrongly once it has moved.
	 */
	XDP_WG_END_MOVES = 1U << 4,
	/* Frames come from a wire or finished otherwise: no sender leaves work to a device. */
	XDP_WG_FINISHED = 1U << 5,
	/* What netfilter has rules for goes fast by its consent. */
	XDP_WG_CONNTRACK = 1U << 6,
	/* At the tc hook: where a CPU has no time and another has, flows are left to the stack. */
	XDP_WG_RELIEF = 1U << 7,
};

struct xdp_wg_config {
	__u32 layout; /* XDP_WG_LAYOUT */
	__u32 version; /* of the command that loaded it: major << 16 | minor << 8 | patch */
	__u32 flags; /* enum xdp_wg_flags */
	__u32 sample; /* with XDP_WG_CONNTRACK: for how long consent is good, in milliseconds */
};

/*
 * The configuration of an RSS program: the section .rodata.rss of its object. A hash, or whatever
 * the program goes by, chooses an entry of the table, which names the CPU.
 */
#define XDP_WG_RSS_SECTION ".rodata.rss"
#define XDP_WG_RSS_TABLE 1024 /* a power of two */

struct xdp_wg_rss {
	__u32 seed; /* of the hash, so that nobody outside can aim flows at one CPU */
	__u32 cpus; /* how many CPUs the work is spread over, which the table begins with */
	__u32 relief; /* whether these are all: the stack would take others, too */
	__u32 table[XDP_WG_RSS_TABLE]; /* CPU numbers, which are keys of the cpumap */
};

/*
 * The cpumap of an RSS program, and what became of the packets that it chose a CPU for: a per-CPU
 * array of struct xdp_wg_queue, indexed by the CPU chosen, shared by all programs of a network
 * namespace.
 */
#define XDP_WG_CPUMAP "rss_cpu_map"
#define XDP_WG_QUEUES_MAP "xdp_wg_queues"
#define XDP_WG_LANES_MAP "rss_lanes"
#define XDP_WG_BATCHES_MAP "rss_batches"
#define XDP_WG_MAX_CPUS 1024

struct xdp_wg_queue {
	__u64 queued;
	__u64 lost; /* never came to the CPU: its queue was full */
	__u64 failed; /* did, and the egress then refused what was made of it */
};

/* What is counted there, for one RSS program: the section .rodata.queues of the object. */
#define XDP_WG_QUEUES_SECTION ".rodata.queues"

struct xdp_wg_queues {
	__u32 cpumap; /* map id */
	__u32 prog; /* program id of the program that runs in it */
};

/*
 * The map of counters: a per-CPU array of struct xdp_wg_counter indexed by enum xdp_wg_reason.
 * Pinned as "counters" and shared by all programs of a network namespace.
 */
#define XDP_WG_COUNTERS_MAP "xdp_wg_counters"
#define XDP_WG_COUNTERS_PIN "counters"

struct xdp_wg_counter {
	__u64 packets;
	__u64 bytes; /* of the frame as received */
};

/* Where a packet goes: out by the fast path, on to the next program and the stack, nowhere. */
enum verdict {
	VERDICT_FAST,
	VERDICT_PASS,
	VERDICT_DROP,
};

/*
 * Why a packet went where it went. This is the only table of reasons: the enum, the names in
 * machine-readable output and the words of `xdp-wg status` come from it.
 *
 * X(symbol, verdict, name, words), where the verdict is the end of its name. New reasons go at the
 * end of their verdict's group and raise XDP_WG_LAYOUT.
 */
#define XDP_WG_REASONS(X)                                                                          \
	X(ENCAP, FAST, "encapsulated", "encrypted and sent")                                       \
	X(DECAP, FAST, "decapsulated", "decrypted and forwarded")                                  \
	X(NOT_IP, PASS, "not-ip", "neither IPv4 nor IPv6")                                         \
	X(VLAN, PASS, "vlan", "with VLAN tags that are the stack's to take off")                   \
	X(OTHER_MAC, PASS, "other-mac", "to another MAC address, multicast or broadcast")          \
	X(MULTI_BUFFER, PASS, "multi-buffer", "in more than one buffer")                           \
	X(GSO, PASS, "gso", "merged by GRO, or to be segmented")                                   \
	X(MALFORMED, PASS, "malformed", "with a header or a length that is wrong")                 \
	X(OPTIONS, PASS, "options", "with IP options or extension headers")                        \
	X(FRAGMENT, PASS, "fragment", "IP fragments")                                              \
	X(ADDRESS, PASS, "address", "with an address that is not for forwarding")                  \
	X(LOCAL, PASS, "local", "to this host, not WireGuard data")                                \
	X(NOT_DATA, PASS, "not-data", "WireGuard handshakes and keepalives")                       \
	X(FORWARDING_OFF, PASS, "forwarding-off", "on an interface that does not forward")         \
	X(NO_ROUTE, PASS, "no-route", "without a route, or with one that forbids")                 \
	X(NOT_TUNNEL, PASS, "not-tunnel", "routed, but not by WireGuard")                          \
	X(SOURCE, PASS, "source", "from a source that reverse path filtering would check")         \
	X(TTL, PASS, "ttl", "at the end of their TTL or hop limit")                                \
	X(ICMP_ERROR, PASS, "icmp-error", "that are ICMP errors")                                  \
	X(MTU, PASS, "mtu", "larger than the MTU of their route")                                  \
	X(NO_PEER, PASS, "no-peer", "without a WireGuard peer")                                    \
	X(NO_KEY, PASS, "no-key", "without a valid session key yet")                               \
	X(NEW_KEY, PASS, "new-key", "the first on a new session key")                              \
	X(WINDOW, PASS, "window", "outside of the replay window")                                  \
	X(ENDPOINT, PASS, "endpoint", "from a new endpoint, or to a peer without one")             \
	X(OUTER_ROUTE, PASS, "outer-route", "without a plain route to their endpoint")             \
	X(POLICY, PASS, "policy", "that IPsec, a mark or a special route may claim")               \
	X(NETFILTER, PASS, "netfilter", "that netfilter has rules for")                            \
	X(NESTED, PASS, "nested", "from one WireGuard tunnel into another")                        \
	X(NEIGHBOUR, PASS, "neighbour", "to a next hop not resolved yet")                          \
	X(EGRESS, PASS, "egress", "to an interface that cannot transmit XDP frames")               \
	X(ROOM, PASS, "room", "in a buffer too small to encrypt in")                               \
	X(INNER, PASS, "inner", "to decrypt, with an inner packet for the stack")                  \
	X(SHUTDOWN, PASS, "shutdown", "while their WireGuard device or peer went away")            \
	X(TRAFFIC_CONTROL, PASS, "traffic-control", "that traffic control has rules for")          \
	X(CHECKSUM, PASS, "checksum", "with a checksum that a device was to finish")               \
	X(ORDER, PASS, "order", "behind others that passed")                                       \
	X(SAMPLE, PASS, "sample", "to ask netfilter again about their flow")                       \
	X(BUSY, PASS, "busy", "of which CPUs with more time do a part")                            \
	X(BRIDGE, PASS, "bridge", "that a bridge on their way is to see")                          \
	X(AUTH, DROP, "auth", "that failed authentication")                                        \
	X(REPLAY, DROP, "replay", "replayed")                                                      \
	X(BROKEN, DROP, "broken", "that could not be finished")

enum xdp_wg_reason {
#define XDP_WG_REASON_ENUM(symbol, verdict, name, words) XDP_WG_##symbol,
	XDP_WG_REASONS(XDP_WG_REASON_ENUM)
#undef XDP_WG_REASON_ENUM
	XDP_WG_REASON_MAX,
};

#endif /* BPF_XDP_WG_H */
