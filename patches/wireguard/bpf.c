// SPDX-License-Identifier: GPL-2.0
/*
 * The kfuncs: what BPF programs may call, its documentation, and its registration.
 *
 * All of them are in this file although it is long for it: the verifier compares the types of what
 * one kfunc returns and another takes by their numbers in the module's BTF. Two files' struct
 * wg_peer have the same number only if pahole sees the two as one, which it fails to do when it is
 * of another version than the pahole that built the kernel.
 */

#include "bpf_internal.h"
#include "bpf_aead.h"
#include "bpf_consent.h"
#include "bpf_keystream.h"
#include "peerlookup.h"

#include <linux/module.h>

/*
 * The device that received a frame. There may be none: veth takes the queue of the frame apart when
 * the last XDP program leaves an interface, and does not wait for the programs that still run.
 *
 * A cpumap holds no reference to the device of a frame that waits in it. The device's memory is
 * there for as long as unregistering it takes, and after that the kernel itself reads it, to run
 * the program and to build the packet for the stack: nothing here could tell.
 */
static struct net_device *xdp_dev(const struct xdp_md *ctx)
{
	return READ_ONCE(((const struct xdp_buff *)ctx)->rxq->dev);
}

static struct net *xdp_net(const struct xdp_md *ctx)
{
	const struct net_device *dev = xdp_dev(ctx);

	return dev ? dev_net(dev) : NULL;
}

static struct net_device *skb_dev(const struct __sk_buff *ctx)
{
	return ((const struct sk_buff *)ctx)->dev;
}

static struct net *skb_net(const struct __sk_buff *ctx)
{
	return dev_net(skb_dev(ctx));
}

/* The WireGuard device to hand out for @dev, if the packets of @net may use it now. */
static struct wg_device *usable_device(struct wg_device *wg, const struct net *net)
{
	if (!wg || !net_eq(dev_net(wg->dev), net) || !netif_running(wg->dev))
		return NULL;
	return wg;
}

static struct wg_device *device_by_index(struct net *net, u32 ifindex)
{
	struct net_device *dev = net ? dev_get_by_index_rcu(net, ifindex) : NULL;

	return dev ? usable_device(wg_device_from_netdev(dev), net) : NULL;
}

static struct wg_device *device_by_port(struct net *net, u16 port)
{
	return net ? usable_device(wg_device_lookup_port(net, port), net) : NULL;
}

static int xdp_linear(struct xdp_md *ctx, struct wg_bpf_packet *packet)
{
	struct xdp_buff *xdp = (struct xdp_buff *)ctx;

	if (xdp_buff_has_frags(xdp))
		return -EOPNOTSUPP;
	packet->data = xdp->data;
	packet->length = xdp->data_end - xdp->data;
	/* A frame in transit keeps its description at the very beginning. */
	packet->start = xdp->data_hard_start + sizeof(struct xdp_frame);
	return 0;
}

static void skb_linear(struct __sk_buff *ctx, struct wg_bpf_packet *packet)
{
	struct sk_buff *skb = (struct sk_buff *)ctx;

	packet->data = skb->data;
	packet->length = skb_headlen(skb);
	packet->start = skb->head;
}

/*
 * An skb that may be written in place. The verifier does not know that a kfunc could move packet
 * data, so nothing here may: what had to be copied first is refused.
 */
static int skb_linear_writable(struct __sk_buff *ctx, struct wg_bpf_packet *packet)
{
	struct sk_buff *skb = (struct sk_buff *)ctx;

	if (skb_shared(skb) || skb_cloned(skb))
		return -EBUSY;
	/* Helpers do not resize what is marked as encapsulated. */
	if (skb_is_gso(skb) || skb_is_nonlinear(skb) || skb->encapsulation)
		return -EOPNOTSUPP;
	skb_linear(ctx, packet);
	return 0;
}

/*
 * Whether the checksum that is still to be finished is in a part of an skb, which is within it. It
 * can be outside of the whole: XDP cuts what it likes off, and drivers do not look.
 */
static bool has_checksum(const struct sk_buff *skb, u32 offset, u32 length)
{
	s64 start = skb_checksum_start_offset(skb);

	return start >= offset &&
	       start + skb->csum_offset + sizeof(__sum16) <= (u64)offset + length;
}

/* What an skb says of its checksums, when that part of it has moved; both parts are within it. */
static void move_checksum(struct sk_buff *skb, u32 to, u32 from, u32 length)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (skb->ip_summed == CHECKSUM_PARTIAL && has_checksum(skb, from, length))
		skb->csum_start += to - from;
}

/*
 * Whether a checksum that was to be finished is finished now. It covers all up to the end of the
 * packet, @end, behind which there may be more, as in a short frame: the stack cuts that off
 * before.
 */
static bool finish_checksum(struct sk_buff *skb, u32 end)
{
	u32 behind = skb->len - end;
	int ret;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return true;
	/* The kernel warns of one that is not there. */
	if (!has_checksum(skb, 0, end))
		return false;
	__skb_trim(skb, end);
	/* No device will do it. That of SCTP is no Internet checksum. */
	ret = skb_csum_hwoffload_help(skb, 0);
	__skb_put(skb, behind);
	return !ret;
}

/*
 * What was said of the packet that an skb was does not hold for the one that it has become, and a
 * packet that the stack sends there would not have it: wg_reset_packet() takes it away, and
 * ip_rcv() the socket of a sender on this host. A test run's skb has a socket that it does not own.
 */
static void forget_metadata(struct sk_buff *skb)
{
	if (skb->destructor)
		skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb->priority = 0;
	skb->queue_mapping = 0;
	/* The VLAN device that it came in by would have taken it off. */
	__vlan_hwaccel_clear_tag(skb);
	skb_init_secmark(skb);
#ifdef CONFIG_NET_SCHED
	skb->tc_index = 0;
#endif
}

__bpf_kfunc_start_defs();

/*
 * Most kfuncs are there for both kinds of program. Their comment is in front of the one for XDP,
 * and holds for the one for tc, which stands behind it, as well. Offsets are from where the
 * packet's data begin for a program of the kind, with an Ethernet header. "For tc" begins what is
 * different there, where a packet has to be in one piece as far as it is read, and wholly so to be
 * written.
 */

/**
 * bpf_xdp_wg_device_get_by_index - find the WireGuard device that a route leaves by
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @ifindex: interface index
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: the device, to be released with bpf_wg_device_put(), or NULL when @ifindex is no
 * WireGuard device of the namespace or is down.
 */
__bpf_kfunc struct wg_device *bpf_xdp_wg_device_get_by_index(struct xdp_md *xdp_ctx, __u32 ifindex)
{
	return device_by_index(xdp_net(xdp_ctx), ifindex);
}

__bpf_kfunc struct wg_device *bpf_skb_wg_device_get_by_index(struct __sk_buff *skb_ctx,
							     __u32 ifindex)
{
	return device_by_index(skb_net(skb_ctx), ifindex);
}

