/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_STATUS_PRINT_H
#define XDP_WG_STATUS_PRINT_H

#include <stdio.h>

#include "attach/attachment.h"
#include "attach/cpumap_stats.h"
#include "bpf/xdp_wg.h"
#include "diagnose/bypass.h"
#include "diagnose/diagnose.h"
#include "netns/ports.h"

/* What `xdp-wg status` shows. */
struct report {
	const struct attachment *const *programs;
	size_t count;
	struct xdp_wg_counter counters[XDP_WG_REASON_MAX];
	struct diagnosis diagnosis; /* of what could go fast and does not */
	struct bypass bypass;
	struct cpumap_stats cpus;
	struct port_list ports; /* of interfaces that are none */
};

/* status_print_text() - For people. */
void status_print_text(FILE *stream, const struct report *report);

/*
 * status_print_json() - For scripts.
 * Return: 0, or -ENOMEM, with a message printed.
 */
int status_print_json(FILE *stream, const struct report *report);

#endif /* XDP_WG_STATUS_PRINT_H */
