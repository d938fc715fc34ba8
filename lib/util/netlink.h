/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_NETLINK_H
#define LIB_UTIL_NETLINK_H

#include <linux/types.h>

#include <libmnl/libmnl.h>

/* A netlink socket for requests that are answered before the next is sent. */
struct netlink {
	struct mnl_socket *socket;
	unsigned int sequence;
};

/*
 * netlink_open() - Open a socket.
 * @protocol: NETLINK_ROUTE, NETLINK_GENERIC, ...
 *
 * End with netlink_close(). Return: 0, or a negative errno.
 */
int netlink_open(struct netlink *netlink, int protocol);

void netlink_close(struct netlink *netlink);

/* A request while it is made. There is room for a few short attributes. */
union netlink_request {
	struct nlmsghdr message;
	char room[256];
};

/*
 * netlink_start() - Begin a request, to which libmnl's functions may add attributes then.
 * @type: of the message
 * @header: the protocol's own, which is copied
 * @size: of @header
 */
void netlink_start(union netlink_request *request, __u16 type, const void *header, size_t size);

/*
 * netlink_request() - Send a request and hand each message of the answer to a function.
 * @request: its flags and sequence number are filled in here
 * @flags: NLM_F_DUMP for a list, NLM_F_ACK or 0 for a single answer
 * @callback: as libmnl defines it; where it returns MNL_CB_ERROR, errno says why
 *
 * Return: 0, or a negative errno.
 */
int netlink_request(struct netlink *netlink, union netlink_request *request, __u16 flags,
		    mnl_cb_t callback, void *data);

/*
 * netlink_attributes(), netlink_nested() - Sort a message's or a nest's attributes into a table by
 * their type.
 * @header_size: of the protocol's own header, before the attributes
 * @table: cleared; entries of absent attributes are NULL, those of others point into the message
 * @max: the highest type in the table; higher ones are passed over
 */
void netlink_attributes(const struct nlmsghdr *message, size_t header_size,
			const struct nlattr **table, int max);
void netlink_nested(const struct nlattr *nest, const struct nlattr **table, int max);

/*
 * netlink_family() - Find the number of a generic netlink family.
 * Return: 0, or a negative errno; -ENOENT if the kernel has none of that name.
 */
int netlink_family(struct netlink *netlink, const char *name, __u16 *id);

#endif /* LIB_UTIL_NETLINK_H */
