// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * An I2C bus with an MLX90614 thermometer on it, and every fault that both can have.
 *
 * The adapter transfers messages, as a Raspberry Pi's does: the kernel's own I2C core adds and checks the PEC, and
 * programs see the errno that a real bus gives. Source of the part: Melexis datasheet 3901090614 rev 013, section 8.4.
 *
 * Under /sys/kernel/debug/kiosk_thermometer:
 *   cells    what the part holds: 64 words, RAM (0x00..0x1f), then EEPROM (0x20..0x3f)
 *   FAULT    how many of the next transfers it spoils; 4294967295: all, until 0 is written
 *   slow_ms, hang_ms   how long a transfer takes, and how long a hanging bus keeps its caller waiting
 *   no_pec   1: a part that sends no PEC, so that the open line reads ones
 *   still    1: temperatures are the same to the last digit every time, as no sensor that works has them
 *   reads, writes, asleep   what happened so far
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/i2c.h>
#include <linux/module.h>

#define CELLS 64
#define AMBIENT 0x06
#define OBJECT_1 0x07
#define EEPROM 0x20
#define READ_FLAGS 0xf0
#define SLEEP 0xff
#define ERROR_FLAG 0x8000

static ushort address = 0x5a;
module_param(address, ushort, 0444);
MODULE_PARM_DESC(address, "of the thermometer");

static u16 cells[CELLS];
static u32 reads, writes, asleep, no_pec, still, slow_ms, hang_ms = 1000;

/* Faults of the bus. */
static u32 nack, bus_hang, arbitration_lost;
/* Faults of a word that the part answers: a wrong PEC; a bit turned over on the way; the part's own error bit; ones. */
static u32 bad_pec, bit_flip, error_bit, all_ones;

static bool spoils(u32 *fault)
{
	if (!*fault)
		return false;
	if (*fault != U32_MAX)
		--*fault;
	return true;
}

static u8 pec_of(const u8 *bytes, size_t count)
{
	u8 crc = 0;
	int bit;

	for (; count; count--) {
		crc ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ (crc & 0x80 ? 0x07 : 0);
	}
	return crc;
}

/* Write word: taken when its PEC is right; EEPROM cells have to be erased (written with 0) before they take a value. */
static int part_written(const struct i2c_msg *message)
{
	u8 bytes[4] = { address << 1 };
	u8 command = message->buf[0];
	u16 value;

	if (command == SLEEP) {
		bytes[1] = command;
		if (message->len != 2 || message->buf[1] != pec_of(bytes, 2))
			return -EREMOTEIO;
		asleep = 1;
		return 0;
	}
	if (message->len == 1)
		return 0;
	if (message->len != 4)
		return -EREMOTEIO;
	memcpy(bytes + 1, message->buf, 3);
	if (message->buf[3] != pec_of(bytes, 4))
		return -EREMOTEIO;
	value = message->buf[1] | message->buf[2] << 8;
	if (command >= EEPROM && command < CELLS) {
		cells[command] = value ? cells[command] | value : 0;
		writes++;
	}
	return 0;
}

/* Read word: low byte, high byte, PEC over everything that passed on the bus. */
static void part_read(u8 command, struct i2c_msg *answer)
{
	u16 word = command < CELLS ? cells[command] : command == READ_FLAGS ? 0x0010 : 0xffff;
	u8 bytes[5] = { address << 1, command, address << 1 | 1 };
	u8 sent[3];
	int at;

	if (!still && (command == AMBIENT || command == OBJECT_1))
		word ^= reads >> 1 & 1;
	if (spoils(&all_ones))
		word = 0xffff;
	if (spoils(&error_bit))
		word |= ERROR_FLAG;
	bytes[3] = sent[0] = word;
	bytes[4] = sent[1] = word >> 8;
	sent[2] = no_pec ? 0xff : pec_of(bytes, 5);
	if (spoils(&bit_flip))
		sent[0] ^= 0x40;	/* 1.28 degrees */
	if (spoils(&bad_pec))
		sent[2] ^= 0x55;
	for (at = 0; at < answer->len; at++)
		answer->buf[at] = at < 3 ? sent[at] : 0xff;
	reads++;
}

