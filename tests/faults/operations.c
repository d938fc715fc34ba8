// SPDX-License-Identifier: GPL-2.0
/*
 * The operations that are done with memory that fails: the module and its network namespaces here,
 * devices in device.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "device.h"
#include "operations.h"

#define MODPROBE "/proc/sys/kernel/modprobe"

static int module_fd, netns_fd;
static char modprobe[256];

static int load_module(void)
{
	return syscall(SYS_finit_module, module_fd, "", 0) ? -errno : 0;
}

/* Devices that were just removed may still hold it. */
static int unload_module(void)
{
	int tries = 100;

	while (syscall(SYS_delete_module, "wireguard", O_NONBLOCK)) {
		if (errno != EAGAIN && errno != EBUSY)
			return -errno;
		if (!tries--)
			return -errno;
		usleep(100000);
	}
	return 0;
}

static int unload_module_once(void)
{
	return syscall(SYS_delete_module, "wireguard", O_NONBLOCK) ? -errno : 0;
}

static const char *module_traces(void)
{
	if (!access("/sys/module/wireguard", F_OK))
		return "/sys/module/wireguard is left";
	if (!access("/sys/kernel/btf/wireguard", F_OK))
		return "/sys/kernel/btf/wireguard is left, and with it perhaps kfuncs";
	if (device_family_exists())
		return "the netlink family is left";
	if (device_add() != -EOPNOTSUPP)
		return "the kind of device is left";
	return NULL;
}

/* Whole, with kfuncs, which need its BTF. */
static const char *use_module(void)
{
	if (access("/sys/kernel/btf/wireguard", F_OK))
		return "the module has no BTF";
	if (device_add() || device_remove())
		return "the module makes no devices";
	return NULL;
}

static const char *unload_to_nothing(void)
{
	if (unload_module())
		return "the module cannot be removed";
	return module_traces();
}

static const char *check_module(int err)
{
	const char *wrong;

	if (!err) {
		/* A kernel that has no memory for the BTF loads the module without. */
		wrong = device_add() || device_remove() ? "the module makes no devices" : NULL;
		return wrong ? wrong : unload_to_nothing();
	}
	/* The kernel's own word, where it lacks memory for the BTF and then sees a cycle in it. */
	if (err != -ENOMEM && err != -ELOOP)
		return strerror(-err);
	wrong = module_traces();
	if (wrong)
		return wrong;
	if (load_module())
		return "the module cannot be loaded any more";
	wrong = use_module();
	return wrong ? wrong : unload_to_nothing();
}

static void prepare_module_exit(void)
{
	int err = load_module();

	if (err)
		die("the module cannot be loaded: %s", strerror(-err));
}

static const char *check_module_exit(int err)
{
	const char *wrong;

	if (!err)
		return module_traces();
	wrong = use_module();
	return wrong ? wrong : unload_to_nothing();
}

bool is_shortage(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -ENFILE;
}

static int new_netns(void)
{
	return unshare(CLONE_NEWNET) ? -errno : 0;
}

static void leave_netns(void)
{
	device_close();
	if (setns(netns_fd, CLONE_NEWNET))
		die("setns: %s", strerror(errno));
	device_open();
}

static const char *use_netns(void)
{
	device_close();
	device_open();
	return device_add() || device_set() || device_up() || device_remove()
		       ? "no device works in the network namespace"
		       : NULL;
}

static const char *check_netns(int err)
{
	const char *wrong;

	/* What the error is called is the kernel's own matter: the module does nothing here. */
	if (err && new_netns())
		return "there can be no network namespaces any more";
	wrong = use_netns();
	leave_netns();
	return wrong;
}

static const struct operation operations[] = {
	{ "module", true, NULL, load_module, check_module },
	{ "module-exit", true, prepare_module_exit, unload_module_once, check_module_exit },
	{ "netns", false, NULL, new_netns, check_netns },
	{ "device-add", false, NULL, device_add, device_check_add },
	{ "device-set", false, device_prepare, device_set, device_check_set },
	{ "device-up", false, device_prepare_set, device_up, device_check_up },
	{ "device-down", false, device_prepare_up, device_down, device_check_down },
	{ "device-remove", false, device_prepare_up, device_remove, device_check_remove },
};

const struct operation *operation_find(const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

/* What the kernel runs to load a module: nothing, if that is empty. */
static void set_modprobe(const char *path)
{
	FILE *file = fopen(MODPROBE, "we");

	if (!file || fprintf(file, "%s\n", path) < 0 || fclose(file))
		die(MODPROBE ": %s", strerror(errno));
}

static void get_modprobe(void)
{
	FILE *file = fopen(MODPROBE, "re");

	if (!file || !fgets(modprobe, sizeof(modprobe), file))
		die(MODPROBE ": %s", strerror(errno));
	fclose(file);
	modprobe[strcspn(modprobe, "\n")] = '\0';
}

void operations_start(const struct operation *operation, const char *module)
{
	module_fd = open(module, O_RDONLY | O_CLOEXEC);
	if (module_fd < 0)
		die("%s: %s", module, strerror(errno));
	if (new_netns())
		die("there can be no network namespace: %s", strerror(errno));
	netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns_fd < 0)
		die("/proc/self/ns/net: %s", strerror(errno));
	get_modprobe();
	set_modprobe("");
	device_open();
	if (operation->module_out == !access("/sys/module/wireguard", F_OK))
		die("the module is %s", operation->module_out ? "loaded" : "not loaded");
}

void operations_end(void)
{
	device_close();
	set_modprobe(modprobe);
	close(netns_fd);
	close(module_fd);
}
