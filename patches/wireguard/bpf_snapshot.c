// SPDX-License-Identifier: GPL-2.0
/*
 * What packets were before the first chain, and what has become of them since. There is a small
 * table of them for each CPU, which a packet does not leave between the two. Callers have bottom
 * halves off.
 */

#include "bpf_consent.h"
#include "bpf_snapshot.h"

#if IS_ENABLED(CONFIG_NETFILTER) && IS_ENABLED(CONFIG_NF_CONNTRACK)

#include <linux/hash.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/net_namespace.h>
#include <net/route.h>

/* As much of a packet as rules mostly change, with the checksum of TCP over IPv6. */
union header {
	struct iphdr ip;
	struct ipv6hdr ip6;
	u8 bytes[64];
};

/**
 * struct snapshot - what a packet was before the first chain
 * @skb: which it is, or NULL. It may be gone by now; then this is never looked for again.
 * @length: from its IP header on, in bytes
 * @mark: of the skb
 * @priority: likewise
 * @early: whether it was taken at the ingress of the device, and not seen since
 * @routed: whether it has been routed
 * @routed_mark: and with which mark
 * @header: what it begins with
 */
struct snapshot {
	const struct sk_buff *skb;
	u32 length;
	u32 mark;
	u32 priority;
	u32 routed_mark;
	bool early;
	bool routed;
	union header header;
};

/* The stack takes packets in batches through each hook, so there are several at a time. */
#define SNAPSHOTS 64 /* a power of two */

struct wg_bpf_snapshots {
	struct snapshot of[SNAPSHOTS];
};

/**
 * wg_bpf_snapshots_alloc - get tables with nothing in them, which free_percpu() frees
 *
 * Context: may sleep.
 * Return: them, or NULL.
 */
struct wg_bpf_snapshots __percpu *wg_bpf_snapshots_alloc(void)
{
	return alloc_percpu(struct wg_bpf_snapshots);
}

static struct snapshot *snapshot_of(struct wg_bpf_snapshots __percpu *snapshots,
				    const struct sk_buff *skb)
{
	return &this_cpu_ptr(snapshots)->of[hash_ptr(skb, ilog2(SNAPSHOTS))];
}

/* Of the packet itself: behind it, where a device has just received it, there may be padding. */
static u32 packet_length(const struct sk_buff *skb, const union header *header)
{
	u32 length = header->ip.version == 4 ? ntohs(header->ip.tot_len)
					     : sizeof(header->ip6) + ntohs(header->ip6.payload_len);
	/* RFC 2675, and what is merged to more than fits into the field. */
	bool unsaid = header->ip.version == 4 ? !header->ip.tot_len : !header->ip6.payload_len;

	return unsaid ? skb->len : min(length, skb->len);
}

/* Sets length to the packet's. */
static bool read_header(const struct sk_buff *skb, union header *header, u32 *length)
{
	memset(header, 0, sizeof(*header));
	if (skb_copy_bits(skb, skb_network_offset(skb), header,
			  min_t(u32, skb->len, sizeof(*header))))
		return false;
	*length = packet_length(skb, header);
	if (*length < sizeof(*header))
		memset(header->bytes + *length, 0, sizeof(*header) - *length);
	return true;
}

/**
 * wg_bpf_snapshot_take - remember a packet
 * @snapshots: where
 * @skb: the packet, which no chain has seen yet
 */
void wg_bpf_snapshot_take(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb)
{
	struct snapshot *snapshot = snapshot_of(snapshots, skb);

	snapshot->mark = skb->mark;
	snapshot->priority = skb->priority;
	snapshot->early = false;
	snapshot->routed = false;
	snapshot->skb = read_header(skb, &snapshot->header, &snapshot->length) ? skb : NULL;
}

/**
 * wg_bpf_snapshot_take_early - remember a packet where a device receives it
 * @snapshots: where
 * @skb: the packet, which the chains of the device have not seen yet
 */
void wg_bpf_snapshot_take_early(struct wg_bpf_snapshots __percpu *snapshots,
				const struct sk_buff *skb)
{
	wg_bpf_snapshot_take(snapshots, skb);
	snapshot_of(snapshots, skb)->early = true;
}

