// SPDX-License-Identifier: GPL-2.0
/*
 * The one walk over directories of the BPF file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/pins.h"
#include "util/log.h"

static void note(struct pins *pins, const char *what, const char *path)
{
	int err = -errno;

	log_warning("cannot %s %s: %s", what, path, strerror(-err));
	if (!pins->err)
		pins->err = err;
}

bool pins_open(struct pins *pins, const char *dir)
{
	int len = snprintf(pins->path, sizeof(pins->path), "%s", dir);

	pins->dir = NULL;
	pins->err = 0;
	if (len < 0 || (size_t)len >= sizeof(pins->path)) {
		pins->err = -ENAMETOOLONG;
		return false;
	}
	pins->dir = opendir(dir);
	if (!pins->dir && errno != ENOENT)
		note(pins, "read", dir);
	return pins->dir;
}

const char *pins_next(struct pins *pins)
{
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(pins->dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return entry->d_name;
	if (errno)
		note(pins, "read", pins->path);
	return NULL;
}

const char *pins_next_number(struct pins *pins, const char *prefix, __u32 *number)
{
	size_t len = strlen(prefix);
	const char *name;

	while ((name = pins_next(pins))) {
		char *end;

		if (strncmp(name, prefix, len))
			continue;
		*number = strtoul(name + len, &end, 10);
		if (end != name + len)
			return name;
	}
	return NULL;
}

void pins_rewind(struct pins *pins)
{
	rewinddir(pins->dir);
}

void pins_remove(struct pins *pins, const char *name)
{
	char path[PATH_MAX + NAME_MAX + 1];
	int dir = dirfd(pins->dir);

	if (!unlinkat(dir, name, 0) || errno == ENOENT || !unlinkat(dir, name, AT_REMOVEDIR))
		return;
	snprintf(path, sizeof(path), "%s/%s", pins->path, name);
	note(pins, "remove", path);
}

int pins_close(struct pins *pins)
{
	if (pins->dir)
		closedir(pins->dir);
	return pins->err;
}
