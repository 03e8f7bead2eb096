/*
 * When both sides rank by the same number there is one stable matching, and it
 * is the greedy one: of all pairs of a place and a point with room, again and
 * again the first by (distance, id of the demand, id of the point).
 *
 * Every crowd waits with its next member at the nearest of a few points that it
 * has asked the tree for. Crowds wait in buckets by distance; the bucket whose
 * turn it is becomes a heap. No pair that comes later is nearer, so a full point
 * is full for good: it is passed over without being tried, and the tree is built
 * anew without the full ones once they have cost as much as that.
 *
 * An outlet that goes on to its next point may lose a tie that it would have won,
 * so whoever waited for the point before asks again.
 */
#include "match.h"

#include "crowd.h"
#include "outlet.h"
#include "pause.h"
#include "pickup_tree.h"

#include <string.h>

/* Points that a crowd knows at a time. */
#define OFFERS 8

#define NOBODY UINT32_MAX

/* Full points found for each point in the tree before it is built anew. */
#define WASTE 32

/* A crowd that wants points. */
typedef struct seeker
{
	uint32_t	offers[OFFERS]; /* indices into points, in order */
	uint32_t	next;			/* in the same bucket */
	uint32_t	member;			/* the next one that wants a place */
	double		metres;			/* to the offer that it waits for */
	bool		exact;
	uint8_t		at;				/* that offer */
	uint8_t		count;
	bool		served;			/* a point with room was found once */
} seeker;

typedef struct matching
{
	const ktt_demand *demands;
	ktt_match  *matches;
	ktt_crowds	crowds;
	ktt_outlets outlets;
	seeker	   *seekers;		/* by crowd */
	uint32_t   *buckets;		/* the first crowd in each */
	size_t		bucket_count;
	int			fineness;		/* bits of the mantissa that tell buckets apart */
	uint32_t   *heap;			/* crowds of the bucket whose turn it is */
	size_t		heap_count;
	size_t		wasted;			/* full points found since the tree was built */
	ktt_fault  *fault;
	ktt_status	status;
} matching;

static ktt_place
place_of(const matching *matching, uint32_t crowd)
{
	return matching->demands[matching->crowds.members[matching->crowds.crowds[crowd].first]].place;
}

static int64_t
id_of(const matching *matching, uint32_t crowd)
{
	return matching->demands[matching->crowds.members[matching->seekers[crowd].member]].id;
}

static bool
wants_more(const matching *matching, uint32_t crowd)
{
	const ktt_crowd *of = &matching->crowds.crowds[crowd];

	return matching->seekers[crowd].member < of->first + of->count;
}

static void
measure(const matching *matching, uint32_t crowd)
{
	seeker	   *seeker = &matching->seekers[crowd];

	if (!seeker->exact)
	{
		const ktt_point *points = matching->outlets.pickups->points;

		seeker->metres = ktt_distance(points[seeker->offers[seeker->at]].place,
									  place_of(matching, crowd));
		seeker->exact = true;
	}
}

/* Whether the next pair of one crowd comes before that of another. */
static bool
before(const matching *matching, uint32_t one, uint32_t other)
{
	const seeker *a = &matching->seekers[one];
	const seeker *b = &matching->seekers[other];
	double		apart = a->metres - b->metres;

	if (apart <= KTT_PICKUP_CLOSE && apart >= -KTT_PICKUP_CLOSE)
	{
		measure(matching, one);
		measure(matching, other);
	}
	if (a->metres != b->metres)
		return a->metres < b->metres;
	return id_of(matching, one) < id_of(matching, other);
}

