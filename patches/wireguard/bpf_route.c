// SPDX-License-Identifier: GPL-2.0
/*
 * The way out, which a BPF program asks for before it touches a packet: where would the outer
 * packet go, can the egress transmit, is the neighbour there. Nothing here changes a packet, and
 * what the network stack would have to work out (a source address, an unresolved neighbour) is an
 * error, so that the stack gets the packet and does it.
 */

#include "bpf_internal.h"
#include "socket.h"
#include "timers.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/dst_metadata.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

/* Must be called in rcu_read_lock(), which drivers need not be in: see bpf_flow.c. */
static struct neighbour *find_neighbour(struct net_device *dev, u8 family, const __be32 *addr)
{
	if (family == AF_INET)
		return __ipv4_neigh_lookup_noref(dev, (__force u32)*addr);
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6 && ipv6_mod_enabled())
		return __ipv6_neigh_lookup_noref_stub(dev, addr);
#endif
	return NULL;
}

int wg_bpf_own_mac(const struct net_device *dev, const void *mac, u32 size)
{
	if (size != ETH_ALEN)
		return -EINVAL;
	if (!dev || dev->type != ARPHRD_ETHER)
		return BPF_WG_MAC_OTHER;
	if (netif_is_bridge_port(dev))
		return BPF_WG_MAC_BRIDGE;
	return ether_addr_equal_unaligned(dev->dev_addr, mac) ? BPF_WG_MAC_OWN : BPF_WG_MAC_OTHER;
}

int wg_bpf_egress(struct net *net, u32 ifindex)
{
	const struct net_device *dev = net ? dev_get_by_index_rcu(net, ifindex) : NULL;

	if (!dev || !wg_bpf_transmits(dev))
		return -ENETDOWN;
	return wg_bpf_transmits_xdp(dev);
}

int wg_bpf_neigh_probe(struct net *net, u32 ifindex, const void *addr, u32 size)
{
	struct net_device *dev = net ? dev_get_by_index_rcu(net, ifindex) : NULL;
	struct neighbour *neigh;

	if (size != sizeof(struct in_addr) && size != sizeof(struct in6_addr))
		return -EINVAL;
	if (!dev)
		return -ENODEV;
	rcu_read_lock();
	neigh = find_neighbour(dev, size == sizeof(struct in_addr) ? AF_INET : AF_INET6, addr);
	if (neigh && !(READ_ONCE(neigh->nud_state) & NUD_CONNECTED))
		neigh_event_send(neigh, NULL);
	rcu_read_unlock();
	return neigh ? 0 : -ENOENT;
}

static int fill_neighbour(struct bpf_wg_route *route, struct net_device *dev)
{
	struct neighbour *neigh;
	int ret = -EHOSTUNREACH;

	rcu_read_lock();
	neigh = find_neighbour(dev, route->nh_family, route->nexthop);
	if (neigh && READ_ONCE(neigh->nud_state) & NUD_VALID) {
		route->probe = !(READ_ONCE(neigh->nud_state) & NUD_CONNECTED);
		neigh_ha_snapshot((char *)route->dmac, neigh, dev);
		ret = 0;
	}
	rcu_read_unlock();
	return ret;
}

/* What the two families have in common once the route is known; @nexthop is in @route already. */
static int fill_route(struct bpf_wg_route *route, const struct net *net, struct dst_entry *dst)
{
	struct net_device *dev = dst->dev;
	int ret;

	if (dst->lwtstate || wg_bpf_has_policy(net, XFRM_POLICY_OUT))
		return -EPERM;
#ifdef CONFIG_XFRM
	if (dst->xfrm)
		return -EPERM;
#endif
	if (dev->type != ARPHRD_ETHER || !net_eq(dev_net(dev), net))
		return -ENETUNREACH;
	ret = fill_neighbour(route, dev);
	if (ret)
		return ret;
	ether_addr_copy(route->smac, dev->dev_addr);
	route->ifindex = dev->ifindex;
	/* A route may have a larger MTU than its device, which an XDP frame cannot. */
	route->mtu = min(dst_mtu(dst), READ_ONCE(dev->mtu));
	return 0;
}

