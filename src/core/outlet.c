#include "outlet.h"

#include "pause.h"

static ktt_status
no_memory(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the points.");
}

static bool
same_outlet(const ktt_point *one, const ktt_point *other)
{
	return one->place.longitude == other->place.longitude &&
		one->place.latitude == other->place.latitude &&
		one->radius == other->radius && one->area == other->area;
}

static void
add_room(ktt_outlet *outlet, int32_t capacity)
{
	if (capacity == KTT_NO_CAPACITY)
		outlet->room = KTT_BOUNDLESS;
	else if (outlet->room != KTT_BOUNDLESS)
		outlet->room += capacity;
}

/*
 * Points stand by site, then id. Only neighbours are put together: then the ids
 * of two outlets at one site do not interlace, and their order is the same
 * whichever of their points are being filled.
 */
static void
gather(ktt_outlets *outlets)
{
	const ktt_point *points = outlets->pickups->points;
	ktt_outlet *outlet = NULL;

	for (size_t i = 0; i < outlets->pickups->count; i++)
	{
		ktt_pause_at(i);
		if (points[i].capacity == 0)
		{
			outlets->closed = true;
			continue;
		}
		if (outlet == NULL || !same_outlet(&points[outlet->point], &points[i]))
		{
			outlet = &outlets->outlets[outlets->count++];
			*outlet = (ktt_outlet) {.point = (uint32_t) i};
		}
		add_room(outlet, points[i].capacity);
		outlets->outlet_of[i] = (uint32_t) (outlet - outlets->outlets);
	}
}

/* Show the point that is being filled to those who search. */
static void
show(ktt_outlets *outlets, const ktt_outlet *outlet)
{
	ktt_point  *shown = &outlets->tree.points[outlet->leaf];

	*shown = outlets->pickups->points[outlet->point];
	shown->capacity = (int32_t) outlet->point;
}

ktt_status
ktt_outlets_thin(ktt_outlets *outlets, ktt_fault *fault)
{
	ktt_point  *points = outlets->tree.points;
	uint32_t	count = 0;
	ktt_status	status;

	ktt_pickups_end(&outlets->tree);
	for (size_t i = 0; i < outlets->count; i++)
	{
		ktt_outlet *outlet = &outlets->outlets[i];

		ktt_pause_at(i);
		if (outlet->room > 0)
		{
			outlet->leaf = count++;
			show(outlets, outlet);
		}
	}
	status = ktt_pickups_build(&outlets->tree, points, count, outlets->memory, fault);
	for (uint32_t i = 0; i < count; i++)
		outlets->outlets[ktt_outlet_at(outlets, i)].leaf = i;
	return status;
}

ktt_status
ktt_outlets_build(ktt_outlets *outlets, const ktt_pickups *pickups,
				  const ktt_memory *memory, ktt_fault *fault)
{
	ktt_status	status;

	*outlets = (ktt_outlets) {.pickups = pickups, .memory = *memory};
	outlets->tree.memory = *memory;
	outlets->outlets = ktt_allocate(memory, pickups->count * sizeof(*outlets->outlets));
	outlets->outlet_of = ktt_allocate(memory, pickups->count * sizeof(*outlets->outlet_of));
	if (outlets->outlets != NULL && outlets->outlet_of != NULL)
	{
		gather(outlets);
		outlets->tree.points = ktt_allocate(memory, outlets->count * sizeof(ktt_point));
	}
	status = outlets->tree.points == NULL ? no_memory(fault) :
		ktt_outlets_thin(outlets, fault);
	if (status != KTT_OK)
		ktt_outlets_end(outlets);
	return status;
}

void
ktt_outlets_end(ktt_outlets *outlets)
{
	ktt_pickups_end(&outlets->tree);
	ktt_release(&outlets->memory, outlets->tree.points);
	ktt_release(&outlets->memory, outlets->outlet_of);
	ktt_release(&outlets->memory, outlets->outlets);
	outlets->tree.points = NULL;
	outlets->outlet_of = NULL;
	outlets->outlets = NULL;
	outlets->count = 0;
}

uint32_t
ktt_outlet_take(ktt_outlets *outlets, uint32_t outlet)
{
	ktt_outlet *from = &outlets->outlets[outlet];
	const ktt_point *points = outlets->pickups->points;
	uint32_t	taken = from->point;

	if (points[taken].capacity == KTT_NO_CAPACITY)
		return taken;
	if (from->room != KTT_BOUNDLESS)
		from->room--;
	if (++from->taken == points[taken].capacity && from->room > 0)
	{
		from->taken = 0;
		do
			from->point++;
		while (points[from->point].capacity == 0);
		show(outlets, from);
	}
	return taken;
}

bool
ktt_outlets_serve(const ktt_outlets *outlets, ktt_place place)
{
	ktt_near	near;

	return ktt_pickups_nearest(outlets->pickups, place, NULL, NULL, NULL, &near, 1) > 0;
}
