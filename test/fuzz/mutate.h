/* Inputs by chance, the same ones for the same seed: made anew and mutated. */
#ifndef KTT_TEST_MUTATE_H
#define KTT_TEST_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX 16384			/* bytes of an input */

typedef struct input
{
	size_t		size;
	uint8_t		bytes[INPUT_MAX];
} input;

extern void chance_seed(uint64_t seed);
extern uint64_t chance(void);
extern uint64_t chance_below(uint64_t limit);	/* 0 to limit - 1 */
extern bool one_in(uint64_t odds);

/* From lowest to highest, small ones and those near both ends more often. */
extern int64_t chance_between(int64_t lowest, int64_t highest);

/* Any number, with powers of two and ten, their neighbours and both ends. */
extern int64_t chance_number(void);

/* Append; what does not fit any more is left out. */
extern void put_bytes(input *in, const void *bytes, size_t size);
extern void put(input *in, const char *format,...)
			__attribute__((format(printf, 2, 3)));

/* As packed numbers are documented, written without the core. */
extern void put_varint(input *in, uint64_t value);
extern void put_zigzag(input *in, int64_t value);

/*
 * Change an input in one to a few ways: bits, bytes, numbers, words of its
 * grammar, parts taken out, doubled, moved, or taken from another input.
 */
extern void mutate(input *in, const input *other, const char *const *words);

#endif
