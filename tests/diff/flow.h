/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flows that connection tracking knows inner packets by. Rules that let A begin, and others
 * answer, let a message's packet through only behind one of A's own: that is its opener.
 */
#ifndef DIFF_FLOW_H
#define DIFF_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"

/*
 * flow_write_opener() - Write what A sends at first, so that a message's packet is an answer.
 * @frame: takes FRAME_MAX bytes at most
 *
 * Return: its length, or 0 if the input has no opener. One of four messages has none, and its
 * packet is dropped; none has a message that is to be alone.
 */
size_t flow_write_opener(const struct input *input, uint8_t *frame);

/*
 * flow_is_known() - Whether nothing stands against the fast path, and the packet is of a flow that
 * such rules let through once openers and the same frames have come before.
 */
bool flow_is_known(const struct input *input);

#endif /* DIFF_FLOW_H */