/*
 * A source address that is gone, or would leave by another interface, is not used for the lookup,
 * but the endpoint stays what the peer's last packet made it: the next packet from there would only
 * set it again.
 */
static int peer_route4(struct wg_peer *peer, struct sock *sock, struct bpf_wg_route *route)
{
	struct flowi4 fl = {};
	bool src_invalid;
	struct rtable *rt;
	int ret;

	rt = wg_socket_route4(peer->device, sock, &peer->endpoint, &peer->endpoint_cache, &fl,
			      &src_invalid);
	if (IS_ERR(rt))
		return -ENETUNREACH;
	ret = -ENETUNREACH;
	if (rt->rt_type != RTN_UNICAST || !fl.saddr)
		goto out;

	route->family = AF_INET;
	route->ttl = ip4_dst_hoplimit(&rt->dst);
	route->sport = fl.fl4_sport;
	route->dport = fl.fl4_dport;
	route->src[0] = fl.saddr;
	route->dst[0] = fl.daddr;
	if (rt->rt_gw_family == AF_INET6) {
		route->nh_family = AF_INET6;
		memcpy(route->nexthop, &rt->rt_gw6, sizeof(rt->rt_gw6));
	} else {
		route->nh_family = AF_INET;
		route->nexthop[0] = rt->rt_gw_family ? rt->rt_gw4 : fl.daddr;
	}
	ret = fill_route(route, sock_net(sock), &rt->dst);
out:
	ip_rt_put(rt);
	return ret;
}

#if IS_ENABLED(CONFIG_IPV6)
static int peer_route6(struct wg_peer *peer, struct sock *sock, struct bpf_wg_route *route)
{
	const struct in6_addr *nexthop;
	struct dst_entry *dst;
	struct flowi6 fl = {};
	bool src_invalid;
	int ret;

	dst = wg_socket_route6(peer->device, sock, &peer->endpoint, &peer->endpoint_cache, &fl,
			       &src_invalid);
	if (IS_ERR(dst))
		return -ENETUNREACH;
	ret = -ENETUNREACH;
	if (dst->error || ipv6_addr_any(&fl.saddr) || ipv6_addr_is_multicast(&fl.daddr) ||
	    dst_rt6_info(dst)->rt6i_flags & (RTF_LOCAL | RTF_ANYCAST | RTF_REJECT))
		goto out;

	route->family = AF_INET6;
	route->ttl = ip6_dst_hoplimit(dst);
	route->sport = fl.fl6_sport;
	route->dport = fl.fl6_dport;
	memcpy(route->src, &fl.saddr, sizeof(route->src));
	memcpy(route->dst, &fl.daddr, sizeof(route->dst));
	nexthop = rt6_nexthop(dst_rt6_info(dst), &fl.daddr);
	route->nh_family = AF_INET6;
	memcpy(route->nexthop, nexthop, sizeof(route->nexthop));
	ret = fill_route(route, sock_net(sock), dst);
out:
	dst_release(dst);
	return ret;
}
#else
static int peer_route6(struct wg_peer *peer, struct sock *sock, struct bpf_wg_route *route)
{
	return -EAFNOSUPPORT;
}
#endif

/* How long a session begins, in seconds. */
#define BEGINNING 1

/*
 * Whether a session has begun just now, and nothing could be sent before: what has waited for it
 * may be underway for some time, and longer where the other side asked for the session, which has
 * to confirm it. A keypair that was never confirmed was not sent with.
 */
static bool is_beginning(struct wg_peer *peer, const struct noise_keypair *keypair)
{
	const struct noise_keypair *previous;

	if (likely(wg_birthdate_has_expired(keypair->sending.birthdate, BEGINNING)))
		return false;
	previous = rcu_dereference_bh(peer->keypairs.previous_keypair);
	return !previous || wg_noise_sending_check(previous) ||
	       !(previous->i_am_the_initiator || READ_ONCE(previous->receiving_counter.counter));
}

/*
 * Whether packets can be sent to the peer under its current key, as far as one can know before, and
 * without overtaking those that have waited for it.
 */
