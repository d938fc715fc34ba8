// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a frame was dropped or is only slow cannot be told by waiting. So markers follow it on
 * every way, all of which the kernel's own path takes in both passes: packets with an IP option,
 * into the tunnel and out of it. They stay behind all that is queued for their peer. A packet that
 * took the fast path is not in these queues, but it was sent, at the latest, when the softirq ended
 * that received it; after the first markers the program waits for all of these, and sends a second
 * round, behind which nothing is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fatal.h"
#include "flow.h"
#include "normal.h"
#include "packet.h"
#include "pass.h"
#include "reassemble.h"
#include "seconds.h"
#include "session.h"
#include "wire.h"

/* A marker that does not come means that R1 does not forward any more. */
#define MARKER_SECONDS 10
/* More than the second that R1 waits for the rest of a fragmented packet. */
#define FRAGMENT_SECONDS 1.2
/* More tags than a chunk has inputs. */
#define MOST_TAGS 4096
/* More messages than R2 sends once it has shaken hands. */
#define FIRST_COUNTERS 8

/* What the pass is at. */
static struct {
	struct pass *pass;
	unsigned int batch;
	uint64_t next; /* counter of a message to R1 */
	uint64_t *counters; /* those that inputs had, by their tags */
	uint32_t marker; /* number of the last one that was sent */
	unsigned int awaited; /* markers that have not come yet */
} at;

static void keep(unsigned int wire, const uint8_t *frame, size_t length, int tag)
{
	const struct batch *batch = &at.pass->batches[at.batch];
	struct pass *pass = at.pass;
	struct output *output;
	unsigned int i;

	if (pass->output_count == pass->output_room) {
		pass->output_room = pass->output_room * 2 + 1024;
		output = realloc(pass->outputs, pass->output_room * sizeof(*output));
		if (!output)
			fatal("out of memory");
		pass->outputs = output;
	}
	output = &pass->outputs[pass->output_count++];
	for (i = 0; i < batch->count && pass->inputs[batch->first + i].tag != tag; i++)
		;
	output->stray = i == batch->count;
	output->input = batch->first + (output->stray ? 0 : i);
	output->point = wire;
	output->length = length;
	output->data = malloc(length + 1);
	if (!output->data)
		fatal("out of memory");
	memcpy(output->data, frame, length);
}

static void take(unsigned int wire, const uint8_t *frame, size_t length, void *arg)
{
	static uint8_t copy[2 * FRAME_MAX];
	struct normal normal;

	(void)arg;
	frame = reassemble(wire, frame, &length);
	if (!frame)
		return;
	memcpy(copy, frame, length);
	normal = normal_frame(copy, length);
	switch (normal.kind) {
	case NORMAL_OUTPUT:
		keep(wire, copy, length, normal.tag);
		break;
	case NORMAL_MARKER:
		at.awaited--;
		break;
	case NORMAL_TIMER:
	case NORMAL_NOISE:
		/* It may not be counted yet. */
		at.pass->disturbed[at.batch] = true;
		at.pass->disturbed[at.batch + 1] = true;
		break;
	}
}

static void take_all(void)
{
	wire_take(POINT_A, take, NULL);
	wire_take(POINT_W, take, NULL);
	wire_drain(WIRE_R2);
}

/* The marker itself: a datagram behind an IPv4 header with an option. */
static size_t write_marker(uint8_t *ip, const char *from, const char *to)
{
	size_t length = IP4_LENGTH + 4 + UDP_LENGTH + MARKER_LENGTH;
	uint8_t *udp = ip + IP4_LENGTH + 4;

	memset(ip, 0, length);
	ip[0] = 0x46;
	put16(ip + 2, length);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	addresses_write(ip + 12, from, 0);
	addresses_write(ip + 16, to, 0);
	memset(ip + IP4_LENGTH, 1, 4);
	put16(udp, 9);
	put16(udp + 2, 9);
	put16(udp + 4, UDP_LENGTH + MARKER_LENGTH);
	put16(udp + 6, 0);
	memcpy(udp + UDP_LENGTH, MARKER_WORD, strlen(MARKER_WORD));
	put32(udp + UDP_LENGTH + strlen(MARKER_WORD), ++at.marker);
	at.awaited++;
	ip4_set_checksum(ip, length);
	return length;
}

static const char *const marker_remotes[PEERS] = { "10.2.0.1", "10.2.128.1" };

