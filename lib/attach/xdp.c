// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching and detaching by way of libxdp, so that our program is one of several in the
 * dispatcher's chain.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>

#include "attach/xdp.h"
#include "attach/cpumap.h"
#include "attach/veth.h"
#include "program/config.h"
#include "program/object.h"
#include "util/bpf_info.h"
#include "util/ethtool.h"
#include "util/log.h"
#include "util/netdev.h"

int xdp_choose_mode(int ifindex, const char *ifname, enum xdp_attach_mode *mode)
{
	struct netdev_xdp xdp;
	int err;

	err = netdev_xdp(ifindex, &xdp);
	if (err) {
		log_error("cannot find out what XDP can do on %s: %s", ifname, strerror(-err));
		return err;
	}

	if (*mode == XDP_MODE_HW)
		return 0;
	if (*mode == XDP_MODE_UNSPEC)
		*mode = xdp.attached ? xdp.attached : xdp.native ? XDP_MODE_NATIVE : XDP_MODE_SKB;

	if (*mode == XDP_MODE_NATIVE && !xdp.native) {
		log_error("the driver of %s does not support XDP: use --hook tc, or else -m skb",
			  ifname);
		return -EOPNOTSUPP;
	}
	if (xdp.attached && xdp.attached != *mode) {
		log_error("%s has XDP programs in %s mode, and all must have the same: "
			  "use -m %s, or unload those first",
			  ifname, mode_name(xdp.attached), mode_name(xdp.attached));
		return -EBUSY;
	}
	return 0;
}

bool xdp_has_dispatcher(void)
{
	const char *skip = getenv("LIBXDP_SKIP_DISPATCHER");

	return !skip || strcmp(skip, "1");
}

static void explain(int err, const char *ifname, enum xdp_attach_mode mode)
{
	const char *reason = log_kernel_message();
	char text[128];

	if (!reason && !libxdp_strerror(err, text, sizeof(text)))
		reason = text;
	if (!reason)
		reason = strerror(-err);

	if (mode == XDP_MODE_HW)
		log_error("the driver of %s refuses to run the program in hardware: %s", ifname,
			  reason);
	else if (err == -E2BIG)
		log_error("libxdp's dispatcher on %s has no free place: unload another XDP program",
			  ifname);
	else
		log_error("cannot attach to %s: %s (-vv tells more)", ifname, reason);
}

/* What libxdp would refuse anyway, said in words that help. */
static int check_chain(int ifindex, const char *ifname, enum rss rss)
{
	struct xdp_multiprog *multiprog;
	int err = 0;

	multiprog = xdp_multiprog__get_from_ifindex(ifindex);
	if (libxdp_get_error(multiprog))
		return 0;
	if (xdp_multiprog__main_prog(multiprog) && xdp_multiprog__is_legacy(multiprog)) {
		log_error("the XDP program on %s does not share it by way of libxdp's dispatcher: "
			  "unload it first (ip link set dev %s xdp off)",
			  ifname, ifname);
		err = -EBUSY;
	} else if (xdp_multiprog__xdp_dev_bound(multiprog) && !rss_is_bound(rss)) {
		log_error("the XDP programs on %s are bound to its driver, which this one cannot "
			  "be: unload them first",
			  ifname);
		err = -EBUSY;
	} else if (xdp_multiprog__main_prog(multiprog) && rss_is_bound(rss) &&
		   !xdp_multiprog__xdp_dev_bound(multiprog)) {
		log_error("the XDP programs on %s are not bound to its driver, which %s and all "
			  "beside it must be: unload them first",
			  ifname, rss_name(rss));
		err = -EBUSY;
	}
	xdp_multiprog__close(multiprog);
	return err;
}

/* Only XDP_PASS continues the chain: our redirects and drops are final. */
static int set_chain(struct xdp_program *prog, unsigned int prio)
{
	int err;

	err = xdp_program__set_run_prio(prog, prio);
	for (unsigned int action = XDP_ABORTED; !err && action <= XDP_REDIRECT; action++)
		err = xdp_program__set_chain_call_enabled(prog, action, action == XDP_PASS);
	return err;
}

/*
 * What the frames of a driver are, in native mode. Of an unknown one nothing is taken for granted.
 * Most of what comes through a tap are skbs whatever the mode, and what a bond passes on is what
 * its ports got.
 */
static const struct {
	const char *driver;
	__u32 flags;
} drivers[] = {
	{ "", 0 },
	{ "tun", 0 },
	{ "veth", XDP_WG_END_MOVES },
	{ "bonding", XDP_WG_END_MOVES },
	{ "vif", XDP_WG_END_MOVES }, /* Xen's */
};

