// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <linux/genetlink.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_sorted),
	};

	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
