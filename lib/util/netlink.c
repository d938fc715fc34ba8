// SPDX-License-Identifier: GPL-2.0
/*
 * What every netlink request needs, over libmnl.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/genetlink.h>

#include "util/netlink.h"

int netlink_open(struct netlink *netlink, int protocol)
{
	int err;

	netlink->sequence = 0;
	netlink->socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!netlink->socket)
		return -errno;
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		netlink_close(netlink);
		return err;
	}
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

void netlink_start(union netlink_request *request, __u16 type, const void *header, size_t size)
{
	mnl_nlmsg_put_header(request)->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(&request->message, size), header, size);
}

int netlink_request(struct netlink *netlink, union netlink_request *request, __u16 flags,
		    mnl_cb_t callback, void *data)
{
	struct nlmsghdr *message = &request->message;
	/* A dump's messages are as long as the reader allows, up to this. */
	size_t size = 32768;
	ssize_t len;
	char *buf;
	int err;

	buf = malloc(size);
	if (!buf)
		return -ENOMEM;

	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++netlink->sequence;
	if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0) {
		err = -errno;
		goto out;
	}

	do {
		len = mnl_socket_recvfrom(netlink->socket, buf, size);
		if (len < 0) {
			err = -errno;
			goto out;
		}
		err = mnl_cb_run(buf, len, message->nlmsg_seq,
				 mnl_socket_get_portid(netlink->socket), callback, data);
	} while (err > 0 && flags);
	err = err < 0 ? -errno : 0;

out:
	free(buf);
	return err;
}

static void sort(const struct nlattr *attribute, const struct nlattr **table, int max)
{
	if (mnl_attr_get_type(attribute) <= max)
		table[mnl_attr_get_type(attribute)] = attribute;
}

void netlink_attributes(const struct nlmsghdr *message, size_t header_size,
			const struct nlattr **table, int max)
{
	const struct nlattr *attribute;

	memset(table, 0, (max + 1) * sizeof(*table));
	mnl_attr_for_each(attribute, message, header_size)
		sort(attribute, table, max);
}

void netlink_nested(const struct nlattr *nest, const struct nlattr **table, int max)
{
	const struct nlattr *attribute;

	memset(table, 0, (max + 1) * sizeof(*table));
	mnl_attr_for_each_nested(attribute, nest)
		sort(attribute, table, max);
}

static int read_family(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[CTRL_ATTR_MAX + 1];
	__u16 *id = data;

	netlink_attributes(message, sizeof(struct genlmsghdr), table, CTRL_ATTR_MAX);
	if (table[CTRL_ATTR_FAMILY_ID])
		*id = mnl_attr_get_u16(table[CTRL_ATTR_FAMILY_ID]);
	return MNL_CB_OK;
}

int netlink_family(struct netlink *netlink, const char *name, __u16 *id)
{
	const struct genlmsghdr header = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	union netlink_request request;
	int err;

	netlink_start(&request, GENL_ID_CTRL, &header, sizeof(header));
	mnl_attr_put_strz(&request.message, CTRL_ATTR_FAMILY_NAME, name);
	*id = 0;
	err = netlink_request(netlink, &request, NLM_F_ACK, read_family, id);
	return !err && !*id ? -ENOENT : err;
}
