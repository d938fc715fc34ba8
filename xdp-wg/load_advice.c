// SPDX-License-Identifier: GPL-2.0
/*
 * What load tells once everything is attached. None of it is an error: a router may be set up in
 * any order. A warning is what may harm: packets that would be wrong, or go where the rules would
 * not let them. That packets take the stack's way, as without the program, harms nobody: it is
 * news.
 */
#include <stdio.h>
#include <string.h>

#include "load_advice.h"
#include "attach/find.h"
#include "diagnose/bypass_collect.h"
#include "diagnose/diagnose.h"
#include "diagnose/offloads.h"
#include "netns/snapshot.h"
#include "program/config.h"
#include "util/log.h"
#include "util/netdev.h"

/* Programs of another version that stay: they work, but count elsewhere. */
static void mention_other_versions(const struct attachment_list *before,
				   const struct attachment_list *added)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct attachment *entry = &before->entries[i];
		char version[32];

		if (config_current(&entry->config) || attachment_on(added, entry->ifindex))
			continue;
		config_version(&entry->config, version, sizeof(version));
		log_info("%s has xdp-wg %s loaded, which counts apart from this version: load it "
			 "again with -R",
			 entry->ifname, version);
	}
}

/* Who comes from a version that asked no rules finds packets slower, and connections that work. */
static void mention_new_default(const struct attachment_list *before,
				const struct attachment_list *added)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct attachment *old = &before->entries[i];
		const struct attachment *entry = attachment_on(added, old->ifindex);
		char version[32];

		if (!entry || config_asks_rules(&old->config))
			continue;
		config_version(&old->config, version, sizeof(version));
		log_warning("xdp-wg %s on %s took packets past netfilter and traffic control: "
			    "now packets pass that these have rules for",
			    version, entry->ifname);
	}
}

/* The other end of a pair may be in another namespace, where it cannot be looked at from here. */
static void mention_unseen(const struct attachment_list *added)
{
	for (size_t i = 0; i < added->count; i++) {
		const struct attachment *entry = &added->entries[i];

		if (entry->hook == HOOK_XDP && offload_unseen(entry->ifname, entry->mode))
			log_info("in skb mode packets pass on %s as long as their sender may leave "
				 "checksums or VLAN tags to its device: use native mode or --hook "
				 "tc, or turn that off at the other end (ethtool -K IFNAME tx off "
				 "txvlan off tx-vlan-stag-hw-insert off)",
				 entry->ifname);
	}
}

/* Whoever wants to have another XDP program there has to know. */
static void mention_bound(const struct attachment_list *added)
{
	for (size_t i = 0; i < added->count; i++) {
		const struct attachment *entry = &added->entries[i];

		if (rss_is_bound(entry->rss))
			log_info("%s binds all XDP programs on %s to its driver: xdp-loader and "
				 "xdp-filter cannot load another beside it",
				 rss_name(entry->rss), entry->ifname);
	}
}

/* The program cannot encrypt what would have to be split again after that. */
static void mention_merging(const struct attachment_list *added)
{
	for (size_t i = 0; i < added->count; i++) {
		const struct attachment *entry = &added->entries[i];

		if (entry->hook == HOOK_TC && offload_merges(entry->ifname))
			log_info("%s has GRO on, which merges packets of a connection before tc "
				 "sees them, and merged packets pass to the stack: turn it off "
				 "(ethtool -K %s gro off)",
				 entry->ifname, entry->ifname);
	}
}

/* Where the kernel does not support it, libxdp attaches without a dispatcher. */
static void mention_alone(const struct attachment_list *added, const struct attachment_list *now)
{
	for (size_t i = 0; i < added->count; i++) {
		const struct attachment *entry = attachment_on(now, added->entries[i].ifindex);

		if (entry && entry->hook == HOOK_XDP && entry->alone && entry->mode != XDP_MODE_HW)
			log_info("%s cannot take another XDP program: libxdp's dispatcher does "
				 "not work here (-vv tells more)",
				 entry->ifname);
	}
}

/* What the rules have to do with it. That they decide is no reason to warn, but news. */
static void mention_rules(const struct attachment_list *now, const struct snapshot *snapshot)
{
	struct bypass bypass;
	char sentence[1024];

	if (bypass_collect(now, snapshot, &bypass))
		return;
	for (int rules = 0; rules < BYPASS_RULES; rules++)
		if (bypass_pass_sentence(&bypass, rules, 0, sentence, sizeof(sentence)))
			log_info("%s", sentence);
	if (bypass_sampled_sentence(&bypass, sentence, sizeof(sentence)))
		log_info("%s", sentence);
	for (int kind = 0; kind < BYPASS_KINDS; kind++)
		if (bypass_sentence(&bypass, kind, sentence, sizeof(sentence)))
			log_warning("%s", sentence);
	bypass_free(&bypass);
}

void load_advise(const struct attachment_list *before, const struct attachment_list *added)
{
	struct attachment_list now = {};
	struct snapshot snapshot;
	struct diagnosis diagnosis;

	for (size_t i = 0; i < added->count; i++)
		log_info("%s is loaded on %s (%s)", attachment_program(&added->entries[i]),
			 added->entries[i].ifname,
			 added->entries[i].hook == HOOK_TC ? "tc"
							   : mode_name(added->entries[i].mode));
	mention_other_versions(before, added);
	mention_new_default(before, added);
	mention_unseen(added);
	mention_merging(added);
	mention_bound(added);

	if (attachment_find(0, &now))
		goto out;
	mention_alone(added, &now);
	if (snapshot_take(&now, &snapshot))
		goto out;
	diagnose(&snapshot, &diagnosis);
	for (size_t i = 0; i < diagnosis.count; i++)
		log_info("%s", diagnosis.findings[i].text);
	mention_rules(&now, &snapshot);
	snapshot_free(&snapshot);
out:
	attachment_free(&now);
}
