/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_OUTPUT_H
#define XDP_WG_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

/* These add a member to a JSON object. The strings are copied. */
void output_add_string(json_object *object, const char *key, const char *value);
void output_add_int(json_object *object, const char *key, int64_t value);
void output_add_uint(json_object *object, const char *key, uint64_t value);
void output_add_bool(json_object *object, const char *key, bool value);

/*
 * output_json() - Print a whole JSON document, and free it in any case.
 * Return: 0, or -ENOMEM, with a message printed.
 */
int output_json(FILE *stream, json_object *root);

#endif /* XDP_WG_OUTPUT_H */
