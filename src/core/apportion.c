#include "apportion.h"

#include "pause.h"

#include <stdbool.h>

/* Below this many units left over a scan each is cheaper than a heap. */
#define SCAN_MAX 8

/* Whether left is served before right. */
static inline bool
Before(const ktt_remainder *left, const ktt_remainder *right)
{
	if (left->high != right->high)
		return left->high > right->high;
	if (left->low != right->low)
		return left->low > right->low;
	return left->index < right->index;
}

/* Serve `left` units by scanning for the largest remainder each time. */
static void
ServeByScan(uint64_t left, uint64_t *parts, ktt_remainder *scratch,
			size_t count)
{
	while (left-- > 0)
	{
		size_t		best = 0;

		for (size_t i = 1; i < count; i++)
			if (Before(&scratch[i], &scratch[best]))
				best = i;
		parts[scratch[best].index]++;
		scratch[best] = scratch[--count];
	}
}

static void
SiftDown(ktt_remainder *heap, size_t count, size_t at)
{
	ktt_remainder moved = heap[at];
	size_t		child;

	while ((child = 2 * at + 1) < count)
	{
		if (child + 1 < count && Before(&heap[child + 1], &heap[child]))
			child++;
		if (!Before(&heap[child], &moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

/* Serve `left` units, fewer than count, from a heap: O(count + left log count). */
static void
ServeByHeap(uint64_t left, uint64_t *parts, ktt_remainder *heap, size_t count)
{
	for (size_t at = count / 2; at-- > 0;)
		SiftDown(heap, count, at);
	while (left-- > 0)
	{
		ktt_pause_at((size_t) left);
		parts[heap[0].index]++;
		heap[0] = heap[--count];
		SiftDown(heap, count, 0);
	}
}

ktt_status
ktt_apportion(uint64_t total, const uint64_t *weights, size_t count,
			  uint64_t *parts, ktt_remainder *scratch, ktt_fault *fault)
{
	ktt_uint128 sum = 0;
	uint64_t	left = total;

	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	if (sum == 0)
		return ktt_fail(fault, KTT_VALUE, 0, count == 0 ?
						"There are no weights." : "All weights are zero.");

	for (size_t i = 0; i < count; i++)
	{
		ktt_uint128 product = (ktt_uint128) total * weights[i];
		ktt_uint128 remainder;
		uint64_t	part;

		ktt_pause_at(i);
		/* Nearly always everything fits a plain division, which is far cheaper. */
		if ((product >> 64) == 0 && (sum >> 64) == 0)
			part = (uint64_t) product / (uint64_t) sum;
		else
			part = (uint64_t) (product / sum);
		remainder = product - part * sum;
		parts[i] = part;
		left -= part;
		scratch[i].high = (uint64_t) (remainder >> 64);
		scratch[i].low = (uint64_t) remainder;
		scratch[i].index = i;
	}

	/* The remainders sum to left whole units, so left < count, and every unit
	 * meets a remainder above zero: a weight of zero never gets one. */
	if (left <= SCAN_MAX)
		ServeByScan(left, parts, scratch, count);
	else
		ServeByHeap(left, parts, scratch, count);
	return KTT_OK;
}
