// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "unit.h"

#include <elf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <linux/bpf.h>

#include "program/config.h"
#include "program/hook.h"
#include "program/object.h"

static int open_for(const char *path, enum hook hook, struct bpf_object **object)
{
	return object_open(path, hook_program(hook), hook_prog_type(hook), object);
}

TEST(good_object_is_opened)
{
	struct bpf_object *object;
	struct bpf_program *prog;

	assert_int_equal(open_for(TEST_DIR "/good.bpf.o", HOOK_XDP, &object), 0);
	bpf_object__for_each_program(prog, object)
		assert_int_equal(bpf_program__autoload(prog),
				 !strcmp(bpf_program__name(prog), XDP_WG_PROG));
	bpf_object__close(object);
}

TEST(tc_object_is_another)
{
	struct bpf_object *object = NULL;

	assert_int_equal(open_for(TEST_DIR "/tc.bpf.o", HOOK_TC, &object), 0);
	bpf_object__close(object);
	object = NULL;
	assert_int_equal(open_for(TEST_DIR "/tc.bpf.o", HOOK_XDP, &object), -ENOENT);
	assert_int_equal(open_for(TEST_DIR "/good.bpf.o", HOOK_TC, &object), -ENOENT);
	assert_null(object);
}

TEST(options_are_written)
{
	struct xdp_wg_config config, *written;
	struct bpf_object *object;
	struct bpf_map *map;
	size_t size;

	config_init(&config, XDP_WG_NO_UDP_CSUM, 0);
	assert_int_equal(open_for(TEST_DIR "/good.bpf.o", HOOK_XDP, &object), 0);
	assert_int_equal(object_configure(object, &config, "/some/where"), 0);

	map = bpf_object__find_map_by_name(object, XDP_WG_CONFIG_SECTION);
	written = bpf_map__initial_value(map, &size);
	assert_int_equal(size, sizeof(config));
	assert_memory_equal(written, &config, sizeof(config));
	map = bpf_object__find_map_by_name(object, XDP_WG_COUNTERS_MAP);
	assert_string_equal(bpf_map__pin_path(map), "/some/where");
	bpf_object__close(object);

	assert_int_equal(open_for(TEST_DIR "/good.bpf.o", HOOK_XDP, &object), 0);
	assert_int_equal(object_configure(object, &config, NULL), 0);
	map = bpf_object__find_map_by_name(object, XDP_WG_COUNTERS_MAP);
	assert_null(bpf_map__pin_path(map));
	bpf_object__close(object);
}

TEST(what_is_no_good_is_refused)
{
	struct bpf_object *object = NULL;

	assert_int_equal(open_for("/nonexistent", HOOK_XDP, &object), -ENOENT);
	assert_int_equal(open_for("/dev/null", HOOK_XDP, &object), -ENOEXEC);
	assert_int_equal(open_for("/", HOOK_XDP, &object), -EISDIR);
	assert_int_equal(open_for("/proc/self/exe", HOOK_XDP, &object), -ENOEXEC);
	assert_int_equal(open_for(TEST_DIR "/noprog.bpf.o", HOOK_XDP, &object), -ENOENT);
	assert_int_equal(open_for(TEST_DIR "/plain.bpf.o", HOOK_XDP, &object), -EINVAL);
	assert_null(object);
}

/* Open a copy of the good object, cut off, with one byte changed. */
static int open_copy(size_t size, size_t offset, unsigned char byte)
{
	struct bpf_object *object;
	char path[32];
	static char buf[1 << 20];
	size_t len;
	FILE *file;
	int fd, err;

	file = fopen(TEST_DIR "/good.bpf.o", "r");
	assert_non_null(file);
	len = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	assert_true(offset < len);
	buf[offset] = byte;

	fd = memfd_create("copy", 0);
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = size < len ? size : len;
	assert_int_equal(write(fd, buf, len), len);
	err = open_for(path, HOOK_XDP, &object);
	if (!err)
		bpf_object__close(object);
	close(fd);
	return err;
}

TEST(other_byte_order_is_refused)
{
	unsigned char native =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	unsigned char foreign = ELFDATA2LSB + ELFDATA2MSB - native;

	assert_int_equal(open_copy(SIZE_MAX, EI_DATA, native), 0);
	assert_int_equal(open_copy(SIZE_MAX, EI_DATA, foreign), -ENOEXEC);
}

TEST(broken_object_is_refused)
{
	assert_int_equal(open_copy(sizeof(Elf64_Ehdr) - 1, 0, ELFMAG0), -ENOEXEC);
	assert_true(open_copy(sizeof(Elf64_Ehdr), 0, ELFMAG0) < 0);
	assert_true(open_copy(1000, 0, ELFMAG0) < 0);
	assert_int_equal(open_copy(SIZE_MAX, 0, 'X'), -ENOEXEC);
}

/* Helpers that a kernel locked down for confidentiality does not have. */
static bool is_locked_away(const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
		return false;
	switch (insn->imm) {
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_kernel_str:
		return true;
	default:
		return false;
	}
}

/* How many such calls the code of an object has. @insns: how many instructions that is in all */
static size_t count_locked_away(const char *path, size_t *insns)
{
	static char buf[1 << 20];
	const Elf64_Ehdr *header = (void *)buf;
	const Elf64_Shdr *section;
	size_t found = 0, len;
	FILE *file;

	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(buf, 1, sizeof(buf), file);
	assert_true(len > sizeof(*header) && len < sizeof(buf));
	fclose(file);
	section = (void *)(buf + header->e_shoff);
	for (size_t i = 0; i < header->e_shnum; i++, section++) {
		const struct bpf_insn *insn = (void *)(buf + section->sh_offset);

		if (!(section->sh_flags & SHF_EXECINSTR))
			continue;
		for (size_t j = 0; j < section->sh_size / sizeof(*insn); j++)
			found += is_locked_away(&insn[j]);
		*insns += section->sh_size / sizeof(*insn);
	}
	return found;
}

TEST(programs_run_in_a_locked_down_kernel)
{
	size_t insns = 0;
	glob_t objects;

	assert_int_equal(glob("bpf/*.bpf.o", 0, NULL, &objects), 0);
	for (size_t i = 0; i < objects.gl_pathc; i++)
		assert_int_equal(count_locked_away(objects.gl_pathv[i], &insns), 0);
	globfree(&objects);
	assert_true(insns > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_object_is_opened),
		cmocka_unit_test(tc_object_is_another),
		cmocka_unit_test(options_are_written),
		cmocka_unit_test(what_is_no_good_is_refused),
		cmocka_unit_test(other_byte_order_is_refused),
		cmocka_unit_test(broken_object_is_refused),
		cmocka_unit_test(programs_run_in_a_locked_down_kernel),
	};

	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