/**
 * bpf_xdp_wg_device_get_by_port - find the WireGuard device that a datagram is for
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @port: UDP destination port, host byte order
 *
 * Only a device whose socket and whose interface are both in the packet's namespace is found: one
 * that was created elsewhere and moved here receives its outer packets there.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: the device, to be released with bpf_wg_device_put(), or NULL when none listens there.
 */
__bpf_kfunc struct wg_device *bpf_xdp_wg_device_get_by_port(struct xdp_md *xdp_ctx, __u16 port)
{
	return device_by_port(xdp_net(xdp_ctx), port);
}

__bpf_kfunc struct wg_device *bpf_skb_wg_device_get_by_port(struct __sk_buff *skb_ctx, __u16 port)
{
	return device_by_port(skb_net(skb_ctx), port);
}

/**
 * bpf_wg_peer_allowedips_lookup - find the peer that an inner address belongs to
 * @wg: the device
 * @addr: IPv4 or IPv6 address, network byte order: the destination to send, the source to validate
 * @addr__sz: 4 or 16, which tells the family
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock and no reference count.
 * Return: the peer, to be released with bpf_wg_peer_put(), or NULL when there is none, when it is
 * being removed, or when @addr__sz is no address's.
 */
__bpf_kfunc struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr,
							  __u32 addr__sz)
{
	return wg_bpf_allowedips_lookup(wg, addr, addr__sz);
}

/**
 * bpf_wg_peer_hashtable_lookup - find the peer of a received data message
 * @wg: the device
 * @idx: receiver index of the message, as it stands there
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock and no reference count.
 * Return: the peer, to be released with bpf_wg_peer_put(), or NULL when no keypair has this index
 * (a handshake's index does not count) or its peer is being removed.
 */
__bpf_kfunc struct wg_peer *bpf_wg_peer_hashtable_lookup(struct wg_device *wg, __le32 idx)
{
	struct index_hashtable_entry *entry;
	struct wg_peer *peer;

	entry = wg_index_hashtable_lookup_rcu(wg->index_hashtable, INDEX_HASHTABLE_KEYPAIR, idx);
	if (!entry)
		return NULL;
	/* wg_index_hashtable_lookup() clears it when it finds the last reference gone. */
	peer = READ_ONCE(entry->peer);
	return peer && !READ_ONCE(peer->is_dead) ? peer : NULL;
}

/**
 * bpf_wg_device_put - end the use of a device
 * @wg: what a bpf_*_wg_device_get_by_*() returned
 *
 * RCU keeps the device for the program's run, so there is nothing to count down.
 *
 * Context: any.
 */
__bpf_kfunc void bpf_wg_device_put(struct wg_device *wg)
{
}

/**
 * bpf_wg_peer_put - end the use of a peer
 * @peer: what a bpf_wg_peer_*_lookup() returned
 *
 * RCU keeps the peer for the program's run, so there is nothing to count down.
 *
 * Context: any.
 */
__bpf_kfunc void bpf_wg_peer_put(struct wg_peer *peer)
{
}

/**
 * bpf_wg_endpoint_tuple_get - read the UDP endpoints of a peer, as its outer packets carry them
 * @peer: the peer
 * @tuple: filled in; saddr and sport are ours, daddr and dport the peer's, network byte order. A
 *         source address that the kernel has not learned yet is zero.
 * @tuple__sz: sizeof(tuple->ipv4) takes IPv4 endpoints only, sizeof(tuple->ipv6) or
 *             sizeof(*tuple) both
 *
 * Context: softirq or bottom halves off, under RCU. Takes the peer's endpoint lock to read.
 * Return: AF_INET or AF_INET6, which tells the member of @tuple that was filled; -EINVAL for a size
 * that fits neither, -EDESTADDRREQ for a peer without an endpoint, -EAFNOSUPPORT for an IPv6
 * endpoint in a tuple for IPv4, -ENONET when the device has no socket of the family.
 */
__bpf_kfunc int bpf_wg_endpoint_tuple_get(struct wg_peer *peer, struct bpf_sock_tuple *tuple,
					  __u32 tuple__sz)
{
	return wg_bpf_endpoint_tuple(peer, tuple, tuple__sz);
}

/**
 * bpf_wg_endpoint_match - whether a received packet comes from where the peer is known to be
 * @peer: the peer
 * @flow: the outer packet as received; @flow->iif is the layer 3 interface, and the members that
 *        endpoints do not have are ignored
 * @flow__sz: sizeof(*flow)
 *
 * A packet that does not match moves the endpoint (roaming), which is the kernel's to do.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock, as
 * wg_socket_set_peer_endpoint() takes none for the same comparison.
 * Return: 1 if it matches, 0 if not, -EINVAL for a wrong size.
 */
__bpf_kfunc int bpf_wg_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow,
				      __u32 flow__sz)
{
	return wg_bpf_endpoint_match(peer, flow, flow__sz);
}

/**
 * bpf_wg_peer_route - find out how a packet for a peer would leave
 * @peer: the peer
 * @route: filled in on success
 * @route__sz: sizeof(*route)
 *
 * Does what the module does to send: socket, fwmark, sticky source address, route cache. The cache
 * is per CPU and a miss fills it, which is all that this changes.
 *
 * Context: softirq or bottom halves off, under RCU. Takes the peer's endpoint lock to read, and
 * that of a work queue while a session begins.
 * Return: 0, or
 * -EINVAL for a wrong size,
 * -ESHUTDOWN for a peer that is being removed or whose device is down,
 * -ENOKEY without a valid key, -EKEYEXPIRED with one that is too old or used up,
 * -EAGAIN in a session that has just begun, while packets that waited for it are underway,
 * -EDESTADDRREQ without an endpoint,
 * -ENONET when the device has no socket of the endpoint's family,
 * -EXDEV when the outer packet belongs into another network namespace than the inner one,
 * -ENETUNREACH without a plain unicast route over Ethernet,
 * -EPERM when an IPsec policy or an encapsulating route may claim the packet,
 * -EHOSTUNREACH when the next hop's MAC address is not known yet.
 */
__bpf_kfunc int bpf_wg_peer_route(struct wg_peer *peer, struct bpf_wg_route *route, __u32 route__sz)
{
	return wg_bpf_peer_route(peer, route, route__sz);
}

/**
 * bpf_wg_peer_queued - whether packets of a peer wait in WireGuard's queues
 * @peer: the peer
 * @received: 0 for those to be encrypted for it or sent to it; else for those that came from it,
 * and are to be decrypted or to go on into the stack
 *
 * What goes fast in that direction meanwhile overtakes them.
 *
 * Context: any, under RCU. Takes the lock of a work queue.
 * Return: 1 if so, 0 if not.
 */
__bpf_kfunc int bpf_wg_peer_queued(struct wg_peer *peer, __u32 received)
{
	return received ? wg_bpf_is_receiving(peer) : wg_bpf_is_sending(peer);
}

/**
 * bpf_wg_ip_ident - draw the identification of an outer IPv4 packet
 * @peer: the peer the packet is for
 * @saddr: outer source address, network byte order
 * @daddr: outer destination address, network byte order
 *
 * Context: any, under RCU.
 * Return: the identification, in the low 16 bits and in network byte order.
 */
