// SPDX-License-Identifier: GPL-2.0
/*
 * Which kernel functions (kfuncs) an object calls, and whether the running kernel has them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "program/kfuncs.h"
#include "util/log.h"

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

int kfuncs_kernel_open(struct kfuncs_kernel *kernel)
{
	kernel->module = NULL;
	kernel->kernel = btf__load_vmlinux_btf();
	if (!kernel->kernel)
		return -errno;
	if (!access("/sys/kernel/btf/" MODULE, R_OK))
		kernel->module = btf__load_module_btf(MODULE, kernel->kernel);
	return 0;
}

bool kfuncs_kernel_has(const struct kfuncs_kernel *kernel, const char *function)
{
	/* Types of a module continue those of the kernel: it finds both. */
	const struct btf *btf = kernel->module ? kernel->module : kernel->kernel;

	return btf && btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) > 0;
}

void kfuncs_kernel_close(struct kfuncs_kernel *kernel)
{
	btf__free(kernel->module);
	btf__free(kernel->kernel);
}

bool kfuncs_module_loaded(void)
{
	return !access("/sys/module/" MODULE, F_OK);
}

static const char *first_missing(const struct btf *btf, const struct kfuncs_kernel *kernel)
{
	unsigned int position = 0;
	const char *name;

	while ((name = kfuncs_next(btf, &position)))
		if (!kfuncs_kernel_has(kernel, name))
			return name;
	return NULL;
}

int kfuncs_check(const char *path)
{
	struct kfuncs_kernel kernel;
	const char *missing;
	struct btf *btf;
	int err = 0;

	btf = btf__parse(path, NULL);
	if (!btf) {
		err = -errno;
		log_error("%s has no type information: build it with clang -g", path);
		return err;
	}
	err = kfuncs_kernel_open(&kernel);
	if (err) {
		log_error("the kernel has no type information: use one with CONFIG_DEBUG_INFO_BTF");
		goto out;
	}

	missing = first_missing(btf, &kernel);
	if (missing) {
		err = -EOPNOTSUPP;
		log_debug("the kernel function %s is missing", missing);
		if (!kfuncs_module_loaded())
			log_error("the kernel module " MODULE
				  " is not loaded: load it (modprobe " MODULE ")");
		else
			log_error("the running " MODULE " module lacks xdp-wg's kernel functions: "
				  "install the one that comes with xdp-wg, then reboot; removing "
				  "the running one (rmmod) would delete all its tunnels, perhaps "
				  "one that you are logged in by: wg-quick can take them down "
				  "before and up again after that");
	}

out:
	kfuncs_kernel_close(&kernel);
	btf__free(btf);
	return err;
}
