/*
 * ktt.basket and ktt.shares: basket_agg() and shares_agg() over the rows of a
 * window frame that moves. Their state counts its rows, because a frame whose
 * rows have all left is NULL, and one whose rows sum to nothing is empty.
 */
#include "vector.h"

#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(ktt_basket_frame_add);
PG_FUNCTION_INFO_V1(ktt_basket_frame_remove);
PG_FUNCTION_INFO_V1(ktt_basket_frame_value);
PG_FUNCTION_INFO_V1(ktt_shares_frame_add);
PG_FUNCTION_INFO_V1(ktt_shares_frame_remove);
PG_FUNCTION_INFO_V1(ktt_shares_frame_value);

typedef struct VectorFrame
{
	ktt_tally	tally;
	int64		rows;
} VectorFrame;

MemoryContext
KttAggregateContext(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("transition function of type %s called outside an aggregate",
						KttVectorName(kind))));
	return context;
}

/* A row that is NULL in part is a mistake that would lose money silently. */
bool
KttVectorRow(FunctionCallInfo fcinfo, ktt_vector_kind kind,
			 unsigned char *room, KttPacked *row)
{
	ktt_entry	entry = {0, 0, 0};
	size_t		count = 1;
	int			nulls = 0;
	ktt_fault	fault;

	for (int i = 1; i <= 1 + (int) kind; i++)
		nulls += PG_ARGISNULL(i);
	if (nulls > (int) kind)
		return false;
	if (nulls > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("null value not allowed in an entry of type %s",
						KttVectorName(kind)),
				 errdetail("Some of the columns of the row are null, some are not.")));

	entry.key = PG_GETARG_INT64(1);
	if (kind == KTT_BASKET)
		entry.units = PG_GETARG_INT64(2);
	entry.amount = PG_GETARG_INT64(1 + (int) kind);
	if (ktt_vector_normalise(&entry, &count, &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	row->bytes = room;
	row->size = (size_t) (ktt_vector_pack(kind, &entry, count, room) - room);
	return true;
}

/* A row enters the frame or leaves it. */
static Datum
Move(FunctionCallInfo fcinfo, int sign, ktt_vector_kind kind)
{
	MemoryContext context = KttAggregateContext(fcinfo, kind);
	unsigned char room[KTT_PACKED_ROW_MAX];
	KttPacked	row;
	VectorFrame *frame;
	ktt_status	status;
	ktt_fault	fault;

	if (PG_ARGISNULL(0))
	{
		frame = MemoryContextAllocZero(context, sizeof(VectorFrame));
		KttTallyBegin(&frame->tally, kind, context);
	}
	else
		frame = (VectorFrame *) PG_GETARG_POINTER(0);
	if (KttVectorRow(fcinfo, kind, room, &row))
	{
		status = ktt_tally_add_packed(&frame->tally, sign, row.bytes, row.size,
									  &fault);

		/* As in sum(): what does not fit on the way back is summed anew. */
		if (status == KTT_RANGE && sign < 0)
			PG_RETURN_NULL();
		if (status != KTT_OK)
			KttVectorReport(kind, &fault);
		frame->rows += sign;
	}
	PG_RETURN_POINTER(frame);
}

PGDLLEXPORT Datum
ktt_basket_frame_add(PG_FUNCTION_ARGS)
{
	return Move(fcinfo, 1, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_basket_frame_remove(PG_FUNCTION_ARGS)
{
	return Move(fcinfo, -1, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_frame_add(PG_FUNCTION_ARGS)
{
	return Move(fcinfo, 1, KTT_SHARES);
}

PGDLLEXPORT Datum
ktt_shares_frame_remove(PG_FUNCTION_ARGS)
{
	return Move(fcinfo, -1, KTT_SHARES);
}

static Datum
FrameValue(FunctionCallInfo fcinfo)
{
	VectorFrame *frame = (VectorFrame *) PG_GETARG_POINTER(0);
	ktt_entry  *entries;
	size_t		count;
	Datum		value;

	if (frame->rows == 0)
		PG_RETURN_NULL();
	entries = KttTallyEntries(&frame->tally, CurrentMemoryContext, &count);
	value = KttVectorFromEntries(frame->tally.kind, entries, count);
	pfree(entries);
	return value;
}

PGDLLEXPORT Datum
ktt_basket_frame_value(PG_FUNCTION_ARGS)
{
	return FrameValue(fcinfo);
}

PGDLLEXPORT Datum
ktt_shares_frame_value(PG_FUNCTION_ARGS)
{
	return FrameValue(fcinfo);
}
