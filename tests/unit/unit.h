/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every unit test includes: cmocka wants these headers before its own.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/types.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* cmocka hands every test a state that most have no use for. */
#define TEST(name) static void name(void **state __attribute__((unused)))

#endif /* TESTS_UNIT_H */
