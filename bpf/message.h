/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The data message of WireGuard, as it stands in a UDP datagram: 4 bytes type, 4 bytes receiver
 * index, 8 bytes counter, all little-endian; ciphertext; 16 bytes tag.
 */
#ifndef BPF_MESSAGE_H
#define BPF_MESSAGE_H

#include <linux/types.h>

/* Type of a data message, as the little-endian word that the field is. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MESSAGE_DATA ((__le32)4)
#else
#define MESSAGE_DATA ((__le32)__builtin_bswap32(4))
#endif

#define MESSAGE_TAG 16
#define MESSAGE_PADDING 16 /* the plaintext is padded to a multiple of this */

struct message_data {
	__le32 type;
	__le32 index;
	__le64 counter;
};

#define MESSAGE_OVERHEAD (sizeof(struct message_data) + MESSAGE_TAG)

#endif /* BPF_MESSAGE_H */