static __u32 mode_flags(enum xdp_attach_mode mode, const char *ifname)
{
	char driver[ETHTOOL_BUSINFO_LEN];

	if (mode == XDP_MODE_SKB)
		return XDP_WG_SKB_MODE;
	ethtool_driver(ifname, driver, sizeof(driver));
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(driver, drivers[i].driver))
			return drivers[i].flags;
	return XDP_WG_END_MOVES | XDP_WG_FINISHED;
}

/* The object of the program, ready to be loaded, for the caller to close. */
static int prepare(const struct state *state, const char *ifname,
		   const struct attach_options *options, struct bpf_object **object)
{
	struct xdp_wg_config config;
	char counters[PATH_MAX];
	int err;

	err = state_counters_path(state, counters, sizeof(counters));
	if (!err)
		err = object_open(options->object, attach_options_program(options),
				  BPF_PROG_TYPE_XDP, object);
	if (err)
		return err;
	config_init(&config, options->flags | mode_flags(options->mode, ifname), options->sample);
	/* A map in hardware can be neither pinned nor shared. */
	err = object_configure(*object, &config, options->mode == XDP_MODE_HW ? NULL : counters);
	if (!err && options->rss.rss)
		err = cpumap_prepare(state, options->object, *object, &options->rss, &config);
	if (err)
		bpf_object__close(*object);
	return err;
}

int xdp_attached_id(int ifindex, __u32 *id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int err;

	err = bpf_xdp_query(ifindex, 0, &query);
	*id = query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
	return err == -ENODEV ? 0 : err;
}

/* Whether libxdp has pinned what is attached to an interface. Return: 0, or a negative errno. */
static int find_pins(int ifindex, bool *found)
{
	char path[PATH_MAX];
	__u32 id;
	int err;

	err = xdp_attached_id(ifindex, &id);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/xdp/dispatch-%d-%u", state_bpffs(), ifindex, id);
	*found = !access(path, F_OK);
	return *found || errno == ENOENT ? 0 : -errno;
}

/*
 * Where libxdp has attached a dispatcher and then has no memory to go on, it takes back the pins
 * and leaves the dispatcher, with nothing in it. Nobody else has one without pins. What was
 * detached meanwhile is not detached again.
 */
static void remove_unpinned(int ifindex, enum xdp_attach_mode mode)
{
	__u32 flags = mode == XDP_MODE_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	struct bpf_prog_info info = {};
	bool pinned;
	__u32 id;

	if (find_pins(ifindex, &pinned) || pinned || xdp_attached_id(ifindex, &id) || !id)
		return;
	opts.old_prog_fd = bpf_prog_get_fd_by_id(id);
	if (opts.old_prog_fd < 0)
		return;
	if (!bpf_info_prog(opts.old_prog_fd, &info) && !strcmp(info.name, "xdp_dispatcher"))
		bpf_xdp_detach(ifindex, flags | XDP_FLAGS_REPLACE, &opts);
	close(opts.old_prog_fd);
}

int xdp_attach(const struct state *state, int ifindex, const char *ifname,
	       const struct attach_options *options, __u32 *prog_id)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .prog_name = attach_options_program(options));
	unsigned int flags = rss_is_bound(options->rss.rss) ? XDP_ATTACH_DEVBIND : 0;
	struct xdp_program *prog = NULL;
	__u32 before;
	int err;

	err = xdp_attached_id(ifindex, &before);
	if (err) {
		log_error("cannot find out which XDP programs are on %s: %s", ifname,
			  strerror(-err));
		return err;
	}
	if (options->mode != XDP_MODE_HW) {
		err = check_chain(ifindex, ifname, options->rss.rss);
		if (err)
			return err;
	}

	err = prepare(state, ifname, options, &opts.obj);
	if (err)
		return err;

	log_kernel_message_clear();
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (err) {
		prog = NULL;
		explain(err, ifname, options->mode);
		goto out;
	}
	err = set_chain(prog, options->prio);
	/* What comes in several buffers is passed; without this, it could not come at all. */
	if (!err && options->mode != XDP_MODE_HW)
		err = xdp_program__set_xdp_frags_support(prog, true);
	if (!err)
		err = xdp_program__attach(prog, ifindex, options->mode, flags);
	if (err) {
		explain(err, ifname, options->mode);
		if (!before && options->mode != XDP_MODE_HW)
			remove_unpinned(ifindex, options->mode);
		goto out;
	}
	*prog_id = xdp_program__id(prog);

out:
	xdp_program__close(prog);
	bpf_object__close(opts.obj);
	return err;
}

static struct xdp_program *find_attached(struct xdp_multiprog *multiprog,
					 const struct attachment *entry)
{
	struct xdp_program *prog = NULL;

	if (entry->mode == XDP_MODE_HW)
		prog = xdp_multiprog__hw_prog(multiprog);
	else if (entry->alone)
		prog = xdp_multiprog__main_prog(multiprog);
	else
		while ((prog = xdp_multiprog__next_prog(prog, multiprog)))
			if (xdp_program__id(prog) == entry->prog_id)
				break;
	return prog && xdp_program__id(prog) == entry->prog_id ? prog : NULL;
}