static void send_marker_in(enum peer peer)
{
	uint8_t frame[128];
	size_t length;

	memcpy(frame, router_macs[POINT_A], 6);
	memcpy(frame + 6, host_macs[POINT_A], 6);
	put16(frame + 12, 0x0800);
	length = write_marker(frame + ETH_LENGTH, "10.1.0.1", marker_remotes[peer]);
	wire_send(POINT_A, frame, ETH_LENGTH + length);
}

/* From where a peer sends, and to which address of R1. */
struct path {
	enum point point;
	int family;
	uint8_t from[16], to[16];
	uint16_t port;
};

static struct path paths[PEERS];

static void reset_path(enum peer peer)
{
	struct path *path = &paths[peer];

	path->point = POINT_W;
	path->family = peer == PEER_4 ? AF_INET : AF_INET6;
	path->port = peer_endpoints[peer].port;
	addresses_write(path->from, peer_endpoints[peer].address, 0);
	addresses_write(path->to, router_endpoints[peer], 0);
}

/* A peer has moved to where a message came from. */
static void set_path(const struct input *input)
{
	const uint8_t *ip = input->data + ETH_LENGTH;
	struct path *path = &paths[input->message.peer];

	path->point = input->point;
	path->family = get16(input->data + 12) == 0x0800 ? AF_INET : AF_INET6;
	path->port = get16(input->data + input->message.offset - UDP_LENGTH);
	if (path->family == AF_INET) {
		memcpy(path->from, ip + 12, 4);
		memcpy(path->to, ip + 16, 4);
	} else {
		memcpy(path->from, ip + 8, 16);
		memcpy(path->to, ip + 24, 16);
	}
}

/* Send a message of the test's own from where the peer is. */
static void send_message(enum peer peer, uint64_t counter, const uint8_t *plain,
			 size_t plain_length)
{
	const struct path *path = &paths[peer];
	struct message message = { .peer = peer, .plain = plain_length };
	uint8_t frame[256] = { 0 }, *ip = frame + ETH_LENGTH, *udp;
	size_t length = UDP_LENGTH + MESSAGE_OVERHEAD + plain_length;

	memcpy(frame, router_macs[path->point], 6);
	memcpy(frame + 6, host_macs[path->point], 6);
	udp = ip + (path->family == AF_INET ? IP4_LENGTH : IP6_LENGTH);
	if (plain_length)
		memcpy(udp + UDP_LENGTH + MESSAGE_HEADER, plain, plain_length);
	put16(udp, path->port);
	put16(udp + 2, WG_PORT);
	put16(udp + 4, length);
	udp[UDP_LENGTH] = 4;
	if (path->family == AF_INET) {
		put16(frame + 12, 0x0800);
		ip[0] = 0x45;
		put16(ip + 2, IP4_LENGTH + length);
		ip[8] = 64;
		ip[9] = IPPROTO_UDP;
		memcpy(ip + 12, path->from, 4);
		memcpy(ip + 16, path->to, 4);
		ip4_set_checksum(ip, IP4_LENGTH);
	} else {
		put16(frame + 12, 0x86dd);
		ip[0] = 0x60;
		put16(ip + 4, length);
		ip[6] = IPPROTO_UDP;
		ip[7] = 64;
		memcpy(ip + 8, path->from, 16);
		memcpy(ip + 24, path->to, 16);
	}
	message.offset = udp + UDP_LENGTH - frame;
	session_seal(&message, counter, frame, udp - frame + length);
	wire_send(path->point, frame, udp - frame + length);
}

static void send_marker_out(enum peer peer)
{
	uint8_t marker[128];
	size_t length = write_marker(marker, marker_remotes[peer], "10.1.0.1");

	send_message(peer, at.next++, marker, length);
}

/*
 * Whether R1 has received what R2 sent at first is a question of who was faster. A frame with such
 * a counter, as a replay or by its value, is the second in any case, after a keepalive.
 */
static void use_first_counters(void)
{
	uint64_t counter;
	enum peer peer;

	for (counter = 0; counter < FIRST_COUNTERS; counter++)
		for (peer = 0; peer < PEERS; peer++)
			send_message(peer, counter, NULL, 0);
}

static void await(void)
{
	const struct batch *batch = &at.pass->batches[at.batch];

	wire_flush();
	while (at.awaited) {
		if (!wire_wait(MARKER_SECONDS * 1000))
			fatal("markers do not arrive after frames %u to %u: %s", batch->first + 1,
			      batch->first + batch->count, at.pass->inputs[batch->first].words);
		take_all();
	}
}

/* Waits until no softirq is in what it was in before. */
static void wait_for_softirqs(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		fatal("membarrier: %s", strerror(errno));
}

