/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of R1 that both passes must raise alike: those of `ip -s link` and `wg show`.
 */
#ifndef DIFF_STATS_H
#define DIFF_STATS_H

#include <stdint.h>

enum statistic {
#define STATS_LINK(X, link)                                                                        \
	X(link##_RX_PACKETS)                                                                       \
	X(link##_RX_BYTES)                                                                         \
	X(link##_TX_PACKETS)                                                                       \
	X(link##_RX_ERRORS)                                                                        \
	X(link##_TX_ERRORS)                                                                        \
	X(link##_RX_DROPPED)                                                                       \
	X(link##_TX_DROPPED)                                                                       \
	X(link##_RX_LENGTH_ERRORS)                                                                 \
	X(link##_RX_FRAME_ERRORS)
/* Of the devices that some variants have. */
#define STATS_VLAN(X, link)                                                                        \
	X(link##_RX_PACKETS)                                                                       \
	X(link##_RX_BYTES)                                                                         \
	X(link##_TX_PACKETS)                                                                       \
	X(link##_TX_BYTES)
/*
 * An endpoint is a number here that another endpoint does not have. veth counts a header of 14
 * bytes more for a frame that XDP sends: no bytes for these.
 */
#define STATS(X)                                                                                   \
	STATS_LINK(X, WG0)                                                                         \
	X(WG0_TX_BYTES)                                                                            \
	STATS_LINK(X, R1_A)                                                                        \
	STATS_LINK(X, R1_W)                                                                        \
	STATS_VLAN(X, LAN7)                                                                        \
	STATS_VLAN(X, WAN9)                                                                        \
	X(PEER_4_RX_BYTES)                                                                         \
	X(PEER_4_TX_BYTES)                                                                         \
	X(PEER_4_ENDPOINT)                                                                         \
	X(PEER_6_RX_BYTES)                                                                         \
	X(PEER_6_TX_BYTES)                                                                         \
	X(PEER_6_ENDPOINT)
#define STAT_ENUM(name) STAT_##name,
	STATS(STAT_ENUM)
#undef STAT_ENUM
		STAT_MAX,
};

struct stats {
	uint64_t value[STAT_MAX];
};

extern const char *const stat_names[STAT_MAX];

/* stats_open() - Open the sockets. In R1's namespace, once. */
void stats_open(void);

/* stats_read() - Read all of them. */
void stats_read(struct stats *stats);

#endif /* DIFF_STATS_H */
