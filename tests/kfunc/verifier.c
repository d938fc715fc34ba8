// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier makes of programs that call the kfuncs, and what the module's BTF says of them.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests.h"
#include "calls.skel.h"
#include "refused.skel.h"

/* A program of refused.bpf.c and what the verifier has to say; NULL if it must load. */
struct refusal {
	const char *program;
	const char *words;
};

static const struct refusal refusals[] = {
	{ "good_xdp", NULL },
	{ "good_skb", NULL },
	{ "leaks_device", "Unreleased reference" },
	{ "leaks_device_by_port", "Unreleased reference" },
	{ "leaks_peer", "Unreleased reference" },
	{ "leaks_peer_by_index", "Unreleased reference" },
	{ "device_not_checked", "Possibly NULL pointer" },
	{ "peer_not_checked_encrypt", "Possibly NULL pointer" },
	{ "peer_not_checked_decrypt", "Possibly NULL pointer" },
	{ "peer_not_checked_peek", "Possibly NULL pointer" },
	{ "peer_not_checked_ident", "Possibly NULL pointer" },
	{ "peer_not_checked_match", "Possibly NULL pointer" },
	{ "peer_not_checked_route", "Possibly NULL pointer" },
	{ "peer_not_checked_tuple", "Possibly NULL pointer" },
	{ "puts_unchecked_device", "Possibly NULL pointer" },
	{ "uses_peer_after_put", "must point to scalar" },
	{ "uses_device_after_put", "must point to scalar" },
	{ "puts_twice", "must point to scalar" },
	{ "takes_device_for_peer", "expected pointer to STRUCT wg_peer" },
	{ "makes_up_peer", "must point to scalar" },
	{ "makes_up_pointer", "must point to scalar" },
	{ "walks_to_device", "must be referenced or trusted" },
	{ "writes_to_peer", "peer = 0" },
	{ "makes_up_context", "expected pointer to ctx" },
	{ "address_too_small", "invalid" },
	{ "block_too_small", "invalid" },
	{ "route_too_small", "invalid" },
	{ "good_in_work", NULL },
	{ "good_in_timer", NULL },
	{ "hands_over_in_work", "expected pointer to ctx" },
	{ "hands_over_in_timer", "expected pointer to ctx" },
	{ "takes_over_in_work", "expected pointer to ctx" },
	{ "takes_over_in_timer", "expected pointer to ctx" },
	{ "finds_device_in_work", "expected pointer to ctx" },
	{ "finds_device_in_timer", "expected pointer to ctx" },
	{ "makes_up_peer_in_work", "must point to scalar" },
	{ "makes_up_peer_in_timer", "must point to scalar" },
	{ "xdp_calls_skb_checksum", "is not allowed" },
	{ "xdp_calls_skb_egress", "is not allowed" },
	{ "xdp_calls_skb_headroom", "is not allowed" },
	{ "xdp_calls_skb_move", "is not allowed" },
	{ "skb_calls_xdp_checksum", "is not allowed" },
	{ "skb_calls_xdp_move", "is not allowed" },
	{ "cgroup_calls_checksum", "is not allowed" },
};

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* The last words of the verifier, without its closing statistics, as one line. */
static const char *last_words(char *log)
{
	char *end = strstr(log, "processed ");
	size_t length, i;

	if (end)
		*end = 0;
	length = strlen(log);
	for (i = 0; i < length; i++) {
		if (log[i] == '\n')
			log[i] = ' ';
	}
	return length > 200 ? log + length - 200 : log;
}

static void test_refusal(const void *arg)
{
	static char log[1 << 20];
	const struct refusal *refusal = arg;
	struct bpf_program *program;
	struct refused *refused;
	libbpf_print_fn_t print;
	const char *words;
	int err;

	refused = refused__open();
	CHECK(refused, "the object does not open");
	program = bpf_object__find_program_by_name(refused->obj, refusal->program);
	CHECK(program, "no such program");
	bpf_program__set_autoload(program, true);
	bpf_program__set_log_buf(program, log, sizeof(log));
	bpf_program__set_log_level(program, 1);
	log[0] = 0;
	print = libbpf_set_print(silent);
	err = refused__load(refused);
	libbpf_set_print(print);
	refused__destroy(refused);
	words = last_words(log);
	if (!refusal->words) {
		CHECK(!err, "does not load: %s", words);
		return;
	}
	CHECK(err, "loads");
	CHECK(strstr(words, refusal->words), "refused for another reason: %s", words);
}

/*
 * The kfuncs, in C. There are those for both kinds of program, those that each kind has under a
 * name of its own (% is xdp or skb, $ its context), and a few that only one has.
 */
