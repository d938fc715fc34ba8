// SPDX-License-Identifier: GPL-2.0
/*
 * xsk IFNAME COUNT: send the frame on standard input by AF_XDP, so many times.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xdp/xsk.h>

#define FRAMES 64
#define SIZE XSK_UMEM__DEFAULT_FRAME_SIZE

static void fail(const char *what, int err)
{
	fprintf(stderr, "xsk: %s: %s\n", what, strerror(err < 0 ? -err : err));
	exit(1);
}

/* Wait until all that was sent has left. */
static void settle(struct xsk_socket *xsk, struct xsk_ring_cons *done, unsigned int sent)
{
	unsigned int left = sent, n;
	__u32 index;

	while (left) {
		if (sendto(xsk_socket__fd(xsk), NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 &&
		    errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
			fail("sendto", errno);
		n = xsk_ring_cons__peek(done, left, &index);
		xsk_ring_cons__release(done, n);
		left -= n;
	}
}

int main(int argc, char **argv)
{
	struct xsk_socket_config config = {
		.rx_size = 0,
		.tx_size = FRAMES,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY,
	};
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons done;
	struct xsk_socket *xsk;
	struct xsk_umem *umem;
	unsigned int count, n;
	ssize_t length;
	__u32 index;
	void *memory;
	int err;

	if (argc != 3) {
		fprintf(stderr, "Usage: xsk IFNAME COUNT < FRAME\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 0);
	memory = mmap(NULL, FRAMES * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED)
		fail("mmap", errno);
	length = read(STDIN_FILENO, memory, SIZE);
	if (length <= 0)
		fail("there is no frame", length ? errno : ENODATA);
	for (n = 1; n < FRAMES; n++)
		memcpy(memory + n * SIZE, memory, length);
	err = xsk_umem__create(&umem, memory, FRAMES * SIZE, &fill, &done, NULL);
	if (err)
		fail("umem", err);
	err = xsk_socket__create(&xsk, argv[1], 0, umem, NULL, &tx, &config);
	if (err)
		fail(argv[1], err);
	for (; count; count -= n) {
		n = xsk_ring_prod__reserve(&tx, count < FRAMES ? count : FRAMES, &index);
		for (unsigned int i = 0; i < n; i++)
			*xsk_ring_prod__tx_desc(&tx, index + i) =
				(struct xdp_desc){ .addr = i * SIZE, .len = length };
		xsk_ring_prod__submit(&tx, n);
		settle(xsk, &done, n);
	}
	xsk_socket__delete(xsk);
	xsk_umem__delete(umem);
	return 0;
}
