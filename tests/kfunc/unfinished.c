// SPDX-License-Identifier: GPL-2.0
/*
 * What the sender of a frame has left to a device, asked in every context that a program can run
 * in. Senders are real, in A, and leave what the offloads of their interface say.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests.h"
#include "unfinished.skel.h"

#define PORT 5001

/* Offsets in a frame of IPv4 without options. */
#define L4_OFFSET 34
#define UDP_FIELD (L4_OFFSET + 6)

static struct unfinished *programs(void)
{
	static struct unfinished *loaded;

	if (!loaded)
		loaded = unfinished__open_and_load();
	CHECK(loaded, "the programs that ask do not load");
	return loaded;
}

static void attach(const char *ifname, struct bpf_program *program, uint32_t flags)
{
	CHECK(!bpf_xdp_attach(netns_ifindex(ifname), bpf_program__fd(program), flags, NULL),
	      "no program on %s", ifname);
}

static void detach(const char *ifname, uint32_t flags)
{
	CHECK(!bpf_xdp_detach(netns_ifindex(ifname), flags, NULL), "%s keeps its program", ifname);
}

/* Have something sent from A, and return what the kfunc said of it. */
static int answer(const char *command)
{
	struct unfinished *asker = programs();
	uint32_t before = __atomic_load_n(&asker->bss->asked, __ATOMIC_ACQUIRE);
	int tries;

	asker->bss->wanted = PORT;
	asker->bss->place = (struct bpf_wg_unfinished){};
	netns_enter("A");
	test_shell("%s", command);
	for (tries = 0; tries < 300; tries++) {
		if (__atomic_load_n(&asker->bss->asked, __ATOMIC_ACQUIRE) != before)
			break;
		usleep(10000);
	}
	netns_enter("R1");
	CHECK_EQ(__atomic_load_n(&asker->bss->asked, __ATOMIC_ACQUIRE), before + 1);
	return asker->bss->what;
}

/* What the sender in A leaves to its device. */
static void leaves(const char *checksums, const char *tags, const char *outer_tags)
{
	netns_enter("A");
	test_shell("ethtool -K a-r1 tx %s txvlan %s tx-vlan-stag-hw-insert %s > /dev/null",
		   checksums, tags, outer_tags);
	netns_enter("R1");
}

static const char datagram[] = "bash -c 'printf %300s x > /dev/udp/10.1.0.1/5001'";
static const char association[] =
	"python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132); "
	"s.setblocking(False); s.connect_ex((\"10.1.0.1\", 5001))'";

static int tagged_answer(void)
{
	int said;

	netns_enter("A");
	test_shell("modprobe 8021q && ip link add link a-r1 name a-r1.5 type vlan id 5 && "
		   "sysctl -q -w net.ipv6.conf.a-r1/5.disable_ipv6=1 && "
		   "ip addr add 10.91.0.2/24 dev a-r1.5 && ip link set a-r1.5 up group 77 && "
		   "ip neigh add 10.91.0.1 lladdr 02:00:00:00:00:01 dev a-r1.5");
	said = answer("bash -c 'printf %300s x > /dev/udp/10.91.0.1/5001'");
	netns_enter("A");
	test_shell("ip link del a-r1.5");
	netns_enter("R1");
	return said;
}

static void check_place(void)
{
	const struct bpf_wg_unfinished *place = &programs()->bss->place;

	CHECK_EQ(place->start, L4_OFFSET);
	CHECK_EQ(place->field, UDP_FIELD);
}

/* Natively on a veth it is known exactly. */
static void test_native(const void *arg)
{
	struct unfinished *asker = programs();

	(void)arg;
	session_ping();
	session_enter(&r1);
	attach("r1-a", asker->progs.asks, XDP_FLAGS_DRV_MODE);
	leaves("off", "off", "off");
	CHECK_EQ(answer(datagram), BPF_WG_FINISHED);
	leaves("on", "on", "on");
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_SUM);
	check_place();
	CHECK_EQ(tagged_answer(), BPF_WG_UNFINISHED_TAG);
	/* A program in front has taken the field away. */
	asker->bss->cut = 301;
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_OTHER);
	asker->bss->cut = 0;
	netns_enter("A");
	test_shell("modprobe sctp");
	CHECK_EQ(answer(association), BPF_WG_UNFINISHED_OTHER);
	leaves("off", "off", "off");
	CHECK_EQ(answer(association), BPF_WG_FINISHED);
	detach("r1-a", XDP_FLAGS_DRV_MODE);
}

/* In generic XDP, the offloads of the other end tell what can be. */
static void test_generic(const void *arg)
{
	(void)arg;
	session_ping();
	session_enter(&r1);
	attach("r1-a", programs()->progs.asks, XDP_FLAGS_SKB_MODE);
	leaves("on", "on", "on");
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_TAG);
	leaves("on", "off", "off");
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_OTHER);
	leaves("off", "on", "off");
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_TAG);
	leaves("off", "off", "on");
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_TAG);
	leaves("off", "off", "off");
	CHECK_EQ(answer(datagram), BPF_WG_UNSEEN_SKB);
	detach("r1-a", XDP_FLAGS_SKB_MODE);
}