/**
 * wg_bpf_snapshot_keep - go on with what was remembered before
 * @snapshots: where
 * @skb: the packet, which may have been another until here
 *
 * If it was not seen where it was received, what it was there is not known.
 */
void wg_bpf_snapshot_keep(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb)
{
	struct snapshot *snapshot = snapshot_of(snapshots, skb);

	if (snapshot->skb != skb)
		return;
	if (!snapshot->early)
		snapshot->skb = NULL;
	snapshot->early = false;
}

/**
 * wg_bpf_snapshot_routed - remember the mark that a packet was routed with
 * @snapshots: where
 * @skb: the packet, as it is right behind that
 */
void wg_bpf_snapshot_routed(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb)
{
	struct snapshot *snapshot = snapshot_of(snapshots, skb);

	if (snapshot->skb != skb)
		return;
	snapshot->routed = true;
	snapshot->routed_mark = skb->mark;
}

/**
 * wg_bpf_snapshot_mark - the mark that a packet was routed with
 * @snapshots: where that is remembered
 * @skb: the packet
 * @mark: set to it
 *
 * Return: whether it is known.
 */
bool wg_bpf_snapshot_mark(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb,
			  u32 *mark)
{
	const struct snapshot *snapshot = snapshot_of(snapshots, skb);

	if (snapshot->skb != skb || !snapshot->routed)
		return false;
	*mark = snapshot->routed_mark;
	return true;
}

/* What a packet's priority is if no rule has set it: ip_forward() goes by the TOS. */
static u32 plain_priority(const struct snapshot *snapshot, const struct net *net, bool forwarded)
{
	if (forwarded && snapshot->header.ip.version == 4 &&
	    READ_ONCE(net->ipv4.sysctl_ip_fwd_update_priority))
		return rt_tos2priority(snapshot->header.ip.tos);
	return snapshot->priority;
}

/**
 * struct parts - of a header, those that NAT changes
 * @addresses: source and destination
 * @size: of both, in bytes
 * @ports: or the identifier of an ICMP echo
 * @ports_size: likewise
 * @check: the checksum
 * @pseudo: whether it covers the addresses
 * @absent: whether there is none, which UDP says by 0
 */
struct parts {
	u8 *addresses;
	unsigned int size;
	u8 *ports;
	unsigned int ports_size;
	__sum16 *check;
	bool pseudo;
	bool absent;
};

/* Find them, in a header of a protocol that has a key. */
static bool find_parts(union header *header, struct parts *parts)
{
	bool ipv4 = header->ip.version == 4;
	u8 protocol = ipv4 ? header->ip.protocol : header->ip6.nexthdr;
	u8 *l4 = header->bytes + (ipv4 ? sizeof(header->ip) : sizeof(header->ip6));

	parts->addresses = ipv4 ? (u8 *)&header->ip.saddr : (u8 *)&header->ip6.saddr;
	parts->size = ipv4 ? 2 * sizeof(__be32) : 2 * sizeof(struct in6_addr);
	parts->ports = l4;
	parts->ports_size = 2 * sizeof(__be16);
	parts->pseudo = true;
	parts->absent = false;
	switch (protocol) {
	case IPPROTO_TCP:
		parts->check = (__sum16 *)(l4 + offsetof(struct tcphdr, check));
		return true;
	case IPPROTO_UDP:
		parts->check = (__sum16 *)(l4 + offsetof(struct udphdr, check));
		parts->absent = !*parts->check;
		return true;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		parts->check = (__sum16 *)(l4 + offsetof(struct icmphdr, checksum));
		parts->ports = l4 + offsetof(struct icmphdr, un.echo.id);
		parts->ports_size = sizeof(__be16);
		parts->pseudo = protocol == IPPROTO_ICMPV6;
		return true;
	}
	return false;
}

/* The sum of what a checksum covers, as far as NAT changes it. */
static __wsum covered(const struct parts *parts, bool partial)
{
	__wsum sum = 0;

	if (parts->pseudo)
		sum = csum_partial(parts->addresses, parts->size, sum);
	if (!partial)
		sum = csum_partial(parts->ports, parts->ports_size, sum);
	return sum;
}

