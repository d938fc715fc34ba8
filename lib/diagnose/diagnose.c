// SPDX-License-Identifier: GPL-2.0
/*
 * Why packets do not take the fast path, from a snapshot alone: nothing is asked of the kernel.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/diagnose.h"

typedef bool (*device_test)(const struct snapshot_device *device);

static const struct {
	const char *name;
	const char *setting;
} families[FAMILY_COUNT] = {
	[FAMILY_IPV4] = { "IPv4", "net.ipv4.ip_forward" },
	[FAMILY_IPV6] = { "IPv6", "net.ipv6.conf.all.forwarding" },
};

static void __attribute__((format(printf, 3, 4))) add(struct diagnosis *diagnosis, bool blocking,
						      const char *format, ...)
{
	struct diagnosis_finding *finding;
	va_list args;

	if (diagnosis->count == DIAGNOSIS_MAX_FINDINGS)
		return;
	finding = &diagnosis->findings[diagnosis->count++];
	finding->blocking = blocking;
	finding->idle = false;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

static size_t count(const struct snapshot *snapshot, device_test test)
{
	size_t n = 0;

	for (size_t i = 0; i < snapshot->count; i++)
		n += test(&snapshot->devices[i]);
	return n;
}

/* Their names, separated by commas; cut short if there are very many. */
static const char *names(const struct snapshot *snapshot, device_test test, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];

		if (!test(device) || len + sizeof(device->name) + 2 > size)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", device->name);
	}
	return buf;
}

static bool is_wireguard(const struct snapshot_device *device)
{
	return device->wireguard;
}

static bool is_wireguard_up(const struct snapshot_device *device)
{
	return device->wireguard && device->up;
}

static bool has_peers(const struct snapshot_device *device)
{
	return device->wireguard && device->peers;
}

static bool has_sessions(const struct snapshot_device *device)
{
	return device->wireguard && device->sessions;
}

/* Packets arrive by the interfaces that are loaded, and out of the tunnels. */
static bool is_ingress(const struct snapshot_device *device)
{
	return device->ingress || is_wireguard_up(device);
}

static bool not_forwarding_ipv4(const struct snapshot_device *device)
{
	return is_ingress(device) && !device->forwards[FAMILY_IPV4];
}

static bool not_forwarding_ipv6(const struct snapshot_device *device)
{
	return is_ingress(device) && !device->forwards[FAMILY_IPV6];
}

static const device_test not_forwarding[FAMILY_COUNT] = {
	[FAMILY_IPV4] = not_forwarding_ipv4,
	[FAMILY_IPV6] = not_forwarding_ipv6,
};

static bool is_egress(const struct snapshot_device *device)
{
	return device->up && !device->wireguard && (device->loaded || device->underlay);
}

static bool is_egress_without_xdp(const struct snapshot_device *device)
{
	return is_egress(device) && !device->transmits;
}

static bool is_native(const struct snapshot_device *device)
{
	return device->native;
}

static bool is_loaded(const struct snapshot_device *device)
{
	return device->loaded;
}

static bool is_loaded_down(const struct snapshot_device *device)
{
	return device->loaded && !device->up;
}

/* Whether a tunnel is used by a family at all: it may well be for IPv4 only. */
static bool is_used_by(const struct snapshot *snapshot, enum family family)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (is_wireguard_up(&snapshot->devices[i]) && snapshot->devices[i].routed[family])
			return true;
	return false;
}

static void conclude_forwarding(const struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	bool off[FAMILY_COUNT], used[FAMILY_COUNT], all_off = true;
	char list[128];

	for (int family = 0; family < FAMILY_COUNT; family++) {
		used[family] = is_used_by(snapshot, family);
		off[family] =
			count(snapshot, not_forwarding[family]) == count(snapshot, is_ingress);
		all_off = all_off && (off[family] || !used[family]);
	}
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!used[family] || !count(snapshot, not_forwarding[family]))
			continue;
		if (off[family])
			add(diagnosis, all_off, "%s forwarding is off: turn it on (sysctl -w %s=1)",
			    families[family].name, families[family].setting);
		else
			add(diagnosis, false, "%s forwarding is off on %s", families[family].name,
			    names(snapshot, not_forwarding[family], list, sizeof(list)));
	}
}

