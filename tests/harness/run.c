// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_RUN.
 */
#include <bpf/bpf.h>
#include <string.h>

#include "harness.h"
#include "run.h"

uint32_t run_xdp_meta(int prog_fd, uint32_t ifindex, struct frame *frame, void *meta,
		      uint32_t length)
{
	struct frame in = { .length = 0 }, out;
	struct xdp_md ctx = {
		.data = length,
		.data_end = length + frame->length,
		.ingress_ifindex = ifindex,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.data, .data_out = out.data,
		    .data_size_out = sizeof(out.data), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), );
	int err;

	frame_put(&in, meta, length);
	frame_put(&in, frame->data, frame->length);
	opts.data_size_in = in.length;
	err = bpf_prog_test_run_opts(prog_fd, &opts);
	CHECK(!err, "the kernel did not run the XDP program: error %d", err);
	memcpy(meta, out.data, length);
	frame->length = opts.data_size_out - length;
	memcpy(frame->data, out.data + length, frame->length);
	return opts.retval;
}

uint32_t run_xdp(int prog_fd, uint32_t ifindex, struct frame *frame)
{
	return run_xdp_meta(prog_fd, ifindex, frame, NULL, 0);
}

uint32_t run_skb(int prog_fd, uint32_t ifindex, struct frame *frame, uint32_t gso_size)
{
	struct frame in = *frame;
	struct __sk_buff ctx = {
		.ifindex = ifindex,
		.gso_size = gso_size,
		.gso_segs = gso_size ? 1 + in.length / gso_size : 0,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.data, .data_size_in = in.length,
		    .data_out = frame->data, .data_size_out = sizeof(frame->data), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), );
	int err = bpf_prog_test_run_opts(prog_fd, &opts);

	CHECK(!err, "the kernel did not run the tc program: error %d", err);
	frame->length = opts.data_size_out;
	return opts.retval;
}
