// SPDX-License-Identifier: GPL-2.0
/*
 * Why packets did not take the fast path, from the counters alone.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "diagnose/diagnose.h"
#include "program/reasons.h"

/* A few packets of each kind are how networks work: so many, and one in so many, are not. */
#define MANY 10
#define SHARE 100

/* Reasons that something can be done about, and what. */
static const struct {
	enum xdp_wg_reason reason;
	const char *advice;
} advices[] = {
	{ XDP_WG_NEIGHBOUR, "is the next hop there (ip neigh)?" },
	{ XDP_WG_EGRESS, "--hook tc sends by any interface" },
	{ XDP_WG_VLAN, "is their VLAN interface up, and plain (ip -d link)?" },
	{ XDP_WG_GSO, "turn GRO off where they arrive (ethtool -K IFNAME gro off)" },
	{ XDP_WG_MULTI_BUFFER, "use a smaller MTU, and turn rx-gro-hw and lro off (ethtool -K)" },
	{ XDP_WG_FORWARDING_OFF, "turn it on (sysctl net.ipv4.conf, net.ipv6.conf)" },
	{ XDP_WG_SOURCE, "rp_filter is set where they arrive (sysctl net.ipv4.conf)" },
	{ XDP_WG_NO_PEER, "which peer has it among its allowed IPs (wg show)?" },
	{ XDP_WG_OUTER_ROUTE, "how is the endpoint reached (ip route get)?" },
	{ XDP_WG_MTU, "is the MTU right (ip link, ip route)?" },
};

static void keep_blocking(struct diagnosis *diagnosis)
{
	size_t kept = 0;

	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->findings[i].blocking && !diagnosis->findings[i].idle)
			diagnosis->findings[kept++] = diagnosis->findings[i];
	diagnosis->count = kept;
}

void diagnose_passed(const struct xdp_wg_counter *counters, struct diagnosis *diagnosis)
{
	uint64_t fast = reasons_verdict(counters, VERDICT_FAST);

	if (fast)
		keep_blocking(diagnosis);
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		const struct reason *reason = &reasons[advices[i].reason];
		uint64_t packets = counters[advices[i].reason].packets;
		struct diagnosis_finding *finding;

		if (packets < MANY || packets < fast / SHARE ||
		    diagnosis->count == DIAGNOSIS_MAX_FINDINGS)
			continue;
		finding = &diagnosis->findings[diagnosis->count++];
		finding->blocking = finding->idle = false;
		snprintf(finding->text, sizeof(finding->text), "%" PRIu64 " packets passed, %s: %s",
			 packets, reason->words, advices[i].advice);
	}
}
