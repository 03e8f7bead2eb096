#include "crowd.h"

#include "pause.h"
#include "sort.h"

/* What demands are sorted by: where they are along the curve, then the id. */
typedef struct spot
{
	uint64_t	along;
	int64_t		id;
	uint32_t	demand;
} spot;

static int
compare_spots(const void *a, const void *b)
{
	const spot *one = a;
	const spot *other = b;

	if (one->along != other->along)
		return one->along < other->along ? -1 : 1;
	return (one->id > other->id) - (one->id < other->id);
}

static int
compare_ids(const void *a, const void *b)
{
	int64_t		one = *(const int64_t *) a;
	int64_t		other = *(const int64_t *) b;

	return (one > other) - (one < other);
}

/* The lower 32 bits, each followed by a zero. */
static uint64_t
spread(uint64_t bits)
{
	bits = (bits | bits << 16) & UINT64_C(0x0000FFFF0000FFFF);
	bits = (bits | bits << 8) & UINT64_C(0x00FF00FF00FF00FF);
	bits = (bits | bits << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	bits = (bits | bits << 2) & UINT64_C(0x3333333333333333);
	return (bits | bits << 1) & UINT64_C(0x5555555555555555);
}

/* The Z-order curve over cells of a centimetre: 32 bits for 360 degrees. */
static uint64_t
along_curve(ktt_place place)
{
	const double cells = 4294967295.0 / 360;

	return spread((uint64_t) ((place.longitude + 180) * cells)) << 1 |
		spread((uint64_t) ((place.latitude + 90) * cells));
}

static ktt_status
no_memory(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the places.");
}

static ktt_status
check_ids(const ktt_demand *demands, size_t count, const ktt_memory *memory,
		  ktt_fault *fault)
{
	size_t		rising = 1;
	int64_t    *ids;
	ktt_status	status = KTT_OK;

	while (rising < count && demands[rising - 1].id < demands[rising].id)
		ktt_pause_at(rising++);
	if (rising >= count)
		return KTT_OK;

	ids = ktt_allocate(memory, 2 * count * sizeof(*ids));
	if (ids == NULL)
		return no_memory(fault);
	for (size_t i = 0; i < count; i++)
		ids[i] = demands[i].id;
	ktt_sort(ids, count, sizeof(*ids), ids + count, compare_ids);
	for (size_t i = 1; i < count && status == KTT_OK; i++)
		if (ids[i - 1] == ids[i])
			status = ktt_fail(fault, KTT_VALUE, 0, "Place %lld is given twice.",
							  (long long) ids[i]);
	ktt_release(memory, ids);
	return status;
}

static bool
same_place(ktt_place a, ktt_place b)
{
	return a.longitude == b.longitude && a.latitude == b.latitude;
}

/* Two places in one cell may stand in turns: then some crowds are several. */
static void
gather(ktt_crowds *crowds, const ktt_demand *demands, const spot *spots,
	   size_t count)
{
	ktt_crowd  *crowd = NULL;

	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		crowds->members[i] = spots[i].demand;
		if (crowd == NULL ||
			!same_place(demands[spots[i - 1].demand].place, demands[spots[i].demand].place))
		{
			crowd = &crowds->crowds[crowds->count++];
			*crowd = (ktt_crowd) {(uint32_t) i, 0};
		}
		crowd->count++;
	}
}

ktt_status
ktt_crowds_build(ktt_crowds *crowds, const ktt_demand *demands, size_t count,
				 const ktt_memory *memory, ktt_fault *fault)
{
	spot	   *spots;
	ktt_status	status;

	*crowds = (ktt_crowds) {.memory = *memory};
	if (count > KTT_MATCH_PLACES_MAX)
		return ktt_fail(fault, KTT_LIMIT, 0, "There are %zu places, at most %d are allowed.",
						count, KTT_MATCH_PLACES_MAX);
	status = check_ids(demands, count, memory, fault);
	if (status != KTT_OK)
		return status;

	spots = ktt_allocate(memory, 2 * count * sizeof(*spots));
	if (spots == NULL)
		return no_memory(fault);
	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		spots[i] = (spot) {along_curve(demands[i].place), demands[i].id, (uint32_t) i};
	}
	ktt_sort(spots, count, sizeof(*spots), spots + count, compare_spots);
	crowds->members = ktt_allocate(memory, count * sizeof(*crowds->members));
	crowds->crowds = ktt_allocate(memory, count * sizeof(*crowds->crowds));
	if (crowds->members != NULL && crowds->crowds != NULL)
		gather(crowds, demands, spots, count);
	ktt_release(memory, spots);
	if (crowds->members != NULL && crowds->crowds != NULL)
		return KTT_OK;
	ktt_crowds_end(crowds);
	return no_memory(fault);
}

void
ktt_crowds_end(ktt_crowds *crowds)
{
	ktt_release(&crowds->memory, crowds->crowds);
	ktt_release(&crowds->memory, crowds->members);
	crowds->crowds = NULL;
	crowds->members = NULL;
	crowds->count = 0;
}
