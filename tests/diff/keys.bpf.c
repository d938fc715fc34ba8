// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the keys of a peer's current session from the kernel's memory, so that the test can be that
 * peer. Run with BPF_PROG_RUN in the namespace of the device.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "keys.h"

#define KERNEL __attribute__((preserve_access_index))

struct wg_device {
} KERNEL;

struct noise_symmetric_key {
	__u8 key[KEY_SIZE];
	__u64 birthdate;
} KERNEL;

struct index_hashtable_entry {
	__u32 index;
} KERNEL;

struct noise_keypair {
	struct index_hashtable_entry entry;
	struct noise_symmetric_key sending;
	struct noise_symmetric_key receiving;
	__u32 remote_index;
} KERNEL;

struct noise_keypairs {
	struct noise_keypair *current_keypair;
} KERNEL;

struct wg_peer {
	struct noise_keypairs keypairs;
} KERNEL;

extern struct wg_device *bpf_xdp_wg_device_get_by_index(struct xdp_md *ctx, __u32 ifindex) __ksym;
extern struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr,
						     __u32 addr__sz) __ksym;
extern void bpf_wg_device_put(struct wg_device *wg) __ksym;
extern void bpf_wg_peer_put(struct wg_peer *peer) __ksym;

struct keys_request request;
struct keys keys;

SEC("xdp")
int read_keys(struct xdp_md *ctx)
{
	struct noise_keypair *keypair;
	struct wg_device *wg;
	struct wg_peer *peer;
	__be32 address = request.address;
	int found = 0;

	wg = bpf_xdp_wg_device_get_by_index(ctx, request.ifindex);
	if (!wg)
		return 0;
	peer = bpf_wg_peer_allowedips_lookup(wg, &address, sizeof(address));
	if (peer) {
		keypair = BPF_CORE_READ(peer, keypairs.current_keypair);
		if (keypair) {
			BPF_CORE_READ_INTO(&keys.sending, keypair, sending.key);
			BPF_CORE_READ_INTO(&keys.receiving, keypair, receiving.key);
			keys.birth = BPF_CORE_READ(keypair, sending.birthdate);
			keys.local_index = BPF_CORE_READ(keypair, entry.index);
			keys.remote_index = BPF_CORE_READ(keypair, remote_index);
			found = 1;
		}
		bpf_wg_peer_put(peer);
	}
	bpf_wg_device_put(wg);
	return found;
}

char _license[] SEC("license") = "GPL";
