#include "sort.h"

#include "pause.h"

#include <string.h>

/* Runs that insertion puts in order before merging begins. */
#define RUN 8

static void
insert_runs(unsigned char *elements, size_t count, size_t size,
			unsigned char *scratch,
			int (*compare) (const void *, const void *))
{
	for (size_t i = 1; i < count; i++)
	{
		size_t		first = i - i % RUN;
		size_t		at = i;

		ktt_pause_at(i);
		while (at > first &&
			   compare(elements + (at - 1) * size, elements + i * size) > 0)
			at--;
		if (at == i)
			continue;
		memcpy(scratch, elements + i * size, size);
		memmove(elements + (at + 1) * size, elements + at * size, (i - at) * size);
		memcpy(elements + at * size, scratch, size);
	}
}

void
ktt_sort(void *elements, size_t count, size_t size, void *scratch,
		 int (*compare) (const void *, const void *))
{
	unsigned char *from = elements;
	unsigned char *to = scratch;
	size_t		step = 0;

	if (count < 2)
		return;
	insert_runs(from, count, size, to, compare);
	for (size_t width = RUN; width < count; width *= 2)
	{
		unsigned char *swap = from;

		for (size_t low = 0; low < count; low += 2 * width)
		{
			size_t		middle = low + width < count ? low + width : count;
			size_t		high = middle + width < count ? middle + width : count;
			size_t		left = low;
			size_t		right = middle;

			for (size_t out = low; out < high; out++)
			{
				const unsigned char *taken;

				ktt_pause_at(step++);
				if (right == high ||
					(left < middle &&
					 compare(from + left * size, from + right * size) <= 0))
					taken = from + left++ * size;
				else
					taken = from + right++ * size;
				memcpy(to + out * size, taken, size);
			}
		}
		from = to;
		to = swap;
	}
	if (from != (unsigned char *) elements)
		memcpy(elements, from, count * size);
}