static const char *const signatures[] = {
	"struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr, "
	"__u32 addr__sz)",
	"struct wg_peer *bpf_wg_peer_hashtable_lookup(struct wg_device *wg, __le32 idx)",
	"int bpf_wg_endpoint_tuple_get(struct wg_peer *peer, struct bpf_sock_tuple *tuple, "
	"__u32 tuple__sz)",
	"int bpf_wg_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow, "
	"__u32 flow__sz)",
	"int bpf_wg_peer_route(struct wg_peer *peer, struct bpf_wg_route *route, __u32 route__sz)",
	"__u32 bpf_wg_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr)",
	"void bpf_wg_device_put(struct wg_device *wg)",
	"void bpf_wg_peer_put(struct wg_peer *peer)",
	"struct wg_device *bpf_%_wg_device_get_by_index($, __u32 ifindex)",
	"struct wg_device *bpf_%_wg_device_get_by_port($, __u16 port)",
	"int bpf_%_wg_flow_validate($, struct bpf_wg_flow *flow, __u32 flow__sz, __u32 mark)",
	"int bpf_%_wg_flow_recall($, const struct bpf_wg_flow *flow, __u32 flow__sz, "
	"struct bpf_wg_recalled *recalled)",
	"int bpf_%_wg_hooks($, __u32 iif, struct wg_device *wg, struct bpf_wg_egress *egress, "
	"__u32 flags)",
	"int bpf_%_wg_received($, __u32 ifindex, __u32 length)",
	"int bpf_%_wg_ingress($, const void *addresses, __u32 addresses__sz, "
	"struct bpf_wg_ingress *ingress)",
	"int bpf_%_wg_bridge_sees($, struct wg_peer *peer, __u32 flow, __u32 received)",
	"int bpf_%_wg_own_mac($, const void *mac, __u32 mac__sz)",
	"int bpf_%_wg_egress($, __u32 ifindex)",
	"int bpf_%_wg_neigh_probe($, __u32 ifindex, const void *addr, __u32 addr__sz)",
	"int bpf_%_wg_peek($, __u32 offset, __u32 length, struct wg_peer *peer, "
	"struct bpf_wg_block *block)",
	"void bpf_%_wg_stream_forget($)",
	"__u64 bpf_%_wg_stream_hand_over($)",
	"int bpf_%_wg_stream_take_over($, __u64 ticket)",
	"int bpf_%_wg_encrypt($, __u32 offset, __u32 length, struct wg_peer *peer)",
	"int bpf_%_wg_decrypt($, __u32 offset, __u32 length, struct wg_peer *peer)",
	"__s64 bpf_%_checksum($, __u32 offset, __u32 length, __u32 seed)",
	"int bpf_%_wg_move($, __u32 to, __u32 from, __u32 length)",
	"int bpf_skb_wg_finish(struct __sk_buff *skb_ctx, __u32 end)",
	"int bpf_skb_wg_encapsulated(struct __sk_buff *skb_ctx, struct wg_peer *peer, "
	"__u32 family)",
	"int bpf_skb_wg_decapsulated(struct __sk_buff *skb_ctx, struct wg_peer *peer)",
	"int bpf_wg_peer_queued(struct wg_peer *peer, __u32 received)",
	"int bpf_wg_consent_encrypt(struct wg_peer *peer, const struct bpf_wg_flow *flow, "
	"const struct bpf_wg_route *route, struct bpf_wg_consent *consent)",
	"int bpf_wg_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer, "
	"const struct bpf_wg_flow *inner, struct bpf_wg_consent *consent)",
	"void bpf_wg_consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent, "
	"__u32 inner, __u32 outer)",
	"__u32 bpf_skb_wg_headroom(struct __sk_buff *skb_ctx)",
	"int bpf_xdp_wg_unfinished(struct xdp_md *xdp_ctx, "
	"struct bpf_wg_unfinished *unfinished, __u32 unfinished__sz)",
	"int bpf_xdp_wg_sent(struct xdp_md *xdp_ctx, __u32 ifindex, __u32 port, __u32 length)",
};

static const char *const contexts[] = { "struct xdp_md *xdp_ctx", "struct __sk_buff *skb_ctx" };

/* Write the signature that a kind of program has. */
static void expand(const char *signature, enum kind kind, char *to, size_t size)
{
	size_t length = 0;

	to[0] = 0;
	for (; *signature; signature++) {
		if (*signature == '%')
			length += snprintf(to + length, size - length, "%s", kind_names[kind]);
		else if (*signature == '$')
			length += snprintf(to + length, size - length, "%s", contexts[kind]);
		else
			length += snprintf(to + length, size - length, "%c", *signature);
	}
}

static char dumped[1024];

static void collect(void *ctx, const char *format, va_list args)
{
	size_t length = strlen(dumped);

	(void)ctx;
	vsnprintf(dumped + length, sizeof(dumped) - length, format, args);
}