__bpf_kfunc __u32 bpf_wg_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr)
{
	return wg_bpf_ip_ident(peer, saddr, daddr);
}

/**
 * bpf_xdp_wg_flow_validate - whether the stack's input path would let a packet through
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @flow: its addresses and interfaces. They need not be those of the packet in @xdp_ctx: before
 *        decryption the inner packet is asked about. @flow->mtu is set.
 * @flow__sz: sizeof(*flow)
 * @mark: that it is routed with
 *
 * Checks that the source is valid (reverse path filtering), that the destination is a local address
 * if @flow->oif is 0, that no IPsec policy has a say, and that the interface is part of no VRF,
 * bridge or bond. A TCP segment with SYN is not let through when netfilter has a forward hook,
 * since clamping the MSS there is common. The caller has excluded martians and looked up the route.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: 0 if it would, or
 * -EINVAL for a wrong size or unknown flags,
 * -ENODEV for an unknown interface or one without the family,
 * -EADDRNOTAVAIL for a destination that is not local,
 * -EOPNOTSUPP for an interface in a VRF, bridge or bond, or an IPv6 route with several next hops,
 * -EPERM when IPsec policies exist,
 * -EINPROGRESS for a SYN that netfilter may adjust,
 * -EXDEV for an invalid source,
 * -ENETDOWN when IPv6 is not forwarded or by proxy,
 * -EAFNOSUPPORT for an unknown family.
 */
__bpf_kfunc int bpf_xdp_wg_flow_validate(struct xdp_md *xdp_ctx, struct bpf_wg_flow *flow,
					 __u32 flow__sz, __u32 mark)
{
	return wg_bpf_flow_validate(xdp_dev(xdp_ctx), flow, flow__sz, mark);
}

__bpf_kfunc int bpf_skb_wg_flow_validate(struct __sk_buff *skb_ctx, struct bpf_wg_flow *flow,
					 __u32 flow__sz, __u32 mark)
{
	return wg_bpf_flow_validate(skb_dev(skb_ctx), flow, flow__sz, mark);
}

/**
 * bpf_xdp_wg_flow_recall - what the stack's routing has gone by for a flow, beside the flow itself
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @flow: its addresses, as it has been received, and the interface it came in by. They need not be
 *        those of the packet in @xdp_ctx.
 * @flow__sz: sizeof(*flow)
 * @recalled: set to what is known
 *
 * Netfilter may give a packet a mark and another destination before it is routed. For flows that
 * the stack has let through this is remembered, where programs ask for consent: see
 * bpf_wg_consent_encrypt(). Who routes a packet by what is recalled has to ask for consent,
 * whatever bpf_xdp_wg_hooks() answers, and hands @recalled->recall back with the question. Nothing
 * is decided or counted here.
 *
 * Context: softirq or bottom halves off, under RCU. Takes a lock of its own.
 * Return: 1 if there is another destination, otherwise 0, with or without a mark;
 * -EINVAL for a wrong size or unknown flags.
 */
__bpf_kfunc int bpf_xdp_wg_flow_recall(struct xdp_md *xdp_ctx, const struct bpf_wg_flow *flow,
				       __u32 flow__sz, struct bpf_wg_recalled *recalled)
{
	return wg_bpf_flow_recall(xdp_net(xdp_ctx), flow, flow__sz, recalled);
}

__bpf_kfunc int bpf_skb_wg_flow_recall(struct __sk_buff *skb_ctx, const struct bpf_wg_flow *flow,
				       __u32 flow__sz, struct bpf_wg_recalled *recalled)
{
	return wg_bpf_flow_recall(skb_net(skb_ctx), flow, flow__sz, recalled);
}

/**
 * bpf_xdp_wg_hooks - who would see a packet on the stack's way, and does not if a program takes it
 * @xdp_ctx: the packet, with the device that received it
 * @iif: layer 3 interface that it came in by: that one, or a VLAN device or a bridge above it
 * @wg: the WireGuard device that it goes through, in the same network namespace
 * @egress: interface that what is made of it leaves by, by its route, and whom it is sent to; set
 * to the port
 * @flags: enum bpf_wg_hooks_flags: what is asked about, the direction, the families
 *
 * About netfilter: the hooks of ingress from the receiving interface up to @iif; prerouting,
 * forward and postrouting of the inner packet; the egress of the sending interface; those of
 * bridges that are skipped, where br_netfilter has some, too. For a packet to encrypt also the
 * egress of @wg, and output and postrouting of the outer packet; for one to decrypt prerouting and
 * input of the outer packet, and the ingress of @wg. Conntrack's hooks count: an entry that sees
 * half a flow goes wrong; so do SELinux's and Smack's. AppArmor's does not, which looks at nothing
 * but marks that rules give, and neither does a chain of nftables that has no rules and accepts,
 * where the kernel lets one look into it.
 *
 * About traffic control: filters and tcx programs at ingress of the same interfaces and at egress
 * of the sending one; at egress of @wg, or at its ingress, with a program of generic XDP there;
 * and, where the packet leaves, a root qdisc that somebody asked for and that does more than queue.
 * The datapath's own program does not count, wherever it is attached: it is known by its name,
 * tc_wg.
 *
 * For tc, what comes before that program at its hook has seen the packet, and so will traffic
 * control at the egress of the sending interface: neither is asked about. Netfilter's chains there
 * are, from which the kernel hides what tc redirects.
 *
 * Whether the packet can leave at all is a part of the answer, as bpf_xdp_wg_egress() has it. An
 * XDP frame (BPF_WG_HOOKS_NATIVE) leaves by a port: below a VLAN device, that is the one that it is
 * on, with a tag or two; below a bridge, the one where the neighbour is at home; and all devices of
 * the way are asked about. It cannot leave by
 *
 * - a VLAN device that writes priorities into its tags, or tags in another place (reorder_hdr off)
 * - one whose MTU is more than the port takes of an XDP frame with as many tags
 * - three on each other, one that is down, or whose port is in another network namespace
 * - a bridge that filters VLANs, does not know the neighbour, or has its port not forwarding; nor
 * by a port that does more than that, or has a smaller MTU
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: 0 if nobody, BPF_WG_HOOKS_NETFILTER or BPF_WG_HOOKS_TC for the first of what was asked
 * about; with BPF_WG_HOOKS_CONSENT, if nobody but hooks of IPv4 and IPv6 does, and of @iif's
 * ingress where a witness stands before them, BPF_WG_HOOKS_INNER, BPF_WG_HOOKS_OUTER or both, for
 * the packet whose hooks they are; -EINVAL for unknown flags, -ENODEV without a receiving interface
 * or if @iif is not above it, -ENETDOWN when the packet cannot leave by @egress, -EBUSY when a
 * bridge there is to see it.
 */
