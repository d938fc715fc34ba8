// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>

#include "program/kfuncs.h"

TEST(functions_are_listed_and_variables_are_not)
{
	struct btf *btf = btf__parse(TEST_DIR "/good.bpf.o", NULL);
	unsigned int position = 0, first = 0, second = 0;
	const char *name;

	assert_non_null(btf);
	while ((name = kfuncs_next(btf, &position))) {
		if (!strcmp(name, "first_kfunc"))
			first++;
		else if (!strcmp(name, "second_kfunc"))
			second++;
		else
			fail_msg("%s is not a kernel function", name);
	}
	assert_int_equal(first, 1);
	assert_int_equal(second, 1);
	assert_null(kfuncs_next(btf, &position));
	btf__free(btf);
}

TEST(object_without_any_lists_none)
{
	struct btf *btf = btf__parse(TEST_DIR "/plain.bpf.o", NULL);
	unsigned int position = 0;

	assert_non_null(btf);
	assert_null(kfuncs_next(btf, &position));
	btf__free(btf);
}

TEST(crafted_types_are_listed)
{
	struct btf *btf = btf__new_empty();
	unsigned int position = 0;
	int prototype, function;

	assert_non_null(btf);
	prototype = btf__add_func_proto(btf, 0);
	function = btf__add_func(btf, "crafted", BTF_FUNC_EXTERN, prototype);
	assert_true(function > 0);
	assert_true(btf__add_datasec(btf, ".ksyms", 0) > 0);
	assert_null(kfuncs_next(btf, &position));
	assert_int_equal(btf__add_datasec_var_info(btf, function, 0, 0), 0);
	assert_string_equal(kfuncs_next(btf, &position), "crafted");
	assert_null(kfuncs_next(btf, &position));
	btf__free(btf);
}

TEST(missing_functions_are_refused)
{
	/* No kernel has them; one without type information is refused as well. */
	assert_true(kfuncs_check(TEST_DIR "/good.bpf.o") < 0);
}

TEST(file_without_types_is_refused)
{
	assert_true(kfuncs_check("/dev/null") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_listed_and_variables_are_not),
		cmocka_unit_test(object_without_any_lists_none),
		cmocka_unit_test(crafted_types_are_listed),
		cmocka_unit_test(missing_functions_are_refused),
		cmocka_unit_test(file_without_types_is_refused),
	};

	return cmocka_run_group_tests_name("kfuncs", tests, NULL, NULL);
}
