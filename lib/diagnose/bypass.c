// SPDX-License-Identifier: GPL-2.0
/*
 * What the fast path bypasses of all that was found, and how to say so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/bypass.h"

static const struct {
	const char *name;
	const char *before; /* of the sentence, before the items */
	const char *after;
} kinds[BYPASS_KINDS] = {
	[BYPASS_FIREWALL] = { "firewall", "packets that go fast bypass the firewall: ", "" },
	[BYPASS_NAT] = { "nat", "packets that go fast bypass address translation: ",
			 "; what it translates will not work: connections through a tunnel, or "
			 "the tunnel itself if its port is redirected" },
	[BYPASS_FLOWTABLE] = { "flowtable", "packets that go fast bypass the flowtable: ", "" },
	[BYPASS_QDISC] = { "qdisc", "packets that go fast bypass the queueing discipline: ",
			   "; they are not shaped, and others are shaped as if they were not "
			   "there" },
	[BYPASS_FILTER] = { "filter", "packets that go fast bypass traffic control: ", "" },
};

int bypass_add(struct bypass *bypass, const struct bypass_item *item)
{
	struct bypass_item *items;

	for (size_t i = 0; i < bypass->count; i++)
		if (bypass->items[i].kind == item->kind && bypass->items[i].ahead == item->ahead &&
		    !strcmp(bypass->items[i].name, item->name))
			return 0;
	items = realloc(bypass->items, (bypass->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	bypass->items = items;
	items[bypass->count++] = *item;
	return 0;
}

enum bypass_rules bypass_rules_of(enum bypass_kind kind)
{
	return kind == BYPASS_QDISC || kind == BYPASS_FILTER ? BYPASS_TC : BYPASS_NETFILTER;
}

enum xdp_wg_reason bypass_reason(enum bypass_rules rules)
{
	return rules == BYPASS_TC ? XDP_WG_TRAFFIC_CONTROL : XDP_WG_NETFILTER;
}

/* Whether a program is loaded on the device that bypasses such rules, or one that does not. */
static bool is_loaded(const struct snapshot_device *device, enum bypass_rules rules, bool bypasses)
{
	bool told = rules == BYPASS_TC ? device->bypasses_tc : device->bypasses_netfilter;

	return device->loaded && told == bypasses;
}

static bool is_any_loaded(const struct snapshot *snapshot, enum bypass_rules rules, bool bypasses)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (is_loaded(&snapshot->devices[i], rules, bypasses))
			return true;
	return false;
}

/*
 * XDP hands frames to the driver. What tc redirects is queued like any other packet, but chains of
 * netfilter are not shown it.
 */
static bool is_any_in_xdp(const struct snapshot *snapshot, enum bypass_rules rules, bool bypasses)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (is_loaded(&snapshot->devices[i], rules, bypasses) && !snapshot->devices[i].tc)
			return true;
	return false;
}

/*
 * Whether packets come in by the device that a program takes which bypasses such rules, or one that
 * does not: at the device itself, or at one below.
 */
static bool is_ingress(const struct bypass_item *item, const struct snapshot *snapshot,
		       const struct snapshot_device *device, bool bypasses)
{
	enum bypass_rules rules = bypass_rules_of(item->kind);

	if (is_loaded(device, rules, bypasses))
		return !(device->tc && item->ahead);
	for (size_t i = 0; i < snapshot->count; i++)
		if (&snapshot->devices[i] != device &&
		    is_loaded(&snapshot->devices[i], rules, bypasses) &&
		    snapshot_carries(snapshot, &snapshot->devices[i], device))
			return true;
	return false;
}

/* Whether packets that a program takes come by a bridge, or those to a peer may leave by one. */
static bool is_any_by_bridge(const struct snapshot *snapshot, bool bypasses)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];

		if (!is_loaded(device, BYPASS_NETFILTER, bypasses))
			continue;
		for (size_t j = 0; j < snapshot->count; j++)
			if (snapshot->devices[j].bridge && &snapshot->devices[j] != device &&
			    ((device->native && snapshot->devices[j].underlay) ||
			     snapshot_carries(snapshot, device, &snapshot->devices[j])))
				return true;
	}
	return false;
}

