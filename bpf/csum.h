/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Internet checksum, RFC 1071. Plain functions, which user space can compile too.
 */
#ifndef BPF_CSUM_H
#define BPF_CSUM_H

#include <linux/types.h>

/*
 * Fold a sum of 16-bit words, RFC 1071. It is less than 2^48, as that of any packet: then no carry
 * is left after the third step.
 */
static inline __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/*
 * Add to a checksum what the words that it covers have lost, RFC 1624 equation 2. Where the result
 * is a zero, it is all ones if computing it anew gives 0; the stack's own function does the same.
 */
static inline __u16 csum16_add(__u16 csum, __be16 addend)
{
	__u32 sum = (__u32)csum + (__u16)addend;

	return sum + (sum >> 16);
}

/*
 * The checksum field for the sum of all that it covers. A checksum that comes out as zero is sent
 * as all ones, RFC 768: in UDP, zero says that there is none. For the others that is as right, and
 * what the stack does.
 */
static inline __u16 csum_finished(__u64 sum)
{
	__u16 csum = ~csum_fold(sum);

	return csum ? csum : 0xffff;
}

#endif /* BPF_CSUM_H */
