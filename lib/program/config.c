// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration of one attached program: read-only data that is written before the program
 * is loaded, so that the verifier removes what is off.
 */
#include <stdio.h>
#include <string.h>

#include "program/config.h"
#include "util/version.h"

static const struct {
	__u32 flag;
	const char *name;
} options[] = {
	{ XDP_WG_NO_UDP_CSUM, "no-udp-csum" },
	{ XDP_WG_BYPASS_NETFILTER, "bypass-netfilter" },
	{ XDP_WG_BYPASS_TC, "bypass-tc" },
	{ XDP_WG_CONNTRACK, "conntrack" },
};

void config_init(struct xdp_wg_config *config, __u32 flags, unsigned int sample)
{
	memset(config, 0, sizeof(*config));
	config->layout = XDP_WG_LAYOUT;
	config->version = VERSION_CODE;
	config->flags = flags;
	config->sample = sample;
}

bool config_current(const struct xdp_wg_config *config)
{
	return config->layout == XDP_WG_LAYOUT;
}

/* The first layout whose programs ask the rules. */
#define LAYOUT_RULES 2

bool config_asks_rules(const struct xdp_wg_config *config)
{
	return config->layout >= LAYOUT_RULES;
}

bool config_bypasses(const struct xdp_wg_config *config, __u32 flag)
{
	return !config_asks_rules(config) || config->flags & flag;
}

void config_version(const struct xdp_wg_config *config, char *buf, size_t size)
{
	snprintf(buf, size, "%u.%u.%u", config->version >> 16, config->version >> 8 & 0xff,
		 config->version & 0xff);
}

const char *config_option_name(const struct xdp_wg_config *config, size_t index)
{
	if (index >= sizeof(options) / sizeof(options[0]))
		return NULL;
	return config->flags & options[index].flag ? options[index].name : "";
}
