// SPDX-License-Identifier: GPL-2.0
/*
 * Calling a kfunc from user space.
 */
#include <string.h>

#include "call.h"
#include "calls.skel.h"
#include "tests/harness/harness.h"
#include "tests/harness/netns.h"
#include "tests/harness/run.h"

const char *const kind_names[] = { "xdp", "skb" };

static struct calls *calls;

void call_load(void)
{
	calls = calls__open_and_load();
	CHECK(calls, "the programs that call kfuncs do not load");
}

int call_prog_fd(enum kind kind)
{
	return bpf_program__fd(kind == XDP ? calls->progs.calls_xdp : calls->progs.calls_skb);
}

int call_moved_fd(void)
{
	return bpf_program__fd(calls->progs.moves_xdp);
}

int call_cut_fd(void)
{
	return bpf_program__fd(calls->progs.cuts_xdp);
}

int call_encapsulate_fd(void)
{
	return bpf_program__fd(calls->progs.encapsulates_skb);
}

int call_encapsulate_moved_fd(void)
{
	return bpf_program__fd(calls->progs.encapsulates_moved_skb);
}

int call_encapsulate_header_moved_fd(void)
{
	return bpf_program__fd(calls->progs.encapsulates_header_moved_skb);
}

int call_grown_fd(void)
{
	return bpf_program__fd(calls->progs.grows_skb);
}

void call_prepare(const struct request *request)
{
	memset(&calls->bss->exchange, 0, sizeof(calls->bss->exchange));
	calls->bss->exchange.request = *request;
}

const struct reply *call_reply(void)
{
	return &calls->bss->exchange.reply;
}

const struct bpf_wg_consent *call_consent(void)
{
	return &calls->bss->exchange.request.consent;
}

long long call_run(enum kind kind, const char *ifname, const struct request *request,
		   struct frame *frame)
{
	struct frame any = { .length = 64 };
	uint32_t ifindex = netns_ifindex(ifname);

	if (!frame)
		frame = &any;
	call_prepare(request);
	if (kind == XDP)
		run_xdp(call_prog_fd(kind), ifindex, frame);
	else
		run_skb(call_prog_fd(kind), ifindex, frame, 0);
	return call_reply()->ret;
}

void check_error(enum kind kind, const char *ifname, const struct request *request,
		 const struct frame *frame, long long error)
{
	struct frame copy = *frame;
	long long ret = call_run(kind, ifname, request, &copy);

	CHECK(ret == error, "returned %lld, not %lld", ret, error);
	CHECK_EQ(copy.length, frame->length);
	CHECK_BYTES("the packet, after an error", copy.data, frame->data, frame->length);
}
