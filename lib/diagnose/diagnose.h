/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_DIAGNOSE_H
#define LIB_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>

/*
 * Why packets do not go fast. The survey draws conclusions from the facts about the machine's
 * set-up; facts.h has what collects them.
 */

enum survey_family {
	SURVEY_IPV4,
	SURVEY_IPV6,
	SURVEY_FAMILIES,
};

struct survey_device {
	int ifindex;
	char name[IF_NAMESIZE];
	bool up;
	bool ethernet; /* and packets may leave there */
	bool wireguard;
	bool veth;
	bool forwards[SURVEY_FAMILIES]; /* packets that arrive there */
	bool routed[SURVEY_FAMILIES]; /* a unicast route leads there */
	bool carries; /* tunnel packets to a peer leave there */
	bool loaded; /* has our program */
	bool native; /* ... in native mode, so that only XDP transmits */
	bool tc; /* ... at the tc hook */
	bool transmits; /* frames that XDP redirects there */
	/* Of a WireGuard device: */
	unsigned int peers;
	unsigned int sessions; /* peers with a session that is not too old */
};

struct survey_facts {
	struct survey_device *devices;
	size_t count;
	/* How many IPsec policies there are; one that blocks by default counts. */
	unsigned int policies_in;
	unsigned int policies_out;
	unsigned int policies_forward;
};

/* survey_device() - The device with an interface index, NULL if there is none. */
struct survey_device *survey_device(const struct survey_facts *facts, int ifindex);

struct survey_finding {
	char text[256]; /* one sentence without a full stop */
	bool blocking; /* because of this alone, no packet at all can go fast */
};

#define SURVEY_MAX_FINDINGS 16

struct survey {
	struct survey_finding findings[SURVEY_MAX_FINDINGS];
	size_t count;
};

/* survey_conclude() - Draw conclusions. What hides others comes first. */
void survey_conclude(const struct survey_facts *facts, struct survey *survey);

/*
 * survey_reason() - The best explanation for nothing going fast: the first finding that is
 * blocking, or else the first. Return: NULL if nothing was found.
 */
const struct survey_finding *survey_reason(const struct survey *survey);

#endif /* LIB_DIAGNOSE_DIAGNOSE_H */
