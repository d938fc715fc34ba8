/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_VECTORS_TESTS_H
#define TESTS_VECTORS_TESTS_H

/* Add the cases of each file. */
void add_module_tests(void);
void add_harness_tests(void);
void add_kfunc_tests(void);

#endif /* TESTS_VECTORS_TESTS_H */
