// SPDX-License-Identifier: GPL-2.0
/*
 * A WireGuard device that is made, used and removed while memory fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>

#include <libmnl/libmnl.h>

#include "device.h"
#include "operations.h"

#define NAME "wgfault"
#define PORT 51821

/* Any numbers are a private key, and nearly any a public one. */
#define PRIVATE_BYTE 0x42
#define PUBLIC_BYTE 0x17

static struct mnl_socket *route, *generic;
static char request[4096], answer[32768];

static struct mnl_socket *open_socket(int protocol)
{
	struct mnl_socket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink: %s", strerror(errno));
	return socket;
}

void device_open(void)
{
	route = open_socket(NETLINK_ROUTE);
	generic = open_socket(NETLINK_GENERIC);
}

void device_close(void)
{
	mnl_socket_close(route);
	mnl_socket_close(generic);
}

static struct nlmsghdr *start(__u16 type, __u16 flags)
{
	static __u32 sequence;
	struct nlmsghdr *message = mnl_nlmsg_put_header(request);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	message->nlmsg_seq = ++sequence;
	return message;
}

static int take_family(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attribute;
	__u16 *id = data;

	mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
			*id = mnl_attr_get_u16(attribute);
	return MNL_CB_OK;
}

/* Until the acknowledgement has come. */
static int ask(struct mnl_socket *socket, const struct nlmsghdr *message, void *family)
{
	ssize_t len;
	int ret;

	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(socket, answer, sizeof(answer));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run(answer, len, message->nlmsg_seq, mnl_socket_get_portid(socket),
				 family ? take_family : NULL, family);
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}

/* 0 if there is none. */
static __u16 family(void)
{
	struct nlmsghdr *message = start(GENL_ID_CTRL, 0);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	__u16 id = 0;

	header->cmd = CTRL_CMD_GETFAMILY;
	header->version = 1;
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	return ask(generic, message, &id) ? 0 : id;
}

bool device_family_exists(void)
{
	return family();
}

static struct nlmsghdr *start_link(__u16 type, __u16 flags, unsigned int change, unsigned int to)
{
	struct nlmsghdr *message = start(type, flags);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ifi_change = change;
	header->ifi_flags = to;
	mnl_attr_put_strz(message, IFLA_IFNAME, NAME);
	return message;
}

int device_add(void)
{
	struct nlmsghdr *message = start_link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "wireguard");
	mnl_attr_nest_end(message, info);
	return ask(route, message, NULL);
}

int device_up(void)
{
	return ask(route, start_link(RTM_NEWLINK, 0, IFF_UP, IFF_UP), NULL);
}

int device_down(void)
{
	return ask(route, start_link(RTM_NEWLINK, 0, IFF_UP, 0), NULL);
}

int device_remove(void)
{
	return ask(route, start_link(RTM_DELLINK, 0, 0, 0), NULL);
}

static void put_key(struct nlmsghdr *message, __u16 type, __u8 byte)
{
	__u8 key[WG_KEY_LEN];

	memset(key, byte, sizeof(key));
	mnl_attr_put(message, type, sizeof(key), key);
}

static void put_peer(struct nlmsghdr *message)
{
	struct sockaddr_in endpoint = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	__u32 network = htonl(0x0a020000); /* 10.2.0.0/16 */
	struct nlattr *peers, *peer, *ips, *ip;

	endpoint.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
	peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
	peer = mnl_attr_nest_start(message, 0);
	put_key(message, WGPEER_A_PUBLIC_KEY, PUBLIC_BYTE);
	mnl_attr_put(message, WGPEER_A_ENDPOINT, sizeof(endpoint), &endpoint);
	ips = mnl_attr_nest_start(message, WGPEER_A_ALLOWEDIPS);
	ip = mnl_attr_nest_start(message, 0);
	mnl_attr_put_u16(message, WGALLOWEDIP_A_FAMILY, AF_INET);
	mnl_attr_put(message, WGALLOWEDIP_A_IPADDR, sizeof(network), &network);
	mnl_attr_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, 16);
	mnl_attr_nest_end(message, ip);
	mnl_attr_nest_end(message, ips);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, peers);
}

int device_set(void)
{
	static __u16 id;
	struct nlmsghdr *message;
	struct genlmsghdr *header;

	if (!id)
		id = family();
	message = start(id, 0);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->cmd = WG_CMD_SET_DEVICE;
	header->version = WG_GENL_VERSION;
	mnl_attr_put_strz(message, WGDEVICE_A_IFNAME, NAME);
	mnl_attr_put_u32(message, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
	put_key(message, WGDEVICE_A_PRIVATE_KEY, PRIVATE_BYTE);
	mnl_attr_put_u16(message, WGDEVICE_A_LISTEN_PORT, PORT);
	put_peer(message);
	return ask(generic, message, NULL);
}

static bool exists(void)
{
	return if_nametoindex(NAME);
}

static bool is_up(void)
{
	struct ifreq ifreq = { .ifr_name = NAME };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	err = ioctl(fd, SIOCGIFFLAGS, &ifreq);
	close(fd);
	return !err && ifreq.ifr_flags & IFF_UP;
}

void device_prepare(void)
{
	int err = device_add();

	if (err)
		die("there is no device: %s", strerror(-err));
}

void device_prepare_set(void)
{
	int err;

	device_prepare();
	err = device_set();
	if (err)
		die("the device cannot be set up: %s", strerror(-err));
}

void device_prepare_up(void)
{
	int err;

	device_prepare_set();
	err = device_up();
	if (err)
		die("the device does not get up: %s", strerror(-err));
}

/* A device that has been through it can be used, and removed. */
static const char *use_and_remove(void)
{
	if (device_set())
		return "the device cannot be set up";
	if (device_up() || !is_up())
		return "the device does not get up";
	if (device_down() || is_up())
		return "the device does not get down";
	if (device_remove() || exists())
		return "the device cannot be removed";
	return NULL;
}

const char *device_check_add(int err)
{
	if (err && !is_shortage(err))
		return strerror(-err);
	if (err == -ENOMEM && exists())
		return "a device is left";
	if (!err && !exists())
		return "there is no device";
	if (!exists() && device_add())
		return "no device can be made any more";
	return use_and_remove();
}

const char *device_check_set(int err)
{
	return err && !is_shortage(err) ? strerror(-err) : use_and_remove();
}

const char *device_check_up(int err)
{
	if (err && !is_shortage(err))
		return strerror(-err);
	if (err == -ENOMEM && is_up())
		return "the device is up";
	if (!err && !is_up())
		return "the device is not up";
	return use_and_remove();
}

const char *device_check_down(int err)
{
	if (err && !is_shortage(err))
		return strerror(-err);
	if (!err && is_up())
		return "the device is up";
	return use_and_remove();
}

const char *device_check_remove(int err)
{
	if (err && !is_shortage(err))
		return strerror(-err);
	if (!err && exists())
		return "the device is there";
	return exists() ? use_and_remove() : NULL;
}