__bpf_kfunc int bpf_xdp_wg_hooks(struct xdp_md *xdp_ctx, __u32 iif, struct wg_device *wg,
				 struct bpf_wg_egress *egress, __u32 flags)
{
	return wg_bpf_xdp_hooks(xdp_dev(xdp_ctx), iif, wg, egress, flags);
}

__bpf_kfunc int bpf_skb_wg_hooks(struct __sk_buff *skb_ctx, __u32 iif, struct wg_device *wg,
				 struct bpf_wg_egress *egress, __u32 flags)
{
	return wg_bpf_skb_hooks(skb_dev(skb_ctx), iif, wg, egress, flags);
}

/**
 * bpf_xdp_wg_sent - count a frame as sent by the devices that it has not come by
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @ifindex: egress interface of its route, above the port
 * @port: the port that it leaves by, as bpf_xdp_wg_hooks() has set it
 * @length: of the frame without tags, in bytes
 *
 * The driver counts what it sends, and VLAN devices and bridges above it what they hand down. As
 * there, the tag of a device is not a part of what it counts, but those before are.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: the number of devices that have counted it.
 */
__bpf_kfunc int bpf_xdp_wg_sent(struct xdp_md *xdp_ctx, __u32 ifindex, __u32 port, __u32 length)
{
	return wg_bpf_sent(xdp_net(xdp_ctx), ifindex, port, length);
}

/**
 * bpf_xdp_wg_received - count a frame as received by the devices that it would have come in by
 * @xdp_ctx: the packet, with the device that received it, which has counted it
 * @ifindex: layer 3 interface that it came in by, above that
 * @length: of what is behind its Ethernet header and its tags, in bytes
 *
 * Each VLAN device counts what is behind its own tag, and a bridge what the one above it does.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: the number of devices that have counted it.
 */
__bpf_kfunc int bpf_xdp_wg_received(struct xdp_md *xdp_ctx, __u32 ifindex, __u32 length)
{
	return wg_bpf_received(xdp_dev(xdp_ctx), ifindex, length);
}

__bpf_kfunc int bpf_skb_wg_received(struct __sk_buff *skb_ctx, __u32 ifindex, __u32 length)
{
	return wg_bpf_received(skb_dev(skb_ctx), ifindex, length);
}

/**
 * bpf_wg_consent_encrypt - whether netfilter would let a packet go, with its outer packet
 * @peer: the peer it is for
 * @flow: of the inner packet, with the WireGuard device for @flow->oif
 * @route: of the outer packet, as bpf_wg_peer_route() has set it
 * @consent: what bpf_xdp_wg_hooks() has answered, and for how long consent is good; see there
 *
 * Consent is there if the stack itself, within the last @consent->sample milliseconds, has let a
 * packet of the same flow through to the end of its way, to the same next hop, unchanged but for
 * its TTL and NAT, with a connection that lives and that nobody helps with. TCP must be
 * established, and be neither begun nor ended by the packet. A packet that was routed otherwise
 * than that one, by another mark or to another destination, has no consent: @consent->inner_recall
 * and @consent->outer_recall have what bpf_xdp_wg_flow_recall() told, or zeros. The caller does
 * what @consent->translates says.
 *
 * The answer is counted: a packet for which there is none must pass. When consent was over, packets
 * pass until those that did before them are through, so that none overtakes another.
 *
 * Hooks to see them are registered when this is first asked in a network namespace; until then
 * there is no consent. They go a minute after it was last asked.
 *
 * Context: softirq or bottom halves off, under RCU. Takes locks of its own, and a work queue's.
 * Return: 0 if there is consent,
 * -ENOENT if nothing is known of the flow, or what is known does not do,
 * -ETIME if it is too long ago,
 * -EAGAIN if packets that have passed are still underway,
 * -EINVAL for a question that makes no sense.
 */
__bpf_kfunc int bpf_wg_consent_encrypt(struct wg_peer *peer, const struct bpf_wg_flow *flow,
				       const struct bpf_wg_route *route,
				       struct bpf_wg_consent *consent)
{
	return wg_bpf_consent_encrypt(peer, flow, route, consent);
}

/**
 * bpf_wg_consent_decrypt - whether netfilter would let a data message and the packet in it go
 * @peer: the peer it is from
 * @outer: of the message, as it was received
 * @inner: of the packet in it, with the interface it leaves by
 * @consent: as for bpf_wg_consent_encrypt(), with the next hop of the inner packet
 *
 * The rest is as for bpf_wg_consent_encrypt(). What has been peeked at is not authenticated:
 * whoever can send copies of messages can make a flow wait for its consent, a quarter of a second
 * each time.
 */
__bpf_kfunc int bpf_wg_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer,
				       const struct bpf_wg_flow *inner,
				       struct bpf_wg_consent *consent)
{
	return wg_bpf_consent_decrypt(peer, outer, inner, consent);
}

/**
 * bpf_wg_consent_used - tell the connections of a packet that it has gone
 * @peer: its peer
 * @consent: as it was answered, with a ticket
 * @inner: length of the inner packet with its IP header, in bytes
 * @outer: likewise, of the outer packet
 *
 * For a packet that is encrypted, or that has been authenticated. The packet is counted where
 * connections have counters, and TCP's window is no longer followed.
 *
 * Context: as bpf_wg_consent_encrypt(). Takes locks of its own, and a connection's.
 */
__bpf_kfunc void bpf_wg_consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent,
				     __u32 inner, __u32 outer)
{
	wg_bpf_consent_used(peer, consent, inner, outer);
}

/**
 * bpf_xdp_wg_unfinished - what the sender of a frame has left to a device
 * @xdp_ctx: the packet, which no program has changed yet
 * @unfinished: set for BPF_WG_UNFINISHED_SUM alone
 * @unfinished__sz: sizeof(*unfinished)
 *
 * Packets of this host's own containers and virtual machines are handed over with work left undone.
 * For tc, an skb's own fields tell: there is no such kfunc.
 *
 * Natively on a veth the answer is exact. In generic XDP the skb cannot be seen: the answer is what
 * the other end of a pair may leave undone by its features; BPF_WG_UNFINISHED_TAG on a device that
 * has others below it, BPF_WG_UNFINISHED_OTHER on a tap; or BPF_WG_UNSEEN_SKB. It is BPF_WG_UNSEEN
 * natively on a tap, in Xen's network, and where nothing is known of an skb any more, as in a
 * cpumap and for a frame that came to a veth by XDP. All other drivers hand over what is finished.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: enum bpf_wg_unfinished_what, -EINVAL for a wrong size, -ENODEV without a receiving
 * interface.
 */
__bpf_kfunc int bpf_xdp_wg_unfinished(struct xdp_md *xdp_ctx, struct bpf_wg_unfinished *unfinished,
				      __u32 unfinished__sz)
{
	return wg_bpf_unfinished((const struct xdp_buff *)xdp_ctx, xdp_dev(xdp_ctx), unfinished,
				 unfinished__sz);
}

