// SPDX-License-Identifier: GPL-2.0
/*
 * JSON, for what all subcommands print of it.
 */
#include <errno.h>

#include "output.h"
#include "util/log.h"

void output_add_string(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

void output_add_int(json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

void output_add_uint(json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void output_add_bool(json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

int output_json(FILE *stream, json_object *root)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text = json_object_to_json_string_ext(root, flags);

	if (text)
		fprintf(stream, "%s\n", text);
	else
		log_error("out of memory");
	json_object_put(root);
	return text ? 0 : -ENOMEM;
}
