// SPDX-License-Identifier: GPL-2.0
/*
 * What the fast path bypasses: the searches, and the conclusion from what they find.
 */
#include <stddef.h>
#include <string.h>

#include "diagnose/bypass_collect.h"
#include "diagnose/bypass_nft.h"
#include "diagnose/bypass_tc.h"

int bypass_collect(const struct attachment_list *attached, const struct snapshot *snapshot,
		   struct bypass *bypass)
{
	int err;

	memset(bypass, 0, sizeof(*bypass));
	err = bypass_nft(snapshot, bypass);
	if (!err)
		err = bypass_tc(attached, snapshot, bypass);
	if (err)
		bypass_free(bypass);
	else
		bypass_conclude(bypass, snapshot);
	return err;
}