/**
 * bpf_xdp_wg_own_mac - whether a frame is addressed to the interface that received it
 * @xdp_ctx: the packet
 * @mac: destination MAC address of the frame
 * @mac__sz: 6
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: BPF_WG_MAC_OWN if so, BPF_WG_MAC_OTHER if not or if the interface is not Ethernet;
 * BPF_WG_MAC_BRIDGE if it belongs to a bridge, which bpf_xdp_wg_ingress() asks; -EINVAL for a wrong
 * size.
 */
__bpf_kfunc int bpf_xdp_wg_own_mac(struct xdp_md *xdp_ctx, const void *mac, __u32 mac__sz)
{
	return wg_bpf_own_mac(xdp_dev(xdp_ctx), mac, mac__sz);
}

__bpf_kfunc int bpf_skb_wg_own_mac(struct __sk_buff *skb_ctx, const void *mac, __u32 mac__sz)
{
	return wg_bpf_own_mac(skb_dev(skb_ctx), mac, mac__sz);
}

/**
 * bpf_xdp_wg_ingress - which interface a frame comes in by, and whether it is addressed to that
 * @xdp_ctx: the packet
 * @addresses: MAC addresses of the frame, destination and source
 * @addresses__sz: 12
 * @ingress: its VLAN tags, wherever they are; the interface is set, if the frame is addressed to it
 *
 * A VLAN device takes also what is addressed to the one below it. A tag that names no VLAN
 * (IEEE 802.1Q, VID 0) says nothing but a priority. A bridge (IEEE 802.1D) takes from its ports
 * what is addressed to itself, and learns from it where the sender is: it must know that already.
 * Whether packets may be forwarded from there, bpf_xdp_wg_flow_validate() knows.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 1 if the frame is addressed to one of them, 0 if not;
 * -EINVAL for a wrong size or a tag that is none,
 * -ENODEV where the stack has to do more than take tags off: there is no VLAN device for them; it
 * is down, in another network namespace, has a program of generic XDP or the datapath's own for tc,
 * maps priorities or leaves tags where they are (reorder_hdr off); a priority tag comes to a bridge
 * or its like, or behind another tag; or these need not be all the tags that the frame had, or may
 * be those of a switch;
 * -EBUSY if a bridge is to see the frame: it filters VLANs, is down or has a program of its own,
 * the port is not forwarding or does more than that, or is one of a switch, or the sender is not at
 * home there.
 */
__bpf_kfunc int bpf_xdp_wg_ingress(struct xdp_md *xdp_ctx, const void *addresses,
				   __u32 addresses__sz, struct bpf_wg_ingress *ingress)
{
	return wg_bpf_ingress(xdp_dev(xdp_ctx), addresses, addresses__sz, true, ingress);
}

__bpf_kfunc int bpf_skb_wg_ingress(struct __sk_buff *skb_ctx, const void *addresses,
				   __u32 addresses__sz, struct bpf_wg_ingress *ingress)
{
	return wg_bpf_ingress(skb_dev(skb_ctx), addresses, addresses__sz, false, ingress);
}

/**
 * bpf_xdp_wg_bridge_sees - whether a bridge is to see a packet that could go fast
 * @xdp_ctx: the packet, as it came
 * @peer: whom it is to be encrypted for, or comes from
 * @flow: a number that all packets of its flow have; 0 for data messages
 * @received: not 0 for a data message
 *
 * To be asked of what bpf_xdp_wg_ingress() says that a bridge learns from. Of each sender a packet
 * has to come by the bridge every five seconds, or it would forget where the sender is. The flow of
 * that packet passes until it is through WireGuard's queues, so that none overtakes it.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: 1 if the packet is to pass, 0 if not, -EINVAL without an Ethernet header, -EOPNOTSUPP in
 * several buffers.
 */
__bpf_kfunc int bpf_xdp_wg_bridge_sees(struct xdp_md *xdp_ctx, struct wg_peer *peer, __u32 flow,
				       __u32 received)
{
	struct wg_bpf_packet packet;

	return xdp_linear(xdp_ctx, &packet)
		       ?: wg_bpf_bridge_sees(xdp_dev(xdp_ctx), &packet, peer, flow, received);
}

__bpf_kfunc int bpf_skb_wg_bridge_sees(struct __sk_buff *skb_ctx, struct wg_peer *peer, __u32 flow,
				       __u32 received)
{
	struct wg_bpf_packet packet;

	skb_linear(skb_ctx, &packet);
	return wg_bpf_bridge_sees(skb_dev(skb_ctx), &packet, peer, flow, received);
}

/**
 * bpf_xdp_wg_egress - whether a frame can leave by an interface
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @ifindex: interface index
 *
 * Drivers change their mind: veth transmits XDP frames only while its peer has NAPI. What is below
 * the interface is not asked: bpf_xdp_wg_hooks() does that.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 1 if the interface transmits XDP frames and is no bond or team, which chooses the port
 * itself; 0 if it only transmits packets of the stack (or of XDP in skb mode), -ENETDOWN if it is
 * no Ethernet interface of the namespace that is up.
 */
__bpf_kfunc int bpf_xdp_wg_egress(struct xdp_md *xdp_ctx, __u32 ifindex)
{
	return wg_bpf_egress(xdp_net(xdp_ctx), ifindex);
}

__bpf_kfunc int bpf_skb_wg_egress(struct __sk_buff *skb_ctx, __u32 ifindex)
{
	return wg_bpf_egress(skb_net(skb_ctx), ifindex);
}

/**
 * bpf_xdp_wg_neigh_probe - tell the neighbour table that a neighbour is being sent to
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @ifindex: egress interface
 * @addr: the next hop's address, network byte order
 * @addr__sz: 4 or 16, which tells the family
 *
 * A neighbour that is not known to be reachable is used and probed meanwhile, as the stack does:
 * without the probe, one that changed its MAC address would never be found again.
 *
 * Context: softirq or bottom halves off, under RCU. May take the neighbour's lock.
 * Return: 0, -EINVAL for a wrong size, -ENODEV for an unknown interface, -ENOENT without an entry.
 */
__bpf_kfunc int bpf_xdp_wg_neigh_probe(struct xdp_md *xdp_ctx, __u32 ifindex, const void *addr,
				       __u32 addr__sz)
{
	return wg_bpf_neigh_probe(xdp_net(xdp_ctx), ifindex, addr, addr__sz);
}

__bpf_kfunc int bpf_skb_wg_neigh_probe(struct __sk_buff *skb_ctx, __u32 ifindex, const void *addr,
				       __u32 addr__sz)
{
	return wg_bpf_neigh_probe(skb_net(skb_ctx), ifindex, addr, addr__sz);
}

