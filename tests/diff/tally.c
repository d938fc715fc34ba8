// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "fatal.h"
#include "flow.h"
#include "tally.h"

static const char *const direction_words[DIRECTIONS] = {
	[DIRECTION_IN] = "into the tunnel",
	[DIRECTION_OUT] = "out of the tunnel",
	[DIRECTION_PLAIN] = "past the tunnel",
};

/* What xdp-wg calls the fast ones. */
static const char *const counter_names[DIRECTIONS] = {
	[DIRECTION_IN] = "encapsulated",
	[DIRECTION_OUT] = "decapsulated",
};

void tally_inputs(struct tally *tally, const struct input *inputs, unsigned int count)
{
	const struct input *input;

	for (input = inputs; input < inputs + count; input++) {
		tally->frames[input->direction][input->outer == 6][input->inner == 6]++;
		if (input->marks & MARK_EASY)
			tally->easy[input->direction]++;
	}
}

void tally_known(struct tally *tally, const struct input *inputs, unsigned int count)
{
	const struct input *input;

	for (input = inputs; input < inputs + count; input++)
		tally->known[input->direction] += flow_is_known(input);
}

/* How many frames the counter of that name has. */
static unsigned int counter(const char *status, const char *name)
{
	char key[64];
	const char *found;
	unsigned int value = 0;

	snprintf(key, sizeof(key), "\"%s\"", name);
	found = strstr(status, key);
	found = found ? strstr(found, "\"packets\":") : NULL;
	if (!found || sscanf(found, "\"packets\": %u", &value) != 1)
		fatal("xdp-wg status does not tell %s", name);
	return value;
}

/* What has gone fast since xdp-wg was loaded. */
static void read_fast(unsigned int fast[DIRECTIONS])
{
	static char status[65536];
	FILE *pipe = popen("tests/diff/network.sh status", "r");
	size_t n = pipe ? fread(status, 1, sizeof(status) - 1, pipe) : 0;
	enum direction direction;

	status[n] = 0;
	if (!pipe || pclose(pipe))
		fatal("xdp-wg status fails");
	for (direction = 0; direction < DIRECTIONS; direction++)
		fast[direction] =
			counter_names[direction] ? counter(status, counter_names[direction]) : 0;
}

void tally_begin(struct tally *tally)
{
	read_fast(tally->before);
}

void tally_fast(struct tally *tally)
{
	unsigned int now[DIRECTIONS];
	enum direction direction;

	read_fast(now);
	for (direction = 0; direction < DIRECTIONS; direction++)
		tally->fast[direction] += now[direction] - tally->before[direction];
}

/* How many of the frames that go into the tunnel or come out of it went fast, in percent. */
static double share(const struct tally *tally)
{
	unsigned int fast = 0, all = 0;
	enum direction direction;

	for (direction = 0; direction < DIRECTIONS; direction++) {
		if (!counter_names[direction])
			continue;
		fast += tally->fast[direction];
		all += tally->frames[direction][0][0] + tally->frames[direction][0][1] +
		       tally->frames[direction][1][0] + tally->frames[direction][1][1];
	}
	return all ? 100.0 * fast / all : 0;
}

void tally_print(const struct tally *tally)
{
	enum direction direction;

	printf("%-18s %8s %8s %8s %8s %8s %8s %8s\n", "frames", "4 in 4", "6 in 4", "4 in 6",
	       "6 in 6", "easy", "known", "fast");
	for (direction = 0; direction < DIRECTIONS; direction++)
		printf("%-18s %8u %8u %8u %8u %8u %8u %8u\n", direction_words[direction],
		       tally->frames[direction][0][0], tally->frames[direction][0][1],
		       tally->frames[direction][1][0], tally->frames[direction][1][1],
		       tally->easy[direction], tally->known[direction], tally->fast[direction]);
	printf("fast: %.1f %% of those into and out of the tunnel\n", share(tally));
}
