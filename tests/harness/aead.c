// SPDX-License-Identifier: GPL-2.0
/*
 * ChaCha20-Poly1305 from RFC 8439, written to be compared with: plain, not fast, and not safe
 * against those who measure time.
 */
#include <string.h>

#include "aead.h"

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static uint32_t rotate(uint32_t v, int bits)
{
	return v << bits | v >> (32 - bits);
}

static void quarter_round(uint32_t *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 7);
}

/* Section 2.3, with a nonce of four zero bytes and the counter. */
static void chacha_block(uint8_t *block, const uint8_t *key, uint64_t counter, uint32_t number)
{
	uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint32_t state[16];
	int i;

	for (i = 0; i < 8; i++)
		start[4 + i] = get32(key + 4 * i);
	start[12] = number;
	start[14] = counter;
	start[15] = counter >> 32;
	memcpy(state, start, sizeof(state));
	for (i = 0; i < 10; i++) {
		quarter_round(state, 0, 4, 8, 12);
		quarter_round(state, 1, 5, 9, 13);
		quarter_round(state, 2, 6, 10, 14);
		quarter_round(state, 3, 7, 11, 15);
		quarter_round(state, 0, 5, 10, 15);
		quarter_round(state, 1, 6, 11, 12);
		quarter_round(state, 2, 7, 8, 13);
		quarter_round(state, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		put32(block + 4 * i, state[i] + start[i]);
}

static void chacha_crypt(uint8_t *to, const uint8_t *from, size_t length, const uint8_t *key,
			 uint64_t counter)
{
	uint8_t block[64];
	size_t i;

	for (i = 0; i < length; i++) {
		if (i % sizeof(block) == 0)
			chacha_block(block, key, counter, 1 + i / sizeof(block));
		to[i] = from[i] ^ block[i % sizeof(block)];
	}
}

/* Section 2.5; numbers modulo 2^130 - 5 are five limbs of 26 bits, least significant first. */
struct poly1305 {
	uint32_t r[5];
	uint32_t h[5];
};

#define LIMB_MASK 0x3ffffff

static void load_limbs(uint32_t *limb, const uint8_t *bytes, uint32_t top)
{
	limb[0] = get32(bytes) & LIMB_MASK;
	limb[1] = get32(bytes + 3) >> 2 & LIMB_MASK;
	limb[2] = get32(bytes + 6) >> 4 & LIMB_MASK;
	limb[3] = get32(bytes + 9) >> 6;
	limb[4] = get32(bytes + 12) >> 8 | top << 24;
}

static void carry_limbs(uint32_t *h, const uint64_t *wide)
{
	uint64_t carry = 0;
	int i;

	for (i = 0; i < 5; i++) {
		carry += wide[i];
		h[i] = carry & LIMB_MASK;
		carry >>= 26;
	}
	carry = h[0] + carry * 5;
	h[0] = carry & LIMB_MASK;
	h[1] += carry >> 26;
}

/* Every piece of the AEAD's input is padded to whole blocks. */
static void poly1305_block(struct poly1305 *poly, const uint8_t *block)
{
	uint64_t wide[5] = {};
	uint32_t limb[5];
	int i, j;

	load_limbs(limb, block, 1);
	for (i = 0; i < 5; i++)
		poly->h[i] += limb[i];
	for (i = 0; i < 5; i++) {
		for (j = 0; j < 5; j++)
			wide[(i + j) % 5] +=
				(uint64_t)poly->h[i] * poly->r[j] * (i + j < 5 ? 1 : 5);
	}
	carry_limbs(poly->h, wide);
}

static void poly1305_finish(struct poly1305 *poly, const uint8_t *pad, uint8_t *tag)
{
	uint32_t h[5], minus[5];
	uint64_t wide[5], sum = 0;
	uint32_t word[4];
	uint32_t carry = 5;
	int i;

	for (i = 0; i < 5; i++)
		wide[i] = poly->h[i];
	carry_limbs(h, wide);
	for (i = 0; i < 5; i++)
		wide[i] = h[i];
	carry_limbs(h, wide);
	/* Subtract the modulus if it is not larger: h + 5 then carries into bit 130. */
	for (i = 0; i < 5; i++) {
		carry += h[i];
		minus[i] = carry & LIMB_MASK;
		carry >>= 26;
	}
	if (carry)
		memcpy(h, minus, sizeof(h));
	word[0] = h[0] | h[1] << 26;
	word[1] = h[1] >> 6 | h[2] << 20;
	word[2] = h[2] >> 12 | h[3] << 14;
	word[3] = h[3] >> 18 | h[4] << 8;
	for (i = 0; i < 4; i++) {
		sum += (uint64_t)word[i] + get32(pad + 4 * i);
		put32(tag + 4 * i, sum);
		sum >>= 32;
	}
}

/* Section 2.8. */
static void make_tag(uint8_t *tag, const uint8_t *text, size_t length, const uint8_t *key,
		     uint64_t counter)
{
	struct poly1305 poly = {};
	uint8_t block[64], part[16];
	size_t done, left;
	int i;

	chacha_block(block, key, counter, 0);
	for (i = 3; i < 16; i += 4)
		block[i] &= 15;
	for (i = 4; i < 16; i += 4)
		block[i] &= 252;
	load_limbs(poly.r, block, 0);
	for (done = 0; done < length; done += sizeof(part)) {
		left = length - done < sizeof(part) ? length - done : sizeof(part);
		memset(part, 0, sizeof(part));
		memcpy(part, text + done, left);
		poly1305_block(&poly, part);
	}
	memset(part, 0, sizeof(part));
	put32(part + 8, length);
	poly1305_block(&poly, part);
	poly1305_finish(&poly, block + 16, tag);
}

void aead_seal(uint8_t *to, const uint8_t *from, size_t length, const uint8_t *key,
	       uint64_t counter)
{
	chacha_crypt(to, from, length, key, counter);
	make_tag(to + length, to, length, key, counter);
}

bool aead_open(uint8_t *to, const uint8_t *from, size_t length, const uint8_t *key,
	       uint64_t counter)
{
	uint8_t tag[AEAD_TAG];

	make_tag(tag, from, length, key, counter);
	if (memcmp(tag, from + length, sizeof(tag)))
		return false;
	chacha_crypt(to, from, length, key, counter);
	return true;
}
