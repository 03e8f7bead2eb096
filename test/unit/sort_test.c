/* Sorting against counting, for every length and for what sorts badly elsewhere. */
#include "unit.h"

#include "core/pause.h"
#include "core/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct item
{
	int32_t		key;
	uint32_t	given;			/* where it stood */
} item;

typedef enum order
{
	RANDOM, FEW_KEYS, RISING, FALLING, SAME, SAWTOOTH, ALMOST, ORDERS
} order;

static uint64_t seed = 20261127;

static uint32_t
draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) (seed >> 33) % below;
}

static int
compare_keys(const void *a, const void *b)
{
	int32_t		one = ((const item *) a)->key;
	int32_t		other = ((const item *) b)->key;

	return (one > other) - (one < other);
}

static int32_t
draw_key(order order, uint32_t i, uint32_t count)
{
	switch (order)
	{
		case FEW_KEYS:
			return (int32_t) draw(4) - 2;
		case RISING:
			return (int32_t) i;
		case FALLING:
			return -(int32_t) i;
		case SAME:
			return 7;
		case SAWTOOTH:
			return (int32_t) (i % 100);
		case ALMOST:
			return draw(50) == 0 ? (int32_t) draw(count) : (int32_t) i;
		default:
			return (int32_t) draw(UINT32_C(1) << 31) - (1 << 30);
	}
}

/* By key, equal ones as they stood, none lost: then it is the one right order. */
static bool
is_sorted(const item *items, const item *given, uint32_t count)
{
	unsigned char *seen = calloc(count + 1, 1);
	bool		sorted = true;

	for (uint32_t i = 0; i < count && sorted; i++)
	{
		sorted = items[i].given < count && !seen[items[i].given]++ &&
			items[i].key == given[items[i].given].key;
		if (i > 0)
			sorted = sorted && (items[i - 1].key < items[i].key ||
								(items[i - 1].key == items[i].key && items[i - 1].given < items[i].given));
	}
	free(seen);
	return sorted;
}

static void
sorts(order order, uint32_t count)
{
	item	   *items = malloc((count + 1) * sizeof(item));
	item	   *given = malloc((count + 1) * sizeof(item));
	item	   *scratch = malloc((count + 1) * sizeof(item));

	for (uint32_t i = 0; i < count; i++)
		items[i] = (item) {draw_key(order, i, count), i};
	items[count] = (item) {INT32_MIN, 4711};
	memcpy(given, items, (count + 1) * sizeof(item));
	ktt_sort(items, count, sizeof(item), scratch, compare_keys);
	CHECK(is_sorted(items, given, count), "in order, equal ones as they stood");
	CHECK(items[count].key == INT32_MIN && items[count].given == 4711, "nothing behind them is touched");
	free(scratch);
	free(given);
	free(items);
}

/* Elements of odd sizes, which only bytes can tell apart. */
static int
compare_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 3);
}

static void
sorts_odd_sizes(void)
{
	static unsigned char elements[3 * 5000];
	static unsigned char scratch[sizeof(elements)];
	bool		sorted = true;

	for (size_t i = 0; i < sizeof(elements); i++)
		elements[i] = (unsigned char) draw(256);
	ktt_sort(elements, 5000, 3, scratch, compare_bytes);
	for (size_t i = 1; i < 5000; i++)
		sorted = sorted && memcmp(elements + 3 * (i - 1), elements + 3 * i, 3) <= 0;
	CHECK(sorted, "elements of three bytes");
}

static unsigned long pauses;

static void
count_pause(void)
{
	pauses++;
}

/* A pass over the elements lasts milliseconds, so each of them pauses. */
static void
pauses_often(void)
{
	ktt_pause_hook = count_pause;
	sorts(RANDOM, 1000000);
	ktt_pause_hook = NULL;
	CHECK(pauses > 17 * 1000000 / KTT_PAUSE_STEPS, "can be interrupted in every pass");
}

int
main(void)
{
	for (int order = 0; order < ORDERS; order++)
	{
		for (uint32_t count = 0; count < 300; count++)
			sorts((enum order) order, count);
		for (uint32_t count = 1000; count < 200000; count = count * 2 + draw(100))
			sorts((enum order) order, count);
	}
	sorts_odd_sizes();
	pauses_often();
	return unit_report();
}
