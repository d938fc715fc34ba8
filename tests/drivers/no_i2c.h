/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What igb asks of I2C, for a kernel without it: sensors and pluggable optics, which the NIC that
 * QEMU emulates has none of.
 */
#ifndef TESTS_NO_I2C_H
#define TESTS_NO_I2C_H

#include <linux/errno.h>
#include <linux/types.h>

struct i2c_adapter;
struct i2c_client;

static inline int i2c_bit_add_bus(struct i2c_adapter *adapter)
{
	return -EOPNOTSUPP;
}

static inline void i2c_del_adapter(struct i2c_adapter *adapter)
{
}

static inline s32 i2c_smbus_read_byte_data(const struct i2c_client *client, u8 command)
{
	return -EOPNOTSUPP;
}

static inline s32 i2c_smbus_write_byte_data(const struct i2c_client *client, u8 command, u8 value)
{
	return -EOPNOTSUPP;
}

#endif /* TESTS_NO_I2C_H */
