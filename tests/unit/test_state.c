// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/xdp_wg.h"
#include "state/state.h"

TEST(paths_are_of_the_namespace)
{
	char buf[PATH_MAX];

	assert_int_equal(state_path(buf, sizeof(buf), "/sys/fs/bpf", 1, NULL), 0);
	assert_string_equal(buf, "/sys/fs/bpf/xdp-wg/net-1");
	assert_int_equal(state_path(buf, sizeof(buf), "/sys/fs/bpf", UINT64_MAX,
				    XDP_WG_COUNTERS_PIN),
			 0);
	assert_string_equal(buf, "/sys/fs/bpf/xdp-wg/net-18446744073709551615/counters");
}

TEST(paths_are_never_cut_off)
{
	char buf[26];

	assert_int_equal(state_path(buf, 25, "/sys/fs/bpf", 1, NULL), 0);
	assert_int_equal(state_path(buf, 24, "/sys/fs/bpf", 1, NULL), -ENAMETOOLONG);
	assert_int_equal(state_path(buf, 25, "/sys/fs/bpf", 12, NULL), -ENAMETOOLONG);
}

TEST(bpffs_follows_libxdp)
{
	unsetenv("LIBXDP_BPFFS");
	assert_string_equal(state_bpffs(), "/sys/fs/bpf");
	setenv("LIBXDP_BPFFS", "/elsewhere", 1);
	assert_string_equal(state_bpffs(), "/elsewhere");
	unsetenv("LIBXDP_BPFFS");
}

TEST(lock_needs_a_bpf_file_system)
{
	struct state locked;

	setenv("LIBXDP_BPFFS", "/proc", 1);
	assert_int_equal(state_lock(&locked), -ENOENT);
	assert_int_equal(locked.lock_fd, -1);
	state_unlock(&locked);
	unsetenv("LIBXDP_BPFFS");
}

TEST(namespace_has_a_cookie)
{
	__u64 cookie = 0, again = 0;

	if (state_netns_cookie(&cookie) == -ENOPROTOOPT)
		skip();
	assert_int_not_equal(cookie, 0);
	assert_int_equal(state_netns_cookie(&again), 0);
	assert_true(cookie == again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_of_the_namespace),
		cmocka_unit_test(paths_are_never_cut_off),
		cmocka_unit_test(bpffs_follows_libxdp),
		cmocka_unit_test(lock_needs_a_bpf_file_system),
		cmocka_unit_test(namespace_has_a_cookie),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
