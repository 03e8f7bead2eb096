/*
 * Multiples of sparse vectors against multiplication in 128 bits, entry by
 * entry.
 */
#include "unit.h"

#include "core/vector_scale.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 40

static uint64_t seed = 20260301;

static uint64_t
draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % below;
}

/* Numbers of every length, both signs, both ends. */
static int64_t
draw_number(void)
{
	static const int64_t ends[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_MIN + 1, INT64_C(1) << 62};
	int64_t		number = (int64_t) ((draw(1u << 31) << 32 | draw(1u << 31)) >> draw(63));

	if (draw(6) == 0)
		return ends[draw(sizeof(ends) / sizeof(ends[0]))];
	return draw(2) ? number : -number;
}

static bool
fits(__int128 number)
{
	return number >= INT64_MIN && number <= INT64_MAX;
}

/* Of exactly that size, so that a sanitizer sees what goes beyond. */
static unsigned char *
copy_of(const unsigned char *bytes, size_t size)
{
	unsigned char *copy = malloc(size);

	memcpy(copy, bytes, size);
	return copy;
}

static void
random_multiples(ktt_vector_kind kind)
{
	for (int round = 0; round < 20000; round++)
	{
		ktt_entry	entries[ENTRIES];
		size_t		count = draw(ENTRIES);
		int64_t		factor = draw(3) ? (int64_t) draw(2000) - 1000 : draw_number();
		unsigned char packed[64 + 30 * ENTRIES];
		unsigned char expected[64 + 30 * ENTRIES];
		unsigned char *value;
		unsigned char *out;
		size_t		size;
		size_t		room;
		size_t		out_size;
		size_t		expected_size;
		int64_t		too_large = 0;
		ktt_status	status;
		ktt_fault	fault;
		char		sentence[80];

		for (size_t i = 0; i < count; i++)
			entries[i] = (ktt_entry) {1 + (int64_t) draw(1u << 30), kind == KTT_BASKET ? draw_number() : 0, draw_number()};
		if (ktt_vector_normalise(entries, &count, &fault) != KTT_OK)
			continue;
		size = (size_t) (ktt_vector_pack(kind, entries, count, packed) - packed);
		for (size_t i = 0; i < count; i++)
		{
			__int128	units = (__int128) entries[i].units * factor;
			__int128	amount = (__int128) entries[i].amount * factor;

			if (too_large == 0 && (!fits(units) || !fits(amount)))
				too_large = entries[i].key;
			entries[i].units = (int64_t) units;
			entries[i].amount = (int64_t) amount;
		}

		value = copy_of(packed, size);
		CHECK(ktt_vector_scale_room(kind, value, size, &room), "its head is whole");
		out = malloc(room);
		status = ktt_vector_scale(kind, factor, value, size, out, &out_size, &fault);
		if (too_large != 0)
		{
			snprintf(sentence, sizeof(sentence), "The product for key %lld does not fit into a bigint.",
					 (long long) too_large);
			CHECK(status == KTT_RANGE && strcmp(fault.reason, sentence) == 0, "the first key that does not fit");
		}
		else
		{
			CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK, "normalises");
			expected_size = (size_t) (ktt_vector_pack(kind, entries, count, expected) - expected);
			CHECK(status == KTT_OK && out_size == expected_size &&
				  memcmp(out, expected, out_size) == 0, "every number times the factor");
		}
		free(value);
		free(out);
	}
}

/* Cut off anywhere, or with bytes behind it. */
static void
broken_values(ktt_vector_kind kind)
{
	ktt_entry	entries[2] = {{7, 0, 300}, {1000, 0, -5}};
	unsigned char packed[80];
	size_t		size;
	ktt_fault	fault;

	if (kind == KTT_BASKET)
		entries[0].units = 200;
	size = (size_t) (ktt_vector_pack(kind, entries, 2, packed) - packed);
	packed[size] = 0;
	for (size_t cut = 0; cut <= size + 1; cut++)
	{
		unsigned char *value = copy_of(packed, cut);
		size_t		room = 0;
		size_t		out_size;
		unsigned char *out;
		bool		whole = ktt_vector_scale_room(kind, value, cut, &room);

		out = malloc(room > 0 ? room : 1);
		CHECK((ktt_vector_scale(kind, 3, value, cut, out, &out_size, &fault) == KTT_OK) == (cut == size),
			  "only the whole has a multiple");
		CHECK(whole || fault.status == KTT_BINARY, "broken, and said so");
		free(value);
		free(out);
	}
}

int
main(void)
{
	random_multiples(KTT_BASKET);
	random_multiples(KTT_SHARES);
	broken_values(KTT_BASKET);
	broken_values(KTT_SHARES);
	return unit_report();
}
