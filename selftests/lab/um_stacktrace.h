/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before arch/um/kernel/stacktrace.c when a kernel for UML is built. For each stack trace
 * it asks of every word of the stack whether it is an address of code, and then keeps those
 * alone that frame pointers lead to. KASAN, kmemleak and lockdep take a trace of each
 * allocation; so the cheap question comes first.
 */
#ifndef ESPINTCP_LAB_UM_STACKTRACE_H
#define ESPINTCP_LAB_UM_STACKTRACE_H

#include <linux/kernel.h>
#include <linux/module.h>

/* sp and bp are those of dump_trace() */
#define ESPINTCP_LAB_FRAME	((unsigned long)sp == bp + sizeof(long))
#undef READ_ONCE_NOCHECK
#define READ_ONCE_NOCHECK(x)	(ESPINTCP_LAB_FRAME ? __read_once_word_nocheck(&(x)) : 0)
#define __kernel_text_address(addr)	(ESPINTCP_LAB_FRAME && __kernel_text_address(addr))

#endif
