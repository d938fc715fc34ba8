// SPDX-License-Identifier: GPL-2.0
/*
 * A sampling profiler for a guest whose clock counts instructions: a timer that goes off each so
 * many nanoseconds goes off each so many instructions. perf(1) would do, but is of one size with
 * all the rest of the guest, and does not tell what belongs to one of several routers.
 *
 * What the interrupt itself executes is not seen, since interrupts are off in it. So samples are
 * shares, and the whole is to be measured without them.
 */

#include "profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

/* Instructions between samples: a prime, so that nothing that repeats falls in with it. */
#define PERIOD 10007
#define BUFFER (8UL << 20) /* a power of two: half a million samples */

struct symbol {
	uint64_t address;
	uint64_t samples;
	char name[80];
};

struct profile {
	int fd;
	size_t page;
	struct perf_event_mmap_page *control;
	struct symbol *symbols; /* sorted by address */
	size_t symbols_nr;
};

struct sample {
	struct perf_event_header header;
	uint64_t address;
};

struct profile *profile_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD,
		.sample_type = PERF_SAMPLE_IP,
		.disabled = 1,
	};
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->page = sysconf(_SC_PAGESIZE);
	profile->fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (profile->fd < 0)
		goto error;
	profile->control = mmap(NULL, profile->page + BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED,
				profile->fd, 0);
	if (profile->control == MAP_FAILED) {
		close(profile->fd);
		goto error;
	}
	return profile;
error:
	free(profile);
	return NULL;
}

int profile_resume(struct profile *profile)
{
	return ioctl(profile->fd, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

int profile_pause(struct profile *profile)
{
	return ioctl(profile->fd, PERF_EVENT_IOC_DISABLE, 0) ? -errno : 0;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_samples(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->samples > y->samples ? -1 : x->samples < y->samples;
}

/* The kernel's functions, with those of its modules and the BPF programs that are loaded now. */
static int read_symbols(struct profile *profile)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	struct symbol symbol = {}, *more;
	size_t room = 0;
	char line[512], kind;
	int ret = 0;

	if (!file)
		return -errno;
	/* The first is whatever is below all of them: the sender. */
	strcpy(symbol.name, "user-space");
	do {
		if (profile->symbols_nr == room) {
			room = room ? 2 * room : 1 << 16;
			more = realloc(profile->symbols, room * sizeof(*more));
			if (!more) {
				ret = -ENOMEM;
				goto out;
			}
			profile->symbols = more;
		}
		profile->symbols[profile->symbols_nr++] = symbol;
		do {
			if (!fgets(line, sizeof(line), file))
				goto out;
		} while (sscanf(line, "%lx %c %79s", &symbol.address, &kind, symbol.name) != 3 ||
			 !strchr("tTwW", kind));
	} while (true);
out:
	fclose(file);
	if (!ret)
		qsort(profile->symbols, profile->symbols_nr, sizeof(*more), by_address);
	return ret;
}

static void count(struct profile *profile, uint64_t address)
{
	size_t low = 0, high = profile->symbols_nr, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (profile->symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	profile->symbols[low].samples++;
}

int profile_print(struct profile *profile, double cost)
{
	const char *data = (const char *)profile->control + profile->page;
	uint64_t head = __atomic_load_n(&profile->control->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = 0, total = 0;
	int ret;

	/* Nothing is read in between, so nothing is overwritten: the kernel drops what is over. */
	ret = read_symbols(profile);
	if (ret)
		return ret;
	while (at < head) {
		const struct sample *sample = (const void *)(data + at);

		if (sample->header.type == PERF_RECORD_SAMPLE) {
			count(profile, sample->address);
			total++;
		}
		at += sample->header.size;
	}
	if (!total)
		return -ENODATA;
	qsort(profile->symbols, profile->symbols_nr, sizeof(*profile->symbols), by_samples);
	for (size_t i = 0; i < profile->symbols_nr && profile->symbols[i].samples; i++)
		printf("%s %.1f\n", profile->symbols[i].name,
		       cost * profile->symbols[i].samples / total);
	return 0;
}

void profile_close(struct profile *profile)
{
	munmap(profile->control, profile->page + BUFFER);
	close(profile->fd);
	free(profile->symbols);
	free(profile);
}
