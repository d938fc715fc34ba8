// SPDX-License-Identifier: GPL-2.0
/*
 * The output of features, in both formats.
 */
#include <string.h>

#include "features_print.h"
#include "output.h"
#include "util/printable.h"

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

static void print_title(FILE *stream, const struct feature *feature, const char *before)
{
	fprintf(stream, "%s%s%s", before, groups[feature->group].title,
		*feature->ifname ? " " : "");
	printable_put(stream, feature->ifname);
	fputs(":\n", stream);
}

void features_print_text(FILE *stream, const struct features *features)
{
	for (size_t i = 0; i < features->count; i++) {
		const struct feature *feature = &features->list[i];

		if (!i || begins_group(features, i))
			print_title(stream, feature, i ? "\n" : "");
		fprintf(stream, "  %-34s %-3s%s", feature->name, feature->there ? "yes" : "no",
			*feature->note ? "  " : "");
		printable_put(stream, feature->note);
		fputc('\n', stream);
	}
	fprintf(stream, "\n%s\n",
		features_suffice(features) ? "load works with these."
					   : "load does not work with these.");
}

static json_object *feature_object(const struct feature *feature)
{
	json_object *object = json_object_new_object();

	output_add_string(object, "group", groups[feature->group].name);
	if (feature->group == FEATURE_INTERFACE)
		output_add_string(object, "ifname", feature->ifname);
	output_add_string(object, "name", feature->name);
	output_add_bool(object, "there", feature->there);
	output_add_bool(object, "needed", feature->needed);
	output_add_string(object, "note", feature->note);
	return object;
}

int features_print_json(FILE *stream, const struct features *features)
{
	json_object *root = json_object_new_object();
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < features->count; i++)
		json_object_array_add(array, feature_object(&features->list[i]));
	json_object_object_add(root, "features", array);
	output_add_bool(root, "load", features_suffice(features));

	return output_json(stream, root);
}
