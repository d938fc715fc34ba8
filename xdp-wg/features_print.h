/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_FEATURES_PRINT_H
#define XDP_WG_FEATURES_PRINT_H

#include <stdio.h>

#include "diagnose/features.h"

/* features_print_text() - For people. */
void features_print_text(FILE *stream, const struct features *features);

/*
 * features_print_json() - For scripts.
 * Return: 0, or -ENOMEM, with a message printed.
 */
int features_print_json(FILE *stream, const struct features *features);

#endif /* XDP_WG_FEATURES_PRINT_H */
