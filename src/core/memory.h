/*
 * Where the core takes memory from: the server's contexts, or malloc in tests.
 */
#ifndef KTT_CORE_MEMORY_H
#define KTT_CORE_MEMORY_H

#include <stddef.h>

/* Memory comes zeroed; NULL is reported as KTT_LIMIT. */
typedef struct ktt_memory
{
	void	   *(*allocate) (void *owner, size_t size);
	void		(*release) (void *owner, void *memory);
	void	   *owner;
} ktt_memory;

static inline void *
ktt_allocate(const ktt_memory *memory, size_t size)
{
	return memory->allocate(memory->owner, size > 0 ? size : 1);
}

/* NULL is no memory and is let be. */
static inline void
ktt_release(const ktt_memory *memory, void *block)
{
	if (block != NULL)
		memory->release(memory->owner, block);
}

#endif
