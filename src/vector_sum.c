/*
 * ktt.basket and ktt.shares: + and -, which are also how an aggregate adds to
 * its state. The state of sum() is the type itself: a flat value while it is
 * small, an expanded object that is added to in place when it has grown.
 */
#include "memory.h"
#include "vector.h"

#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(ktt_basket_add);
PG_FUNCTION_INFO_V1(ktt_basket_subtract);
PG_FUNCTION_INFO_V1(ktt_basket_remove);
PG_FUNCTION_INFO_V1(ktt_basket_collect);
PG_FUNCTION_INFO_V1(ktt_shares_add);
PG_FUNCTION_INFO_V1(ktt_shares_subtract);
PG_FUNCTION_INFO_V1(ktt_shares_remove);
PG_FUNCTION_INFO_V1(ktt_shares_collect);

/* A sum that has grown: a value that is still being added to. */
typedef struct VectorSum
{
	ExpandedObjectHeader header;
	ktt_tally	tally;
	ktt_entry  *entries;		/* sorted; from SumFlatSize to SumFlattenInto */
	size_t		count;
	Size		flat_size;		/* 0: not known since the last change */
} VectorSum;

static Size SumFlatSize(ExpandedObjectHeader *header);
static void SumFlattenInto(ExpandedObjectHeader *header, void *result,
						   Size allocated_size);

/*
 * Packed bytes, of a state and what is added to it, up to which the two are
 * merged as they are. A state of few entries takes the memory of its value and
 * no more, where a tally begins with half a kilobyte: a million groups of an
 * order or two fit.
 */
#define SMALL_SUM 256

/* Bytes of a value that takes long enough to ask for a cancellation before it. */
#define LARGE_VALUE 65536

static const ExpandedObjectMethods sum_methods = {SumFlatSize, SumFlattenInto};

