/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAULTS_DEVICE_H
#define FAULTS_DEVICE_H

#include <stdbool.h>

/*
 * One WireGuard device in the network namespace of this process, and what is asked for it by
 * netlink. What these return is 0 or a negative errno. With ENOBUFS the kernel has lost the
 * question or its answer: what was asked for may have been done.
 */

/* device_open(), device_close() - The sockets, which are of the network namespace. */
void device_open(void);
void device_close(void);

/* device_family_exists() - Whether WireGuard's netlink family is there. */
bool device_family_exists(void);

int device_add(void);
int device_set(void); /* a key, a port, and one peer */
int device_up(void);
int device_down(void);
int device_remove(void);

/* As in struct operation: the device as it is before, and how it is afterwards. */
void device_prepare(void);
void device_prepare_set(void);
void device_prepare_up(void);
const char *device_check_add(int err);
const char *device_check_set(int err);
const char *device_check_up(int err);
const char *device_check_down(int err);
const char *device_check_remove(int err);

#endif /* FAULTS_DEVICE_H */
