// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "features_print.h"

static struct features features;
static struct features_kernel kernel;
static struct features_device device;

static int set_up(void **state __attribute__((unused)))
{
	kernel = (struct features_kernel){ true, true, true, true, true, true };
	device = (struct features_device){ .ifname = "eth0",
					   .driver = "driver",
					   .mtu = 1500,
					   .native = true,
					   .transmit = true,
					   .bound = true };
	return 0;
}

static int tear_down(void **state __attribute__((unused)))
{
	features_free(&features);
	return 0;
}

static const struct feature *find(const char *name)
{
	for (size_t i = 0; i < features.count; i++)
		if (!strcmp(features.list[i].name, name))
			return &features.list[i];
	fail_msg("no feature %s", name);
	return NULL;
}

TEST(everything_suffices)
{
	assert_int_equal(features_kernel(&features, &kernel), 0);
	assert_int_equal(features_kfunc(&features, "bpf_wg_peer_put", true), 0);
	assert_int_equal(features_device(&features, &device), 0);
	assert_true(features_suffice(&features));
	assert_string_equal(find("tcx")->note, "");
	assert_string_equal(find("driver")->note, "driver");
	assert_string_equal(find("driver")->ifname, "eth0");
}

TEST(what_is_not_needed_only_costs)
{
	kernel.tcx = kernel.cpumap = false;
	device.transmit = device.bound = false;
	device.lro = device.gro_hw = true;
	features_kernel(&features, &kernel);
	features_kfunc(&features, "bpf_skb_wg_encrypt", false);
	features_device(&features, &device);
	assert_true(features_suffice(&features));
	assert_non_null(strstr(find("tcx")->note, "6.6"));
	assert_non_null(strstr(find("bpf_skb_wg_encrypt")->note, "--hook tc"));
	assert_false(find("LRO off")->there);
	assert_non_null(strstr(find("GRO in hardware off")->note, "rx-gro-hw off"));
}

TEST(what_is_needed_must_be_there)
{
	bool *const needed[] = { &kernel.bpffs, &kernel.btf, &kernel.module, &kernel.freplace };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		*needed[i] = false;
		features_kernel(&features, &kernel);
		assert_false(features_suffice(&features));
		features_free(&features);
		*needed[i] = true;
	}
	features_kfunc(&features, "bpf_xdp_wg_encrypt", false);
	assert_false(features_suffice(&features));
	features_free(&features);
	features_kfunc(&features, "bpf_wg_peer_put", false);
	assert_false(features_suffice(&features));
	features_free(&features);
	device.native = false;
	features_device(&features, &device);
	assert_false(features_suffice(&features));
	assert_non_null(strstr(find("native XDP")->note, "-m skb"));
}

TEST(large_frames_need_several_buffers)
{
	assert_int_equal(features_linear_mtu(4096), 3506);

	device.mtu = 1 << 30;
	device.buffers = true;
	features_device(&features, &device);
	assert_true(features_suffice(&features));
	assert_non_null(strstr(find("frames in one buffer")->note, "pass to the stack"));
	features_free(&features);
	device.buffers = false;
	features_device(&features, &device);
	assert_false(features_suffice(&features));
	assert_non_null(strstr(find("frames in one buffer")->note, "-m skb"));
}

TEST(text_has_groups)
{
	char *buf = NULL;
	size_t size;
	FILE *stream = open_memstream(&buf, &size);

	assert_non_null(stream);
	features_library(&features, "libbpf", "1.7");
	features_kfunc(&features, "bpf_xdp_checksum", false);
	features_device(&features, &device);
	features_print_text(stream, &features);
	fclose(stream);
	assert_non_null(strstr(buf, "Libraries:\n  libbpf                             yes  1.7\n"));
	assert_non_null(strstr(buf, "\nKernel functions:\n  bpf_xdp_checksum "));
	assert_non_null(strstr(buf, "\nInterface eth0:\n  driver "));
	assert_non_null(strstr(buf, "\nload does not work"));
	free(buf);
}

TEST(json_has_everything)
{
	json_object *root, *value, *list;
	char *buf = NULL;
	size_t size;
	FILE *stream = open_memstream(&buf, &size);

	assert_non_null(stream);
	features_kernel(&features, &kernel);
	features_device(&features, &device);
	assert_int_equal(features_print_json(stream, &features), 0);
	fclose(stream);
	root = json_tokener_parse(buf);
	assert_non_null(root);
	assert_true(json_object_object_get_ex(root, "load", &value));
	assert_true(json_object_get_boolean(value));
	assert_true(json_object_object_get_ex(root, "features", &list));
	assert_int_equal(json_object_array_length(list), features.count);
	value = json_object_array_get_idx(list, features.count - 1);
	assert_true(json_object_object_get_ex(value, "ifname", &value));
	assert_string_equal(json_object_get_string(value), "eth0");
	json_object_put(root);
	free(buf);
}

#define FEATURES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEATURES_TEST(everything_suffices),
		FEATURES_TEST(what_is_not_needed_only_costs),
		FEATURES_TEST(what_is_needed_must_be_there),
		FEATURES_TEST(large_frames_need_several_buffers),
		FEATURES_TEST(text_has_groups),
		FEATURES_TEST(json_has_everything),
	};

	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