void
KttTallyBegin(ktt_tally *tally, ktt_vector_kind kind, MemoryContext context)
{
	ktt_fault	fault;

	if (ktt_tally_begin(tally, kind, KttMemory(context), &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
}

ktt_entry *
KttTallyEntries(const ktt_tally *tally, MemoryContext context, size_t *count)
{
	ktt_entry  *entries;
	ktt_fault	fault;

	*count = ktt_tally_count(tally);
	if (*count > KTT_VECTOR_ENTRIES_MAX)
	{
		ktt_vector_crowded(&fault);
		KttVectorReport(tally->kind, &fault);
	}
	entries = MemoryContextAlloc(context, Max(*count, 1) * sizeof(ktt_entry));
	ktt_tally_entries(tally, entries);
	return entries;
}

static inline void
DropEntries(VectorSum *sum)
{
	if (sum->entries != NULL)
	{
		pfree(sum->entries);
		sum->entries = NULL;
	}
}

static inline void
MakeEntries(VectorSum *sum)
{
	sum->entries = KttTallyEntries(&sum->tally, sum->header.eoh_context,
								   &sum->count);
}

static Size
SumFlatSize(ExpandedObjectHeader *header)
{
	VectorSum *sum = (VectorSum *) header;

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
	VectorSum *sum = (VectorSum *) header;

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
ForgetFlat(VectorSum *sum)
{
	if (unlikely(sum->flat_size != 0))
	{
		sum->flat_size = 0;
		DropEntries(sum);
	}
}

/* The sum behind a datum, NULL when it is another kind of thing. */
static inline VectorSum *
SumFrom(Datum value)
{
	ExpandedObjectHeader *header;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	header = DatumGetEOHP(value);
	return header->eoh_methods == &sum_methods ? (VectorSum *) header : NULL;
}

/*
 * The context of all sums of an aggregate context. Not one for each sum, as
 * expanded objects usually have: a hash aggregate asks its context for its
 * size at every new group, which takes time in all its children, and a million
 * groups would never end.
 *
 * The executor deletes a state, and with it the state's context, when the
 * transition function gives something else instead. Functions that only ever
 * give their state back may share; see Remove() for the one that does not.
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

static VectorSum *
MakeSum(ktt_vector_kind kind, MemoryContext parent, bool shared)
{
	MemoryContext context = shared ? SumContext(parent)
		: AllocSetContextCreate(parent, "ktt vector sum", ALLOCSET_DEFAULT_SIZES);
	VectorSum *sum = MemoryContextAllocZero(context, sizeof(VectorSum));

	EOH_init_header(&sum->header, &sum_methods, context);
	KttTallyBegin(&sum->tally, kind, context);
	return sum;
}

/* Something to add to a state: flat, or a sum that is added to elsewhere. */
typedef struct Addend
{
	VectorSum  *sum;			/* NULL: it is flat */
	KttPacked	packed;
} Addend;

static inline Addend
AddendFrom(Datum value)
{
	Addend		addend = {SumFrom(value), {NULL, 0}};

	if (likely(addend.sum == NULL))
		addend.packed = KttPackedFrom(value);
	return addend;
}

static inline ktt_status
AddTo(VectorSum *sum, int sign, Addend addend, ktt_fault *fault)
{
	ForgetFlat(sum);
	if (unlikely(addend.sum != NULL))
	{
		CHECK_FOR_INTERRUPTS();
		return ktt_tally_add_tally(&sum->tally, sign, &addend.sum->tally, fault);
	}
	if (unlikely(addend.packed.size > LARGE_VALUE))
		CHECK_FOR_INTERRUPTS();
	return ktt_tally_add_packed(&sum->tally, sign, addend.packed.bytes,
								addend.packed.size, fault);
}

/*
 * The aggregate's state with another value added to it or taken away. A sum of
 * this aggregate is changed in place; anything else is only read.
 */
static inline ktt_status
AddToState(MemoryContext context, bool shared, Datum *state, int sign,
		   Addend value, ktt_vector_kind kind, ktt_fault *fault)
{
	VectorSum  *sum;
	Addend		begun;
	ktt_status	status;

	if (likely(VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(*state))))
	{
		sum = SumFrom(*state);
		if (likely(sum != NULL &&
				   MemoryContextGetParent(sum->header.eoh_context) == context))
			return AddTo(sum, sign, value, fault);
	}

	begun = AddendFrom(*state);
	if (begun.sum == NULL && value.sum == NULL &&
		begun.packed.size + value.packed.size <= SMALL_SUM)
		return KttVectorTryMerge(kind, sign, begun.packed, value.packed, state,
								 fault);
	sum = MakeSum(kind, context, shared);
	status = AddTo(sum, 1, begun, fault);
	if (status == KTT_OK)
		status = AddTo(sum, sign, value, fault);
	*state = EOHPGetRWDatum(&sum->header);
	return status;
}

static inline Datum
Combine(FunctionCallInfo fcinfo, int sign, ktt_vector_kind kind)
{
	MemoryContext context;
	Datum		state = PG_GETARG_DATUM(0);
	ktt_fault	fault;

	if (!AggCheckCallContext(fcinfo, &context))
		return KttVectorMerge(kind, sign, KTT_PACKED_ARG(0), KTT_PACKED_ARG(1));
	if (unlikely(AddToState(context, true, &state, sign,
							AddendFrom(PG_GETARG_DATUM(1)), kind, &fault) != KTT_OK))
		KttVectorReport(kind, &fault);
	return state;
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
 * Take a value that leaves the frame out of sum(). What is left may not fit for
 * a moment, until other values have left too or come: NULL has the server sum
 * the frame anew, and only that decides whether its sum fits.
 *
 * As the transition function of somebody's own aggregate, NULL would have the
 * state deleted: a sum that begins here has a context to itself.
 */
static Datum
Remove(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	MemoryContext context = KttAggregateContext(fcinfo, kind);
	Datum		state = PG_GETARG_DATUM(0);
	ktt_status	status;
	ktt_fault	fault;

	status = AddToState(context, false, &state, -1,
						AddendFrom(PG_GETARG_DATUM(1)), kind, &fault);
	if (status == KTT_RANGE)
		PG_RETURN_NULL();
	if (status != KTT_OK)
		KttVectorReport(kind, &fault);
	return state;
}

PGDLLEXPORT Datum
ktt_basket_remove(PG_FUNCTION_ARGS)
{
	return Remove(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_remove(PG_FUNCTION_ARGS)
{
	return Remove(fcinfo, KTT_SHARES);
}

/* basket_agg(item, units, amount) and shares_agg(account, amount). */
static Datum
Collect(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	static const unsigned char nothing[] = {KTT_VECTOR_VERSION, 0};
	MemoryContext context = KttAggregateContext(fcinfo, kind);
	unsigned char room[KTT_PACKED_ROW_MAX];
	Addend		row = {NULL, {NULL, 0}};
	KttPacked	empty = {nothing, sizeof(nothing)};
	Datum		state;
	ktt_fault	fault;

	if (!KttVectorRow(fcinfo, kind, room, &row.packed))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		return PG_GETARG_DATUM(0);
	}
	if (PG_ARGISNULL(0))
		return KttVectorMerge(kind, 1, empty, row.packed);
	state = PG_GETARG_DATUM(0);
	if (AddToState(context, true, &state, 1, row, kind, &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	return state;
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
