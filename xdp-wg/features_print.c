// SPDX-License-Identifier: GPL-2.0
/*
 * The output of features, in both formats.
 */
#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "features_print.h"
#include "util/log.h"

static const struct {
	const char *title;
	const char *name;
} groups[] = {
	[FEATURE_KERNEL] = { "Kernel", "kernel" },
	[FEATURE_KFUNC] = { "Kernel functions", "kfunc" },
	[FEATURE_LIBRARY] = { "Libraries", "library" },
	[FEATURE_INTERFACE] = { "Interface", "interface" },
};

static bool begins_group(const struct features *features, size_t index)
{
	const struct feature *last = &features->list[index - 1], *feature = &features->list[index];

	return last->group != feature->group || strcmp(last->ifname, feature->ifname);
}

void features_text(FILE *stream, const struct features *features)
{
	for (size_t i = 0; i < features->count; i++) {
		const struct feature *feature = &features->list[i];

		if (!i || begins_group(features, i))
			fprintf(stream, "%s%s%s%s:\n", i ? "\n" : "", groups[feature->group].title,
				*feature->ifname ? " " : "", feature->ifname);
		fprintf(stream, "  %-34s %-3s%s%s\n", feature->name, feature->there ? "yes" : "no",
			*feature->note ? "  " : "", feature->note);
	}
	fprintf(stream, "\n%s\n", features_suffice(features) ? "load works with these." :
								"load does not work with these.");
}

static json_object *feature_object(const struct feature *feature)
{
	json_object *object = json_object_new_object();
	const char *group = groups[feature->group].name;

	json_object_object_add(object, "group", json_object_new_string(group));
	if (feature->group == FEATURE_INTERFACE)
		json_object_object_add(object, "ifname", json_object_new_string(feature->ifname));
	json_object_object_add(object, "name", json_object_new_string(feature->name));
	json_object_object_add(object, "there", json_object_new_boolean(feature->there));
	json_object_object_add(object, "needed", json_object_new_boolean(feature->needed));
	json_object_object_add(object, "note", json_object_new_string(feature->note));
	return object;
}

int features_json(FILE *stream, const struct features *features)
{
	json_object *root = json_object_new_object();
	json_object *array = json_object_new_array();
	const char *text;

	for (size_t i = 0; i < features->count; i++)
		json_object_array_add(array, feature_object(&features->list[i]));
	json_object_object_add(root, "features", array);
	json_object_object_add(root, "load", json_object_new_boolean(features_suffice(features)));

	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		fprintf(stream, "%s\n", text);
	else
		log_error("out of memory");
	json_object_put(root);
	return text ? 0 : -ENOMEM;
}
