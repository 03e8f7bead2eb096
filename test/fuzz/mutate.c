#include "mutate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint64_t state;

void
chance_seed(uint64_t seed)
{
	state = seed;
}

uint64_t
chance(void)
{
	uint64_t	mixed = state += UINT64_C(0x9E3779B97F4A7C15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
	return mixed ^ (mixed >> 31);
}

uint64_t
chance_below(uint64_t limit)
{
	return limit == 0 ? 0 : chance() % limit;
}

bool
one_in(uint64_t odds)
{
	return chance_below(odds) == 0;
}

int64_t
chance_between(int64_t lowest, int64_t highest)
{
	uint64_t	span = (uint64_t) highest - (uint64_t) lowest;
	uint64_t	step = chance() >> chance_below(64);

	switch (chance_below(8))
	{
		case 0:
			step = span - chance_below(3);
			break;
		case 1:
			step = chance_below(3);
			break;
		default:
			break;
	}
	if (span < UINT64_MAX)
		step %= span + 1;
	return (int64_t) ((uint64_t) lowest + step);
}

int64_t
chance_number(void)
{
	uint64_t	number = 1;

	switch (chance_below(6))
	{
		case 0:
			for (uint64_t i = chance_below(20); i > 0; i--)
				number *= 10;
			number += chance_below(3) - 1;
			break;
		case 1:
			number = (number << chance_below(64)) + chance_below(3) - 1;
			break;
		case 2:
			number = chance_below(4);
			break;
		case 3:
			number = chance();
			break;
		default:
			number = chance() >> (1 + chance_below(63));
			break;
	}
	return (int64_t) (one_in(3) ? 0 - number : number);
}

void
put_bytes(input *in, const void *bytes, size_t size)
{
	if (size > INPUT_MAX - in->size)
		size = INPUT_MAX - in->size;
	memcpy(in->bytes + in->size, bytes, size);
	in->size += size;
}

void
put(input *in, const char *format,...)
{
	char		text[256];
	va_list		args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_bytes(in, text, strlen(text));
}

void
put_varint(input *in, uint64_t value)
{
	for (; value >= 128; value /= 128)
		put_bytes(in, &(uint8_t) {(uint8_t) (128 + value % 128)}, 1);
	put_bytes(in, &(uint8_t) {(uint8_t) value}, 1);
}

void
put_zigzag(input *in, int64_t value)
{
	put_varint(in, value < 0 ? 2 * ~(uint64_t) value + 1 : 2 * (uint64_t) value);
}

/* Put size bytes in the place of those from begin to end. */
static void
replace(input *in, size_t begin, size_t end, const void *bytes, size_t size)
{
	size_t		behind = in->size - end;

	if (begin + size + behind > INPUT_MAX)
		return;
	memmove(in->bytes + begin + size, in->bytes + end, behind);
	memcpy(in->bytes + begin, bytes, size);
	in->size = begin + size + behind;
}

static size_t
any_place(const input *in)
{
	return (size_t) chance_below(in->size + 1);
}

/* A stretch that is short more often than long. */
static size_t
stretch(const input *in, size_t begin)
{
	size_t		left = in->size - begin;

	return begin + (size_t) chance_below(one_in(4) ? left + 1 : left < 8 ? left + 1 : 9);
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* Another number where digits stand, or where none do. */
static void
change_number(input *in)
{
	size_t		begin = any_place(in);
	size_t		end;
	char		text[32];
	int			length;

	while (begin < in->size && !is_digit(in->bytes[begin]))
		begin++;
	while (begin > 0 && is_digit(in->bytes[begin - 1]))
		begin--;
	for (end = begin; end < in->size && is_digit(in->bytes[end]); end++)
		;
	switch (chance_below(4))
	{
		case 0:
			length = snprintf(text, sizeof(text), "%" PRId64, chance_number());
			break;
		case 1:
			length = snprintf(text, sizeof(text), "%" PRIu64, (uint64_t) INT64_MAX + chance_below(4) - 1);
			break;
		case 2:
			length = snprintf(text, sizeof(text), "%" PRIu64, chance_below(130));
			break;
		default:
			length = snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, chance_below(101),
							  1 + (int) chance_below(5), chance_below(10));
			break;
	}
	replace(in, begin, end, text, (size_t) length);
}

/* The same for a packed number. */
static void
change_varint(input *in)
{
	static input number;
	size_t		begin = any_place(in);
	size_t		end = begin;

	number.size = 0;
	while (end < in->size && in->bytes[end++] >= 128)
		;
	if (one_in(2))
		put_varint(&number, (uint64_t) chance_number());
	else
		put_varint(&number, chance_below(300));

	/* Now and then in a longer form than need be. */
	if (one_in(6) && number.size > 0)
	{
		number.bytes[number.size - 1] |= 128;
		put_bytes(&number, "", 1);
	}
	replace(in, begin, end, number.bytes, number.size);
}

static void
change_bytes(input *in)
{
	static const char marks[] = " \t\n\v\f\r\"#%()+,-.0123456789:>@[]_aAzZ{}~";
	size_t		at = (size_t) chance_below(in->size);
	uint8_t		byte = one_in(2) ? (uint8_t) marks[chance_below(sizeof(marks))] : (uint8_t) chance();

	switch (chance_below(4))
	{
		case 0:
			replace(in, at, at, &byte, 1);
			break;
		case 1:
			if (in->size > 0)
				in->bytes[at] = byte;
			break;
		case 2:
			if (in->size > 0)
				in->bytes[at] = (uint8_t) (in->bytes[at] + (one_in(2) ? 1 : 255));
			break;
		default:
			if (in->size > 0)
				in->bytes[at] ^= (uint8_t) (1 << chance_below(8));
			break;
	}
}

static void
mutate_once(input *in, const input *other, const char *const *words)
{
	static input piece;
	size_t		begin = any_place(in);
	size_t		end = stretch(in, begin);
	size_t		count = 0;

	switch (chance_below(10))
	{
		case 0:
			in->size = begin;
			break;
		case 1:
			replace(in, begin, end, "", 0);
			break;
		case 2:
			piece.size = 0;
			put_bytes(&piece, in->bytes + begin, end - begin);
			begin = any_place(in);
			replace(in, begin, begin, piece.bytes, piece.size);
			break;
		case 3:
			if (other->size > 0)
			{
				size_t		from = any_place(other);

				replace(in, begin, one_in(2) ? in->size : end, other->bytes + from,
						stretch(other, from) - from);
			}
			break;
		case 4:
			while (words[count] != NULL)
				count++;
			if (count > 0)
			{
				const char *word = words[chance_below(count)];

				replace(in, begin, one_in(2) ? begin : end, word, strlen(word));
			}
			break;
		case 5:
		case 6:
			change_number(in);
			break;
		case 7:
			change_varint(in);
			break;
		default:
			change_bytes(in);
			break;
	}
}

void
mutate(input *in, const input *other, const char *const *words)
{
	do
		mutate_once(in, other, words);
	while (one_in(3));
}
