/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_PRIVILEGES_H
#define XDP_WG_PRIVILEGES_H

/*
 * privileges_check() - See that the process may do what the commands do, and raise its limit of
 * open files as far as it may. Without that, what the kernel keeps from it would look as if it were
 * not there.
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int privileges_check(void);

#endif /* XDP_WG_PRIVILEGES_H */
