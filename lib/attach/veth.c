// SPDX-License-Identifier: GPL-2.0
/*
 * The last XDP program of a veth, which must not go while it runs.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include "attach/veth.h"
#include "util/bpf_info.h"
#include "util/ethtool.h"
#include "util/log.h"

#define EMPTY_NAME "xdp_wg_empty"

/* How long no program runs, for kernels that cannot tell: a thousand times as long as one does. */
#define PATIENCE_US 100000

bool veth_is_last(const struct attachment *entry, const struct xdp_multiprog *multiprog)
{
	char driver[32];

	if (entry->mode != XDP_MODE_NATIVE ||
	    (!entry->alone && xdp_multiprog__program_count(multiprog) != 1))
		return false;
	ethtool_driver(entry->ifname, driver, sizeof(driver));
	return !strcmp(driver, "veth");
}

static int load_empty(void)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	/* Whatever frames the last one took, this one takes. */
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, EMPTY_NAME, "GPL", pass,
			     sizeof(pass) / sizeof(pass[0]), &opts);
}

/* Returns when every program that was running has ended. */
static void wait_for_programs(void)
{
	/* A grace period of RCU; kernels with CPUs free of ticks refuse. */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(PATIENCE_US);
}

static int detach_empty(int ifindex, int empty_fd)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = empty_fd);

	wait_for_programs();
	return bpf_xdp_detach(ifindex, XDP_FLAGS_DRV_MODE | XDP_FLAGS_REPLACE, &opts);
}

int veth_detach_last(const struct attachment *entry, const struct xdp_multiprog *multiprog)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts,
		    .old_prog_fd = xdp_program__fd(xdp_multiprog__main_prog(multiprog)));
	int empty_fd, err;

	empty_fd = load_empty();
	if (empty_fd < 0)
		return empty_fd;
	err = bpf_xdp_attach(entry->ifindex, empty_fd, XDP_FLAGS_DRV_MODE | XDP_FLAGS_REPLACE,
			     &opts);
	if (!err)
		err = detach_empty(entry->ifindex, empty_fd);
	close(empty_fd);
	return err;
}

static int remove_stale(int ifindex)
{
	struct bpf_prog_info info = {};
	__u32 id = 0;
	int fd, err;

	err = bpf_xdp_query_id(ifindex, XDP_FLAGS_DRV_MODE, &id);
	if (err || !id)
		return err == -ENODEV ? 0 : err;
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = bpf_info_prog(fd, &info);
	if (!err && !strcmp(info.name, EMPTY_NAME))
		err = detach_empty(ifindex, fd);
	close(fd);
	return err;
}

int veth_remove_stale(void)
{
	struct if_nameindex *interfaces = if_nameindex();
	int err = 0;

	if (!interfaces) {
		err = -errno;
		log_warning("cannot list the interfaces: %s", strerror(-err));
		return err;
	}
	for (struct if_nameindex *i = interfaces; i->if_index; i++) {
		int failed = remove_stale(i->if_index);

		if (!failed)
			continue;
		log_warning("cannot find out whether something is left on %s: %s", i->if_name,
			    strerror(-failed));
		err = failed;
	}
	if_freenameindex(interfaces);
	return err;
}
