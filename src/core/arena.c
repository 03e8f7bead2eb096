#include "arena.h"

#include <stdbool.h>

#define FIRST_BLOCK ((size_t) 1 << 14)
#define LAST_BLOCK ((size_t) 1 << 22)

/* Room for the link to the next block, and still aligned behind it. */
#define LINK 16

void
ktt_arena_begin(ktt_arena *arena, const ktt_memory *memory)
{
	*arena = (ktt_arena) {.memory = *memory, .block_size = FIRST_BLOCK};
}

void
ktt_arena_end(ktt_arena *arena)
{
	while (arena->blocks != NULL)
	{
		void	   *block = arena->blocks;

		arena->blocks = *(void **) block;
		ktt_release(&arena->memory, block);
	}
}

static bool
add_block(ktt_arena *arena, size_t size)
{
	void	   *block = ktt_allocate(&arena->memory, size + LINK);

	if (block == NULL)
		return false;
	*(void **) block = arena->blocks;
	arena->blocks = block;
	arena->rest = (unsigned char *) block + LINK;
	arena->left = size;
	return true;
}

void *
ktt_arena_take(ktt_arena *arena, unsigned bits)
{
	size_t		size = (size_t) 1 << bits;
	void	   *piece = arena->given_back[bits];

	if (piece != NULL)
	{
		arena->given_back[bits] = *(void **) piece;
		return piece;
	}
	if (size > arena->left)
	{
		/* The rest of the block is cut into pieces for later. */
		while (arena->left >= (size_t) 1 << KTT_ARENA_BITS_MIN)
		{
			unsigned	cut = KTT_ARENA_BITS_MIN;

			while ((size_t) 2 << cut <= arena->left)
				cut++;
			ktt_arena_give_back(arena, arena->rest, cut);
			arena->rest += (size_t) 1 << cut;
			arena->left -= (size_t) 1 << cut;
		}
		if (!add_block(arena, size > arena->block_size ? size : arena->block_size))
			return NULL;
		if (arena->block_size < LAST_BLOCK)
			arena->block_size *= 2;
	}
	piece = arena->rest;
	arena->rest += size;
	arena->left -= size;
	return piece;
}

void
ktt_arena_give_back(ktt_arena *arena, void *piece, unsigned bits)
{
	*(void **) piece = arena->given_back[bits];
	arena->given_back[bits] = piece;
}
