// SPDX-License-Identifier: GPL-2.0
/*
 * Conclusions about why packets do not go fast, from facts alone.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/diagnose.h"

typedef bool (*device_test)(const struct survey_device *device);

static const struct {
	const char *name;
	const char *setting;
} families[SURVEY_FAMILIES] = {
	[SURVEY_IPV4] = { "IPv4", "net.ipv4.ip_forward" },
	[SURVEY_IPV6] = { "IPv6", "net.ipv6.conf.all.forwarding" },
};

struct survey_device *survey_device(const struct survey_facts *facts, int ifindex)
{
	for (size_t i = 0; i < facts->count; i++)
		if (facts->devices[i].ifindex == ifindex)
			return &facts->devices[i];
	return NULL;
}

static void __attribute__((format(printf, 3, 4)))
add(struct survey *survey, bool blocking, const char *format, ...)
{
	struct survey_finding *finding;
	va_list args;

	if (survey->count == SURVEY_MAX_FINDINGS)
		return;
	finding = &survey->findings[survey->count++];
	finding->blocking = blocking;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

static size_t count(const struct survey_facts *facts, device_test test)
{
	size_t n = 0;

	for (size_t i = 0; i < facts->count; i++)
		n += test(&facts->devices[i]);
	return n;
}

/* Their names, separated by commas; cut short if there are very many. */
static const char *names(const struct survey_facts *facts, device_test test, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < facts->count; i++) {
		const struct survey_device *device = &facts->devices[i];

		if (!test(device) || len + sizeof(device->name) + 2 > size)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", device->name);
	}
	return buf;
}

static bool is_wireguard(const struct survey_device *device)
{
	return device->wireguard;
}

static bool is_wireguard_up(const struct survey_device *device)
{
	return device->wireguard && device->up;
}

static bool has_peers(const struct survey_device *device)
{
	return device->wireguard && device->peers;
}

static bool has_sessions(const struct survey_device *device)
{
	return device->wireguard && device->sessions;
}

/* Packets arrive at the interfaces that are loaded, and out of the tunnels. */
static bool is_ingress(const struct survey_device *device)
{
	return device->loaded || is_wireguard_up(device);
}

static bool is_deaf_ipv4(const struct survey_device *device)
{
	return is_ingress(device) && !device->forwards[SURVEY_IPV4];
}

static bool is_deaf_ipv6(const struct survey_device *device)
{
	return is_ingress(device) && !device->forwards[SURVEY_IPV6];
}

static const device_test is_deaf[SURVEY_FAMILIES] = {
	[SURVEY_IPV4] = is_deaf_ipv4,
	[SURVEY_IPV6] = is_deaf_ipv6,
};

static bool is_egress(const struct survey_device *device)
{
	return device->up && !device->wireguard && (device->loaded || device->carries);
}

static bool is_mute_egress(const struct survey_device *device)
{
	return is_egress(device) && !device->transmits;
}

static bool is_native(const struct survey_device *device)
{
	return device->native;
}

static bool is_loaded(const struct survey_device *device)
{
	return device->loaded;
}

static bool is_loaded_down(const struct survey_device *device)
{
	return device->loaded && !device->up;
}

/* Whether a tunnel is used by a family at all: it may well be for IPv4 only. */
static bool is_used_by(const struct survey_facts *facts, enum survey_family family)
{
	for (size_t i = 0; i < facts->count; i++)
		if (is_wireguard_up(&facts->devices[i]) && facts->devices[i].routed[family])
			return true;
	return false;
}

static void conclude_forwarding(const struct survey_facts *facts, struct survey *survey)
{
	bool off[SURVEY_FAMILIES], used[SURVEY_FAMILIES], all_off = true;
	char list[128];

	for (int family = 0; family < SURVEY_FAMILIES; family++) {
		used[family] = is_used_by(facts, family);
		off[family] = count(facts, is_deaf[family]) == count(facts, is_ingress);
		all_off = all_off && (off[family] || !used[family]);
	}
	for (int family = 0; family < SURVEY_FAMILIES; family++) {
		if (!used[family] || !count(facts, is_deaf[family]))
			continue;
		if (off[family])
			add(survey, all_off, "%s forwarding is off: turn it on (sysctl -w %s=1)",
			    families[family].name, families[family].setting);
		else
			add(survey, false, "%s forwarding is off on %s", families[family].name,
			    names(facts, is_deaf[family], list, sizeof(list)));
	}
}

static void conclude_egress(const struct survey_facts *facts, struct survey *survey)
{
	/* Only native mode needs the egress to transmit XDP frames. */
	bool blocking = count(facts, is_native) == count(facts, is_loaded) &&
			count(facts, is_mute_egress) == count(facts, is_egress);

	if (!count(facts, is_native))
		return;
	for (size_t i = 0; i < facts->count; i++) {
		const struct survey_device *device = &facts->devices[i];

		if (!is_mute_egress(device))
			continue;
		if (device->veth)
			add(survey, blocking,
			    "%s cannot transmit XDP frames: turn GRO on at the other end of "
			    "this veth, or load an XDP program there", device->name);
		else
			add(survey, blocking,
			    "%s cannot transmit XDP frames: its driver does not, or has to be "
			    "told to", device->name);
	}
}

/* The program does not know what a policy is for. */
static void conclude_policies(const struct survey_facts *facts, struct survey *survey)
{
	bool blocking = facts->policies_out || facts->policies_forward;

	if (blocking || facts->policies_in)
		add(survey, blocking, "there are IPsec policies (%u in, %u out, %u forward): every "
		    "packet of a direction that has one passes to the stack", facts->policies_in,
		    facts->policies_out, facts->policies_forward);
}

void survey_conclude(const struct survey_facts *facts, struct survey *survey)
{
	char list[128];

	survey->count = 0;

	if (!count(facts, is_wireguard)) {
		add(survey, true, "there is no WireGuard device in this network namespace");
		return;
	}
	if (!count(facts, is_wireguard_up)) {
		add(survey, true, "no WireGuard device is up: %s",
		    names(facts, is_wireguard, list, sizeof(list)));
		return;
	}
	if (count(facts, is_loaded_down))
		add(survey, count(facts, is_loaded_down) == count(facts, is_loaded),
		    "an interface is down: %s", names(facts, is_loaded_down, list, sizeof(list)));
	if (!is_used_by(facts, SURVEY_IPV4) && !is_used_by(facts, SURVEY_IPV6))
		add(survey, true, "no route leads to a WireGuard device (%s)",
		    names(facts, is_wireguard_up, list, sizeof(list)));

	conclude_forwarding(facts, survey);
	conclude_policies(facts, survey);

	if (!count(facts, has_peers))
		add(survey, true, "no WireGuard device has a peer (%s)",
		    names(facts, is_wireguard_up, list, sizeof(list)));
	else if (!count(facts, has_sessions))
		add(survey, true,
		    "no WireGuard peer has a session at present: traffic to it starts one");

	conclude_egress(facts, survey);
}

const struct survey_finding *survey_reason(const struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		if (survey->findings[i].blocking)
			return &survey->findings[i];
	return survey->count ? &survey->findings[0] : NULL;
}
