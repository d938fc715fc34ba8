// SPDX-License-Identifier: GPL-2.0
/*
 * One mistake of each kind that a kernel of vm/kernels is to notice, when the module is loaded.
 * None of them does lasting harm: what is read beyond its end is not used, and what was freed is
 * not written.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static noinline void beyond_the_end(void)
{
	size_t length = 24;
	char *bytes = kmalloc(length, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(length);
	if (bytes)
		READ_ONCE(bytes[length]);
	kfree(bytes);
}

static noinline void after_it_was_freed(void)
{
	char *bytes = kmalloc(24, GFP_KERNEL);

	kfree(bytes);
	OPTIMIZER_HIDE_VAR(bytes);
	if (bytes)
		READ_ONCE(bytes[0]);
}

static noinline void never_freed(void)
{
	void *bytes = kmalloc(24, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(bytes);
}

static noinline int shifted_too_far(void)
{
	int by = 40;

	OPTIMIZER_HIDE_VAR(by);
	return 1 << by;
}

/* What may sleep is noticed whether it does or not: a slow machine's timers are over at once. */
static noinline void sleeps_with_a_spinlock(void)
{
	static DEFINE_SPINLOCK(lock);
	static DEFINE_MUTEX(sleeps);

	spin_lock(&lock);
	mutex_lock(&sleeps);
	mutex_unlock(&sleeps);
	spin_unlock(&lock);
}

static noinline void preempted_on_its_cpu(void)
{
	int cpu = smp_processor_id();

	OPTIMIZER_HIDE_VAR(cpu);
}

static noinline void outside_of_rcu(void)
{
	static void __rcu *pointer;

	(void)rcu_dereference(pointer);
}

static noinline void in_both_orders(void)
{
	static DEFINE_MUTEX(first);
	static DEFINE_MUTEX(second);

	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void expired(struct timer_list *timer)
{
}

static noinline void freed_while_active(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, expired, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

static noinline void taken_from_nothing(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static int __init mistakes_init(void)
{
	/* First those for lockdep, which looks no further after any report but RCU's. */
	outside_of_rcu();
	in_both_orders();
	beyond_the_end();
	after_it_was_freed();
	never_freed();
	shifted_too_far();
	sleeps_with_a_spinlock();
	preempted_on_its_cpu();
	freed_while_active();
	taken_from_nothing();
	return 0;
}

static void __exit mistakes_exit(void)
{
}

module_init(mistakes_init);
module_exit(mistakes_exit);
MODULE_DESCRIPTION("Mistakes for a kernel that checks itself");
MODULE_LICENSE("GPL");
