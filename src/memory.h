/*
 * Memory of the server for the core.
 */
#ifndef KTT_MEMORY_H
#define KTT_MEMORY_H

#include "compat.h"
#include "core/memory.h"

/* Blocks of a context, zeroed, also above 1 GB; what there is not raises. */
extern ktt_memory KttMemory(MemoryContext context);

#endif
