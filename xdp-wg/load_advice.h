/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_LOAD_ADVICE_H
#define XDP_WG_LOAD_ADVICE_H

#include "attach/attachment.h"

/*
 * load_advise() - Print what there is to say about programs that are loaded now: what keeps packets
 * from going fast, and what those that do will miss.
 * @before: what was loaded in the network namespace before
 * @added: what is new
 */
void load_advise(const struct attachment_list *before, const struct attachment_list *added);

#endif /* XDP_WG_LOAD_ADVICE_H */
