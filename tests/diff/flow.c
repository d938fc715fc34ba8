// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "flow.h"
#include "ip.h"
#include "packet.h"

#define TCP_LENGTH 20
#define ICMP_LENGTH 8

/* The flow of a packet: TCP's, UDP's, or that of an ICMP echo. */
struct flow {
	int family; /* AF_INET or AF_INET6 */
	uint8_t protocol;
	bool request, reply; /* of an echo */
	const uint8_t *source, *destination;
	const uint8_t *l4; /* the header, complete */
	size_t length; /* of layer 4 */
};

/* The length of a header of layer 4, or 0 if the protocol has no flows here. */
static size_t l4_header_length(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return UDP_LENGTH;
	case IPPROTO_TCP:
		return TCP_LENGTH;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return ICMP_LENGTH;
	}
	return 0;
}

static bool is_icmp(const struct flow *flow)
{
	return flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6;
}

/* Read a header with nothing between it and layer 4, behind which there may be padding. */
static bool read_header(struct flow *flow, const uint8_t *ip, size_t length)
{
	size_t header, whole;

	if (length >= IP4_LENGTH && ip[0] == 0x45 && !(get16(ip + 6) & 0x3fff)) {
		flow->family = AF_INET;
		flow->protocol = ip[9];
		flow->source = ip + 12;
		flow->destination = ip + 16;
		whole = get16(ip + 2);
	} else if (length >= IP6_LENGTH && ip[0] >> 4 == 6) {
		flow->family = AF_INET6;
		flow->protocol = ip[6];
		flow->source = ip + 8;
		flow->destination = ip + 24;
		whole = IP6_LENGTH + get16(ip + 4);
	} else {
		return false;
	}
	header = ip_header_length(flow->family);
	if (whole < header || whole > length)
		return false;
	flow->l4 = ip + header;
	flow->length = whole - header;
	return true;
}

static bool read_flow(struct flow *flow, const uint8_t *ip, size_t length)
{
	size_t header;

	*flow = (struct flow){ 0 };
	if (!read_header(flow, ip, length))
		return false;
	header = l4_header_length(flow->protocol);
	if (!header || header > flow->length)
		return false;
	if (!is_icmp(flow))
		return true;
	flow->request = flow->l4[0] == ip_echo_type(flow->family, false);
	flow->reply = flow->l4[0] == ip_echo_type(flow->family, true);
	return (flow->request || flow->reply) && !flow->l4[1];
}

/* The flow of an input's inner packet, which points into the input. Return: whether it has one. */
static bool flow_of(const struct input *input, struct flow *flow)
{
	if (input->message.offset)
		return read_flow(flow, input->data + input->message.offset + MESSAGE_HEADER,
				 input->message.plain);
	return input->direction == DIRECTION_IN &&
	       read_flow(flow, input->data + ETH_LENGTH, input->length - ETH_LENGTH);
}

/* No packet makes an answer of an echo request. */
static bool has_opener(const struct input *input, const struct flow *flow)
{
	return input->message.offset && !(input->marks & MARK_ALONE) && input->tag % 4 &&
	       !flow->request;
}

/* What is before the packet in its flow, from the other side. */
static void write_l4(const struct flow *flow, uint8_t *l4)
{
	memset(l4, 0, l4_header_length(flow->protocol));
	if (is_icmp(flow)) {
		l4[0] = ip_echo_type(flow->family, false);
		memcpy(l4 + 4, flow->l4 + 4, 2);
		return;
	}
	memcpy(l4, flow->l4 + 2, 2);
	memcpy(l4 + 2, flow->l4, 2);
	if (flow->protocol == IPPROTO_UDP) {
		put16(l4 + 4, UDP_LENGTH);
		return;
	}
	/* The packet then is the next one in sequence, and acknowledges no more than was sent. */
	memcpy(l4 + 4, flow->l4 + 8, 4);
	memcpy(l4 + 8, flow->l4 + 4, 4);
	l4[12] = TCP_LENGTH / 4 << 4;
	l4[13] = TH_ACK;
	put16(l4 + 14, 65535);
}

static size_t checksum_offset(const struct flow *flow)
{
	return is_icmp(flow) ? 2 : flow->protocol == IPPROTO_UDP ? 6 : 16;
}

/*
 * Tag, oddities and DSCP are 0: what comes of an opener belongs to no input, and nothing of it is
 * rolled.
 */
size_t flow_write_opener(const struct input *input, uint8_t *frame)
{
	uint8_t *ip = frame + ETH_LENGTH, *l4;
	struct ip_recipe recipe = { .ttl = 64 };
	size_t address, length;
	struct flow flow;

	if (!flow_of(input, &flow) || !has_opener(input, &flow))
		return 0;
	address = flow.family == AF_INET ? 4 : 16;
	recipe.family = flow.family;
	recipe.protocol = flow.protocol;
	memcpy(recipe.source, flow.destination, address);
	memcpy(recipe.destination, flow.source, address);

	length = l4_header_length(flow.protocol);
	l4 = ip + ip_write_header(NULL, NULL, &recipe, ip, length);
	write_l4(&flow, l4);
	put16(l4 + checksum_offset(&flow), l4_checksum(ip, flow.protocol, l4, length));
	ip_finish(NULL, NULL, &recipe, ip, l4 + length - ip);

	memcpy(frame, router_macs[POINT_A], 6);
	memcpy(frame + 6, host_macs[POINT_A], 6);
	put16(frame + 12, flow.family == AF_INET ? 0x0800 : 0x86dd);
	return l4 + length - frame;
}

/* Whether it neither begins nor ends a connection. */
static bool is_within(const struct flow *flow)
{
	return flow->protocol != IPPROTO_TCP ||
	       (flow->l4[13] & (TH_SYN | TH_FIN | TH_RST | TH_ACK)) == TH_ACK;
}

static uint8_t outer_tos(const struct input *input)
{
	const uint8_t *ip = input->data + ETH_LENGTH;

	return ip[0] >> 4 == 4 ? ip[1] : get16(ip) >> 4;
}

/*
 * What comes from W is not let into the tunnel; and of what leaves it for W, openers would have to
 * come from there. Consent for messages is for those of one DSCP, which is that of markers.
 */
bool flow_is_known(const struct input *input)
{
	struct flow flow;

	if (!(input->marks & MARK_EASY) || !flow_of(input, &flow) || !is_within(&flow))
		return false;
	if (input->direction == DIRECTION_IN)
		return input->point == POINT_A && !flow.reply;
	return has_opener(input, &flow) && outer_tos(input) < 4 &&
	       !addresses_is_beyond_w(flow.destination, flow.family);
}