/* Whether what @device is to say of its port was said: by the port itself, or one before. */
static bool is_port_named(const struct snapshot *snapshot, const struct snapshot_device *device)
{
	const struct snapshot_device *port = snapshot_port(snapshot, device);

	if (port == device)
		return false;
	for (const struct snapshot_device *other = snapshot->devices; other < device; other++)
		if (is_egress_without_xdp(other) && snapshot_port(snapshot, other) == port)
			return true;
	return is_egress(port);
}

static void conclude_egress(const struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	/* Only native mode needs the egress to transmit XDP frames. */
	bool blocking = count(snapshot, is_native) == count(snapshot, is_loaded) &&
			count(snapshot, is_egress_without_xdp) == count(snapshot, is_egress);

	if (!count(snapshot, is_native))
		return;
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];
		const struct snapshot_device *port = snapshot_port(snapshot, device);

		if (!is_egress_without_xdp(device) || is_port_named(snapshot, device))
			continue;
		if (port->bridge)
			add(diagnosis, blocking,
			    "XDP frames are not sent to the bridge %s: %s: load --hook tc where what is "
			    "for it arrives",
			    port->name,
			    port->filters_vlans ? "it filters VLANs"
						: "no port of it transmits them");
		else if (port->lag)
			add(diagnosis, blocking,
			    "%s is a bond or team, which XDP frames are not sent to: use --hook tc",
			    port->name);
		else if (port->veth)
			add(diagnosis, blocking,
			    "%s cannot transmit XDP frames: turn GRO on at the other end of "
			    "this veth, or load an XDP program there",
			    port->name);
		else
			add(diagnosis, blocking,
			    "%s cannot transmit XDP frames: its driver does not, or has to be "
			    "told to",
			    port->name);
	}
}

/* The fast path does not look at which packets a policy selects. */
static void conclude_policies(const struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	bool blocking = snapshot->policies_out || snapshot->policies_forward;

	if (blocking || snapshot->policies_in)
		add(diagnosis, blocking,
		    "there are IPsec policies (%u in, %u out, %u forward): every "
		    "packet of a direction that has one passes to the stack",
		    snapshot->policies_in, snapshot->policies_out, snapshot->policies_forward);
}

static void conclude_peers(const struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	char list[128];

	if (!count(snapshot, has_peers)) {
		add(diagnosis, true, "no WireGuard device has a peer (%s)",
		    names(snapshot, is_wireguard_up, list, sizeof(list)));
	} else if (!count(snapshot, has_sessions)) {
		add(diagnosis, true,
		    "no WireGuard peer has a session at present: traffic to it starts one");
		if (diagnosis->count < DIAGNOSIS_MAX_FINDINGS)
			diagnosis->findings[diagnosis->count - 1].idle = true;
	}
}

/* The bridge that a device is a port of, if it filters VLANs, which the fast path leaves to it. */
static const struct snapshot_device *filter_of(const struct snapshot *snapshot,
					       const struct snapshot_device *device)
{
	const struct snapshot_device *bridge = snapshot_bridge(snapshot, device);

	return bridge && bridge->filters_vlans ? bridge : NULL;
}

static void conclude_ports(const struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	size_t ports = 0;

	for (size_t i = 0; i < snapshot->count; i++)
		ports += snapshot->devices[i].loaded && filter_of(snapshot, &snapshot->devices[i]);
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];
		const struct snapshot_device *bridge = filter_of(snapshot, device);

		if (device->loaded && bridge)
			add(diagnosis, ports == count(snapshot, is_loaded),
			    "%s is a port of %s, which filters VLANs, and its packets pass: unload it "
			    "there, and load on the bridge (load --hook tc %s)",
			    device->name, bridge->name, bridge->name);
	}
}

static bool is_outside(const struct snapshot_device *device)
{
	return device->outside;
}

static bool is_loaded_outside(const struct snapshot_device *device)
{
	return device->loaded && is_outside(device);
}

static bool is_inside(const struct snapshot_device *device)
{
	return device->inside;
}

