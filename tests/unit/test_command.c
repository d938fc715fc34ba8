// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/xdp_wg.h"
#include "util/log.h"
#include "command.h"
#include "load_options.h"

static const struct command *const table[] = {
	&load_command,
	&unload_command,
	&status_command,
	&(const struct command){ .name = "stop" },
	&(const struct command){ .name = "loader" },
	NULL,
};

TEST(prefixes_find_commands)
{
	assert_ptr_equal(command_find(table, "unload"), &unload_command);
	assert_ptr_equal(command_find(table, "u"), &unload_command);
	assert_ptr_equal(command_find(table, "sta"), &status_command);
	assert_ptr_equal(command_find(table, "status"), &status_command);
}

TEST(exact_name_wins_over_longer_one)
{
	assert_ptr_equal(command_find(table, "load"), &load_command);
}

TEST(ambiguous_and_unknown_names_find_nothing)
{
	assert_null(command_find(table, "s"));
	assert_null(command_find(table, "st"));
	assert_null(command_find(table, "lo"));
	assert_null(command_find(table, ""));
	assert_null(command_find(table, "statuses"));
	assert_null(command_find(table, "x"));
}

/* Parse load's arguments, which end with NULL. */
static enum parse_result parse(struct load_options *options, int *first, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	*options = load_defaults;
	return command_parse(&load_command, argc, argv, options, first);
}

#define PARSE(options, first, ...) parse(options, first, (char *[]){ "load", __VA_ARGS__, NULL })

/* The object that is loaded without a word about it, in native mode. */
static const char *default_object(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? BPF_DIR "/xdp_wg_auto.bpf.o"
						 : BPF_DIR "/xdp_wg.bpf.o";
}

TEST(load_has_defaults)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "eth0", "eth1"), PARSE_OK);
	assert_int_equal(first, 1);
	assert_int_equal(options.attach.mode, XDP_MODE_NATIVE);
	assert_int_equal(options.attach.prio, XDP_WG_PRIO);
	assert_int_equal(options.attach.flags, 0);
	assert_int_equal(options.attach.hook, HOOK_XDP);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, default_object());
	assert_false(options.replace);
	assert_false(options.foreground);
	assert_int_equal(log_level(), LEVEL_INFO);
}

TEST(load_takes_short_and_long_options)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-m", "skb", "-P7", "-uRF", "-o", "x.o", "-v",
			       "eth0"),
			 PARSE_OK);
	assert_int_equal(options.attach.mode, XDP_MODE_SKB);
	assert_int_equal(options.attach.prio, 7);
	assert_int_equal(options.attach.flags, XDP_WG_NO_UDP_CSUM);
	assert_string_equal(options.attach.object, "x.o");
	assert_true(options.replace);
	assert_true(options.foreground);
	assert_int_equal(log_level(), LEVEL_DEBUG);

	assert_int_equal(PARSE(&options, &first, "--mode=hw", "--prio", "0", "--no-udp-csum",
			       "--replace", "--foreground", "--object", "y.o", "--verbose",
			       "--verbose", "eth0"),
			 PARSE_OK);
	assert_int_equal(options.attach.mode, XDP_MODE_HW);
	assert_int_equal(options.attach.prio, 0);
	assert_int_equal(options.attach.flags, XDP_WG_NO_UDP_CSUM);
	assert_string_equal(options.attach.object, "y.o");
	assert_true(options.replace);
	assert_true(options.foreground);
	assert_int_equal(log_level(), LEVEL_VERBOSE);

	assert_int_equal(PARSE(&options, &first, "--bypass-netfilter", "eth0"), PARSE_OK);
	assert_int_equal(options.attach.flags, XDP_WG_BYPASS_NETFILTER);
	assert_int_equal(PARSE(&options, &first, "--bypass-tc", "-u", "eth0"), PARSE_OK);
	assert_int_equal(options.attach.flags, XDP_WG_BYPASS_TC | XDP_WG_NO_UDP_CSUM);
	assert_int_equal(options.attach.sample, 1000);
	assert_int_equal(PARSE(&options, &first, "-c", "--sample", "50", "eth0"), PARSE_OK);
	assert_int_equal(options.attach.flags, XDP_WG_CONNTRACK);
	assert_int_equal(options.attach.sample, 50);
}