static int check_sending_key(struct wg_peer *peer)
{
	struct noise_keypair *keypair = rcu_dereference_bh(peer->keypairs.current_keypair);
	int ret;

	if (!keypair)
		return -ENOKEY;
	ret = wg_noise_sending_check(keypair);
	if (!ret && is_beginning(peer, keypair) && wg_bpf_is_sending(peer))
		ret = -EAGAIN;
	return ret;
}

int wg_bpf_endpoint_tuple(struct wg_peer *peer, struct bpf_sock_tuple *tuple, u32 size)
{
	const struct endpoint *endpoint = &peer->endpoint;
	struct sock *sock;
	int ret;

	if (size != sizeof(tuple->ipv4) && size != sizeof(tuple->ipv6) && size != sizeof(*tuple))
		return -EINVAL;

	read_lock(&peer->endpoint_lock);
	ret = endpoint->addr.sa_family;
	switch (ret) {
	case AF_INET:
		sock = rcu_dereference_bh(peer->device->sock4);
		if (!sock) {
			ret = -ENONET;
			break;
		}
		tuple->ipv4.saddr = endpoint->src4.s_addr;
		tuple->ipv4.daddr = endpoint->addr4.sin_addr.s_addr;
		tuple->ipv4.sport = inet_sk(sock)->inet_sport;
		tuple->ipv4.dport = endpoint->addr4.sin_port;
		break;
	case AF_INET6:
		sock = rcu_dereference_bh(peer->device->sock6);
		if (!sock) {
			ret = -ENONET;
			break;
		}
		if (size == sizeof(tuple->ipv4)) {
			ret = -EAFNOSUPPORT;
			break;
		}
		memcpy(tuple->ipv6.saddr, &endpoint->src6, sizeof(tuple->ipv6.saddr));
		memcpy(tuple->ipv6.daddr, &endpoint->addr6.sin6_addr, sizeof(tuple->ipv6.daddr));
		tuple->ipv6.sport = inet_sk(sock)->inet_sport;
		tuple->ipv6.dport = endpoint->addr6.sin6_port;
		break;
	default:
		ret = -EDESTADDRREQ;
	}
	read_unlock(&peer->endpoint_lock);
	return ret;
}

int wg_bpf_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow, u32 size)
{
	const struct in6_addr *src = (const struct in6_addr *)flow->src;
	const struct in6_addr *dst = (const struct in6_addr *)flow->dst;

	if (size != sizeof(*flow))
		return -EINVAL;
	switch (flow->family) {
	case AF_INET:
		return wg_socket_endpoint_eq4(&peer->endpoint, flow->src[0], flow->sport,
					      flow->dst[0], flow->iif);
	case AF_INET6:
		return wg_socket_endpoint_eq6(&peer->endpoint, src, flow->sport, dst,
					      ipv6_iface_scope_id(src, flow->iif));
	}
	return 0;
}

int wg_bpf_peer_route(struct wg_peer *peer, struct bpf_wg_route *route, u32 size)
{
	struct wg_device *wg = peer->device;
	struct sock *sock;
	int ret;

	if (size != sizeof(*route))
		return -EINVAL;
	if (!wg_bpf_peer_usable(peer))
		return -ESHUTDOWN;
	ret = check_sending_key(peer);
	if (ret)
		return ret;

	read_lock(&peer->endpoint_lock);
	switch (peer->endpoint.addr.sa_family) {
	case AF_INET:
		sock = rcu_dereference_bh(wg->sock4);
		break;
	case AF_INET6:
		sock = rcu_dereference_bh(wg->sock6);
		break;
	default:
		ret = -EDESTADDRREQ;
		goto out;
	}
	ret = -ENONET;
	if (!sock)
		goto out;
	ret = -EXDEV;
	if (!net_eq(sock_net(sock), dev_net(wg->dev)))
		goto out;
	ret = peer->endpoint.addr.sa_family == AF_INET ? peer_route4(peer, sock, route)
						       : peer_route6(peer, sock, route);
out:
	read_unlock(&peer->endpoint_lock);
	return ret;
}

u32 wg_bpf_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr)
{
	struct iphdr iph = {
		.saddr = saddr,
		.daddr = daddr,
		.protocol = IPPROTO_UDP,
	};

	__ip_select_ident(dev_net(peer->device->dev), &iph, 1);
	return (__force u16)iph.id;
}
