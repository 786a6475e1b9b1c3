// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into User Mode Linux: it forks without KASAN's shadow of the guest's memory.
 *
 * It forks itself for each process of the guest. The child never looks at the
 * guest's memory, but the page tables of its shadow would be copied for it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

/* An eighth of the address space: nothing else is that large */
#define SHADOW_LEAST	0x10000000000UL
/* The guest's memory, behind the kernel itself, which the child does look at */
#define MEMORY_LEAST	(64UL << 20)
#define PAGE		4096

static uintptr_t shadow;

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	static void *(*real)(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
	uintptr_t begin, end;
	void *map;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "mmap64");
	map = real(addr, len, prot, flags, fd, offset);
	if (map == MAP_FAILED)
		return map;

	if (len >= SHADOW_LEAST) {
		shadow = (uintptr_t)map;
	} else if (shadow && flags & MAP_SHARED && len >= MEMORY_LEAST) {
		begin = (shadow + ((uintptr_t)map >> 3) + PAGE - 1) / PAGE * PAGE;
		end = (shadow + (((uintptr_t)map + len) >> 3)) / PAGE * PAGE;
		/* Where it fails, the guest is as slow as without */
		madvise((void *)begin, end - begin, MADV_DONTFORK);
	}
	return map;
}
