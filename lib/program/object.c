// SPDX-License-Identifier: GPL-2.0
/*
 * The BPF object file: opened, checked and configured, but not loaded.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "program/object.h"
#include "util/log.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#define NATIVE_NAME "little-endian"
#define FOREIGN_NAME "big-endian"
#define NATIVE_TARGET "bpfel"
#else
#define NATIVE_DATA ELFDATA2MSB
#define NATIVE_NAME "big-endian"
#define FOREIGN_NAME "little-endian"
#define NATIVE_TARGET "bpfeb"
#endif

/* libbpf refuses such files too, but says the same of all of them. */
static int check_file(const char *path)
{
	Elf64_Ehdr header = {};
	ssize_t len;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		log_error("cannot open the BPF object %s: %s", path, strerror(-err));
		return err;
	}
	len = read(fd, &header, sizeof(header));
	err = len < 0 ? -errno : 0;
	close(fd);
	if (err) {
		log_error("cannot read the BPF object %s: %s", path, strerror(-err));
		return err;
	}

	if (len < (ssize_t)sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG)) {
		log_error("%s is not a BPF object file", path);
		return -ENOEXEC;
	}
	if (header.e_ident[EI_DATA] != NATIVE_DATA) {
		log_error("%s is for " FOREIGN_NAME " machines and this one is " NATIVE_NAME
			  ": build it with clang -target " NATIVE_TARGET,
			  path);
		return -ENOEXEC;
	}
	if (header.e_machine != EM_BPF || header.e_ident[EI_CLASS] != ELFCLASS64) {
		log_error("%s is an object file, but not of BPF", path);
		return -ENOEXEC;
	}
	return 0;
}

static int check_contents(const char *path, const char *program, enum bpf_prog_type type,
			  struct bpf_object *object)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	size_t size = 0;

	prog = bpf_object__find_program_by_name(object, program);
	if (!prog || bpf_program__type(prog) != type) {
		log_error("%s has no %s program named %s", path,
			  type == BPF_PROG_TYPE_XDP ? "XDP" : "tc", program);
		return -ENOENT;
	}

	map = bpf_object__find_map_by_name(object, XDP_WG_CONFIG_SECTION);
	if (!map || !bpf_map__initial_value(map, &size) || size != sizeof(struct xdp_wg_config)) {
		log_error("%s is of another version of xdp-wg: it has no " XDP_WG_CONFIG_SECTION
			  " of %zu bytes",
			  path, sizeof(struct xdp_wg_config));
		return -EINVAL;
	}

	map = bpf_object__find_map_by_name(object, XDP_WG_COUNTERS_MAP);
	if (!map || bpf_map__value_size(map) != sizeof(struct xdp_wg_counter) ||
	    bpf_map__max_entries(map) != XDP_WG_REASON_MAX) {
		log_error("%s is of another version of xdp-wg: it has no map " XDP_WG_COUNTERS_MAP
			  " of %d counters",
			  path, XDP_WG_REASON_MAX);
		return -EINVAL;
	}
	return 0;
}

int object_open(const char *path, const char *program, enum bpf_prog_type type,
		struct bpf_object **object)
{
	struct bpf_program *prog;
	struct bpf_object *opened;
	char reason[128];
	int err;

	err = check_file(path);
	if (err)
		return err;

	opened = bpf_object__open_file(path, NULL);
	if (!opened) {
		err = -errno;
		libbpf_strerror(err, reason, sizeof(reason));
		log_error("cannot make sense of the BPF object %s: %s", path, reason);
		return err;
	}
	err = check_contents(path, program, type, opened);
	if (err) {
		bpf_object__close(opened);
		return err;
	}

	bpf_object__for_each_program(prog, opened)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), program));
	*object = opened;
	return 0;
}

int object_configure(struct bpf_object *object, const struct xdp_wg_config *config,
		     const char *counters_path)
{
	struct bpf_map *map;
	int err;

	map = bpf_object__find_map_by_name(object, XDP_WG_CONFIG_SECTION);
	err = bpf_map__set_initial_value(map, config, sizeof(*config));
	if (!err && counters_path) {
		map = bpf_object__find_map_by_name(object, XDP_WG_COUNTERS_MAP);
		err = bpf_map__set_pin_path(map, counters_path);
	}
	if (err)
		log_error("cannot write the options into the program: %s", strerror(-err));
	return err;
}