/* With a frame that comes by XDP, what was said of the skb is lost. */
static void test_frame(const void *arg)
{
	struct unfinished *asker = programs();
	struct bpf_devmap_val value;
	uint32_t key = 0;

	(void)arg;
	session_ping();
	session_enter(&r1);
	leaves("on", "on", "on");
	test_shell("ip link add x9 type veth peer name y9 && ip link set x9 up group 77 && "
		   "ip link set y9 up && ethtool -K y9 gro on > /dev/null");
	value = (struct bpf_devmap_val){ .ifindex = netns_ifindex("x9"), .bpf_prog.fd = -1 };
	CHECK(!bpf_map_update_elem(bpf_map__fd(asker->maps.devices), &key, &value, 0), "no devmap");
	attach("y9", asker->progs.asks, XDP_FLAGS_DRV_MODE);
	attach("r1-a", asker->progs.to_devmap, XDP_FLAGS_DRV_MODE);
	CHECK_EQ(answer(datagram), BPF_WG_UNSEEN);
	detach("r1-a", XDP_FLAGS_DRV_MODE);
	detach("y9", XDP_FLAGS_DRV_MODE);
	test_shell("ip link del x9");
}

/* The queue of a program at a devmap's egress, or in a cpumap, is no driver's. */
static void test_maps(const void *arg)
{
	struct unfinished *asker = programs();
	struct bpf_cpumap_val cpu = { .qsize = 64 };
	struct bpf_devmap_val device;
	uint32_t key = 0;

	(void)arg;
	session_ping();
	session_enter(&r1);
	leaves("on", "off", "off");
	cpu.bpf_prog.fd = bpf_program__fd(asker->progs.asks_in_cpumap);
	CHECK(!bpf_map_update_elem(bpf_map__fd(asker->maps.cpus), &key, &cpu, 0), "no cpumap");
	attach("r1-a", asker->progs.to_cpumap, XDP_FLAGS_DRV_MODE);
	CHECK_EQ(answer(datagram), BPF_WG_UNSEEN);
	leaves("on", "on", "off");
	CHECK_EQ(answer(datagram), BPF_WG_UNFINISHED_TAG);
	leaves("on", "off", "off");
	detach("r1-a", XDP_FLAGS_DRV_MODE);

	device.ifindex = netns_ifindex("r1-r2");
	device.bpf_prog.fd = bpf_program__fd(asker->progs.asks_in_devmap);
	CHECK(!bpf_map_update_elem(bpf_map__fd(asker->maps.devices), &key, &device, 0),
	      "no devmap");
	attach("r1-a", asker->progs.to_devmap, XDP_FLAGS_DRV_MODE);
	CHECK_EQ(answer(datagram), BPF_WG_UNSEEN);
	detach("r1-a", XDP_FLAGS_DRV_MODE);
}

static void run_for(const char *ifname, uint32_t flags)
{
	struct xdp_md context = { .ingress_ifindex = netns_ifindex(ifname) };
	struct frame frame = { .length = 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &context, .ctx_size_in = sizeof(context),
		    .flags = flags, .repeat = 1, );

	frame_put_eth(&frame, netns_mac("r1-a"), netns_mac("r1-a"), ETHERTYPE_IP);
	frame_put_datagram(&frame, "10.1.0.2", "10.1.0.1", PORT, PORT, "abcdefgh", 8);
	context.data_end = frame.length;
	opts.data_in = frame.data;
	opts.data_size_in = frame.length;
	programs()->bss->wanted = PORT;
	programs()->bss->what = -1;
	CHECK(!bpf_prog_test_run_opts(bpf_program__fd(programs()->progs.asks), &opts),
	      "the kernel did not run the program");
}

/*
 * Test runs. One with live frames has a queue that is registered for the device, with nothing of
 * the driver behind its frames.
 */
static void test_runs(const void *arg)
{
	static const uint32_t kinds[] = { 0, BPF_F_TEST_XDP_LIVE_FRAMES };
	size_t i;

	(void)arg;
	session_enter(&r1);
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		leaves("on", "on", "on");
		run_for("r1-a", kinds[i]);
		CHECK_EQ(programs()->bss->what, BPF_WG_UNFINISHED_TAG);
		leaves("on", "off", "off");
		run_for("r1-a", kinds[i]);
		CHECK_EQ(programs()->bss->what, kinds[i] ? BPF_WG_UNSEEN : BPF_WG_UNFINISHED_OTHER);
		leaves("off", "off", "off");
		run_for("r1-a", kinds[i]);
		CHECK_EQ(programs()->bss->what, kinds[i] ? BPF_WG_UNSEEN : BPF_WG_UNSEEN_SKB);
		run_for("lo", kinds[i]);
		CHECK_EQ(programs()->bss->what, kinds[i] ? BPF_WG_FINISHED : BPF_WG_UNSEEN_SKB);
	}
}

