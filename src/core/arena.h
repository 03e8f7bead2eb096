/*
 * Many small pieces of memory that are given back all at once. Sizes are powers
 * of two; a piece that is given back is used again for one of its size.
 */
#ifndef KTT_CORE_ARENA_H
#define KTT_CORE_ARENA_H

#include "memory.h"

#define KTT_ARENA_BITS_MIN 6
#define KTT_ARENA_BITS_MAX 40

typedef struct ktt_arena
{
	ktt_memory	memory;
	void	   *blocks;			/* the first word of each leads to the next */
	unsigned char *rest;		/* of the newest block */
	size_t		left;
	size_t		block_size;
	void	   *given_back[KTT_ARENA_BITS_MAX + 1];
} ktt_arena;

extern void ktt_arena_begin(ktt_arena *arena, const ktt_memory *memory);
extern void ktt_arena_end(ktt_arena *arena);

/* A piece of 2^bits bytes, aligned for anything, not zeroed; NULL when there is no memory. */
extern void *ktt_arena_take(ktt_arena *arena, unsigned bits);
extern void ktt_arena_give_back(ktt_arena *arena, void *piece, unsigned bits);

#endif