/*
 * Whether packets would come by it that arrive where a program is loaded that bypasses such things,
 * or where one is that does not. A packet on the fast path never is at a WireGuard device: what is
 * at the hooks of one counts wherever our program is loaded.
 */
static bool is_on_the_way(const struct bypass_item *item, const struct snapshot *snapshot,
			  bool bypasses)
{
	enum bypass_rules rules = bypass_rules_of(item->kind);
	const struct snapshot_device *device;

	if (item->where == BYPASS_STACK)
		return is_any_loaded(snapshot, rules, bypasses);
	if (item->where == BYPASS_BRIDGE)
		return is_any_by_bridge(snapshot, bypasses);
	device = snapshot_by_name(snapshot, item->device);
	if (!device || !device->up)
		return false;
	if (device->wireguard)
		return is_any_loaded(snapshot, rules, bypasses);
	if (item->where == BYPASS_INGRESS)
		return is_ingress(item, snapshot, device, bypasses);
	if (!device->ethernet)
		return false;
	return rules == BYPASS_NETFILTER ? is_any_loaded(snapshot, rules, bypasses)
					 : is_any_in_xdp(snapshot, rules, bypasses);
}

/* Whether packets that go fast lack what it does; one that only looks at them does nothing. */
static bool is_missed(const struct bypass_item *item)
{
	return item->kind != BYPASS_NAT || item->translates_all || item->leaving[0];
}

/* Whether all programs that do not bypass netfilter go by its consent. */
static bool is_by_consent(const struct snapshot *snapshot)
{
	bool any = false;

	for (size_t i = 0; i < snapshot->count; i++) {
		if (!is_loaded(&snapshot->devices[i], BYPASS_NETFILTER, false))
			continue;
		if (!snapshot->devices[i].conntrack)
			return false;
		any = true;
	}
	return any;
}

void bypass_conclude(struct bypass *bypass, const struct snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < bypass->count; i++) {
		struct bypass_item *item = &bypass->items[i];

		item->bypassed = is_missed(item) && is_on_the_way(item, snapshot, true);
		item->passed = is_on_the_way(item, snapshot, false);
		if (item->bypassed || item->passed)
			bypass->items[kept++] = *item;
	}
	bypass->count = kept;
	bypass->consent = is_by_consent(snapshot);
}

const char *bypass_kind_name(enum bypass_kind kind)
{
	return kinds[kind].name;
}

static size_t append(char *buf, size_t len, size_t size, const char *text)
{
	int more;

	if (len >= size)
		return len;
	more = snprintf(buf + len, size - len, "%s", text);
	return more < 0 ? len : len + more;
}

bool bypass_sentence(const struct bypass *bypass, enum bypass_kind kind, char *buf, size_t size)
{
	bool any = false, forward = false;
	size_t len;

	len = append(buf, 0, size, kinds[kind].before);
	for (size_t i = 0; i < bypass->count; i++) {
		const struct bypass_item *item = &bypass->items[i];

		if (item->kind != kind || !item->bypassed)
			continue;
		len = append(buf, len, size, any ? ", " : "");
		len = append(buf, len, size, item->name);
		if (kind == BYPASS_NAT && !item->translates_all) {
			len = append(buf, len, size, " (of packets that leave by ");
			len = append(buf, len, size, item->leaving);
			len = append(buf, len, size, ")");
		}
		any = true;
		forward |= item->forward;
	}
	len = append(buf, len, size, kinds[kind].after);
	if (kind == BYPASS_FIREWALL && forward)
		append(buf, len, size,
		       "; those that set up a TCP connection do not, so that MSS "
		       "clamping works");
	return any;
}

/* How many names a sentence has: a firewall may have dozens of chains. */
#define MAX_NAMES 6

