/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_SNAPSHOT_TYPES_H
#define LIB_NETNS_SNAPSHOT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <net/if.h>
#include <sys/socket.h>

/*
 * A snapshot of a network namespace, as snapshot.h takes it. These stand apart because the parts of
 * it need them.
 */

enum family {
	FAMILY_IPV4,
	FAMILY_IPV6,
	FAMILY_COUNT,
};

/* family_number() - AF_INET or AF_INET6. */
static inline unsigned char family_number(enum family family)
{
	return family == FAMILY_IPV4 ? AF_INET : AF_INET6;
}

struct snapshot_device {
	int ifindex;
	char name[IF_NAMESIZE];
	bool up;
	bool ethernet; /* and packets can leave there: an ifb is none */
	bool wireguard;
	bool veth;
	bool bridge;
	bool filters_vlans; /* a bridge that looks at the VLANs of frames */
	bool lag; /* a bond or team, which chooses the port itself */
	int lower; /* of a VLAN device: interface index of what is below it, or 0 */
	int tag; /* likewise: the VLAN */
	int master; /* interface index of the device that this one is a port of, or 0 */
	bool forwards[FAMILY_COUNT]; /* packets that arrive there are forwarded */
	bool routed[FAMILY_COUNT]; /* a unicast route leads to this tunnel */
	bool underlay; /* encapsulated packets to a peer leave there */
	bool loaded; /* has our program, ... */
	bool native; /* ... in native mode, which needs an egress that transmits XDP frames */
	bool tc; /* ... at the tc hook */
	bool bypasses_netfilter; /* ... which takes packets past its rules */
	bool bypasses_tc; /* likewise */
	bool conntrack; /* ... which goes by netfilter's consent */
	bool transmits; /* frames that XDP redirects there; only known if loaded or underlay */
	/* By diagnose(): */
	bool ingress; /* to IP, what our programs take comes in there */
	bool outside; /* a port where encapsulated packets arrive */
	bool inside; /* another, where packets to encrypt may arrive */
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
static inline struct snapshot_device *snapshot_device(const struct snapshot *snapshot, int ifindex)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->devices[i].ifindex == ifindex)
			return &snapshot->devices[i];
	return NULL;
}

/* snapshot_by_name() - The same by its name. */
static inline const struct snapshot_device *snapshot_by_name(const struct snapshot *snapshot,
							     const char *name)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (!strcmp(snapshot->devices[i].name, name))
			return &snapshot->devices[i];
	return NULL;
}

/*
 * snapshot_port() - The device that transmits what is routed to @device: the one below VLAN
 * devices, of which the fast path knows two on each other, or else @device itself.
 */
static inline const struct snapshot_device *snapshot_port(const struct snapshot *snapshot,
							  const struct snapshot_device *device)
{
	for (int tags = 0; tags < 2 && device->lower; tags++) {
		const struct snapshot_device *lower = snapshot_device(snapshot, device->lower);

		if (!lower)
			break;
		device = lower;
	}
	return device;
}

/*
 * snapshot_bridge() - The bridge that @device is a port of, NULL if it is none.
 */
static inline const struct snapshot_device *snapshot_bridge(const struct snapshot *snapshot,
							    const struct snapshot_device *device)
{
	const struct snapshot_device *master = snapshot_device(snapshot, device->master);

	return device->master && master && master->bridge ? master : NULL;
}

/* VLAN devices on each other, and a bridge. */
#define SNAPSHOT_DEPTH 3

/*
 * snapshot_carries() - Whether what comes in by @device, or leaves by it, may do so at @port: that
 * is @device, or is below it, with VLAN devices or a bridge between.
 */
bool snapshot_carries(const struct snapshot *snapshot, const struct snapshot_device *port,
		      const struct snapshot_device *device);

#endif /* LIB_NETNS_SNAPSHOT_TYPES_H */
