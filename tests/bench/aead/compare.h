/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_BENCH_AEAD_COMPARE_H
#define TESTS_BENCH_AEAD_COMPARE_H

/*
 * compare_all() - Compare the composed AEAD with the library's for all lengths.
 * Return: 0, -ENOMEM, or -EKEYREJECTED after a line in the log.
 */
int compare_all(void);

#endif /* TESTS_BENCH_AEAD_COMPARE_H */
