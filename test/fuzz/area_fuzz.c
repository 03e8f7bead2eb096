/* Service areas: whatever bytes come, they are unpacked and asked, or refused. */
#include "core/area.h"
#include "fuzz.h"

#include <math.h>

/* Memory that is counted. */
typedef struct account
{
	int			blocks;
	size_t		size;
} account;

static void *
take(void *owner, size_t size)
{
	account    *from = owner;

	from->blocks++;
	from->size += size;
	return calloc(1, size);
}

static void
give_back(void *owner, void *memory)
{
	((account *) owner)->blocks--;
	free(memory);
}

bool
fuzz_area(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	account		taken = {0, 0};
	ktt_memory	memory = {take, give_back, &taken};
	ktt_fault	fault = {0};
	ktt_area   *area = NULL;
	ktt_status	status = ktt_area_unpack(data, size, &memory, &area, &fault);

	if (status != KTT_OK)
	{
		MUST(taken.blocks == 0);
		fuzz_refused(form, status, &fault, size);
		return false;
	}
	MUST(taken.blocks == 1 && taken.size < 20 * size + 1000);
	for (int i = 0; i < FUZZ_NUMBERS / 2; i++)
	{
		ktt_place	place = {
			remainder((double) numbers[i] / 1e6, 360), remainder((double) numbers[FUZZ_NUMBERS / 2 + i] / 1e7, 180)
		};
		ktt_place	west = {-180, place.latitude};
		ktt_place	east = {180, place.latitude};

		MUST(ktt_area_covers(area, place) == ktt_area_covers(area, place));
		MUST(ktt_area_covers(area, west) == ktt_area_covers(area, east));
	}
	ktt_area_release(area, &memory);
	MUST(taken.blocks == 0);
	return true;
}
