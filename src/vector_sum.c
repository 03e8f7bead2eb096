/*
 * ktt.basket and ktt.shares: + and -, which inside an aggregate keep their
 * first argument as an expanded object and add to it in place, so that the
 * state of sum() is the type itself.
 */
#include "vector.h"

#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(ktt_basket_add);
PG_FUNCTION_INFO_V1(ktt_basket_subtract);
PG_FUNCTION_INFO_V1(ktt_basket_collect);
PG_FUNCTION_INFO_V1(ktt_shares_add);
PG_FUNCTION_INFO_V1(ktt_shares_subtract);
PG_FUNCTION_INFO_V1(ktt_shares_collect);

static Size SumFlatSize(ExpandedObjectHeader *header);
static void SumFlattenInto(ExpandedObjectHeader *header, void *result,
						   Size allocated_size);

/* Bytes of a value that takes long enough to ask for a cancellation before it. */
#define LARGE_VALUE 65536

static const ExpandedObjectMethods sum_methods = {SumFlatSize, SumFlattenInto};

static void *
SumAllocate(void *owner, size_t size)
{
	return MemoryContextAllocExtended(owner, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
SumRelease(void *owner, void *memory)
{
	pfree(memory);
}

static void
MakeEntries(KttVectorSum *sum)
{
	ktt_fault	fault;

	sum->count = ktt_tally_count(&sum->tally);
	if (sum->count > KTT_VECTOR_ENTRIES_MAX)
	{
		ktt_vector_crowded(&fault);
		KttVectorReport(sum->tally.kind, &fault);
	}
	sum->entries = MemoryContextAlloc(sum->header.eoh_context,
									  Max(sum->count, 1) * sizeof(ktt_entry));
	ktt_tally_entries(&sum->tally, sum->entries);
}

static inline void
DropEntries(KttVectorSum *sum)
{
	if (sum->entries != NULL)
	{
		pfree(sum->entries);
		sum->entries = NULL;
	}
}

static Size
SumFlatSize(ExpandedObjectHeader *header)
{
	KttVectorSum *sum = (KttVectorSum *) header;

	if (sum->flat_size == 0)
	{
		DropEntries(sum);
		MakeEntries(sum);
		sum->flat_size = VARHDRSZ + ktt_vector_size(sum->tally.kind,
													sum->entries, sum->count);
	}
	return sum->flat_size;
}

/* The entries are dropped at once: of many groups only one is flattened at a
 * time, and most are flattened only once. */
static void
SumFlattenInto(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	KttVectorSum *sum = (KttVectorSum *) header;

	Assert(allocated_size == sum->flat_size);
	if (sum->entries == NULL)
		MakeEntries(sum);
	SET_VARSIZE(result, allocated_size);
	ktt_vector_pack(sum->tally.kind, sum->entries, sum->count,
					(unsigned char *) VARDATA(result));
	DropEntries(sum);
}

/* The sum is about to change: what was made for flattening is void. */
static inline void
ForgetFlat(KttVectorSum *sum)
{
	if (unlikely(sum->flat_size != 0))
	{
		sum->flat_size = 0;
		DropEntries(sum);
	}
}

/* The sum behind a datum, NULL when it is another kind of thing. */
static inline KttVectorSum *
SumFrom(Datum value)
{
	ExpandedObjectHeader *header;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	header = DatumGetEOHP(value);
	return header->eoh_methods == &sum_methods ? (KttVectorSum *) header : NULL;
}

/*
 * The context of all sums of an aggregate context. Not one for each sum, as
 * expanded objects usually have: a hash aggregate asks its context for its
 * size at every new group, which takes time in all its children, and a million
 * groups would never end. Nobody deletes a sum by its context, since the
 * read-write pointers never leave the aggregate.
 */
static MemoryContext
SumContext(MemoryContext parent)
{
	static const char name[] = "ktt vector sums";
	MemoryContext child = parent->firstchild;

	/* Other aggregates may have put children of their own in front. */
	for (int i = 0; child != NULL && i < 8; i++, child = child->nextchild)
		if (child->name == name)
			return child;
	return AllocSetContextCreateInternal(parent, name, ALLOCSET_DEFAULT_SIZES);
}

static KttVectorSum *
MakeSum(ktt_vector_kind kind, MemoryContext parent)
{
	MemoryContext context = SumContext(parent);
	KttVectorSum *sum = MemoryContextAllocZero(context, sizeof(KttVectorSum));
	ktt_tally_memory memory = {SumAllocate, SumRelease, context};
	ktt_fault	fault;

	EOH_init_header(&sum->header, &sum_methods, context);
	if (ktt_tally_begin(&sum->tally, kind, memory, &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	return sum;
}

/* Add a value in whatever form it comes. */
static inline void
AddValue(KttVectorSum *sum, int sign, Datum value, ktt_vector_kind kind)
{
	KttVectorSum *other = SumFrom(value);
	ktt_status	status;
	ktt_fault	fault;

	ForgetFlat(sum);
	if (unlikely(other != NULL))
	{
		CHECK_FOR_INTERRUPTS();
		status = ktt_tally_add_tally(&sum->tally, sign, &other->tally, &fault);
	}
	else
	{
		KttPacked	packed = KttPackedFrom(value);

		if (unlikely(packed.size > LARGE_VALUE))
			CHECK_FOR_INTERRUPTS();
		status = ktt_tally_add_packed(&sum->tally, sign, packed.bytes,
									  packed.size, &fault);
	}
	if (unlikely(status != KTT_OK))
		KttVectorReport(kind, &fault);
}

/*
 * The aggregate's own state: its first argument when that is a sum of this
 * aggregate already, else a new one that begins with it.
 */
static inline KttVectorSum *
StateFrom(FunctionCallInfo fcinfo, MemoryContext context, ktt_vector_kind kind)
{
	KttVectorSum *sum;

	if (!PG_ARGISNULL(0))
	{
		Datum		state = PG_GETARG_DATUM(0);

		if (likely(VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(state))))
		{
			sum = SumFrom(state);
			if (likely(sum != NULL &&
					   MemoryContextGetParent(sum->header.eoh_context) == context))
				return sum;
		}
		sum = MakeSum(kind, context);
		AddValue(sum, 1, state, kind);
		return sum;
	}
	return MakeSum(kind, context);
}

static inline Datum
Combine(FunctionCallInfo fcinfo, int sign, ktt_vector_kind kind)
{
	MemoryContext context;
	KttVectorSum *sum;

	if (!AggCheckCallContext(fcinfo, &context))
		return KttVectorMerge(kind, sign, KTT_PACKED_ARG(0), KTT_PACKED_ARG(1));
	sum = StateFrom(fcinfo, context, kind);
	AddValue(sum, sign, PG_GETARG_DATUM(1), kind);
	return EOHPGetRWDatum(&sum->header);
}

PGDLLEXPORT Datum
ktt_basket_add(PG_FUNCTION_ARGS)
{
	return Combine(fcinfo, 1, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_basket_subtract(PG_FUNCTION_ARGS)
{
	return Combine(fcinfo, -1, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_add(PG_FUNCTION_ARGS)
{
	return Combine(fcinfo, 1, KTT_SHARES);
}

PGDLLEXPORT Datum
ktt_shares_subtract(PG_FUNCTION_ARGS)
{
	return Combine(fcinfo, -1, KTT_SHARES);
}

/*
 * basket_agg(item, units, amount) and shares_agg(account, amount). A row of
 * NULLs is no entry; a row that is NULL in part is a mistake that would lose
 * money silently.
 */
static Datum
Collect(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	MemoryContext context;
	KttVectorSum *sum;
	ktt_entry	entry = {0, 0, 0};
	ktt_fault	fault;
	int			nulls = 0;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("entries of type %s can be collected only in an aggregate",
						KttVectorName(kind))));
	for (int i = 1; i <= 1 + (int) kind; i++)
		nulls += PG_ARGISNULL(i);
	if (nulls > 0)
	{
		if (nulls <= (int) kind)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("null value not allowed in an entry of type %s",
							KttVectorName(kind)),
					 errdetail("Some of the columns of the row are null, some are not.")));
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}

	entry.key = PG_GETARG_INT64(1);
	if (kind == KTT_BASKET)
		entry.units = PG_GETARG_INT64(2);
	entry.amount = PG_GETARG_INT64(1 + (int) kind);
	sum = StateFrom(fcinfo, context, kind);
	ForgetFlat(sum);
	if (ktt_tally_add(&sum->tally, &entry, &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	return EOHPGetRWDatum(&sum->header);
}

PGDLLEXPORT Datum
ktt_basket_collect(PG_FUNCTION_ARGS)
{
	return Collect(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_collect(PG_FUNCTION_ARGS)
{
	return Collect(fcinfo, KTT_SHARES);
}
