// SPDX-License-Identifier: GPL-2.0
/*
 * What a process needs to be, and to have, before it looks at programs in the kernel.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "privileges.h"
#include "util/log.h"

/* Enough for the maps of an object and the programs of a dispatcher. */
#define FILES_NEEDED 64

/* Programs and maps are opened by their ids only for those with CAP_SYS_ADMIN. */
static const struct {
	int number;
	const char *name;
} capabilities[] = {
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
};

static int check_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* What cannot be asked will be refused where it is needed. */
	if (syscall(SYS_capget, &header, data))
		return 0;
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		int number = capabilities[i].number;

		if (data[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number))
			continue;
		log_error("this needs the capability %s, which root lacks here (in a container, "
			  "perhaps)",
			  capabilities[i].name);
		return -EPERM;
	}
	return 0;
}

static int raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max >= FILES_NEEDED) {
		setrlimit(RLIMIT_NOFILE, &limit);
		return 0;
	}
	log_error("no more than %lu files may be open at a time here, and this needs %d: raise the "
		  "limit (prlimit --nofile=%d --pid $$)",
		  (unsigned long)limit.rlim_max, FILES_NEEDED, 16 * FILES_NEEDED);
	return -EMFILE;
}

int privileges_check(void)
{
	int err;

	if (geteuid()) {
		log_error("this needs root");
		return -EPERM;
	}
	err = check_capabilities();
	return err ? err : raise_files();
}