/**
 * bpf_xdp_wg_peek - decipher the beginning of a data message without touching it
 * @xdp_ctx: the packet
 * @offset: of the WireGuard header, in bytes
 * @length: of the WireGuard message: header 16, plaintext, tag 16
 * @peer: the peer that bpf_wg_peer_hashtable_lookup() found for its receiver index
 * @block: takes the first bytes of the plaintext; the rest is zeroed
 *
 * What it returns is not authenticated yet. It may choose the packet's path, which an attacker who
 * can flip bits could choose as well by sending garbage; it must not change any state.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: number of bytes in @block, 1 to 64, or
 * -EINVAL for a length that no message has,
 * -EOPNOTSUPP for a packet in several buffers,
 * -EFAULT when the message is not within the packet,
 * -EPROTO when it is no data message,
 * -ESHUTDOWN for a peer that is being removed or whose device is down,
 * -ENOENT when the receiver index is not one of @peer's,
 * -EAGAIN for the first packets under a new key, which the kernel must see, and for those that
 * would overtake them,
 * -ENOKEY or -EKEYEXPIRED without a valid key,
 * -ESTALE for a counter that was received before or is too old,
 * -ENODATA for a keepalive.
 */
__bpf_kfunc int bpf_xdp_wg_peek(struct xdp_md *xdp_ctx, __u32 offset, __u32 length,
				struct wg_peer *peer, struct bpf_wg_block *block)
{
	struct wg_bpf_packet packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: wg_bpf_peek(&packet, offset, length, peer, block->data);
}

__bpf_kfunc int bpf_skb_wg_peek(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				struct wg_peer *peer, struct bpf_wg_block *block)
{
	struct wg_bpf_packet packet;

	skb_linear(skb_ctx, &packet);
	return wg_bpf_peek(&packet, offset, length, peer, block->data);
}

/**
 * bpf_xdp_wg_stream_forget - wipe the key stream of a packet that passes
 * @xdp_ctx: the packet, which tells that a program runs for one
 *
 * What peeks on this CPU have made for a decryption, or what it has taken over, is gone then. To be
 * called when a packet that was peeked at is not decrypted after all: the key stream would stay
 * until the next peek, or until the key is gone.
 *
 * Context: softirq or bottom halves off. Takes no lock.
 */
__bpf_kfunc void bpf_xdp_wg_stream_forget(struct xdp_md *xdp_ctx)
{
	wg_bpf_stream_forget();
}

__bpf_kfunc void bpf_skb_wg_stream_forget(struct __sk_buff *skb_ctx)
{
	wg_bpf_stream_forget();
}

/**
 * bpf_xdp_wg_stream_hand_over - leave the key stream of a packet to another CPU
 * @xdp_ctx: the packet. Callbacks of timers and work items have none: they run in other contexts,
 *           where a CPU's key streams may be in use.
 *
 * What the last peek on this CPU has made of a packet's key stream waits for the CPU that the
 * packet is queued for, so that its decryption need not make it again. It waits in the module's
 * memory: the program hands on no more than the ticket. A packet that is lost is no harm.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock; may allocate.
 * Return: a ticket for bpf_xdp_wg_stream_take_over(), or 0 if there is nothing, or no slot where it
 * could wait.
 */
__bpf_kfunc __u64 bpf_xdp_wg_stream_hand_over(struct xdp_md *xdp_ctx)
{
	return wg_bpf_stream_hand_over();
}

__bpf_kfunc __u64 bpf_skb_wg_stream_hand_over(struct __sk_buff *skb_ctx)
{
	return wg_bpf_stream_hand_over();
}

/**
 * bpf_xdp_wg_stream_take_over - take what another CPU has left
 * @xdp_ctx: the packet, as for bpf_xdp_wg_stream_hand_over()
 * @ticket: what bpf_xdp_wg_stream_hand_over() returned there
 *
 * Peeks and decryptions of that message on this CPU use it. What was taken before, and not used, is
 * given back.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: 0, -EINVAL for what is no ticket, -ENOENT if it is not there any more.
 */
__bpf_kfunc int bpf_xdp_wg_stream_take_over(struct xdp_md *xdp_ctx, __u64 ticket)
{
	return wg_bpf_stream_take_over(ticket);
}

__bpf_kfunc int bpf_skb_wg_stream_take_over(struct __sk_buff *skb_ctx, __u64 ticket)
{
	return wg_bpf_stream_take_over(ticket);
}

/**
 * bpf_xdp_wg_encrypt - make a packet a data message, in place
 * @xdp_ctx: the packet
 * @offset: where the WireGuard header goes, in bytes
 * @length: of the WireGuard message: header 16, inner packet and its padding, tag 16
 * @peer: the peer to send to
 *
 * The inner packet stands at @offset + 16; its length is read from its own header, and what
 * follows up to the tag, less than 16 bytes, becomes zero padding. Writes the header, draws the
 * counter, and does for the peer what sending a packet does: transfer and device counters, timers,
 * the start of a new handshake when the key nears its end. For tc, a checksum that the sender left
 * to hardware is finished first, which is the one change that a refused packet may have undergone.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 0, or, with the packet untouched,
 * -EINVAL for a length that no message has,
 * -EOPNOTSUPP for a packet in several buffers,
 * -EFAULT when the message would not be within the packet,
 * -EPROTO when there is no IP packet of fitting length to encrypt,
 * -ESHUTDOWN for a peer that is being removed or whose device is down,
 * -ENOKEY without a valid key, -EKEYEXPIRED with one that is too old or used up.
 * For tc, -EBUSY when others see the same packet data, and -EOPNOTSUPP for a packet that is not
 * linear, waits for segmentation, or has a checksum to be finished that is not within it.
 */
__bpf_kfunc int bpf_xdp_wg_encrypt(struct xdp_md *xdp_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct wg_bpf_packet packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	if (ret)
		return ret;
	/* What is in front of the message is lent for key stream. AF_XDP lets user space see it. */
	if (((struct xdp_buff *)xdp_ctx)->rxq->mem.type == MEM_TYPE_XSK_BUFF_POOL)
		packet.start = packet.data + offset;
	return wg_bpf_encrypt(&packet, offset, length, peer);
}

__bpf_kfunc int bpf_skb_wg_encrypt(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct wg_bpf_packet packet;
	u32 inner, end;
	int ret;

	ret = skb_linear_writable(skb_ctx, &packet);
	if (ret)
		return ret;
	inner = wg_bpf_inner_length(&packet, offset, length);
	end = inner ? offset + sizeof(struct message_data) + inner : skb->len;
	if (!finish_checksum(skb, end))
		return -EOPNOTSUPP;
	ret = wg_bpf_encrypt(&packet, offset, length, peer);
	if (ret)
		return ret;
	skb->ip_summed = CHECKSUM_NONE;
	return 0;
}

/**
 * bpf_skb_wg_finish - finish the checksum that the sender of an skb has left to a device
 * @skb_ctx: the packet
 * @end: where it ends, in bytes from the start of the frame: what may follow in a short one is not
 *       summed
 *
 * For a program that changes what the checksum covers, which bpf_skb_wg_encrypt() would only finish
 * behind that. For the stack the packet is the same.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 1 if it is finished now, 0 if there was nothing to do; or, with the packet untouched,
 * -EINVAL for an end behind the packet's, -EBUSY when others see the same packet data, -EOPNOTSUPP
 * for a packet that is not linear, waits for segmentation, or has a checksum that is not within it.
 */
