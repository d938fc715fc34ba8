/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_DROP_H
#define BENCH_DROP_H

/* CPUs of a guest, at most: each counts for itself. */
#define DROP_CPUS 64

#endif /* BENCH_DROP_H */
