/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What senders leave to their device.
 */
#ifndef DIFF_LEFT_H
#define DIFF_LEFT_H

#include "input.h"
#include "random.h"

/*
 * left_roll() - Leave the checksum of a frame to its sender's device, or not.
 * @input: the frame, complete
 *
 * Half of those that can have one are left so. Where it belongs to no protocol that is known here,
 * as in a tunnel, it is anywhere.
 */
void left_roll(struct dice *dice, struct input *input);

#endif /* DIFF_LEFT_H */
