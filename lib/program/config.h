/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_PROGRAM_CONFIG_H
#define LIB_PROGRAM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "bpf/xdp_wg.h"

/*
 * config_init() - The configuration of a program that this version of the command loads.
 * @flags: enum xdp_wg_flags
 * @sample: for how long netfilter's consent is good, in milliseconds
 */
void config_init(struct xdp_wg_config *config, __u32 flags, unsigned int sample);

/* config_current() - Whether a program with this configuration works on this version's maps. */
bool config_current(const struct xdp_wg_config *config);

/* config_asks_rules() - Whether the version that loaded a program has those that ask the rules. */
bool config_asks_rules(const struct xdp_wg_config *config);

/*
 * config_bypasses() - Whether a program takes packets past what the stack would have for them.
 * @flag: XDP_WG_BYPASS_NETFILTER or XDP_WG_BYPASS_TC
 */
bool config_bypasses(const struct xdp_wg_config *config, __u32 flag);

/* config_version() - Write the version that loaded a program, as "0.1.0". */
void config_version(const struct xdp_wg_config *config, char *buf, size_t size);

/*
 * config_option_name() - The name of an option of one attached program.
 * @index: counts from 0
 *
 * Return: the name of the option with that index if the configuration has it, "" if it does not,
 * NULL if there are no more options. The mode is not among them; it is told elsewhere.
 */
const char *config_option_name(const struct xdp_wg_config *config, size_t index);

#endif /* LIB_PROGRAM_CONFIG_H */