/* Whether libxdp could not look, which says nothing about what is there. */
static bool is_obstacle(int err)
{
	return err == -EPERM || err == -EACCES || err == -EMFILE || err == -ENFILE ||
	       err == -ENOMEM;
}

/* Of a pinned program that libxdp had no memory to read, its list has no more than a place. */
static bool knows_all(const struct xdp_multiprog *multiprog)
{
	struct xdp_program *prog = NULL;

	while ((prog = xdp_multiprog__next_prog(prog, multiprog)))
		if (!xdp_program__id(prog))
			return false;
	return true;
}

/*
 * Where libxdp has no memory for a dispatcher and its pins, it may say that it knows nothing of it,
 * take it for a program that stands alone, or know of fewer programs than run. @err: what it
 * returned. Return: 0 if it has seen all that is its own, or a negative errno.
 */
static int check_seen(int ifindex, const struct xdp_multiprog *multiprog, int err)
{
	bool pinned = false;

	if (is_obstacle(err))
		return err;
	/* It is of another version. */
	if (err == -EOPNOTSUPP)
		return 0;
	if (!err && xdp_multiprog__main_prog(multiprog) && !xdp_multiprog__is_legacy(multiprog))
		return knows_all(multiprog) ? 0 : -ENOMEM;
	err = find_pins(ifindex, &pinned);
	if (err)
		return err;
	return pinned ? -ENOMEM : 0;
}

/* The XDP programs of an interface, NULL if libxdp finds none that it knows. */
static int get_multiprog(int ifindex, const char *ifname, struct xdp_multiprog **multiprog)
{
	int failed, err;

	*multiprog = xdp_multiprog__get_from_ifindex(ifindex);
	failed = libxdp_get_error(*multiprog);
	if (failed)
		*multiprog = NULL;
	err = check_seen(ifindex, *multiprog, failed);
	if (!err)
		return 0;
	xdp_multiprog__close(*multiprog);
	*multiprog = NULL;
	log_error("cannot find out which XDP programs are on %s: %s", ifname, strerror(-err));
	return err;
}

/*
 * Without memory to read the dispatcher, libxdp finds nothing to detach, and says that it is done.
 * But without one of its programs, a dispatcher is another one.
 */
static int detach_by_libxdp(struct xdp_program *prog, const struct attachment *entry,
			    const struct xdp_multiprog *multiprog)
{
	struct xdp_program *main_prog = xdp_multiprog__main_prog(multiprog);
	__u32 id;
	int err;

	err = xdp_program__detach(prog, entry->ifindex, entry->mode, 0);
	if (err || !main_prog || entry->mode == XDP_MODE_HW)
		return err;
	err = xdp_attached_id(entry->ifindex, &id);
	if (err)
		return err;
	return id == xdp_program__id(main_prog) ? -ENOMEM : 0;
}

int xdp_detach(const struct attachment *entry)
{
	struct xdp_multiprog *multiprog;
	struct xdp_program *prog;
	int err;

	err = get_multiprog(entry->ifindex, entry->ifname, &multiprog);
	if (err || !multiprog)
		return err;

	log_kernel_message_clear();
	prog = find_attached(multiprog, entry);
	if (prog && veth_is_last(entry, multiprog))
		err = veth_detach_last(entry, multiprog);
	else if (prog)
		err = detach_by_libxdp(prog, entry, multiprog);
	if (err)
		log_error("cannot detach from %s: %s", entry->ifname,
			  log_kernel_message() ? log_kernel_message() : strerror(-err));

	xdp_multiprog__close(multiprog);
	return err;
}

int xdp_find(int ifindex, const char *ifname, struct attachment_list *list)
{
	struct attachment entry = { .ifindex = ifindex };
	struct xdp_multiprog *multiprog;
	struct xdp_program *prog = NULL;
	int err;

	err = get_multiprog(ifindex, ifname, &multiprog);
	if (err || !multiprog)
		return err;

	strncpy(entry.ifname, ifname, sizeof(entry.ifname) - 1);
	entry.mode = xdp_multiprog__attach_mode(multiprog);
	while (!err && (prog = xdp_multiprog__next_prog(prog, multiprog))) {
		entry.prio = xdp_program__run_prio(prog);
		err = attachment_add_ours(list, xdp_program__fd(prog), &entry);
	}

	entry.alone = true;
	entry.prio = 0;
	prog = xdp_multiprog__main_prog(multiprog);
	if (!err && prog)
		err = attachment_add_ours(list, xdp_program__fd(prog), &entry);

	entry.mode = XDP_MODE_HW;
	prog = xdp_multiprog__hw_prog(multiprog);
	if (!err && prog)
		err = attachment_add_ours(list, xdp_program__fd(prog), &entry);

	xdp_multiprog__close(multiprog);
	return err;
}
