// SPDX-License-Identifier: GPL-2.0
/*
 * send [OPTION] AT-NS AT-IF LENGTH FAMILY: send packets of LENGTH bytes from A towards B, count and
 * drop them where they arrive at AT-IF, and print what one of them cost in nanoseconds of the
 * guest's clock, which are instructions when QEMU counts them (-icount shift=0): the median of
 * some runs, and the spread of these in percent.
 *
 *   --profile       print where they are spent too: a line for each function
 *   --rate          print how many arrive in a second when there are always some under way
 *   --flows COUNT   send packets of so many flows, and not of 64; 0 for packets that are each
 *                   the first of one
 *
 * On the one CPU of a guest that counts instructions this process has priority over all threads of
 * the kernel (SCHED_FIFO), so that a burst is one also for those that work later: they find all of
 * it. It sleeps until the last packet has arrived. Nothing ever waits, or what does would be
 * counted too. For the rate it looks out for packets itself, on a CPU that has nothing else to do
 * (SCHED_IDLE).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "burst.h"
#include "fatal.h"
#include "point.h"
#include "profile.h"

#define PACKETS 4096
#define PATIENCE_MS 5000 /* a burst that takes longer has lost a packet */

/* A handshake or another guest of the machine may disturb one of the runs. */
#define RUNS 3
#define SPREAD 1.0 /* percent */
#define ATTEMPTS 5

#define PROFILED_RUNS 12

/* Bursts under way: fewer packets than any queue on the way has room for. */
#define RATE_WINDOW 3
#define RATE_PACKETS 16384

struct result {
	double median;
	double spread; /* percent of the median */
};

static void enter(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fatal("network namespace %s", name);
	close(fd);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void schedule(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(0, policy, &param))
		fatal("scheduling policy");
}

static void lost(const struct point *point, uint64_t target)
{
	errx(EXIT_FAILURE, "%llu packets did not arrive",
	     (unsigned long long)(target - point_count(point)));
}

/* Send packets, a burst after the other has arrived. Return: nanoseconds that one took. */
static double run_bursts(struct burst *burst, struct point *point)
{
	uint64_t begin = now(), first = point_count(point), sent;

	for (sent = BURST; sent <= PACKETS; sent += BURST) {
		burst_send(burst);
		if (point_wait(point, first + sent, PATIENCE_MS))
			lost(point, first + sent);
	}
	return (double)(now() - begin) / PACKETS;
}

static void await(const struct point *point, uint64_t target)
{
	uint64_t deadline = now() + PATIENCE_MS * 1000000ULL;

	while (point_count(point) < target)
		if (now() > deadline)
			lost(point, target);
}

/* Send packets with some bursts under way all the time. Return: nanoseconds that one took. */
static double run_stream(struct burst *burst, struct point *point)
{
	uint64_t begin = now(), first = point_count(point), sent;

	for (sent = BURST; sent <= RATE_PACKETS; sent += BURST) {
		schedule(SCHED_FIFO, 1);
		burst_send(burst);
		schedule(SCHED_IDLE, 0);
		if (sent >= RATE_WINDOW * BURST)
			await(point, first + sent - (RATE_WINDOW - 1) * BURST);
	}
	await(point, first + RATE_PACKETS);
	return (double)(now() - begin) / RATE_PACKETS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct result measure(struct burst *burst, struct point *point)
{
	double took[RUNS];
	struct result result;

	run_bursts(burst, point); /* the caches of the routers */
	for (int i = 0; i < RUNS; i++)
		took[i] = run_bursts(burst, point);
	qsort(took, RUNS, sizeof(*took), compare);
	result.median = took[RUNS / 2];
	result.spread = 100 * (took[RUNS - 1] - took[0]) / result.median;
	return result;
}

/* Instructions: they repeat, so that runs that do not are not the measurement. */
static struct result measure_cost(struct burst *burst, struct point *point)
{
	struct result best = measure(burst, point), again;

	for (int i = 1; i < ATTEMPTS && best.spread > SPREAD; i++) {
		again = measure(burst, point);
		if (again.spread < best.spread)
			best = again;
	}
	return best;
}

static void print_profile(struct burst *burst, struct point *point, double cost)
{
	struct profile *profile = profile_open();
	int ret;

	if (!profile)
		fatal("opening the profile");
	for (int i = 0; i < PROFILED_RUNS; i++) {
		ret = profile_resume(profile);
		if (!ret) {
			run_bursts(burst, point);
			ret = profile_pause(profile);
		}
		if (ret)
			break;
	}
	if (!ret)
		ret = profile_print(profile, cost);
	if (ret)
		errx(EXIT_FAILURE, "profile: %s", strerror(-ret));
	profile_close(profile);
}

/* Packets in a second. */
static double measure_rate(struct burst *burst, struct point *point)
{
	run_stream(burst, point);
	return 1e9 / run_stream(burst, point);
}

/* What the command line says. */
struct options {
	bool profile;
	bool rate;
	uint32_t flows;
	const char *netns;
	const char *ifname;
	int length;
	int family;
};

static int usage(void)
{
	fprintf(stderr,
		"Usage: send [--profile | --rate] [--flows COUNT] AT-NS AT-IF LENGTH 4|6\n");
	return 2;
}

static int parse(struct options *options, int argc, char *argv[])
{
	const struct option table[] = {
		{ "profile", no_argument, NULL, 'p' },
		{ "rate", no_argument, NULL, 'r' },
		{ "flows", required_argument, NULL, 'f' },
		{},
	};
	int option;

	*options = (struct options){ .flows = BURST };
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (option) {
		case 'p':
			options->profile = true;
			break;
		case 'r':
			options->rate = true;
			break;
		case 'f':
			options->flows = atoi(optarg);
			break;
		default:
			return -EINVAL;
		}
	}
	if (argc != optind + 4)
		return -EINVAL;
	options->netns = argv[optind];
	options->ifname = argv[optind + 1];
	options->length = atoi(argv[optind + 2]);
	options->family = argv[optind + 3][0] == '6' ? AF_INET6 : AF_INET;
	return 0;
}

int main(int argc, char *argv[])
{
	struct options options;
	struct result result;
	struct point *point;
	struct burst *burst;

	if (parse(&options, argc, argv))
		return usage();
	enter(options.netns);
	point = point_open(options.ifname, ETH_HLEN + options.length);
	enter("A");
	burst = burst_open(options.family, options.length, options.flows);
	schedule(SCHED_FIFO, 1);
	if (options.rate) {
		printf("%.1f\n", measure_rate(burst, point));
	} else {
		result = measure_cost(burst, point);
		printf("%.1f %.2f\n", result.median, result.spread);
		if (options.profile)
			print_profile(burst, point, result.median);
	}
	burst_close(burst);
	enter(options.netns);
	point_close(point);
	return 0;
}
