#include "memory.h"

#include "utils/memutils.h"

static void *
Allocate(void *owner, size_t size)
{
	return MemoryContextAllocExtended(owner, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
Release(void *owner, void *memory)
{
	pfree(memory);
}

ktt_memory
KttMemory(MemoryContext context)
{
	return (ktt_memory) {Allocate, Release, context};
}
