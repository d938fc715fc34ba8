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

bool pins_open(struct pins *pins, const char *dir)
{
	int len = snprintf(pins->path, sizeof(pins->path), "%s", dir);

	if (len < 0 || (size_t)len >= sizeof(pins->path))
		return false;
	pins->dir = opendir(dir);
	return pins->dir;
}

const char *pins_next(struct pins *pins)
{
	struct dirent *entry;

	while ((entry = readdir(pins->dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return entry->d_name;
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

void pins_remove(const struct pins *pins, const char *name)
{
	int dir = dirfd(pins->dir);

	if (unlinkat(dir, name, 0) && errno != ENOENT && unlinkat(dir, name, AT_REMOVEDIR))
		log_warning("cannot remove %s/%s: %s", pins->path, name, strerror(errno));
}

void pins_close(struct pins *pins)
{
	closedir(pins->dir);
}