/* Name those that packets pass because of. Return: the length of the text. */
static size_t append_names(const struct bypass *bypass, enum bypass_rules rules, char *buf,
			   size_t len, size_t size)
{
	unsigned int named = 0, more = 0;
	char rest[32];

	for (size_t i = 0; i < bypass->count; i++) {
		const struct bypass_item *item = &bypass->items[i];

		if (!item->passed || bypass_rules_of(item->kind) != rules)
			continue;
		if (named == MAX_NAMES) {
			more++;
			continue;
		}
		len = append(buf, len, size, named++ ? ", " : "");
		len = append(buf, len, size, item->name);
	}
	if (!more)
		return len;
	snprintf(rest, sizeof(rest), " and %u more", more);
	return append(buf, len, size, rest);
}

/* Chains that make packets pass, though no rule of theirs is about them. */
static size_t append_onlookers(const struct bypass *bypass, char *buf, size_t len, size_t size)
{
	const char *before = "; they are only seen, not translated, by ";

	for (size_t i = 0; i < bypass->count; i++) {
		const struct bypass_item *item = &bypass->items[i];

		if (!item->passed || is_missed(item))
			continue;
		len = append(buf, len, size, before);
		len = append(buf, len, size, item->name);
		before = ", ";
	}
	return len;
}

bool bypass_pass_sentence(const struct bypass *bypass, enum bypass_rules rules, __u64 packets,
			  char *buf, size_t size)
{
	static const char *const names[BYPASS_RULES] = {
		[BYPASS_NETFILTER] = "netfilter",
		[BYPASS_TC] = "traffic control",
	};
	static const char *const hidden[BYPASS_RULES] = {
		[BYPASS_NETFILTER] = "hooks that are no tables (nft list hooks), or had rules",
		[BYPASS_TC] = "something that is gone by now",
	};
	char who[64] = "packets pass";
	bool any = false;
	size_t len;

	for (size_t i = 0; i < bypass->count; i++)
		any |= bypass->items[i].passed && bypass_rules_of(bypass->items[i].kind) == rules;
	if (!any && !packets)
		return false;
	if (packets)
		snprintf(who, sizeof(who), "%llu packet%s passed", (unsigned long long)packets,
			 packets == 1 ? "" : "s");
	len = append(buf, 0, size, who);
	len = append(buf, len, size, " because ");
	len = append(buf, len, size, names[rules]);
	len = append(buf, len, size, " has ");
	if (any) {
		len = append(buf, len, size, "rules (");
		len = append_names(bypass, rules, buf, len, size);
		len = append(buf, len, size, ")");
	} else {
		len = append(buf, len, size, hidden[rules]);
	}
	if (rules == BYPASS_NETFILTER && bypass->consent) {
		append(buf, len, size,
		       ": with --conntrack, flows go fast once it has let them through, "
		       "unless it changes them in another way than by NAT");
		return true;
	}
	len = append(buf, len, size, ": this is the default, and nothing is broken");
	if (rules == BYPASS_NETFILTER) {
		len = append_onlookers(bypass, buf, len, size);
		append(buf, len, size, "; with --conntrack, flows that it lets through go fast");
	}
	return true;
}

bool bypass_sampled_sentence(const struct bypass *bypass, char *buf, size_t size)
{
	const char *before = " ";
	size_t len;

	if (!bypass->sampled_count)
		return false;
	len = append(buf, 0, size, "with --conntrack, rules for each packet see samples only:");
	for (size_t i = 0; i < bypass->sampled_count; i++) {
		len = append(buf, len, size, before);
		len = append(buf, len, size, bypass->sampled[i].chain);
		len = append(buf, len, size, " (");
		len = append(buf, len, size, bypass->sampled[i].statements);
		len = append(buf, len, size, ")");
		before = ", ";
	}
	if (bypass->more_sampled)
		append(buf, len, size, " and others");
	return true;
}

void bypass_free(struct bypass *bypass)
{
	free(bypass->items);
	bypass->items = NULL;
	bypass->count = 0;
}