TEST(options_may_follow_interfaces)
{
	char *argv[] = { "load", "eth0", "-m", "unspecified", "eth1", "-q", NULL };
	struct load_options options;
	int first;

	assert_int_equal(parse(&options, &first, argv), PARSE_OK);
	assert_int_equal(options.attach.mode, XDP_MODE_UNSPEC);
	assert_int_equal(first, 4);
	assert_string_equal(argv[4], "eth0");
	assert_string_equal(argv[5], "eth1");
	assert_int_equal(log_level(), LEVEL_WARNING);
}

TEST(level_is_given_by_name)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-l", "warning", "eth0"), PARSE_OK);
	assert_int_equal(log_level(), LEVEL_WARNING);
	assert_int_equal(PARSE(&options, &first, "--log-level=verbose", "eth0"), PARSE_OK);
	assert_int_equal(log_level(), LEVEL_VERBOSE);
	/* It says exactly what is wanted: the others do not change it, in whatever order. */
	assert_int_equal(PARSE(&options, &first, "-l", "error", "-vv", "eth0"), PARSE_OK);
	assert_int_equal(log_level(), LEVEL_ERROR);
	assert_int_equal(PARSE(&options, &first, "-q", "-l", "debug", "eth0"), PARSE_OK);
	assert_int_equal(log_level(), LEVEL_DEBUG);
	assert_int_equal(PARSE(&options, &first, "-l", "info", "eth0"), PARSE_OK);
	assert_int_equal(log_level(), LEVEL_INFO);
	assert_int_equal(PARSE(&options, &first, "-l", "loud", "eth0"), PARSE_ERROR);
}

TEST(wrong_options_are_errors)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-m", "fast", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-P", "-1", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-P", "1x", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-P", "", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-P", "2147483648", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-P", "99999999999999999999", "e0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "--hook", "tcx", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "--before", "0", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "--after", "-1", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "--after", "4294967296", "e0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "--after", "name", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-x", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "--nonsense", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "eth0", "-o"), PARSE_ERROR);
}

