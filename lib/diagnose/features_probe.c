// SPDX-License-Identifier: GPL-2.0
/*
 * Which features the machine has: by trying them, and by asking the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <linux/bpf.h>
#include <linux/genetlink.h>
#include <linux/magic.h>
#include <linux/netdev.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "diagnose/features_probe.h"
#include "program/kfuncs.h"
#include "state/state.h"
#include "util/ethtool.h"
#include "util/log.h"
#include "util/netlink.h"

#define LOOPBACK 1

/* Whether a program that only passes can be loaded like that. */
static bool loads(enum bpf_attach_type attach_type, __u32 flags, int ifindex)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	int fd;

	opts.expected_attach_type = attach_type;
	opts.prog_flags = flags;
	opts.prog_ifindex = ifindex;
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", insns, sizeof(insns) / sizeof(insns[0]),
			   &opts);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_tcx(void)
{
	LIBBPF_OPTS(bpf_prog_query_opts, query);

	return bpf_prog_query_opts(LOOPBACK, BPF_TCX_INGRESS, &query) != -EINVAL;
}

static bool has_bpffs(void)
{
	struct statfs fs;

	return !statfs(state_bpffs(), &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

static bool is_listed(const struct features *features, const char *name)
{
	for (size_t i = 0; i < features->count; i++)
		if (features->list[i].group == FEATURE_KFUNC &&
		    !strcmp(features->list[i].name, name))
			return true;
	return false;
}

static int add_kfuncs(struct features *features, const struct kfuncs_kernel *kernel,
		      const char *path)
{
	unsigned int position = 0;
	const char *name;
	struct btf *btf;
	int err = 0;

	btf = btf__parse(path, NULL);
	if (!btf) {
		err = -errno;
		log_error("cannot read what the BPF object %s needs: %s", path, strerror(-err));
		return err;
	}
	while (!err && (name = kfuncs_next(btf, &position)))
		if (!is_listed(features, name))
			err = features_kfunc(features, name, kfuncs_kernel_has(kernel, name));
	btf__free(btf);
	return err;
}

static int add_libraries(struct features *features)
{
	const char *libbpf = libbpf_version_string();
	int err;

	err = features_library(features, "libxdp", LIBXDP_VERSION);
	if (!err)
		err = features_library(features, "libbpf", libbpf + (*libbpf == 'v'));
	return err ? err : features_library(features, "libmnl", LIBMNL_VERSION);
}

int features_probe_kernel(struct features *features, const char *const *objects)
{
	struct kfuncs_kernel functions;
	struct features_kernel kernel = {
		.bpffs = has_bpffs(),
		.btf = !kfuncs_kernel_open(&functions),
		.module = kfuncs_module_loaded(),
		.freplace = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1,
		.cpumap = loads(BPF_XDP_CPUMAP, BPF_F_XDP_HAS_FRAGS, 0),
		.tcx = has_tcx(),
	};
	int err;

	err = features_kernel(features, &kernel);
	for (; !err && *objects; objects++)
		err = add_kfuncs(features, &functions, *objects);
	kfuncs_kernel_close(&functions);
	return err ? err : add_libraries(features);
}

static int read_device(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[NETDEV_A_DEV_MAX + 1];
	struct features_device *device = data;
	__u64 xdp = 0, metadata = 0;

	netlink_attributes(message, sizeof(struct genlmsghdr), table, NETDEV_A_DEV_MAX);
	if (table[NETDEV_A_DEV_XDP_FEATURES])
		xdp = mnl_attr_get_u64(table[NETDEV_A_DEV_XDP_FEATURES]);
	if (table[NETDEV_A_DEV_XDP_RX_METADATA_FEATURES])
		metadata = mnl_attr_get_u64(table[NETDEV_A_DEV_XDP_RX_METADATA_FEATURES]);
	device->native = xdp & NETDEV_XDP_ACT_BASIC;
	device->transmit = xdp & NETDEV_XDP_ACT_NDO_XMIT;
	device->hardware = xdp & NETDEV_XDP_ACT_HW_OFFLOAD;
	device->buffers = xdp & NETDEV_XDP_ACT_RX_SG;
	device->hash = metadata & NETDEV_XDP_RX_METADATA_HASH;
	return MNL_CB_OK;
}

static int ask_device(int ifindex, struct features_device *device)
{
	const struct genlmsghdr header = {
		.cmd = NETDEV_CMD_DEV_GET,
		.version = NETDEV_FAMILY_VERSION,
	};
	union netlink_request request;
	struct netlink netlink = {};
	__u16 family = 0;
	int err;

	err = netlink_open(&netlink, NETLINK_GENERIC);
	if (err)
		return err;
	err = netlink_family(&netlink, NETDEV_FAMILY_NAME, &family);
	if (err)
		goto out;
	netlink_start(&request, family, &header, sizeof(header));
	mnl_attr_put_u32(&request.message, NETDEV_A_DEV_IFINDEX, ifindex);
	err = netlink_request(&netlink, &request, 0, read_device, device);
out:
	netlink_close(&netlink);
	return err;
}

static unsigned int get_mtu(const char *ifname)
{
	struct ifreq request = {};
	int fd, err;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	strncpy(request.ifr_name, ifname, sizeof(request.ifr_name) - 1);
	err = ioctl(fd, SIOCGIFMTU, &request);
	close(fd);
	return err ? 0 : request.ifr_mtu;
}

int features_probe_device(struct features *features, int ifindex, const char *ifname)
{
	struct features_device device = {
		.mtu = get_mtu(ifname),
		.bound = loads(BPF_XDP, BPF_F_XDP_DEV_BOUND_ONLY, ifindex),
		.lro = ethtool_feature(ifname, "rx-lro"),
		.gro_hw = ethtool_feature(ifname, "rx-gro-hw"),
	};
	int err;

	err = ask_device(ifindex, &device);
	if (err) {
		log_error("cannot find out what XDP can do on %s: %s", ifname, strerror(-err));
		return err;
	}
	snprintf(device.ifname, sizeof(device.ifname), "%s", ifname);
	ethtool_driver(ifname, device.driver, sizeof(device.driver));
	return features_device(features, &device);
}
