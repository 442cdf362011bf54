// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * Lets this machine say that it is a Raspberry Pi 4: gpiozero asks /proc/device-tree which header there is.
 * Files of the kernel's are seen in every /proc, also in those that services have for themselves.
 *
 * And it has interrupts for that header: User Mode Linux keeps all 64 for itself and uses the first dozens at most.
 */
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static int model_show(struct seq_file *file, void *unused)
{
	seq_puts(file, "Raspberry Pi 4 Model B Rev 1.4");
	seq_putc(file, '\0');
	return 0;
}

static int revision_show(struct seq_file *file, void *unused)
{
	static const u8 revision[] = { 0x00, 0xc0, 0x31, 0x14 };

	seq_write(file, revision, sizeof(revision));
	return 0;
}

#define HEADERS_FIRST_IRQ 32
#define HEADERS_IRQS 32

static struct proc_dir_entry *tree;

static int __init board_init(void)
{
	irq_free_descs(HEADERS_FIRST_IRQ, HEADERS_IRQS);
	tree = proc_mkdir("device-tree", NULL);
	if (!tree)
		return -EEXIST;
	proc_create_single("model", 0444, tree, model_show);
	proc_create_single("linux,revision", 0444, proc_mkdir("system", tree), revision_show);
	return 0;
}

static void __exit board_exit(void)
{
	proc_remove(tree);
}

module_init(board_init);
module_exit(board_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("A machine that calls itself a Raspberry Pi");