static void put_tuple(const struct parts *parts, const struct bpf_wg_tuple *become)
{
	unsigned int size = parts->size / 2;

	memcpy(parts->addresses, become->src, size);
	memcpy(parts->addresses + size, become->dst, size);
	memcpy(parts->ports, &become->sport, sizeof(become->sport));
	if (parts->ports_size > sizeof(become->sport))
		memcpy(parts->ports + sizeof(become->sport), &become->dport, sizeof(become->dport));
}

/* Whether two sums are the same number, of which ones' complement has two forms for 0. */
static bool is_same_sum(__wsum a, __wsum b)
{
	u16 difference = (__force u16)csum_fold(csum_sub(a, b));

	return !difference || difference == 0xffff;
}

/*
 * Whether a packet has come as its connection has it. Rules that are before conntrack may have
 * changed it.
 */
static bool is_as_known(const struct parts *parts, const struct wg_bpf_flow_key *key)
{
	unsigned int size = parts->size / 2;

	return !memcmp(parts->addresses, key->src, size) &&
	       !memcmp(parts->addresses + size, key->dst, size) &&
	       !memcmp(parts->ports, &key->sport, sizeof(key->sport)) &&
	       (parts->ports_size == sizeof(key->sport) ||
		!memcmp(parts->ports + sizeof(key->sport), &key->dport, sizeof(key->dport)));
}

/*
 * Translate a header as its connection does, and take the checksum over from the packet itself if
 * that is the old one but for what was translated. One that is not finished yet has the sum of the
 * addresses alone in it, and not its complement; an absent one is absent, whatever is to be
 * finished in a packet behind it.
 */
static bool translate(union header *header, union header *now, const struct wg_bpf_flow_key *key,
		      const struct bpf_wg_tuple *become, bool partial)
{
	struct parts old, new;
	__wsum before, change;

	if (!find_parts(header, &old) || !find_parts(now, &new) || !is_as_known(&old, key))
		return false;
	before = covered(&old, partial);
	put_tuple(&old, become);
	if (old.absent || new.absent)
		return old.absent && new.absent;
	change = csum_sub(covered(&old, partial), before);
	if (!partial)
		change = ~change;
	if (!is_same_sum(csum_add(csum_unfold(*old.check), change), csum_unfold(*new.check)))
		return false;
	*old.check = *new.check;
	return true;
}

/**
 * wg_bpf_snapshot_compare - what rules have done to a packet
 * @snapshots: where it is remembered, which this ends
 * @skb: the packet at the end of its way
 * @net: its network namespace
 * @forwarded: whether its TTL is one less
 * @key: what its connection knows it by
 * @become: what its connection has translated it to, or NULL
 *
 * What was changed behind the header has changed a checksum within it, unless that is not finished
 * yet, or absent.
 *
 * Return: enum wg_bpf_change.
 */
enum wg_bpf_change wg_bpf_snapshot_compare(struct wg_bpf_snapshots __percpu *snapshots,
					   const struct sk_buff *skb, const struct net *net,
					   bool forwarded, const struct wg_bpf_flow_key *key,
					   const struct bpf_wg_tuple *become)
{
	struct snapshot *snapshot = snapshot_of(snapshots, skb);
	union header expected, now;
	u32 length;

	if (snapshot->skb != skb)
		return WG_BPF_CHANGE_OTHER;
	snapshot->skb = NULL;
	if (!read_header(skb, &now, &length) || snapshot->length != length)
		return WG_BPF_CHANGE_OTHER;
	expected = snapshot->header;
	if (expected.ip.version == 4) {
		/* Where checksums are, behind a plain header alone. */
		if (expected.ip.ihl != 5)
			return WG_BPF_CHANGE_OTHER;
		expected.ip.ttl -= forwarded;
		expected.ip.check = now.ip.check;
	} else {
		expected.ip6.hop_limit -= forwarded;
	}
	if (become && !translate(&expected, &now, key, become, skb->ip_summed == CHECKSUM_PARTIAL))
		return WG_BPF_CHANGE_OTHER;
	if (memcmp(&expected, &now, sizeof(now)))
		return WG_BPF_CHANGE_OTHER;
	return skb->mark != snapshot->mark ||
			       skb->priority != plain_priority(snapshot, net, forwarded)
		       ? WG_BPF_CHANGE_MARK
		       : WG_BPF_CHANGE_NONE;
}

#endif /* CONFIG_NETFILTER && CONFIG_NF_CONNTRACK */
