/*
 * The aggregate pickup_index(): points are collected in an expanded object,
 * which is the value itself until it has to lie flat.
 */
#include "location.h"
#include "memory.h"
#include "pickup.h"

#include "miscadmin.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

PGDLLEXPORT Datum ktt_pickup_index_collect(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_index_merge(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_index_collect);
PG_FUNCTION_INFO_V1(ktt_pickup_index_merge);

typedef struct PickupSet
{
	ExpandedObjectHeader header;
	ktt_pickup_entry *entries;
	size_t		count;
	size_t		room;
	struct varlena *flat;		/* from SetFlatSize to SetFlattenInto */
	ktt_pickups *tree;			/* NULL until it is asked */
} PickupSet;

static Size
SetFlatSize(ExpandedObjectHeader *header)
{
	PickupSet  *set = (PickupSet *) header;
	MemoryContext old;

	if (set->flat == NULL)
	{
		old = MemoryContextSwitchTo(set->header.eoh_context);
		set->flat = (struct varlena *) DatumGetPointer(KttPickupFromEntries(set->entries, set->count));
		MemoryContextSwitchTo(old);
	}
	return VARSIZE(set->flat);
}

static void
SetFlattenInto(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	PickupSet  *set = (PickupSet *) header;

	Assert(set->flat != NULL && allocated_size == VARSIZE(set->flat));
	memcpy(result, set->flat, allocated_size);
}

static const ExpandedObjectMethods set_methods = {SetFlatSize, SetFlattenInto};

static PickupSet *
SetFrom(Datum value)
{
	ExpandedObjectHeader *header;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	header = DatumGetEOHP(value);
	return header->eoh_methods == &set_methods ? (PickupSet *) header : NULL;
}

const ktt_pickups *
KttPickupSetTree(Datum value)
{
	PickupSet  *set = SetFrom(value);
	ktt_pickups *tree;

	if (set == NULL)
		return NULL;
	if (set->tree == NULL)
	{
		tree = MemoryContextAlloc(set->header.eoh_context, sizeof(*tree));
		KttPickupsBuild(tree, set->entries, set->count, set->header.eoh_context);
		set->tree = tree;
	}
	return set->tree;
}

static void
Append(PickupSet *set, const ktt_pickup_entry *entry)
{
	ktt_pickup_entry copy = *entry;
	ktt_fault	fault;

	if (ktt_pickup_entry_check(&copy, &fault) != KTT_OK)
		KttPickupReport(&fault);
	if (set->count == KTT_PICKUP_POINTS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many pickup points"),
				 errdetail("At most %d are allowed.", KTT_PICKUP_POINTS_MAX)));
	if (set->count == set->room)
	{
		set->room *= 2;
		set->entries = repalloc_huge(set->entries, set->room * sizeof(*set->entries));
	}
	if (copy.area != NULL)
	{
		unsigned char *area = MemoryContextAlloc(set->header.eoh_context, copy.area_size);

		memcpy(area, copy.area, copy.area_size);
		copy.area = area;
	}
	if (set->flat != NULL)
		pfree(set->flat);
	set->flat = NULL;
	set->tree = NULL;
	set->entries[set->count++] = copy;
}

static PickupSet *
MakeSet(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "ktt pickup points",
												  ALLOCSET_DEFAULT_SIZES);
	PickupSet  *set = MemoryContextAllocZero(context, sizeof(*set));

	EOH_init_header(&set->header, &set_methods, context);
	set->room = 16;
	set->entries = MemoryContextAlloc(context, set->room * sizeof(*set->entries));
	return set;
}

static void
AppendAll(PickupSet *set, Datum value)
{
	PickupSet  *other = SetFrom(value);
	size_t		count;
	const ktt_pickup_entry *entries;

	if (other != NULL)
	{
		entries = other->entries;
		count = other->count;
	}
	else
		entries = KttPickupEntries(PG_DETOAST_DATUM_PACKED(value), &count);
	for (size_t i = 0; i < count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		Append(set, &entries[i]);
	}
}

/*
 * The state to add to: that of this aggregate is changed in place, anything else
 * is only read.
 */
static PickupSet *
State(FunctionCallInfo fcinfo, MemoryContext context)
{
	PickupSet  *set;

	if (PG_ARGISNULL(0))
		return MakeSet(context);
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
	{
		set = SetFrom(PG_GETARG_DATUM(0));
		if (set != NULL &&
			MemoryContextGetParent(set->header.eoh_context) == context)
			return set;
	}
	set = MakeSet(context);
	AppendAll(set, PG_GETARG_DATUM(0));
	return set;
}

static MemoryContext
AggregateContext(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("steps of ktt.pickup_index() can be called in an aggregate only")));
	return context;
}

/* pickup_index(id, location) and pickup_index(id, location, capacity, radius, area). */
Datum
ktt_pickup_index_collect(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateContext(fcinfo);
	ktt_pickup_entry entry = {.point = {.capacity = KTT_NO_CAPACITY, .radius = KTT_NO_RADIUS}};
	PickupSet  *set;

	/* What an outer join finds nothing for is no point. */
	if (PG_ARGISNULL(1) && PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		return PG_GETARG_DATUM(0);
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s of a pickup point must not be null", PG_ARGISNULL(1) ? "id" : "location")));
	entry.point.id = PG_GETARG_INT64(1);
	entry.point.place = KttLocationPlace(PG_GETARG_DATUM(2));
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
	{
		entry.point.capacity = PG_GETARG_INT32(3);
		if (entry.point.capacity < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("capacity must not be negative"),
					 errdetail("Point %lld has a capacity of %d.",
							   (long long) entry.point.id, entry.point.capacity)));
	}
	if (PG_NARGS() > 4 && !PG_ARGISNULL(4))
	{
		entry.point.radius = PG_GETARG_FLOAT8(4);
		if (entry.point.radius == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("radius must be above 0"),
					 errdetail("Point %lld has none.", (long long) entry.point.id)));
	}
	if (PG_NARGS() > 5 && !PG_ARGISNULL(5))
	{
		bytea	   *wkb = KttAreaWkb(PG_GETARG_DATUM(5));

		entry.area = (const unsigned char *) VARDATA_ANY(wkb);
		entry.area_size = VARSIZE_ANY_EXHDR(wkb);
	}
	set = State(fcinfo, context);
	Append(set, &entry);
	return EOHPGetRWDatum(&set->header);
}

/* What workers collected, together. */
Datum
ktt_pickup_index_merge(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateContext(fcinfo);
	PickupSet  *set;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		return PG_GETARG_DATUM(0);
	}
	set = State(fcinfo, context);
	AppendAll(set, PG_GETARG_DATUM(1));
	return EOHPGetRWDatum(&set->header);
}