TEST(tc_has_options_of_its_own)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-H", "tc", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.hook, HOOK_TC);
	assert_int_equal(options.attach.anchor.relative_id, 0);
	assert_string_equal(options.attach.object, BPF_DIR "/tc_wg.bpf.o");

	assert_int_equal(PARSE(&options, &first, "--hook=tc", "--before", "7", "e0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.anchor.relative_id, 7);
	assert_true(options.attach.anchor.before);

	assert_int_equal(PARSE(&options, &first, "--hook", "tc", "--after=4294967295", "-uF", "-o",
			       "x.o", "e0"),
			 PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_true(options.attach.anchor.relative_id == UINT32_MAX);
	assert_false(options.attach.anchor.before);
	assert_string_equal(options.attach.object, "x.o");
}

static void refuse(char **argv)
{
	struct load_options options;
	int first;

	assert_int_equal(parse(&options, &first, argv), PARSE_OK);
	assert_int_equal(load_options_check(&options), -EINVAL);
}

#define REFUSE(...) refuse((char *[]){ "load", __VA_ARGS__, NULL })

TEST(options_of_other_hooks_are_refused)
{
	REFUSE("--hook", "tc", "-m", "native", "eth0");
	REFUSE("-P", "30", "--hook", "tc", "eth0");
	REFUSE("--before", "7", "eth0");
	REFUSE("--hook", "xdp", "--after", "7", "eth0");
	REFUSE("--hook", "tc", "--before", "7", "--after", "8", "eth0");
	REFUSE("--hook", "tc", "-R", "--before", "7", "eth0");
	REFUSE("--hook", "tc", "-R", "--after", "7", "eth0");
}

TEST(rss_has_options_of_its_own)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-r", "inner_flow", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.rss.rss, RSS_INNER_FLOW);
	assert_int_equal(options.attach.rss.queue_size, RSS_QUEUE_SIZE);
	assert_string_equal(options.attach.object, BPF_DIR "/rss_inner_flow.bpf.o");

	assert_int_equal(PARSE(&options, &first, "--rss=rx_hash", "--exclude-cpus", "1-2",
			       "--queue-size=16384", "-o", "x.o", "eth0"),
			 PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.rss.rss, RSS_RX_HASH);
	assert_int_equal(options.attach.rss.queue_size, 16384);
	assert_false(options.attach.rss.excluded.has[0]);
	assert_true(options.attach.rss.excluded.has[2]);
	assert_string_equal(options.attach.object, "x.o");

	assert_int_equal(PARSE(&options, &first, "-r", "auto", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, BPF_DIR "/xdp_wg_auto.bpf.o");
	assert_int_equal(PARSE(&options, &first, "-r", "auto", "-r", "none", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, BPF_DIR "/xdp_wg.bpf.o");
}

TEST(native_mode_has_an_rss_program_by_default)
{
	static const char datapath[] = BPF_DIR "/xdp_wg.bpf.o";
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-m", "native", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, default_object());
	assert_int_equal(PARSE(&options, &first, "-m", "skb", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, datapath);
	assert_int_equal(PARSE(&options, &first, "-m", "unspecified", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, datapath);
	assert_int_equal(PARSE(&options, &first, "-o", "x.o", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.rss.rss, RSS_NONE);
}

TEST(tc_leaves_work_to_others)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-H", "tc", "-r", "auto", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.flags, XDP_WG_RELIEF);
	assert_int_equal(options.attach.rss.rss, RSS_NONE);
	assert_string_equal(options.attach.object, BPF_DIR "/tc_wg.bpf.o");
	assert_int_equal(PARSE(&options, &first, "-H", "tc", "-r", "none", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.flags, 0);
	assert_int_equal(PARSE(&options, &first, "-H", "tc", "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_int_equal(options.attach.flags,
			 sysconf(_SC_NPROCESSORS_ONLN) > 1 ? XDP_WG_RELIEF : 0);
	REFUSE("-H", "tc", "-r", "auto", "-e", "0", "eth0");
	REFUSE("-H", "tc", "-r", "auto", "-Q", "64", "eth0");
}

TEST(rss_needs_a_dispatcher)
{
	struct load_options options;
	int first;

	setenv("LIBXDP_SKIP_DISPATCHER", "1", true);
	assert_int_equal(PARSE(&options, &first, "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, BPF_DIR "/xdp_wg.bpf.o");
	REFUSE("-r", "auto", "eth0");
	REFUSE("-r", "inner_flow", "eth0");
	setenv("LIBXDP_SKIP_DISPATCHER", "0", true);
	assert_int_equal(PARSE(&options, &first, "eth0"), PARSE_OK);
	assert_int_equal(load_options_check(&options), 0);
	assert_string_equal(options.attach.object, default_object());
	unsetenv("LIBXDP_SKIP_DISPATCHER");
}

TEST(wrong_rss_options_are_errors)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-r", "rss_inner_flow", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-e", "0,", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-Q", "0", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-Q", "16385", "eth0"), PARSE_ERROR);
	assert_int_equal(PARSE(&options, &first, "-Q", "64k", "eth0"), PARSE_ERROR);
	REFUSE("-m", "skb", "-e", "0", "eth0");
	REFUSE("-H", "tc", "-Q", "64", "eth0");
	REFUSE("-r", "none", "-e", "0", "eth0");
	REFUSE("-r", "none", "-Q", "64", "eth0");
	REFUSE("-o", "x.o", "-Q", "64", "eth0");
	REFUSE("-r", "inner_flow", "--hook", "tc", "eth0");
	REFUSE("-r", "inner_flow", "-m", "skb", "eth0");
	REFUSE("-r", "inner_flow", "-m", "hw", "eth0");
}

TEST(largest_priority_is_accepted)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-P", "2147483647", "eth0"), PARSE_OK);
	assert_int_equal(options.attach.prio, 2147483647);
}

TEST(help_is_help)
{
	struct load_options options;
	int first;

	assert_int_equal(PARSE(&options, &first, "-h"), PARSE_HELP);
	assert_int_equal(PARSE(&options, &first, "--help"), PARSE_HELP);
}

/* Call a function with stderr in a file, and return what it wrote there: the caller frees it. */
static char *said(void (*function)(char **argv), char **argv)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char *text = calloc(1, 4096);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
	function(argv);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	assert_true(fread(text, 1, 4095, file) > 0);
	fclose(file);
	return text;
}

static void parse_wrong(char **argv)
{
	struct load_options options;
	int first;

	assert_int_equal(parse(&options, &first, argv), PARSE_ERROR);
}

static void expect_words(const char *words, char **argv)
{
	char *text = said(parse_wrong, argv);
	char line[256];

	snprintf(line, sizeof(line), "xdp-wg: error: %s\n", words);
	assert_string_equal(text, line);
	free(text);
}

#define EXPECT_WORDS(words, ...) expect_words(words, (char *[]){ "load", __VA_ARGS__, NULL })

TEST(errors_say_what_is_right)
{
	EXPECT_WORDS("the hook must be xdp or tc, not x", "-H", "x");
	EXPECT_WORDS("the mode must be native, skb, hw or unspecified, not x", "-m", "x");
	EXPECT_WORDS("the priority must be a number from 0 to 2147483647, not x", "-P", "x");
	EXPECT_WORDS("a program id is a number from 1 to 4294967295, not 0", "-B", "0");
	EXPECT_WORDS("a program id is a number from 1 to 4294967295, not 0", "-A", "0");
	EXPECT_WORDS("the RSS program must be auto, inner_flow, tuple_steering, rx_hash, "
		     "match_port, round_robin or none, not x",
		     "-r", "x");
	EXPECT_WORDS("the size of a queue is a number from 1 to 16384, and not 0", "-Q", "0");
	EXPECT_WORDS("the log level must be error, warning, info, debug or verbose, not x", "-l",
		     "x");
	EXPECT_WORDS("the option --mode needs an argument", "--mode");
}

struct values {
	unsigned int number;
	bool wordy;
	bool checked;
};

static struct {
	struct values values;
	size_t count;
	char *first;
	int calls;
} ran;

static int check(void *values, size_t count)
{
	((struct values *)values)->checked = true;
	return count ? 0 : -EINVAL;
}

static int run(const void *values, char **arguments, size_t count)
{
	ran.values = *(const struct values *)values;
	ran.count = count;
	ran.first = arguments[0];
	ran.calls++;
	return STATUS_NOT_LOADED;
}

static const struct option_spec specs[] = {
	{ 'n', "number", "NUMBER", "a number", OPTION_NUMBER,
	  .value = offsetof(struct values, number), .max = 9, .wrong = "not a digit:" },
	{ 0, "wordy", NULL, "an option without a letter", OPTION_FLAG,
	  .value = offsetof(struct values, wordy) },
	{},
};

static const struct command command = {
	.name = "test",
	.arguments = "WORD...",
	.summary = "Test",
	.options = specs,
	.values_size = sizeof(struct values),
	.defaults = &(const struct values){ .number = 3 },
	.check = check,
	.run = run,
};

static int run_command(const struct command *command, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	memset(&ran, 0, sizeof(ran));
	return command_run(command, argc, argv);
}

#define RUN(command, ...) run_command(command, (char *[]){ "test", __VA_ARGS__, NULL })

TEST(command_runs_with_its_values_and_arguments)
{
	assert_int_equal(RUN(&command, "a", "-n4", "b"), STATUS_NOT_LOADED);
	assert_int_equal(ran.calls, 1);
	assert_int_equal(ran.values.number, 4);
	assert_true(ran.values.checked);
	assert_int_equal(ran.count, 2);
	assert_string_equal(ran.first, "a");

	assert_int_equal(RUN(&command, "a"), STATUS_NOT_LOADED);
	assert_int_equal(ran.values.number, 3);
}

TEST(what_is_not_right_does_not_run)
{
	assert_int_equal(RUN(&command, "-n", "10", "a"), STATUS_USAGE);
	assert_int_equal(ran.calls, 0);
	assert_int_equal(RUN(&command, "-x", "a"), STATUS_USAGE);
	assert_int_equal(ran.calls, 0);
	assert_int_equal(RUN(&command, "-n", "4"), STATUS_USAGE);
	assert_int_equal(ran.calls, 0);
	assert_int_equal(RUN(&command, "-h"), STATUS_DONE);
	assert_int_equal(ran.calls, 0);
}

static void run_wrong(char **argv)
{
	assert_int_equal(run_command(&command, argv), STATUS_USAGE);
}

static void expect_beginning(const char *words, char **argv)
{
	char *text = said(run_wrong, argv);

	if (strncmp(text, words, strlen(words)))
		fail_msg("\"%s\" should begin with \"%s\"", text, words);
	free(text);
}

#define EXPECT_BEGINNING(words, ...)                                                               \
	expect_beginning(words, (char *[]){ "test", __VA_ARGS__, NULL })

TEST(unknown_options_are_named)
{
	EXPECT_BEGINNING("xdp-wg: error: test has no option -w\nUsage: xdp-wg test ", "-w");
	EXPECT_BEGINNING("xdp-wg: error: test has no option --w2\nUsage: ", "--w2");
	EXPECT_BEGINNING("xdp-wg: error: test has no option --wordy=yes\nUsage: ", "--wordy=yes");
	EXPECT_BEGINNING("xdp-wg: error: not a digit: 10\n", "-n", "10");
}

TEST(privileges_are_checked_last)
{
	struct command privileged = command;
	uid_t euid = geteuid();

	privileged.privileged = true;
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(RUN(&privileged, "-n4"), STATUS_USAGE);
	assert_int_equal(RUN(&privileged, "-h"), STATUS_DONE);
	assert_int_equal(RUN(&privileged, "a"), STATUS_FAILED);
	assert_int_equal(ran.calls, 0);
	assert_int_equal(RUN(&command, "a"), STATUS_NOT_LOADED);
	assert_int_equal(seteuid(euid), 0);
	assert_int_equal(RUN(&privileged, "a"), euid ? STATUS_FAILED : STATUS_NOT_LOADED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_find_commands),
		cmocka_unit_test(exact_name_wins_over_longer_one),
		cmocka_unit_test(ambiguous_and_unknown_names_find_nothing),
		cmocka_unit_test(load_has_defaults),
		cmocka_unit_test(load_takes_short_and_long_options),
		cmocka_unit_test(options_may_follow_interfaces),
		cmocka_unit_test(level_is_given_by_name),
		cmocka_unit_test(wrong_options_are_errors),
		cmocka_unit_test(tc_has_options_of_its_own),
		cmocka_unit_test(options_of_other_hooks_are_refused),
		cmocka_unit_test(rss_has_options_of_its_own),
		cmocka_unit_test(native_mode_has_an_rss_program_by_default),
		cmocka_unit_test(tc_leaves_work_to_others),
		cmocka_unit_test(rss_needs_a_dispatcher),
		cmocka_unit_test(wrong_rss_options_are_errors),
		cmocka_unit_test(largest_priority_is_accepted),
		cmocka_unit_test(help_is_help),
		cmocka_unit_test(errors_say_what_is_right),
		cmocka_unit_test(command_runs_with_its_values_and_arguments),
		cmocka_unit_test(what_is_not_right_does_not_run),
		cmocka_unit_test(unknown_options_are_named),
		cmocka_unit_test(privileges_are_checked_last),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