static void settle(bool roamed)
{
	enum peer peer;
	int round;

	for (round = 0; round < 2; round++) {
		for (peer = 0; peer < PEERS; peer++)
			send_marker_out(peer);
		/* The way in may lead somewhere else until the peer is back. */
		if (roamed)
			await();
		for (peer = 0; peer < PEERS; peer++)
			send_marker_in(peer);
		await();
		wait_for_softirqs();
	}
	take_all();
}

/* Whether only one pass may have accepted a message with this counter. */
static bool is_disputed(uint64_t counter)
{
	const struct batch *batch = &at.pass->batches[at.batch];
	unsigned int i;

	for (i = 0; i < batch->first; i++)
		if (at.pass->inputs[i].marks & MARK_UDP_CHECK &&
		    at.counters[at.pass->inputs[i].tag] == counter)
			return true;
	return false;
}

static uint64_t choose_counter(const struct message *message, uint64_t base)
{
	uint64_t counter;

	switch (message->counter_kind) {
	case COUNTER_BEHIND:
		counter = at.next - 1 - message->counter;
		while (is_disputed(counter))
			counter--;
		return counter;
	case COUNTER_AHEAD:
		return at.next + message->counter;
	case COUNTER_REPLAY:
		return at.counters[message->counter + 1];
	case COUNTER_VALUE:
		return message->counter;
	}
	return base + message->counter;
}

/* Send the two fragments of an IPv4 packet without options. */
static void send_fragments(const struct input *input, const uint8_t *frame)
{
	uint16_t cut = input->fragment, left = input->length - ETH_LENGTH - IP4_LENGTH - cut;
	static uint8_t part[FRAME_MAX];
	uint8_t *ip = part + ETH_LENGTH;

	memcpy(part, frame, ETH_LENGTH + IP4_LENGTH + cut);
	put16(ip + 2, IP4_LENGTH + cut);
	put16(ip + 6, 0x2000);
	ip4_set_checksum(ip, IP4_LENGTH);
	wire_send(input->point, part, ETH_LENGTH + IP4_LENGTH + cut);
	memcpy(ip + IP4_LENGTH, frame + ETH_LENGTH + IP4_LENGTH + cut, left);
	put16(ip + 2, IP4_LENGTH + left);
	put16(ip + 6, cut / 8);
	ip4_set_checksum(ip, IP4_LENGTH);
	wire_send(input->point, part, ETH_LENGTH + IP4_LENGTH + left);
}

/* The same for IPv6, with fragment headers. */
static void send_fragments6(const struct input *input, const uint8_t *frame)
{
	uint16_t cut = input->fragment, left = input->length - ETH_LENGTH - IP6_LENGTH - cut;
	const uint8_t *payload = frame + ETH_LENGTH + IP6_LENGTH;
	static uint8_t part[FRAME_MAX];
	uint8_t *ip = part + ETH_LENGTH, *header = ip + IP6_LENGTH;

	memcpy(part, frame, ETH_LENGTH + IP6_LENGTH);
	header[0] = ip[6];
	header[1] = 0;
	ip[6] = IPPROTO_FRAGMENT;
	put32(header + 4, input->tag);
	put16(ip + 4, 8 + cut);
	put16(header + 2, 1);
	memcpy(header + 8, payload, cut);
	wire_send(input->point, part, ETH_LENGTH + IP6_LENGTH + 8 + cut);
	put16(ip + 4, 8 + left);
	put16(header + 2, cut);
	memcpy(header + 8, payload + cut, left);
	wire_send(input->point, part, ETH_LENGTH + IP6_LENGTH + 8 + left);
}

static void send_frame(const struct input *input, const uint8_t *frame)
{
	if (input->left_field)
		wire_leave(input->point, frame, input->length, input->left_start,
			   input->left_field);
	else if (!input->fragment)
		wire_send(input->point, frame, input->length);
	else if (get16(frame + 12) == 0x0800)
		send_fragments(input, frame);
	else
		send_fragments6(input, frame);
}

static void inject(unsigned int index, uint64_t base)
{
	const struct input *input = &at.pass->inputs[index];
	static uint8_t frame[FRAME_MAX];

	memcpy(frame, input->data, sizeof(frame));
	if (input->message.offset) {
		uint64_t counter = choose_counter(&input->message, base);

		at.counters[input->tag] = counter;
		if (input->message.counter_kind == COUNTER_AHEAD)
			at.next = counter + 1;
		session_seal(&input->message, counter, frame,
			     input->message.offset + input->message.plain + MESSAGE_OVERHEAD);
	}
	send_frame(input, frame);
}