/* Let the crowd at a place of the heap sink to where it belongs. */
static void
sink(matching *matching, size_t at)
{
	uint32_t   *heap = matching->heap;
	uint32_t	crowd = heap[at];

	for (;;)
	{
		size_t		child = 2 * at + 1;

		if (child >= matching->heap_count)
			break;
		if (child + 1 < matching->heap_count &&
			before(matching, heap[child + 1], heap[child]))
			child++;
		if (!before(matching, heap[child], crowd))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = crowd;
}

static void
drop_first(matching *matching)
{
	matching->heap[0] = matching->heap[--matching->heap_count];
	if (matching->heap_count > 0)
		sink(matching, 0);
}

/* Buckets as wide as the distance is long, from a millimetre on. */
static size_t
bucket_of(const matching *matching, double metres)
{
	const double shortest = 1.0 / 1024;
	int			shift = 52 - matching->fineness;
	uint64_t	bits;
	uint64_t	least;

	if (metres <= shortest)
		return 0;
	memcpy(&bits, &metres, sizeof(bits));
	memcpy(&least, &shortest, sizeof(least));
	return (size_t) ((bits - least) >> shift);
}

/* Only where the error might make a difference is the distance measured. */
static size_t
bucket_of_crowd(const matching *matching, uint32_t crowd)
{
	seeker	   *seeker = &matching->seekers[crowd];

	if (!seeker->exact &&
		bucket_of(matching, seeker->metres - KTT_QUICK_ERROR) !=
		bucket_of(matching, seeker->metres + KTT_QUICK_ERROR))
		measure(matching, crowd);
	return bucket_of(matching, seeker->metres);
}

static void
wait_in_bucket(matching *matching, uint32_t crowd)
{
	uint32_t   *bucket = &matching->buckets[bucket_of_crowd(matching, crowd)];

	matching->seekers[crowd].next = *bucket;
	*bucket = crowd;
}

/* Points that the tree still has although they are full. */
static bool
has_room(void *context, const ktt_point *point)
{
	matching   *matching = context;
	const ktt_outlets *outlets = &matching->outlets;

	if (outlets->outlets[outlets->outlet_of[point->capacity]].room > 0)
		return true;
	matching->wasted++;
	return false;
}

/* Ask for the nearest points that have room. */
static bool
ask(matching *matching, uint32_t crowd)
{
	seeker	   *seeker = &matching->seekers[crowd];
	const ktt_pickups *tree = &matching->outlets.tree;
	ktt_near	found[OFFERS];

	if (matching->wasted > WASTE * tree->count)
	{
		matching->wasted = 0;
		matching->status = ktt_outlets_thin(&matching->outlets, matching->fault);
		if (matching->status != KTT_OK)
			return false;
	}
	seeker->count = (uint8_t) ktt_pickups_nearest(tree, place_of(matching, crowd), NULL,
												  has_room, matching, found, OFFERS);
	for (int i = 0; i < seeker->count; i++)
		seeker->offers[i] = (uint32_t) tree->points[found[i].point].capacity;
	if (seeker->count == 0)
		return false;
	seeker->at = 0;
	seeker->metres = found[0].metres;
	seeker->exact = found[0].exact;
	seeker->served = true;
	return true;
}

/* Find out how far the offer is that the crowd waits for. */
static void
look_up(matching *matching, uint32_t crowd)
{
	seeker	   *seeker = &matching->seekers[crowd];
	const ktt_point *point = &matching->outlets.pickups->points[seeker->offers[seeker->at]];
	ktt_ecef	here = ktt_ecef_of(place_of(matching, crowd));
	ktt_ecef	there = ktt_ecef_of(point->place);
	double		chord_squared = ktt_chord_squared(here, there);

	seeker->exact = false;
	if (chord_squared <= KTT_QUICK_MAX * KTT_QUICK_MAX)
		seeker->metres = ktt_quick_distance(there, here, chord_squared);
	else
		measure(matching, crowd);
}

/* Go on to the next point with room; false when there is none. */
static bool
go_on(matching *matching, uint32_t crowd)
{
	seeker	   *seeker = &matching->seekers[crowd];
	const ktt_outlets *outlets = &matching->outlets;

	for (; seeker->at < seeker->count; seeker->at++)
	{
		const ktt_outlet *outlet = &outlets->outlets[outlets->outlet_of[seeker->offers[seeker->at]]];

		if (outlet->room == 0)
			continue;
		if (outlet->point != seeker->offers[seeker->at])
			break;
		look_up(matching, crowd);
		return true;
	}
	if (seeker->at == seeker->count && seeker->count < OFFERS)
		return false;
	return ask(matching, crowd);
}

/* Whether the first crowd of the heap can have what it waits for. */
static bool
is_free(const matching *matching, const seeker *seeker)
{
	const ktt_outlets *outlets = &matching->outlets;
	const ktt_outlet *outlet = &outlets->outlets[outlets->outlet_of[seeker->offers[seeker->at]]];

	return outlet->room > 0 && outlet->point == seeker->offers[seeker->at];
}

static void
take(matching *matching, uint32_t crowd)
{
	seeker	   *seeker = &matching->seekers[crowd];
	ktt_outlets *outlets = &matching->outlets;
	ktt_match  *match = &matching->matches[matching->crowds.members[seeker->member++]];

	measure(matching, crowd);
	match->outcome = KTT_MATCHED;
	match->metres = seeker->metres;
	match->point = ktt_outlet_take(outlets, outlets->outlet_of[seeker->offers[seeker->at]]);
}

/* Serve a bucket; who has to go on may come back into it. */
static void
serve_bucket(matching *matching, size_t bucket)
{
	size_t		step = 0;

	matching->heap_count = 0;
	for (uint32_t crowd = matching->buckets[bucket]; crowd != NOBODY;
		 crowd = matching->seekers[crowd].next)
		matching->heap[matching->heap_count++] = crowd;
	for (size_t i = matching->heap_count / 2; i-- > 0;)
	{
		ktt_pause_at(step++ * 8 + 7);
		sink(matching, i);
	}

	while (matching->heap_count > 0 && matching->status == KTT_OK)
	{
		uint32_t	crowd = matching->heap[0];
		seeker	   *seeker = &matching->seekers[crowd];

		ktt_pause_at(step++ * 64 + 63);
		if (is_free(matching, seeker))
			take(matching, crowd);
		else if (!go_on(matching, crowd))
		{
			drop_first(matching);
			continue;
		}
		else if (bucket_of_crowd(matching, crowd) != bucket)
		{
			drop_first(matching);
			wait_in_bucket(matching, crowd);
			continue;
		}
		if (wants_more(matching, crowd))
			sink(matching, 0);
		else
			drop_first(matching);
	}
}

static void
serve_all(matching *matching)
{
	for (size_t i = 0; i < matching->bucket_count; i++)
		matching->buckets[i] = NOBODY;
	for (uint32_t crowd = 0; crowd < matching->crowds.count; crowd++)
	{
		ktt_pause_at(crowd * (size_t) 64 + 63);
		matching->seekers[crowd].member = matching->crowds.crowds[crowd].first;
		if (ask(matching, crowd))
			wait_in_bucket(matching, crowd);
	}
	for (size_t bucket = 0; bucket < matching->bucket_count && matching->status == KTT_OK; bucket++)
		if (matching->buckets[bucket] != NOBODY)
			serve_bucket(matching, bucket);
}

/* Say why the members that are left over are. */
static void
leave_out(matching *matching)
{
	for (uint32_t crowd = 0; crowd < matching->crowds.count; crowd++)
	{
		ktt_match_outcome outcome = KTT_FULL;

		ktt_pause_at(crowd * (size_t) 64 + 63);
		if (!wants_more(matching, crowd))
			continue;
		if (!matching->seekers[crowd].served &&
			!(matching->outlets.closed &&
			  ktt_outlets_serve(&matching->outlets, place_of(matching, crowd))))
			outcome = KTT_NO_POINT;
		for (seeker *seeker = &matching->seekers[crowd]; wants_more(matching, crowd); seeker->member++)
			matching->matches[matching->crowds.members[seeker->member]] = (ktt_match) {.outcome = outcome};
	}
}

/* So many that a bucket has a few dozen crowds when most are within one octave. */
static void
choose_buckets(matching *matching)
{
	matching->fineness = 4;
	while (matching->fineness < 12 && (matching->crowds.count >> (matching->fineness + 4)) > 0)
		matching->fineness++;
	matching->bucket_count = bucket_of(matching, 2 * KTT_DISTANCE_MAX) + 1;
}

static ktt_status
no_memory(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the matching.");
}

ktt_status
ktt_match_stable(const ktt_pickups *pickups, const ktt_demand *demands,
				 size_t count, const ktt_memory *memory, ktt_match *matches,
				 ktt_fault *fault)
{
	matching	matching = {.demands = demands, .matches = matches, .fault = fault,
							.status = KTT_OK};
	ktt_status	status;

	status = ktt_crowds_build(&matching.crowds, demands, count, memory, fault);
	if (status != KTT_OK)
		return status;
	status = ktt_outlets_build(&matching.outlets, pickups, memory, fault);
	if (status != KTT_OK)
	{
		ktt_crowds_end(&matching.crowds);
		return status;
	}

	choose_buckets(&matching);
	matching.seekers = ktt_allocate(memory, matching.crowds.count * sizeof(seeker));
	matching.heap = ktt_allocate(memory, matching.crowds.count * sizeof(*matching.heap));
	matching.buckets = ktt_allocate(memory, matching.bucket_count * sizeof(*matching.buckets));
	if (matching.seekers == NULL || matching.heap == NULL || matching.buckets == NULL)
		matching.status = no_memory(fault);
	else
	{
		serve_all(&matching);
		if (matching.status == KTT_OK)
			leave_out(&matching);
	}
	ktt_release(memory, matching.buckets);
	ktt_release(memory, matching.heap);
	ktt_release(memory, matching.seekers);
	ktt_outlets_end(&matching.outlets);
	ktt_crowds_end(&matching.crowds);
	return matching.status;
}
