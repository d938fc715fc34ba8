/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIFF_REASSEMBLE_H
#define DIFF_REASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * reassemble() - Put the fragments together that R1 makes of a datagram of its own. They come in
 * order, one datagram of a family after the other.
 * @wire: where the frame was taken
 * @length: of the frame; takes that of the whole one
 *
 * Return: the frame if it is not such a fragment, or the whole, or NULL when more is to come. The
 * whole is valid until the next call.
 */
const uint8_t *reassemble(unsigned int wire, const uint8_t *frame, size_t *length);

#endif /* DIFF_REASSEMBLE_H */