__bpf_kfunc int bpf_skb_wg_finish(struct __sk_buff *skb_ctx, __u32 end)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct wg_bpf_packet packet;
	int ret;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	ret = skb_linear_writable(skb_ctx, &packet);
	if (ret)
		return ret;
	if (end > packet.length)
		return -EINVAL;
	return finish_checksum(skb, end) ? 1 : -EOPNOTSUPP;
}

/**
 * bpf_skb_wg_encapsulated - make an skb's metadata those of an outer packet
 * @skb_ctx: the packet, encrypted and with its outer headers written; its data starts with an
 *           Ethernet header
 * @peer: the peer it goes to
 * @family: AF_INET or AF_INET6, of the outer header
 *
 * The protocol, the place of the headers, and the device's fwmark, for queueing disciplines and
 * filters of the egress. All else is as the stack's own outer packets have it: no priority, no
 * timestamp, no socket, no interface that it came in by. The flow hash stays the one that the inner
 * packet has: a program asks for it before it makes room for other headers, with
 * bpf_get_hash_recalc().
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 0, or, with nothing changed, -EAFNOSUPPORT for another family, -EFAULT for a packet that
 * has not all of these headers in its linear part.
 */
__bpf_kfunc int bpf_skb_wg_encapsulated(struct __sk_buff *skb_ctx, struct wg_peer *peer,
					__u32 family)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	__be16 protocol;
	int length;

	switch (family) {
	case AF_INET:
		protocol = htons(ETH_P_IP);
		length = sizeof(struct iphdr);
		break;
	case AF_INET6:
		protocol = htons(ETH_P_IPV6);
		length = sizeof(struct ipv6hdr);
		break;
	default:
		return -EAFNOSUPPORT;
	}
	if (skb_headlen(skb) < ETH_HLEN + length + sizeof(struct udphdr))
		return -EFAULT;
	forget_metadata(skb);
	skb->protocol = protocol;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + length);
	skb->mark = READ_ONCE(peer->device->fwmark);
	return 0;
}

/**
 * bpf_skb_wg_decapsulated - make an skb's metadata those of a packet that came by a tunnel
 * @skb_ctx: the packet, decrypted and ready to be forwarded; its data starts with an Ethernet
 * header
 * @peer: the peer that it came from
 *
 * As they are where the stack has forwarded it: the interface is the peer's device, the priority
 * follows from an IPv4 packet's TOS unless net.ipv4.ip_forward_update_priority says otherwise, and
 * all else that the outer packet had is gone.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 0, or, with nothing changed, -EFAULT for a packet whose IP header is not in its linear
 * part.
 */
__bpf_kfunc int bpf_skb_wg_decapsulated(struct __sk_buff *skb_ctx, struct wg_peer *peer)
{
	const struct net_device *dev = peer->device->dev;
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	const struct iphdr *ip;

	if (skb_headlen(skb) < ETH_HLEN + sizeof(*ip))
		return -EFAULT;
	forget_metadata(skb);
	skb->skb_iif = dev->ifindex;
	ip = (const struct iphdr *)(skb->data + ETH_HLEN);
	if (ip->version == 4 && READ_ONCE(dev_net(dev)->ipv4.sysctl_ip_fwd_update_priority))
		skb->priority = rt_tos2priority(ip->tos);
	return 0;
}

/**
 * bpf_xdp_wg_decrypt - decrypt a data message, in place
 * @xdp_ctx: the packet
 * @offset: of the WireGuard header, in bytes
 * @length: of the WireGuard message: header 16, plaintext, tag 16
 * @peer: the peer that bpf_wg_peer_hashtable_lookup() found for its receiver index
 *
 * The inner packet stands at @offset + 16 afterwards, followed by its padding. Does for the peer
 * what receiving a packet does: transfer and device counters, timers, key refresh. The caller has
 * made sure, with bpf_xdp_wg_peek(), that the inner source is allowed for @peer. For tc, the
 * checksums of the inner packet need no check afterwards, since the tag covers them.
 *
 * Context: softirq or bottom halves off, under RCU. Takes the replay window's lock.
 * Return: 0, or the errors of bpf_xdp_wg_peek(), with the packet untouched, or one of two after
 * which the packet must be dropped, as the kernel does: -EBADMSG when the tag is wrong, and
 * -EALREADY when another CPU has received this counter meanwhile (the packet is plaintext then).
 * For tc, also -EBUSY and -EOPNOTSUPP, as bpf_skb_wg_encrypt().
 */
__bpf_kfunc int bpf_xdp_wg_decrypt(struct xdp_md *xdp_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct wg_bpf_packet packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: wg_bpf_decrypt(&packet, offset, length, peer);
}

__bpf_kfunc int bpf_skb_wg_decrypt(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct wg_bpf_packet packet;
	int ret;

	ret = skb_linear_writable(skb_ctx, &packet);
	if (ret)
		return ret;
	ret = wg_bpf_decrypt(&packet, offset, length, peer);
	if (ret)
		return ret;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	/* What was said of the outer packet does not hold for the inner one. */
	skb_clear_hash(skb);
	return 0;
}

/**
 * bpf_xdp_wg_move - move a part of a packet within it
 * @xdp_ctx: the packet
 * @to: offset to move to, in bytes
 * @from: offset to move from, likewise; the two parts may overlap
 * @length: in bytes
 *
 * Makes room behind a packet whose buffer can only grow in front; or for tc, in front of one whose
 * buffer can only grow behind, since that is cheaper than a new buffer. A checksum that is still to
 * be finished moves with the bytes that it is in. A sum of all data that came with the packet
 * (CHECKSUM_COMPLETE) does not hold any more, and is forgotten.
 *
 * Context: softirq or bottom halves off.
 * Return: 0, -EOPNOTSUPP for a packet in several buffers, -EFAULT when a part is not within it. For
 * tc, also -EBUSY and -EOPNOTSUPP, as bpf_skb_wg_encrypt().
 */
__bpf_kfunc int bpf_xdp_wg_move(struct xdp_md *xdp_ctx, __u32 to, __u32 from, __u32 length)
{
	struct wg_bpf_packet packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: wg_bpf_move(&packet, to, from, length);
}

__bpf_kfunc int bpf_skb_wg_move(struct __sk_buff *skb_ctx, __u32 to, __u32 from, __u32 length)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct wg_bpf_packet packet;
	int ret;

	ret = skb_linear_writable(skb_ctx, &packet);
	if (ret)
		return ret;
	ret = wg_bpf_move(&packet, to, from, length);
	if (ret)
		return ret;
	move_checksum(skb, to, from, length);
	return 0;
}

/**
 * bpf_skb_wg_headroom - how much fits in front of a packet
 * @skb_ctx: the packet
 *
 * Helpers put headers there at no more cost than their own length; if there is less, they get a
 * new buffer.
 *
 * Context: any.
 * Return: the room, in bytes.
 */
__bpf_kfunc __u32 bpf_skb_wg_headroom(struct __sk_buff *skb_ctx)
{
	return skb_headroom((const struct sk_buff *)skb_ctx);
}

