/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options of one attached program. They are constants to the verifier, which removes what is
 * off; user space writes them before it loads the program.
 */
#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H

#include <bpf/bpf_helpers.h>

#include "xdp_wg.h"

const volatile struct xdp_wg_config config SEC(XDP_WG_CONFIG_SECTION) = {
	.layout = XDP_WG_LAYOUT,
};

#endif /* BPF_CONFIG_H */