/*
 * What a virtual machine sends by a tap: a short frame, which the driver hands to XDP itself if the
 * writer does not want to wait.
 */
static void test_tap(const void *arg)
{
	struct {
		struct virtio_net_hdr header;
		uint8_t frame[FRAME_MAX];
	} __attribute__((packed)) sent = {
		.header = {
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.csum_start = L4_OFFSET,
			.csum_offset = UDP_FIELD - L4_OFFSET,
		},
	};
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	struct frame frame = { .length = 0 };
	ssize_t size;
	int fd;

	(void)arg;
	session_enter(&r1);
	test_shell("modprobe tun");
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	strcpy(request.ifr_name, "tap9");
	CHECK(fd >= 0 && !ioctl(fd, TUNSETIFF, &request), "no tap");
	test_shell("sysctl -q -w net.ipv6.conf.tap9.disable_ipv6=1 && ip link set tap9 up");
	attach("tap9", programs()->progs.asks, XDP_FLAGS_DRV_MODE);
	frame_put_eth(&frame, netns_mac("tap9"), netns_mac("tap9"), ETHERTYPE_IP);
	frame_put_datagram(&frame, "10.1.0.2", "10.1.0.1", PORT, PORT, "abcdefgh", 8);
	memcpy(sent.frame, frame.data, frame.length);
	size = sizeof(sent.header) + frame.length;
	programs()->bss->wanted = PORT;
	programs()->bss->what = -1;
	CHECK_EQ(write(fd, &sent, size), size);
	CHECK_EQ(programs()->bss->what, BPF_WG_UNSEEN);
	detach("tap9", XDP_FLAGS_DRV_MODE);
	attach("tap9", programs()->progs.asks, XDP_FLAGS_SKB_MODE);
	CHECK_EQ(write(fd, &sent, size), size);
	CHECK_EQ(programs()->bss->what, BPF_WG_UNFINISHED_OTHER);
	close(fd);
}

/* What comes to a bond has its tag beside it, since its port has taken that off. */
static void test_upper(const void *arg)
{
	(void)arg;
	session_enter(&r1);
	leaves("off", "off", "off");
	test_shell(
		"modprobe bonding max_bonds=0 && ip link add x9 type veth peer name y9 && "
		"ip link add bond9 type bond mode active-backup && ip link set y9 master bond9 && "
		"ip link set x9 up group 77 && ip link set y9 up && ip link set bond9 up");
	run_for("bond9", 0);
	CHECK_EQ(programs()->bss->what, BPF_WG_UNFINISHED_TAG);
	test_shell("ip link del bond9 && ip link del x9");
	test_shell("modprobe 8021q && ip link add link r1-a name r1-a.5 type vlan id 5 && "
		   "ip link set r1-a.5 up");
	run_for("r1-a.5", 0);
	CHECK_EQ(programs()->bss->what, BPF_WG_UNSEEN_SKB);
	test_shell("ip link del r1-a.5");
}

/* netkit has no XDP of its own, and its other end decides as that of a veth. */
static void test_netkit(const void *arg)
{
	(void)arg;
	session_enter(&r1);
	test_shell(
		"ip link add x9 type netkit mode l2 peer name y9 && ip link set x9 up group 77 && "
		"ip link set y9 up");
	run_for("x9", 0);
	CHECK_EQ(programs()->bss->what, BPF_WG_UNFINISHED_TAG);
	test_shell("ethtool -K y9 txvlan off tx-vlan-stag-hw-insert off > /dev/null");
	run_for("x9", 0);
	CHECK_EQ(programs()->bss->what, BPF_WG_UNFINISHED_OTHER);
	test_shell("ip link del x9");
}

/* A memory argument of another size. */
static void test_size(const void *arg)
{
	struct request request = { .call = CALL_UNFINISHED };

	(void)arg;
	session_enter(&r1);
	leaves("off", "off", "off");
	check_sizes(XDP, &request, sizeof(struct bpf_wg_unfinished));
	request.size = sizeof(struct bpf_wg_unfinished);
	CHECK_EQ(call_run(XDP, "r1-a", &request, NULL), BPF_WG_UNSEEN_SKB);
}

void add_unfinished_tests(void)
{
	test_add(test_native, NULL, "kfunc/unfinished-native/xdp");
	test_add(test_generic, NULL, "kfunc/unfinished-generic/xdp");
	test_add(test_frame, NULL, "kfunc/unfinished-frame/xdp");
	test_add(test_maps, NULL, "kfunc/unfinished-maps/xdp");
	test_add(test_runs, NULL, "kfunc/unfinished-runs/xdp");
	test_add(test_tap, NULL, "kfunc/unfinished-tap/xdp");
	test_add(test_upper, NULL, "kfunc/unfinished-upper/xdp");
	test_add(test_netkit, NULL, "kfunc/unfinished-netkit/xdp");
	test_add(test_size, NULL, "kfunc/unfinished-size/xdp");
}
