/* Largest remainder against its definition. */
#include "core/apportion.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 20240607;

static uint64_t
Random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(2685821657736338717);
}

/* Up to bits random bits, with small and extreme numbers more often. */
static uint64_t
RandomBits(unsigned bits)
{
	uint64_t	most = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

	uint64_t	shift = 64 - bits + Random() % bits;

	switch (Random() % 8)
	{
		case 0:
			return Random() % 3;
		case 1:
			return most - Random() % 2;
		default:
			return Random() >> shift;
	}
}

/*
 * The definition itself, pair by pair: every part is its exact share rounded
 * down or up, they sum to the total, and nobody who was rounded up has a
 * smaller remainder (or an equal one and a later place) than anybody who was not.
 */
static void
CheckParts(uint64_t total, const uint64_t *weights, size_t count,
		   const uint64_t *parts)
{
	ktt_uint128 sum = 0;
	ktt_uint128 given = 0;
	bool		good = true;

	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	for (size_t i = 0; i < count; i++)
	{
		ktt_uint128 exact = (ktt_uint128) total * weights[i];
		ktt_uint128 floor_part = exact / sum;

		given += parts[i];
		good = good && (parts[i] == floor_part ||
						(parts[i] == floor_part + 1 && exact % sum != 0));
	}
	CHECK(good, "each part is its share rounded down or up");
	CHECK(given == total, "the parts sum to the total");

	good = true;
	for (size_t i = 0; i < count; i++)
	{
		ktt_uint128 mine = (ktt_uint128) total * weights[i];

		if (parts[i] == mine / sum)
			continue;
		for (size_t j = 0; j < count; j++)
		{
			ktt_uint128 other = (ktt_uint128) total * weights[j];

			if (parts[j] == other / sum)
				good = good && (mine % sum > other % sum ||
								(mine % sum == other % sum && i < j));
		}
	}
	CHECK(good, "units go to the largest remainders, ties to the first");
}

static void
TestRandom(void)
{
	uint64_t	weights[100];
	uint64_t	parts[100];
	ktt_remainder scratch[100];
	ktt_fault	fault;

	for (int round = 0; round < 60000; round++)
	{
		size_t		count = 1 + (round % 20 == 0 ? Random() % 100 : Random() % 8);
		unsigned	bits = (unsigned) (1 + Random() % 64);
		uint64_t	total = RandomBits((unsigned) (1 + Random() % 64));
		bool		any = false;

		for (size_t i = 0; i < count; i++)
		{
			weights[i] = RandomBits(bits);
			any = any || weights[i] > 0;
		}
		if (!any)
			weights[count - 1] = 1;
		CHECK(ktt_apportion(total, weights, count, parts, scratch, &fault) == KTT_OK,
			  "apportion accepts");
		CheckParts(total, weights, count, parts);

		/* In place. */
		CHECK(ktt_apportion(total, weights, count, weights, scratch, &fault) == KTT_OK,
			  "apportion accepts the same array for both");
		CHECK(memcmp(weights, parts, count * sizeof(parts[0])) == 0,
			  "in place gives the same");
	}
}

/* Many equal weights: the heap must keep the order of the weights. */
static void
TestMany(void)
{
	size_t		count = 1000000;
	uint64_t   *parts = malloc(count * sizeof(*parts));
	ktt_remainder *scratch = malloc(count * sizeof(*scratch));
	uint64_t	ones = 777777;
	bool		good = true;
	ktt_fault	fault;

	if (parts == NULL || scratch == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		parts[i] = UINT64_MAX;
	CHECK(ktt_apportion(count + ones, parts, count, parts, scratch, &fault) == KTT_OK,
			  "a million equal weights");
	for (size_t i = 0; i < count; i++)
		good = good && parts[i] == (i < ones ? 2 : 1);
	CHECK(good, "ties go to the first of a million");
	free(parts);
	free(scratch);
}

static void
TestEdges(void)
{
	uint64_t	parts[3] = {0, 0, 0};
	ktt_remainder scratch[3];
	ktt_fault	fault;

	CHECK(ktt_apportion(5, parts, 0, parts, scratch, &fault) == KTT_VALUE,
			  "no weights: refused");
	CHECK(strcmp(fault.reason, "There are no weights.") == 0,
			  "no weights: reason");
	CHECK(ktt_apportion(0, parts, 3, parts, scratch, &fault) == KTT_VALUE,
			  "zero weights: refused");
	CHECK(strcmp(fault.reason, "All weights are zero.") == 0,
			  "zero weights: reason");

	parts[0] = 70;
	parts[1] = 30;
	CHECK(ktt_apportion(5, parts, 2, parts, scratch, &fault) == KTT_OK,
			  "5 over 70 and 30");
	CHECK(parts[0] == 4 && parts[1] == 1, "5 over 70 and 30 is 4 and 1");

	parts[0] = parts[1] = parts[2] = UINT64_MAX;
	CHECK(ktt_apportion(UINT64_MAX, parts, 3, parts, scratch, &fault) == KTT_OK,
			  "the largest total and weights");
	CHECK(parts[0] == UINT64_MAX / 3 && parts[2] == UINT64_MAX / 3,
			  "the largest total in thirds");
}

int
main(void)
{
	TestRandom();
	TestMany();
	TestEdges();
	return unit_report();
}