/* If the device is there. */
static void write_rp_filter(const char *ifname, int value)
{
	char path[80], digit = '0' + value;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", ifname);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || write(fd, &digit, 1) != 1)
		fatal("cannot set %s: %s", path, strerror(errno));
	close(fd);
}

static void set(const struct batch *batch)
{
	struct ifreq request = { .ifr_name = "wg0", .ifr_mtu = batch->mtu };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	write_rp_filter("r1-a", batch->rp_filter[0]);
	write_rp_filter("r1-w", batch->rp_filter[1]);
	write_rp_filter("wg0", batch->rp_filter[2]);
	write_rp_filter("lan7", batch->rp_filter[0]);
	write_rp_filter("wan9", batch->rp_filter[1]);
	if (fd < 0 || ioctl(fd, SIOCSIFMTU, &request))
		fatal("cannot set the MTU of wg0: %s", strerror(errno));
	close(fd);
}

static bool same_setting(const struct batch *a, const struct batch *b)
{
	return a->mtu == b->mtu && !memcmp(a->rp_filter, b->rp_filter, sizeof(a->rp_filter));
}

/* What R1 makes of openers belongs to no input. */
static void open_flows(const struct batch *batch)
{
	static uint8_t frame[FRAME_MAX];
	bool opened = false;
	unsigned int i;
	size_t length;

	for (i = 0; i < batch->count; i++) {
		length = flow_write_opener(&at.pass->inputs[batch->first + i], frame);
		if (!length)
			continue;
		wire_send(POINT_A, frame, length);
		opened = true;
	}
	if (opened)
		settle(false);
}

static void run_batch(const struct batch *batch)
{
	struct stats *added = &at.pass->stats[at.batch], before;
	const struct input *input = &at.pass->inputs[batch->first];
	unsigned int i;
	uint64_t base;

	if (!at.batch || !same_setting(batch, batch - 1)) {
		set(batch);
		settle(false);
	}
	if (at.pass->opens)
		open_flows(batch);
	stats_read(&before);
	/* The markers until now have had counters. */
	base = at.next;
	at.next += batch->count;
	/* An input that is alone chooses relative to what has been received. */
	if (input->message.counter_kind != COUNTER_NEXT)
		at.next = base;
	for (i = 0; i < batch->count; i++)
		inject(batch->first + i, base);
	wire_flush();
	if (input->marks & MARK_MOVES)
		set_path(input);
	else if (input->marks & MARK_RETURNS)
		reset_path(input->message.peer);
	settle(input->marks & MARK_ALONE);
	stats_read(added);
	take_all();
	for (i = 0; i < STAT_MAX; i++)
		added->value[i] -= before.value[i];
}

/* Waits until nothing is left of the pass before: fragments that wait for others. */
static void wait_for_fragments(double ended)
{
	double left = ended + FRAGMENT_SECONDS - seconds();

	if (left > 0)
		usleep(left * 1e6);
}

static void note_left(const struct pass *pass, unsigned int count)
{
	static uint16_t fields[MOST_TAGS];
	unsigned int i;

	memset(fields, 0, sizeof(fields));
	for (i = 0; pass->queued && i < count; i++)
		fields[pass->inputs[i].tag] = pass->inputs[i].left_field;
	normal_blank_left(fields, MOST_TAGS);
}

void pass_run(struct pass *pass)
{
	static double ended;
	const struct batch *last = &pass->batches[pass->batch_count - 1];

	pass->stats = calloc(pass->batch_count, sizeof(*pass->stats));
	pass->disturbed = calloc(pass->batch_count + 1, sizeof(*pass->disturbed));
	memset(&at, 0, sizeof(at));
	at.pass = pass;
	at.next = 1000;
	at.counters = calloc(last->first + last->count + 1, sizeof(*at.counters));
	if (!pass->stats || !pass->disturbed || !at.counters)
		fatal("out of memory");
	note_left(pass, last->first + last->count);
	reset_path(PEER_4);
	reset_path(PEER_6);
	session_renew();
	wait_for_fragments(ended);
	use_first_counters();
	settle(false);
	for (at.batch = 0; at.batch < pass->batch_count; at.batch++) {
		if (session_age() > 100)
			fatal("the session is getting old: the chunks are too large");
		run_batch(&pass->batches[at.batch]);
	}
	free(at.counters);
	ended = seconds();
}

void pass_free(struct pass *pass)
{
	unsigned int i;

	for (i = 0; i < pass->output_count; i++)
		free(pass->outputs[i].data);
	free(pass->outputs);
	free(pass->stats);
	free(pass->disturbed);
}
