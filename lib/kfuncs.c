// SPDX-License-Identifier: GPL-2.0
/*
 * Which kernel functions (kfuncs) an object calls, and whether the running kernel has them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kfuncs.h"
#include "log.h"

#define MODULE "wireguard"

const char *kfuncs_next(const struct btf *btf, unsigned int *position)
{
	int section = btf__find_by_name_kind(btf, ".ksyms", BTF_KIND_DATASEC);
	const struct btf_var_secinfo *entries;
	const struct btf_type *type;
	unsigned int count;

	if (section < 0)
		return NULL;
	type = btf__type_by_id(btf, section);
	entries = btf_var_secinfos(type);
	count = btf_vlen(type);

	while (*position < count) {
		type = btf__type_by_id(btf, entries[(*position)++].type);
		if (type && btf_is_func(type))
			return btf__name_by_offset(btf, type->name_off);
	}
	return NULL;
}

/* The first that neither has, NULL if none is missing. */
static const char *first_missing(const struct btf *btf, const struct btf *kernel,
				 const struct btf *module)
{
	unsigned int position = 0;
	const char *name;

	while ((name = kfuncs_next(btf, &position))) {
		/* Types of a module continue those of the kernel: it finds both. */
		if (btf__find_by_name_kind(module ? module : kernel, name, BTF_KIND_FUNC) < 0)
			return name;
	}
	return NULL;
}

int kfuncs_check(const char *path)
{
	struct btf *btf, *kernel = NULL, *module = NULL;
	const char *missing;
	int err = 0;

	btf = btf__parse(path, NULL);
	if (!btf) {
		err = -errno;
		log_error("%s has no type information: build it with clang -g", path);
		return err;
	}
	kernel = btf__load_vmlinux_btf();
	if (!kernel) {
		err = -errno;
		log_error("the kernel has no type information: use one with CONFIG_DEBUG_INFO_BTF");
		goto out;
	}
	if (!access("/sys/kernel/btf/" MODULE, R_OK))
		module = btf__load_module_btf(MODULE, kernel);

	missing = first_missing(btf, kernel, module);
	if (missing) {
		err = -EOPNOTSUPP;
		log_debug("the kernel function %s is missing", missing);
		if (access("/sys/module/" MODULE, F_OK))
			log_error("the kernel module " MODULE
				  " is not loaded: load it (modprobe " MODULE ")");
		else
			log_error("the running " MODULE " module lacks xdp-wg's kernel functions: "
				  "install the one that comes with xdp-wg, then load it "
				  "(rmmod " MODULE "; modprobe " MODULE ")");
	}

out:
	btf__free(module);
	btf__free(kernel);
	btf__free(btf);
	return err;
}
