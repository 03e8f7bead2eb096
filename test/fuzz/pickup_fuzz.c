/*
 * Pickup points: text and packed form are each other's inverse, and whatever was
 * accepted can be searched.
 */
#include "core/pickup_text.h"
#include "fuzz.h"
#include "targets.h"

/* Memory that is given back at once, as the server's is. */
typedef struct block
{
	struct block *next;
	_Alignas(16) unsigned char memory[];
} block;

static void *
allocate(void *owner, size_t size)
{
	block	  **all = owner;
	block	   *taken = calloc(1, sizeof(block) + size);

	taken->next = *all;
	*all = taken;
	return taken->memory;
}

static void
release(void *owner, void *memory)
{
	block	  **at = owner;

	while ((*at)->memory != memory)
		at = &(*at)->next;

	block	   *given = *at;

	*at = given->next;
	free(given);
}

static void
release_all(block *all)
{
	while (all != NULL)
	{
		block	   *next = all->next;

		free(all);
		all = next;
	}
}

/* Reads text into packed bytes, NULL when it is refused. */
static unsigned char *
parse(const char *text, size_t length, const ktt_memory *memory, size_t *size)
{
	ktt_pickup_entry *entries;
	ktt_fault	fault = {0};
	size_t		count;
	ktt_status	status = ktt_pickup_parse(text, length, memory, &entries, &count, &fault);
	unsigned char *packed;

	if (status != KTT_OK)
	{
		fuzz_refused(FUZZ_TEXT, status, &fault, length);
		return NULL;
	}
	*size = ktt_pickup_size(entries, count);
	packed = memory->allocate(memory->owner, *size);
	ktt_pickup_pack(entries, count, packed);
	return packed;
}

static ktt_point *
read_points(const unsigned char *packed, size_t size, const ktt_memory *memory, size_t *count)
{
	ktt_pickup_reader reader;
	ktt_pickup_entry entry;
	ktt_fault	fault;
	ktt_point  *points;

	MUST(ktt_pickup_open(&reader, packed, size, &fault) == KTT_OK);
	points = memory->allocate(memory->owner, (reader.left + 1) * sizeof(*points));
	for (*count = 0; reader.left > 0; ++*count)
	{
		ktt_area   *area = NULL;

		MUST(ktt_pickup_next(&reader, &entry, &fault) == KTT_OK);
		if (entry.area != NULL)
			MUST(ktt_area_unpack(entry.area, entry.area_size, memory, &area, &fault) == KTT_OK);
		points[*count] = entry.point;
		points[*count].area = area;
	}
	return points;
}

static void
round_trip(const unsigned char *packed, size_t size, const ktt_memory *memory)
{
	ktt_pickup_reader reader;
	ktt_pickup_entry entry;
	ktt_fault	fault;
	char	   *text = memory->allocate(memory->owner, 2);
	size_t		length = 0;
	unsigned char *again;
	size_t		again_size = 0;

	MUST(ktt_pickup_check(packed, size, memory, &fault) == KTT_OK);
	MUST(ktt_pickup_open(&reader, packed, size, &fault) == KTT_OK);
	text[length++] = '{';
	while (reader.left > 0)
	{
		char	   *longer;
		size_t		room;

		MUST(ktt_pickup_next(&reader, &entry, &fault) == KTT_OK);
		room = ktt_pickup_entry_room(&entry);
		longer = memory->allocate(memory->owner, length + room + 1);
		memcpy(longer, text, length);
		memory->release(memory->owner, text);
		text = longer;
		length = (size_t) (ktt_pickup_entry_print(text + length, &entry) - text);
		text[length++] = reader.left > 0 ? ',' : '}';
	}
	if (length == 1)
		text[length++] = '}';
	again = parse(text, length, memory, &again_size);
	MUST(again != NULL && again_size == size && memcmp(again, packed, size) == 0);
}

/* All points, asked for at once and behind the first half of them. */
static void
search(ktt_point *points, size_t count, const int64_t *numbers, const ktt_memory *memory)
{
	ktt_place	place = {(double) (numbers[0] % 181), (double) (numbers[1] % 91)};
	ktt_near   *found = memory->allocate(memory->owner, (count + 1) * sizeof(*found));
	ktt_pickups pickups;
	ktt_fault	fault;
	size_t		serving = 0;
	size_t		near;

	MUST(ktt_pickups_build(&pickups, points, count, *memory, &fault) == KTT_OK);
	for (size_t i = 0; i < count; i++)
		serving += ktt_point_serves(&pickups, i, place);
	near = ktt_pickups_nearest(&pickups, place, NULL, NULL, NULL, found, count + 1);
	MUST(near == serving);
	for (size_t i = 1; i < near; i++)
		MUST(ktt_near_before(&pickups, place, &found[i - 1], &found[i]));
	if (near > 0)
	{
		ktt_near	after = found[near / 2];

		ktt_near_measure(&pickups, place, &after);
		MUST(ktt_pickups_nearest(&pickups, place, &after, NULL, NULL, found, count + 1) == near - near / 2 - 1);
	}
	MUST(ktt_pickups_within(&pickups, place, KTT_RADIUS_MAX, SIZE_MAX) == count);
	ktt_pickups_end(&pickups);
}

bool
fuzz_pickup(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	block	   *all = NULL;
	const ktt_memory memory = {allocate, release, &all};
	unsigned char *packed;

	if (form == FUZZ_PACKED)
	{
		ktt_fault	fault = {0};
		ktt_pickup_reader reader;
		ktt_status	status;

		packed = memory.allocate(memory.owner, size);
		memcpy(packed, data, size);
		seal_pickup(packed, size);
		/* Memory is taken by what the head says, so it cannot say too much. */
		if (ktt_pickup_open(&reader, packed, size, &fault) == KTT_OK)
			MUST(reader.left <= size / 18);
		status = ktt_pickup_check(packed, size, &memory, &fault);
		if (status != KTT_OK)
		{
			fuzz_refused(form, status, &fault, size);
			packed = NULL;
		}
	}
	else
		packed = parse((const char *) data, size, &memory, &size);
	if (packed != NULL)
	{
		size_t		count;
		ktt_point  *points = read_points(packed, size, &memory, &count);

		round_trip(packed, size, &memory);
		search(points, count, numbers, &memory);
	}
	release_all(all);
	return packed != NULL;
}
