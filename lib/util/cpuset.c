// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of CPUs: which there are, and which of them the work is spread over.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cpuset.h"
#include "util/log.h"

#define CPU_DIR "/sys/devices/system/cpu/"

/* Return: 0, -EINVAL, or -ERANGE for a number that is too high. */
static int parse_number(const char **list, unsigned long *number)
{
	char *end;

	if (!isdigit((unsigned char)**list))
		return -EINVAL;
	*number = strtoul(*list, &end, 10);
	*list = end;
	return *number < XDP_WG_MAX_CPUS ? 0 : -ERANGE;
}

static int parse_range(const char **list, struct cpuset *cpus)
{
	unsigned long first, last;
	int err;

	err = parse_number(list, &first);
	if (err)
		return err;
	last = first;
	if (**list == '-') {
		(*list)++;
		err = parse_number(list, &last);
		if (err)
			return err;
	}
	if (first > last)
		return -EINVAL;
	for (unsigned long cpu = first; cpu <= last; cpu++)
		cpus->has[cpu] = true;
	return 0;
}

static int parse(const char *list, struct cpuset *cpus)
{
	int err;

	memset(cpus, 0, sizeof(*cpus));
	for (;;) {
		err = parse_range(&list, cpus);
		if (err)
			return err;
		if (!*list)
			return 0;
		if (*list++ != ',')
			return -EINVAL;
	}
}

int cpuset_parse(const char *list, struct cpuset *cpus)
{
	int err = parse(list, cpus);

	if (err == -ERANGE)
		log_error("in the list of CPUs %s a number is too high: the highest is %d", list,
			  XDP_WG_MAX_CPUS - 1);
	else if (err)
		log_error("a list of CPUs is like 0,1,4-7, and not %s",
			  *list ? list : "an empty argument");
	return err ? -EINVAL : 0;
}

/* Return: 0, or a negative errno: -EINVAL for a file that has no such list. */
static int read_file(const char *path, struct cpuset *cpus)
{
	char list[4096];
	FILE *file;
	int err;

	file = fopen(path, "re");
	err = file ? 0 : -errno;
	if (file && !fgets(list, sizeof(list), file))
		err = -EIO;
	if (file)
		fclose(file);
	if (!err) {
		list[strcspn(list, "\n")] = '\0';
		err = parse(list, cpus);
	}
	return err;
}

static int read_list(const char *path, struct cpuset *cpus)
{
	int err = read_file(path, cpus);

	if (err == -ERANGE)
		log_error("there are more than %d CPUs here, which is too many", XDP_WG_MAX_CPUS);
	else if (err)
		log_error("cannot read %s: %s", path, strerror(-err));
	return err;
}

int cpuset_online(struct cpuset *online, struct cpuset *possible)
{
	int err;

	err = read_list(CPU_DIR "possible", possible);
	return err ? err : read_list(CPU_DIR "online", online);
}

int cpuset_allow(const struct cpuset *online, const struct cpuset *possible,
		 const struct cpuset *excluded, struct cpuset *allowed)
{
	bool any = false;

	for (int cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++) {
		if (excluded->has[cpu] && !online->has[cpu]) {
			log_error("there is no CPU %d to exclude: it %s", cpu,
				  possible->has[cpu] ? "is offline" : "does not exist");
			return -EINVAL;
		}
		allowed->has[cpu] = online->has[cpu] && !excluded->has[cpu];
		any |= allowed->has[cpu];
	}
	if (!any) {
		log_error("all CPUs that are online are excluded, so that none is left");
		return -EINVAL;
	}
	return 0;
}

void cpuset_spare(struct cpuset *cpus)
{
	static const char *const paths[] = { CPU_DIR "isolated", CPU_DIR "nohz_full" };
	struct cpuset left = *cpus, spared;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		/* Where there are none, there is no list in it, or no such file. */
		if (read_file(paths[i], &spared))
			continue;
		for (int cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++)
			left.has[cpu] = left.has[cpu] && !spared.has[cpu];
	}
	if (cpuset_count(&left))
		*cpus = left;
}

__u32 cpuset_count(const struct cpuset *cpus)
{
	__u32 count = 0;

	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++)
		count += cpus->has[cpu];
	return count;
}

void cpuset_fill(const struct cpuset *allowed, __u32 *table, size_t entries)
{
	size_t filled = 0;

	while (filled < entries)
		for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS && filled < entries; cpu++)
			if (allowed->has[cpu])
				table[filled++] = cpu;
}
