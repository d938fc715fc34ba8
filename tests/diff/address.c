// SPDX-License-Identifier: GPL-2.0
#include "address.h"

/* An address, to the last bits of which the tag is added if it stands for a network. */
struct address {
	const char *text;
	bool network;
};

static void set(const struct ip_recipe *recipe, uint8_t *to, const char *text, bool network)
{
	addresses_write(to, text, network ? recipe->tag : 0);
}

static void set_remote(struct dice *dice, const struct ip_recipe *recipe, uint8_t *to,
		       enum peer peer)
{
	static const char *const networks4[PEERS][2] = {
		[PEER_4] = { "10.2.0.0", "10.2.64.0" },
		[PEER_6] = { "10.2.128.0", "10.2.192.0" },
	};
	static const char *const networks6[PEERS][2] = {
		[PEER_4] = { "fd00:2:0:0::", "fd00:2:0:2::" },
		[PEER_6] = { "fd00:2:0:1::", "fd00:2:0:3::" },
	};
	bool narrow = dice_once_in(dice, 6);

	set(recipe, to, (recipe->family == AF_INET ? networks4 : networks6)[peer][narrow], true);
}

static void set_host(struct dice *dice, const struct ip_recipe *recipe, uint8_t *to, enum point at,
		     bool destination)
{
	static const char *const networks[2][POINTS] = {
		{ [POINT_A] = "10.1.0.0", [POINT_W] = "198.18.0.0" },
		{ [POINT_A] = "fd00:1:0:0::", [POINT_W] = "fd00:18::" },
	};
	static const char *const narrow[2] = { "10.1.128.0", "fd00:1:0:1::" };
	bool six = recipe->family == AF_INET6;

	if (destination && at == POINT_A && dice_once_in(dice, 6))
		set(recipe, to, narrow[six], true);
	else
		set(recipe, to, networks[six][at], true);
}

void address_roll(struct dice *dice, struct ip_recipe *recipe, enum way way, enum peer peer)
{
	uint8_t *from = recipe->source, *to = recipe->destination;

	switch (way) {
	case WAY_IN:
	case WAY_IN_W:
		set_host(dice, recipe, from, way == WAY_IN ? POINT_A : POINT_W, false);
		set_remote(dice, recipe, to, peer);
		break;
	case WAY_OUT:
	case WAY_OUT_W:
		set_remote(dice, recipe, from, peer);
		set_host(dice, recipe, to, way == WAY_OUT ? POINT_A : POINT_W, true);
		break;
	case WAY_PLAIN:
		set_host(dice, recipe, from, POINT_A, false);
		set_host(dice, recipe, to, POINT_W, true);
		break;
	case WAY_PLAIN_W:
		set_host(dice, recipe, from, POINT_W, false);
		set_host(dice, recipe, to, POINT_A, true);
		break;
	}
}

/* Routes of every kind, networks of the other side, and addresses that are not for forwarding. */
static const struct address odd4[] = {
	{ "10.1.0.0", true },	 { "10.2.0.0", true },	   { "10.2.128.0", true },
	{ "198.18.0.0", true },	 { "10.3.0.0", true },	   { "10.4.0.0", true },
	{ "10.5.0.0", true },	 { "10.6.0.0", true },	   { "10.7.0.0", true },
	{ "10.99.0.0", true },	 { "172.16.1.0", false },  { "172.16.1.1", false },
	{ "172.16.1.2", false }, { "172.16.1.3", false },  { "192.0.2.0", false },
	{ "192.0.2.1", false },	 { "192.0.2.2", false },   { "192.0.2.3", false },
	{ "10.0.0.1", false },	 { "127.0.0.1", false },   { "127.9.9.9", false },
	{ "0.0.0.0", false },	 { "0.1.2.3", false },	   { "255.255.255.255", false },
	{ "224.0.0.1", false },	 { "224.0.0.251", false }, { "239.1.2.3", false },
	{ "240.0.0.1", false },	 { "169.254.1.1", false }, { "203.0.113.9", false },
};

static const struct address odd6[] = {
	{ "fd00:1::", true },	  { "fd00:2:0:0::", true },
	{ "fd00:2:0:1::", true }, { "fd00:18::", true },
	{ "fd00:3::", true },	  { "fd00:4::", true },
	{ "fd00:5::", true },	  { "fd00:6::", true },
	{ "fd00:7::", true },	  { "fd00:99::", true },
	{ "fd00:a::", false },	  { "fd00:a::1", false },
	{ "fd00:a::2", false },	  { "2001:db8::", false },
	{ "2001:db8::1", false }, { "2001:db8::2", false },
	{ "fd00::1", false },	  { "::1", false },
	{ "::", false },	  { "::2", false },
	{ "ff01::1", false },	  { "ff02::1", false },
	{ "ff02::2", false },	  { "ff05::2", false },
	{ "ff0e::1", false },	  { "fe80::1", false },
	{ "fec0::1", false },	  { "::ffff:10.2.0.1", false },
	{ "::10.2.0.1", false },  { "2002:a02:1::1", false },
};

static const char *odd(struct dice *dice, const struct ip_recipe *recipe, uint8_t *to)
{
	const struct address *address =
		recipe->family == AF_INET ? &dice_pick(dice, odd4) : &dice_pick(dice, odd6);

	set(recipe, to, address->text, address->network);
	return address->text;
}

void address_roll_odd_source(struct dice *dice, struct input *input, struct ip_recipe *recipe)
{
	input_say(input, "from %s", odd(dice, recipe, recipe->source));
}

void address_roll_odd_destination(struct dice *dice, struct input *input, struct ip_recipe *recipe)
{
	input_say(input, "to %s", odd(dice, recipe, recipe->destination));
}
