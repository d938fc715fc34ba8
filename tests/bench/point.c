// SPDX-License-Identifier: GPL-2.0
/*
 * The measuring point: see drop.bpf.c.
 */
#include <errno.h>
#include <net/if.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drop.h"
#include "drop.skel.h"
#include "fatal.h"
#include "point.h"

struct point {
	struct drop *drop;
	struct bpf_link *link; /* ends with this process, however it ends */
	struct ring_buffer *wake;
	const volatile uint64_t *arrived; /* one for each CPU */
	volatile uint64_t *awaited;
	int cpus;
};

/* To be woken was all that the record was for. */
static int woken(void *point, void *data, size_t size)
{
	(void)point, (void)data, (void)size;
	return 0;
}

/* The first page of a map's memory. */
static volatile uint64_t *map_memory(const struct bpf_map *map, int protection)
{
	void *memory;

	memory = mmap(NULL, sysconf(_SC_PAGESIZE), protection, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		fatal("mapping the measuring point");
	return memory;
}

struct point *point_open(const char *ifname, int length)
{
	struct point *point = calloc(1, sizeof(*point));
	int ifindex = if_nametoindex(ifname);

	if (!point || !ifindex)
		fatal("interface %s", ifname);
	point->cpus = libbpf_num_possible_cpus();
	point->drop = drop__open();
	if (!point->drop || point->cpus > DROP_CPUS)
		fatal("opening the measuring point");
	point->drop->rodata->min_length = length;
	if (drop__load(point->drop))
		fatal("loading the measuring point");
	point->link = bpf_program__attach_xdp(point->drop->progs.drop, ifindex);
	if (!point->link)
		fatal("%s", ifname);
	point->arrived = map_memory(point->drop->maps.arrived, PROT_READ);
	point->awaited = map_memory(point->drop->maps.awaited, PROT_READ | PROT_WRITE);
	point->wake = ring_buffer__new(bpf_map__fd(point->drop->maps.wake), woken, NULL, NULL);
	if (!point->wake)
		fatal("waiting at the measuring point");
	return point;
}

uint64_t point_count(const struct point *point)
{
	uint64_t count = 0;

	for (int cpu = 0; cpu < point->cpus; cpu++)
		count += point->arrived[cpu];
	return count;
}

int point_wait(struct point *point, uint64_t count, int timeout)
{
	int ret;

	*point->awaited = count;
	while (point_count(point) < count) {
		ret = ring_buffer__poll(point->wake, timeout);
		if (ret <= 0)
			return ret ?: -ETIMEDOUT;
	}
	return 0;
}

void point_close(struct point *point)
{
	ring_buffer__free(point->wake);
	munmap((void *)point->awaited, sysconf(_SC_PAGESIZE));
	munmap((void *)point->arrived, sysconf(_SC_PAGESIZE));
	bpf_link__destroy(point->link);
	drop__destroy(point->drop);
	free(point);
}
