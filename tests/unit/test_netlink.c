// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <net/if_arp.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>

#include "util/netlink.h"

TEST(attributes_are_sorted)
{
	const struct nlattr *table[4], *inner[3];
	struct nlmsghdr *message;
	struct nlattr *nest;
	char buf[256];

	message = mnl_nlmsg_put_header(buf);
	mnl_nlmsg_put_extra_header(message, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(message, 3, 33);
	mnl_attr_put_u32(message, 9, 99);
	nest = mnl_attr_nest_start(message, 1);
	mnl_attr_put_u16(message, 2, 22);
	mnl_attr_put_u16(message, 3, 33);
	mnl_attr_nest_end(message, nest);

	netlink_attributes(message, sizeof(struct genlmsghdr), table, 3);
	assert_null(table[0]);
	assert_non_null(table[1]);
	assert_null(table[2]);
	assert_int_equal(mnl_attr_get_u32(table[3]), 33);

	netlink_nested(table[1], inner, 2);
	assert_null(inner[0]);
	assert_null(inner[1]);
	assert_int_equal(mnl_attr_get_u16(inner[2]), 22);
}

TEST(requests_are_built)
{
	const struct genlmsghdr header = { .cmd = 7, .version = 2 };
	const struct genlmsghdr *copy;
	union netlink_request request;
	const struct nlattr *table[4];

	memset(&request, 0xff, sizeof(request));
	netlink_start(&request, 0x123, &header, sizeof(header));
	assert_int_equal(request.message.nlmsg_type, 0x123);
	assert_int_equal(request.message.nlmsg_len, NLMSG_LENGTH(sizeof(header)));
	copy = mnl_nlmsg_get_payload(&request.message);
	assert_memory_equal(copy, &header, sizeof(header));

	mnl_attr_put_u32(&request.message, 3, 33);
	netlink_attributes(&request.message, sizeof(header), table, 3);
	assert_null(table[1]);
	assert_int_equal(mnl_attr_get_u32(table[3]), 33);
}

static int count_loopbacks(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	unsigned int *count = data;

	*count += link->ifi_type == ARPHRD_LOOPBACK;
	return MNL_CB_OK;
}

static int refuse(const struct nlmsghdr *message __attribute__((unused)),
		  void *data __attribute__((unused)))
{
	errno = ENOMEM;
	return MNL_CB_ERROR;
}

TEST(requests_are_answered)
{
	const struct ifinfomsg header = {}, nowhere = { .ifi_index = 0x7ffffffe };
	struct netlink netlink = {};
	union netlink_request request;
	unsigned int count = 0;

	assert_int_equal(netlink_open(&netlink, NETLINK_ROUTE), 0);
	netlink_start(&request, RTM_GETLINK, &header, sizeof(header));
	assert_int_equal(netlink_request(&netlink, &request, NLM_F_DUMP, count_loopbacks, &count),
			 0);
	assert_int_equal(count, 1);

	netlink_start(&request, RTM_GETLINK, &nowhere, sizeof(nowhere));
	assert_int_equal(netlink_request(&netlink, &request, 0, count_loopbacks, &count), -ENODEV);
	assert_int_equal(count, 1);

	netlink_start(&request, RTM_GETLINK, &header, sizeof(header));
	assert_int_equal(netlink_request(&netlink, &request, NLM_F_DUMP, refuse, NULL), -ENOMEM);
	netlink_close(&netlink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_sorted),
		cmocka_unit_test(requests_are_built),
		cmocka_unit_test(requests_are_answered),
	};

	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
