// SPDX-License-Identifier: GPL-2.0
/*
 * A data race, which the kernel of vm/kernels that looks for these is to notice: for two seconds,
 * two CPUs count in the same place.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

static unsigned long counter;

static noinline void raced(void)
{
	counter++;
}

static int count(void *unused)
{
	while (!kthread_should_stop()) {
		raced();
		cond_resched();
	}
	return 0;
}

static int __init race_init(void)
{
	struct task_struct *second = kthread_create(count, NULL, "race");
	unsigned long end = jiffies + 2 * HZ;

	if (IS_ERR(second))
		return PTR_ERR(second);
	wake_up_process(second);
	while (time_before(jiffies, end)) {
		raced();
		cond_resched();
	}
	kthread_stop(second);
	return 0;
}

static void __exit race_exit(void)
{
}

module_init(race_init);
module_exit(race_exit);
MODULE_DESCRIPTION("A data race for a kernel that looks for them");
MODULE_LICENSE("GPL");