/**
 * bpf_xdp_checksum - sum packet data for the Internet checksum (RFC 1071)
 * @xdp_ctx: the packet
 * @offset: of the first byte, in bytes
 * @length: in bytes
 * @seed: sum so far, not folded; 0 to begin
 *
 * Context: any.
 * Return: the sum, 32 bits, not folded and not inverted, in the byte order of the data; or
 * -EOPNOTSUPP for a packet in several buffers, -EFAULT when the part is not within it.
 */
__bpf_kfunc __s64 bpf_xdp_checksum(struct xdp_md *xdp_ctx, __u32 offset, __u32 length, __u32 seed)
{
	struct wg_bpf_packet packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: wg_bpf_checksum(&packet, offset, length, seed);
}

__bpf_kfunc __s64 bpf_skb_checksum(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				   __u32 seed)
{
	struct wg_bpf_packet packet;

	skb_linear(skb_ctx, &packet);
	return wg_bpf_checksum(&packet, offset, length, seed);
}

__bpf_kfunc_end_defs();

/*
 * Those that take no packet are for both kinds of program. A set holds only one kind's contexts: to
 * the other kind's verifier a context is plain memory, which a program could make up.
 */
#define COMMON_KFUNCS                                                                              \
	BTF_ID_FLAGS(func, bpf_wg_peer_allowedips_lookup,                                          \
		     KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)                                   \
	BTF_ID_FLAGS(func, bpf_wg_peer_hashtable_lookup,                                           \
		     KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)                                   \
	BTF_ID_FLAGS(func, bpf_wg_endpoint_tuple_get, KF_TRUSTED_ARGS)                             \
	BTF_ID_FLAGS(func, bpf_wg_endpoint_match, KF_TRUSTED_ARGS)                                 \
	BTF_ID_FLAGS(func, bpf_wg_peer_route, KF_TRUSTED_ARGS)                                     \
	BTF_ID_FLAGS(func, bpf_wg_ip_ident, KF_TRUSTED_ARGS)                                       \
	BTF_ID_FLAGS(func, bpf_wg_peer_queued, KF_TRUSTED_ARGS)                                    \
	BTF_ID_FLAGS(func, bpf_wg_consent_encrypt, KF_TRUSTED_ARGS)                                \
	BTF_ID_FLAGS(func, bpf_wg_consent_decrypt, KF_TRUSTED_ARGS)                                \
	BTF_ID_FLAGS(func, bpf_wg_consent_used, KF_TRUSTED_ARGS)                                   \
	BTF_ID_FLAGS(func, bpf_wg_device_put, KF_RELEASE)                                          \
	BTF_ID_FLAGS(func, bpf_wg_peer_put, KF_RELEASE)

BTF_KFUNCS_START(wg_xdp_kfuncs)
COMMON_KFUNCS
BTF_ID_FLAGS(func, bpf_xdp_wg_device_get_by_index, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_xdp_wg_device_get_by_port, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_xdp_wg_flow_validate)
BTF_ID_FLAGS(func, bpf_xdp_wg_flow_recall)
BTF_ID_FLAGS(func, bpf_xdp_wg_hooks, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_sent)
BTF_ID_FLAGS(func, bpf_xdp_wg_received)
BTF_ID_FLAGS(func, bpf_xdp_wg_ingress)
BTF_ID_FLAGS(func, bpf_xdp_wg_bridge_sees, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_unfinished)
BTF_ID_FLAGS(func, bpf_xdp_wg_own_mac)
BTF_ID_FLAGS(func, bpf_xdp_wg_egress)
BTF_ID_FLAGS(func, bpf_xdp_wg_neigh_probe)
BTF_ID_FLAGS(func, bpf_xdp_wg_peek, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_stream_forget)
BTF_ID_FLAGS(func, bpf_xdp_wg_stream_hand_over)
BTF_ID_FLAGS(func, bpf_xdp_wg_stream_take_over)
BTF_ID_FLAGS(func, bpf_xdp_wg_encrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_decrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_move)
BTF_ID_FLAGS(func, bpf_xdp_checksum)
BTF_KFUNCS_END(wg_xdp_kfuncs)

BTF_KFUNCS_START(wg_skb_kfuncs)
COMMON_KFUNCS
BTF_ID_FLAGS(func, bpf_skb_wg_device_get_by_index, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_skb_wg_device_get_by_port, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_skb_wg_flow_validate)
BTF_ID_FLAGS(func, bpf_skb_wg_flow_recall)
BTF_ID_FLAGS(func, bpf_skb_wg_hooks, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_received)
BTF_ID_FLAGS(func, bpf_skb_wg_ingress)
BTF_ID_FLAGS(func, bpf_skb_wg_bridge_sees, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_own_mac)
BTF_ID_FLAGS(func, bpf_skb_wg_egress)
BTF_ID_FLAGS(func, bpf_skb_wg_neigh_probe)
BTF_ID_FLAGS(func, bpf_skb_wg_peek, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_stream_forget)
BTF_ID_FLAGS(func, bpf_skb_wg_stream_hand_over)
BTF_ID_FLAGS(func, bpf_skb_wg_stream_take_over)
BTF_ID_FLAGS(func, bpf_skb_wg_encrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_finish)
BTF_ID_FLAGS(func, bpf_skb_wg_encapsulated, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_decapsulated, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_decrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_move)
BTF_ID_FLAGS(func, bpf_skb_wg_headroom)
BTF_ID_FLAGS(func, bpf_skb_checksum)
BTF_KFUNCS_END(wg_skb_kfuncs)

static const struct btf_kfunc_id_set xdp_set = {
	.owner = THIS_MODULE,
	.set = &wg_xdp_kfuncs,
};

static const struct btf_kfunc_id_set skb_set = {
	.owner = THIS_MODULE,
	.set = &wg_skb_kfuncs,
};

/**
 * wg_bpf_init - register the kfuncs
 *
 * They go with the module; programs that use them hold a reference to it.
 *
 * Return: 0, or a negative errno, -ENOENT when the module was built without BTF.
 */
int __init wg_bpf_init(void)
{
	int ret;

	wg_bpf_hooks_init();
	ret = wg_bpf_aead_selftest();
	if (ret)
		pr_warn("BPF programs encrypt at the library's pace: error %d\n", ret);
	ret = wg_bpf_bridge_init();
	if (ret)
		return ret;
	ret = wg_bpf_witness_init();
	if (ret)
		return ret;
	ret = register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &xdp_set);
	return ret ?: register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &skb_set);
}

/**
 * wg_bpf_stop - end what goes on by itself, while all else of WireGuard is still there
 *
 * No program runs any more: those that use the kfuncs hold the module.
 */
void wg_bpf_stop(void)
{
	wg_bpf_witness_uninit();
}

/**
 * wg_bpf_uninit - free what the kfuncs have allocated
 */
void wg_bpf_uninit(void)
{
	wg_bpf_bridge_uninit();
	wg_bpf_flow_uninit();
	wg_bpf_allowedips_uninit();
	wg_bpf_stream_uninit();
}
