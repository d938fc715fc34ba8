/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_XFRM_H
#define LIB_NETNS_XFRM_H

#include "netns/snapshot_types.h"

/* xfrm_collect() - Count the IPsec policies. A kernel that cannot tell has none. */
void xfrm_collect(struct snapshot *snapshot);

#endif /* LIB_NETNS_XFRM_H */
