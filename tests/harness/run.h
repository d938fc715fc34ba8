/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_HARNESS_RUN_H
#define TESTS_HARNESS_RUN_H

#include <stdint.h>

#include "frame.h"

/*
 * run_xdp() - Run an XDP program on a frame as if an interface of the current network namespace
 * had received it.
 * @frame: takes what the program made of it
 *
 * Return: the verdict. Fails the running case when the kernel refuses.
 */
uint32_t run_xdp(int prog_fd, uint32_t ifindex, struct frame *frame);

/*
 * run_xdp_meta() - The same for a frame that has metadata in front of it.
 * @meta: the metadata, which is replaced by what it became
 * @length: of the metadata, a multiple of 4 up to 32
 */
uint32_t run_xdp_meta(int prog_fd, uint32_t ifindex, struct frame *frame, void *meta,
		      uint32_t length);

/*
 * run_skb() - The same with a tc program.
 * @gso_size: makes the packet one that waits for segmentation, if not 0
 */
uint32_t run_skb(int prog_fd, uint32_t ifindex, struct frame *frame, uint32_t gso_size);

#endif /* TESTS_HARNESS_RUN_H */
