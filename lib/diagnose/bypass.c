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

static const struct snapshot_device *find_device(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (!strcmp(snapshot->devices[i].name, name))
			return &snapshot->devices[i];
	return NULL;
}

static bool is_any_loaded(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->devices[i].loaded)
			return true;
	return false;
}

/* XDP hands frames to the driver. What tc redirects is queued like any other packet. */
static bool is_any_in_xdp(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->devices[i].loaded && !snapshot->devices[i].tc)
			return true;
	return false;
}

/*
 * A packet on the fast path never is at a WireGuard device: what is at the hooks of one is bypassed
 * wherever our program is loaded.
 */
static bool is_bypassed(const struct bypass_item *item, const struct snapshot *snapshot)
{
	const struct snapshot_device *device;

	if (item->where == BYPASS_STACK)
		return is_any_loaded(snapshot);
	device = find_device(snapshot, item->device);
	if (!device || !device->up)
		return false;
	if (device->wireguard)
		return is_any_loaded(snapshot);
	if (item->where == BYPASS_INGRESS)
		return device->loaded && !(device->tc && item->ahead);
	return device->ethernet && is_any_in_xdp(snapshot);
}

void bypass_conclude(struct bypass *bypass, const struct snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < bypass->count; i++)
		if (is_bypassed(&bypass->items[i], snapshot))
			bypass->items[kept++] = bypass->items[i];
	bypass->count = kept;
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

		if (item->kind != kind)
			continue;
		len = append(buf, len, size, any ? ", " : "");
		len = append(buf, len, size, item->name);
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

void bypass_free(struct bypass *bypass)
{
	free(bypass->items);
	bypass->items = NULL;
	bypass->count = 0;
}
