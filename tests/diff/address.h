/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of addresses: those that are sound for a packet on its way, and those that are not.
 */
#ifndef DIFF_ADDRESS_H
#define DIFF_ADDRESS_H

#include "ip.h"

/* The way a packet takes through R1. */
enum way {
	WAY_IN, /* from a host at A into the tunnel */
	WAY_IN_W, /* from a host beyond W into the tunnel */
	WAY_OUT, /* out of the tunnel, to a host at A */
	WAY_OUT_W, /* out of the tunnel, to a host beyond W */
	WAY_PLAIN, /* from A to beyond W, without a tunnel */
	WAY_PLAIN_W, /* the reverse */
};

/* address_roll() - Fill in sound addresses. @peer: at the tunnel's other end */
void address_roll(struct dice *dice, struct ip_recipe *recipe, enum way way, enum peer peer);

/* address_roll_odd_source(), address_roll_odd_destination() - Replace one by one that is not. */
void address_roll_odd_source(struct dice *dice, struct input *input, struct ip_recipe *recipe);
void address_roll_odd_destination(struct dice *dice, struct input *input, struct ip_recipe *recipe);

#endif /* DIFF_ADDRESS_H */