/* Each side of a tunnel is another direction. */
static void conclude_sides(const struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	size_t outside = count(snapshot, is_loaded_outside);
	char list[128];

	if (!count(snapshot, is_loaded) || !count(snapshot, is_outside))
		return;
	if (!outside)
		add(diagnosis, false,
		    "only packets to encrypt can go fast: those to decrypt arrive at %s, where "
		    "nothing is loaded",
		    names(snapshot, is_outside, list, sizeof(list)));
	else if (outside == count(snapshot, is_loaded) && count(snapshot, is_inside))
		add(diagnosis, false,
		    "only packets to decrypt can go fast: load where those to encrypt arrive, too "
		    "(%s?)",
		    names(snapshot, is_inside, list, sizeof(list)));
}

/* What a device sends or receives, it does at ports, which are below VLAN devices and bridges. */
static void mark_ports(struct snapshot *snapshot, struct snapshot_device *device, bool outside,
		       bool forwards, int depth)
{
	struct snapshot_device *lower =
		device->lower ? snapshot_device(snapshot, device->lower) : NULL;

	/* One at the tc hook will do as well. */
	if ((!lower && !device->bridge) || device->loaded) {
		device->outside |= outside;
		device->inside |= forwards && device->up && device->ethernet;
	}
	if (!depth)
		return;
	if (lower)
		mark_ports(snapshot, lower, outside, forwards, depth - 1);
	for (size_t i = 0; device->bridge && i < snapshot->count; i++)
		if (snapshot->devices[i].master == device->ifindex)
			mark_ports(snapshot, &snapshot->devices[i], outside, forwards, depth - 1);
}

/*
 * Which device is what to whom: see the members. What comes by a port of a bridge comes in by that,
 * and what comes by one of a bond or its like is the master's.
 */
static void relate(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		struct snapshot_device *device = &snapshot->devices[i];

		device->ingress = device->outside = device->inside = false;
	}
	for (size_t i = 0; i < snapshot->count; i++) {
		struct snapshot_device *device = &snapshot->devices[i];
		bool bridged = snapshot_bridge(snapshot, device);

		if (device->loaded)
			snapshot_device(snapshot, bridged ? device->master : device->ifindex)
				->ingress = true;
		if (!device->master || bridged)
			mark_ports(snapshot, device, device->underlay && !device->wireguard,
				   device->forwards[FAMILY_IPV4] || device->forwards[FAMILY_IPV6],
				   SNAPSHOT_DEPTH);
	}
	for (size_t i = 0; i < snapshot->count; i++)
		snapshot->devices[i].inside &= !snapshot->devices[i].outside;
}

void diagnose(struct snapshot *snapshot, struct diagnosis *diagnosis)
{
	char list[128];

	diagnosis->count = 0;
	relate(snapshot);

	if (!count(snapshot, is_wireguard)) {
		add(diagnosis, true, "there is no WireGuard device in this network namespace");
		return;
	}
	if (!count(snapshot, is_wireguard_up)) {
		add(diagnosis, true, "no WireGuard device is up: %s",
		    names(snapshot, is_wireguard, list, sizeof(list)));
		return;
	}
	if (count(snapshot, is_loaded_down))
		add(diagnosis, count(snapshot, is_loaded_down) == count(snapshot, is_loaded),
		    "an interface is down: %s",
		    names(snapshot, is_loaded_down, list, sizeof(list)));
	if (!is_used_by(snapshot, FAMILY_IPV4) && !is_used_by(snapshot, FAMILY_IPV6))
		add(diagnosis, true, "no route leads to a WireGuard device (%s)",
		    names(snapshot, is_wireguard_up, list, sizeof(list)));

	conclude_ports(snapshot, diagnosis);
	conclude_forwarding(snapshot, diagnosis);
	conclude_policies(snapshot, diagnosis);

	conclude_peers(snapshot, diagnosis);
	conclude_egress(snapshot, diagnosis);
	conclude_sides(snapshot, diagnosis);
}

const struct diagnosis_finding *diagnose_reason(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->findings[i].blocking)
			return &diagnosis->findings[i];
	return diagnosis->count ? &diagnosis->findings[0] : NULL;
}