/* The name in a declaration: what is in front of the arguments. */
static void name_of(const char *signature, char *name, size_t size)
{
	const char *end = strchr(signature, '(');
	const char *start = end;

	while (start[-1] != '*' && start[-1] != ' ')
		start--;
	snprintf(name, size, "%.*s", (int)(end - start), start);
}

static void check_signature(struct btf *btf, struct btf_dump *dump, const char *expected)
{
	char name[64];
	int func;

	name_of(expected, name, sizeof(name));
	func = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	CHECK(func > 0, "the module has no %s", name);

	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = name, );
	dumped[0] = 0;
	CHECK(!btf_dump__emit_type_decl(dump, btf__type_by_id(btf, func)->type, &opts),
	      "%s cannot be shown", name);
	CHECK(!strcmp(dumped, expected), "it is: %s", dumped);
}

/* How many functions of the module's own BTF have the names that only kfuncs have. */
static int count_kfuncs(const struct btf *btf, int first)
{
	int id, kfuncs = 0, count = btf__type_cnt(btf);

	for (id = first; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type) &&
		    !strncmp(btf__name_by_offset(btf, type->name_off), "bpf_", 4))
			kfuncs++;
	}
	return kfuncs;
}

static void test_signatures(const void *arg)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	char signature[256];
	struct btf_dump *dump;
	struct btf *btf;
	int checked = 0;
	size_t i;

	(void)arg;
	CHECK(vmlinux, "the kernel has no BTF");
	btf = btf__load_module_btf("wireguard", vmlinux);
	CHECK(btf, "the module has no BTF");
	dump = btf_dump__new(btf, collect, NULL, NULL);
	CHECK(dump, "its BTF cannot be shown");
	for (i = 0; i < sizeof(signatures) / sizeof(*signatures); i++) {
		expand(signatures[i], XDP, signature, sizeof(signature));
		check_signature(btf, dump, signature);
		checked++;
		if (!strchr(signatures[i], '%'))
			continue;
		expand(signatures[i], SKB, signature, sizeof(signature));
		check_signature(btf, dump, signature);
		checked++;
	}
	/* One that is not in the list has no tests either. */
	CHECK_EQ(count_kfuncs(btf, btf__type_cnt(vmlinux)), checked);
	btf_dump__free(dump);
	btf__free(btf);
	btf__free(vmlinux);
}

/* The structures that the module and programs agree on. */
static const char *const structures[] = { "bpf_wg_flow",       "bpf_wg_route",	"bpf_wg_block",
					  "bpf_wg_unfinished", "bpf_wg_egress", "bpf_wg_ingress" };

static const struct btf_type *find_structure(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	CHECK(id > 0, "there is no struct %s", name);
	return btf__type_by_id(btf, id);
}

/* The name, offset and size of all members, in a program's BTF and in the module's. */
static void check_structure(const struct btf *ours, const struct btf *theirs, const char *name)
{
	const struct btf_type *our = find_structure(ours, name);
	const struct btf_type *their = find_structure(theirs, name);
	int i;

	CHECK_EQ(their->size, our->size);
	CHECK_EQ(btf_vlen(their), btf_vlen(our));
	for (i = 0; i < btf_vlen(our); i++) {
		const struct btf_member *member = &btf_members(our)[i];
		const struct btf_member *other = &btf_members(their)[i];
		const char *words = btf__name_by_offset(ours, member->name_off);

		CHECK(!strcmp(btf__name_by_offset(theirs, other->name_off), words),
		      "%s.%s has another name in the module", name, words);
		CHECK(btf_member_bit_offset(their, i) == btf_member_bit_offset(our, i),
		      "%s.%s is at another offset in the module", name, words);
		CHECK(btf__resolve_size(theirs, other->type) ==
			      btf__resolve_size(ours, member->type),
		      "%s.%s has another size in the module", name, words);
	}
}

static void test_structures(const void *arg)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct calls *calls = calls__open();
	struct btf *module;
	size_t i;

	(void)arg;
	CHECK(calls, "the object does not open");
	CHECK(vmlinux, "the kernel has no BTF");
	module = btf__load_module_btf("wireguard", vmlinux);
	CHECK(module, "the module has no BTF");
	for (i = 0; i < sizeof(structures) / sizeof(*structures); i++)
		check_structure(bpf_object__btf(calls->obj), module, structures[i]);
	btf__free(module);
	btf__free(vmlinux);
	calls__destroy(calls);
}

void add_verifier_tests(void)
{
	size_t i;

	test_add(test_signatures, NULL, "kfunc/signatures");
	test_add(test_structures, NULL, "kfunc/structures");
	for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		test_add(test_refusal, &refusals[i], "kfunc/verifier/%s", refusals[i].program);
}
