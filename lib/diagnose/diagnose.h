/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_DIAGNOSE_H
#define LIB_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>

/*
 * Why packets do not go fast. The diagnosis draws conclusions from a snapshot of the network
 * namespace; netns/snapshot.h has what takes it.
 */

enum family {
	FAMILY_IPV4,
	FAMILY_IPV6,
	FAMILY_COUNT,
};

struct snapshot_device {
	int ifindex;
	char name[IF_NAMESIZE];
	bool up;
	bool ethernet; /* and packets may leave there */
	bool wireguard;
	bool veth;
	bool forwards[FAMILY_COUNT]; /* packets that arrive there */
	bool routed[FAMILY_COUNT]; /* a unicast route leads there */
	bool carries; /* tunnel packets to a peer leave there */
	bool loaded; /* has our program */
	bool native; /* ... in native mode, so that only XDP transmits */
	bool tc; /* ... at the tc hook */
	bool transmits; /* frames that XDP redirects there */
	/* Of a WireGuard device: */
	unsigned int peers;
	unsigned int sessions; /* peers with a session that is not too old */
};

struct snapshot {
	struct snapshot_device *devices;
	size_t count;
	/* How many IPsec policies there are; one that blocks by default counts. */
	unsigned int policies_in;
	unsigned int policies_out;
	unsigned int policies_forward;
};

/* snapshot_device() - The device with an interface index, NULL if there is none. */
struct snapshot_device *snapshot_device(const struct snapshot *snapshot, int ifindex);

struct diagnosis_finding {
	char text[256]; /* one sentence without a full stop */
	bool blocking; /* because of this alone, no packet at all can go fast */
};

#define DIAGNOSIS_MAX_FINDINGS 16

struct diagnosis {
	struct diagnosis_finding findings[DIAGNOSIS_MAX_FINDINGS];
	size_t count;
};

/* diagnose() - Draw conclusions. What hides others comes first. */
void diagnose(const struct snapshot *snapshot, struct diagnosis *diagnosis);

/*
 * diagnosis_reason() - The best explanation for nothing going fast: the first finding that is
 * blocking, or else the first. Return: NULL if nothing was found.
 */
const struct diagnosis_finding *diagnosis_reason(const struct diagnosis *diagnosis);

#endif /* LIB_DIAGNOSE_DIAGNOSE_H */