static int bus_transfer(struct i2c_adapter *adapter, struct i2c_msg *messages, int count)
{
	int error;

	if (slow_ms)
		msleep(slow_ms);
	if (spoils(&arbitration_lost))
		return -EAGAIN;
	if (spoils(&bus_hang)) {
		msleep(hang_ms);
		return -ETIMEDOUT;
	}
	if (messages[0].addr != address || asleep || spoils(&nack))
		return -ENXIO;
	if (messages[0].flags & I2C_M_RD) {
		memset(messages[0].buf, 0xff, messages[0].len);
		return count;
	}
	if (count == 1) {
		error = messages[0].len ? part_written(&messages[0]) : 0;
		return error ? error : count;
	}
	if (count != 2 || messages[0].len != 1 || !(messages[1].flags & I2C_M_RD))
		return -EOPNOTSUPP;
	part_read(messages[0].buf[0], &messages[1]);
	return count;
}

static u32 bus_functions(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = {
	.master_xfer = bus_transfer,
	.functionality = bus_functions,
};

static struct i2c_adapter bus = {
	.owner = THIS_MODULE,
	.algo = &algorithm,
	.name = "kiosk_thermometer",
	.nr = 1,
};

static ssize_t cells_read(struct file *file, char __user *user, size_t count, loff_t *at)
{
	return simple_read_from_buffer(user, count, at, cells, sizeof(cells));
}

static ssize_t cells_write(struct file *file, const char __user *user, size_t count, loff_t *at)
{
	return simple_write_to_buffer(cells, sizeof(cells), at, user, count);
}

static const struct file_operations cells_file = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = cells_read,
	.write = cells_write,
	.llseek = default_llseek,
};

static struct dentry *folder;

static const struct {
	const char *name;
	u32 *value;
} knobs[] = {
	{ "nack", &nack }, { "bus_hang", &bus_hang }, { "arbitration_lost", &arbitration_lost },
	{ "bad_pec", &bad_pec }, { "bit_flip", &bit_flip }, { "error_bit", &error_bit }, { "all_ones", &all_ones },
	{ "no_pec", &no_pec }, { "still", &still }, { "slow_ms", &slow_ms }, { "hang_ms", &hang_ms },
	{ "reads", &reads }, { "writes", &writes }, { "asleep", &asleep },
};

static u16 word_of(int millikelvin)
{
	return millikelvin / 20;
}

static int __init thermometer_init(void)
{
	int at;

	cells[AMBIENT] = word_of(273150 + 24000);
	cells[OBJECT_1] = word_of(273150 + 24000);	/* nobody is there */
	cells[0x20] = 0x9993;			/* range of the object's temperature, as delivered */
	cells[0x21] = 0x62e3;
	cells[0x22] = 0x0201;
	cells[0x23] = 0xf71c;
	cells[0x24] = 0xffff;			/* emissivity 1.0 */
	cells[0x25] = 0x9fb4;			/* configuration */
	cells[0x2e] = 0xbe00 | address;
	cells[0x3c] = 0x2a17;			/* identity */
	cells[0x3d] = 0x1234;
	cells[0x3e] = 0x5678;
	cells[0x3f] = 0x9abc;
	folder = debugfs_create_dir("kiosk_thermometer", NULL);
	debugfs_create_file("cells", 0600, folder, NULL, &cells_file);
	for (at = 0; at < ARRAY_SIZE(knobs); at++)
		debugfs_create_u32(knobs[at].name, 0600, folder, knobs[at].value);
	return i2c_add_numbered_adapter(&bus);
}

static void __exit thermometer_exit(void)
{
	i2c_del_adapter(&bus);
	debugfs_remove(folder);
}

module_init(thermometer_init);
module_exit(thermometer_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("An I2C bus with an infrared thermometer whose faults can be asked for");
