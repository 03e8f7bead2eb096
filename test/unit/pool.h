/*
 * Memory for a test: it counts the blocks that are out, and gives out after so
 * many have been taken.
 */
#ifndef KTT_TEST_POOL_H
#define KTT_TEST_POOL_H

#include <stdlib.h>

#define POOL_ENDLESS 1000000000

typedef struct pool
{
	long		blocks;			/* that are out */
	long		left;			/* that can still be taken */
} pool;

static inline void *
take(void *owner, size_t size)
{
	pool	   *from = owner;

	if (from->left-- <= 0)
		return NULL;
	from->blocks++;
	return calloc(1, size);
}

static inline void
give_back(void *owner, void *memory)
{
	((pool *) owner)->blocks--;
	free(memory);
}

#endif
