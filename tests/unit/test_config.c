// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <string.h>

#include "program/config.h"
#include "util/netdev.h"
#include "util/version.h"

TEST(config_says_who_wrote_it)
{
	struct xdp_wg_config config;

	memset(&config, 0xff, sizeof(config));
	config_init(&config, XDP_WG_NO_UDP_CSUM | XDP_WG_SKB_MODE, 250);
	assert_int_equal(config.layout, XDP_WG_LAYOUT);
	assert_int_equal(config.version, VERSION_CODE);
	assert_int_equal(config.flags, XDP_WG_NO_UDP_CSUM | XDP_WG_SKB_MODE);
	assert_int_equal(config.sample, 250);
	assert_true(config_current(&config));
}

TEST(other_layout_is_not_current)
{
	struct xdp_wg_config config;

	config_init(&config, 0, 0);
	config.layout++;
	assert_false(config_current(&config));
	config.layout = 0;
	assert_false(config_current(&config));
}

TEST(version_is_readable)
{
	struct xdp_wg_config config;
	char buf[32];

	config_init(&config, 0, 0);
	config_version(&config, buf, sizeof(buf));
	assert_string_equal(buf, VERSION);
	config.version = 12 << 16 | 3 << 8 | 255;
	config_version(&config, buf, sizeof(buf));
	assert_string_equal(buf, "12.3.255");
	config_version(&config, buf, 3);
	assert_string_equal(buf, "12");
}

TEST(options_are_named)
{
	struct xdp_wg_config config;

	config_init(&config, 0, 0);
	assert_string_equal(config_option_name(&config, 0), "");
	config_init(&config, XDP_WG_NO_UDP_CSUM, 0);
	assert_string_equal(config_option_name(&config, 0), "no-udp-csum");
	assert_string_equal(config_option_name(&config, 1), "");
	config_init(&config, XDP_WG_BYPASS_NETFILTER | XDP_WG_BYPASS_TC, 0);
	assert_string_equal(config_option_name(&config, 0), "");
	assert_string_equal(config_option_name(&config, 1), "bypass-netfilter");
	assert_string_equal(config_option_name(&config, 2), "bypass-tc");
	assert_string_equal(config_option_name(&config, 3), "");
	config_init(&config, XDP_WG_CONNTRACK, 1000);
	assert_string_equal(config_option_name(&config, 3), "conntrack");
	assert_null(config_option_name(&config, 4));
}

TEST(first_version_bypassed_all)
{
	struct xdp_wg_config config;

	config_init(&config, 0, 0);
	assert_false(config_bypasses(&config, XDP_WG_BYPASS_NETFILTER));
	config.flags = XDP_WG_BYPASS_NETFILTER;
	assert_true(config_bypasses(&config, XDP_WG_BYPASS_NETFILTER));
	assert_false(config_bypasses(&config, XDP_WG_BYPASS_TC));
	config.layout = 1;
	config.flags = 0;
	assert_true(config_bypasses(&config, XDP_WG_BYPASS_NETFILTER));
	assert_true(config_bypasses(&config, XDP_WG_BYPASS_TC));
}

TEST(modes_are_named)
{
	static const enum xdp_attach_mode modes[] = {
		XDP_MODE_UNSPEC,
		XDP_MODE_NATIVE,
		XDP_MODE_SKB,
		XDP_MODE_HW,
	};
	enum xdp_attach_mode mode;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		mode = 99;
		assert_true(mode_parse(mode_name(modes[i]), &mode));
		assert_int_equal(mode, modes[i]);
	}
	assert_false(mode_parse("", &mode));
	assert_false(mode_parse("nativ", &mode));
	assert_false(mode_parse("SKB", &mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_says_who_wrote_it),
		cmocka_unit_test(other_layout_is_not_current),
		cmocka_unit_test(version_is_readable),
		cmocka_unit_test(options_are_named),
		cmocka_unit_test(first_version_bypassed_all),
		cmocka_unit_test(modes_are_named),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
