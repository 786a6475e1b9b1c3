/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's headers give to kernel code, for this program. */
#ifndef ESPINTCP_MACROS_H
#define ESPINTCP_MACROS_H

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Format string at argument @f, its arguments from @a on */
#ifndef __printf
#define __printf(f, a) __attribute__((format(printf, f, a)))
#endif

#endif
