/*
 * ktt.basket and ktt.shares: text and binary input and output, and the common
 * ground of the other vector files.
 */
#include "vector.h"

#include "core/vector_text.h"
#include "error.h"

#include "libpq/pqformat.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(ktt_basket_in);
PG_FUNCTION_INFO_V1(ktt_basket_out);
PG_FUNCTION_INFO_V1(ktt_basket_recv);
PG_FUNCTION_INFO_V1(ktt_shares_in);
PG_FUNCTION_INFO_V1(ktt_shares_out);
PG_FUNCTION_INFO_V1(ktt_shares_recv);
PG_FUNCTION_INFO_V1(ktt_vector_send);

const char *
KttVectorName(ktt_vector_kind kind)
{
	return kind == KTT_BASKET ? "ktt.basket" : "ktt.shares";
}

void
KttVectorReport(ktt_vector_kind kind, const ktt_fault *fault)
{
	if (fault->status == KTT_BINARY)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s is broken", KttVectorName(kind)),
				 errdetail("%s", fault->reason)));
	if (fault->status == KTT_LIMIT)
		KttReportFault(fault, psprintf("value of type %s is too large",
									   KttVectorName(kind)));
	if (fault->status == KTT_RANGE)
		KttReportFault(fault, "bigint out of range");
	KttReportFault(fault, psprintf("invalid value for type %s",
								   KttVectorName(kind)));
}

KttPacked
KttPackedFrom(Datum value)
{
	struct varlena *flat = (struct varlena *) DatumGetPointer(value);
	KttPacked	packed;

	if (VARATT_IS_EXTERNAL(flat) || VARATT_IS_COMPRESSED(flat))
		flat = pg_detoast_datum_packed(flat);
	packed.bytes = (const unsigned char *) VARDATA_ANY(flat);
	packed.size = VARSIZE_ANY_EXHDR(flat);
	return packed;
}

void
KttVectorOpen(ktt_vector_reader *reader, ktt_vector_kind kind, Datum value)
{
	KttPacked	packed = KttPackedFrom(value);
	ktt_fault	fault;

	if (!ktt_vector_open(reader, kind, packed.bytes, packed.size))
	{
		ktt_vector_broken(&fault);
		KttVectorReport(kind, &fault);
	}
}

bool
KttVectorNext(ktt_vector_reader *reader, ktt_entry *entry)
{
	ktt_vector_step step = ktt_vector_next(reader, entry);
	ktt_fault	fault;

	if (step == KTT_VECTOR_BROKEN)
	{
		ktt_vector_broken(&fault);
		KttVectorReport(reader->kind, &fault);
	}
	if ((reader->left & 0xFFFF) == 0xFFFF)
		CHECK_FOR_INTERRUPTS();
	return step == KTT_VECTOR_ENTRY;
}

/* A toasted value is fetched as far as its head. */
bool
KttVectorPeek(ktt_vector_kind kind, Datum value, uint64 *count)
{
	ktt_vector_reader reader;
	struct varlena *head;
	const unsigned char *bytes;
	bool		good;

	if (!VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value)) &&
		!VARATT_IS_COMPRESSED(DatumGetPointer(value)))
	{
		KttPacked	packed = KttPackedFrom(value);

		good = ktt_vector_open(&reader, kind, packed.bytes, packed.size);
		*count = reader.left;
		return good;
	}
	head = PG_DETOAST_DATUM_SLICE(value, 0, KTT_VECTOR_HEAD_MAX);
	bytes = (const unsigned char *) VARDATA(head);
	good = VARSIZE(head) >= VARHDRSZ + KTT_VECTOR_EMPTY_SIZE &&
		bytes[0] == KTT_VECTOR_VERSION &&
		ktt_varint_get(bytes + 1, (unsigned char *) head + VARSIZE(head), count) != NULL &&
		*count <= KTT_VECTOR_ENTRIES_MAX;
	pfree(head);
	return good;
}

ktt_entry *
KttEntriesAlloc(ktt_vector_kind kind, size_t count)
{
	ktt_fault	fault;

	if (count > KTT_VECTOR_ENTRIES_MAX)
	{
		ktt_vector_crowded(&fault);
		KttVectorReport(kind, &fault);
	}
	return palloc(Max(count, 1) * sizeof(ktt_entry));
}

Datum
KttVectorFromEntries(ktt_vector_kind kind, ktt_entry *entries, size_t count)
{
	ktt_fault	fault;
	struct varlena *result;
	size_t		size;

	if (ktt_vector_normalise(entries, &count, &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	size = VARHDRSZ + ktt_vector_size(kind, entries, count);
	result = palloc(size);
	SET_VARSIZE(result, size);
	ktt_vector_pack(kind, entries, count, (unsigned char *) VARDATA(result));
	return PointerGetDatum(result);
}

ktt_status
KttVectorTryMerge(ktt_vector_kind kind, int sign, KttPacked left,
				  KttPacked right, Datum *merged, ktt_fault *fault)
{
	struct varlena *result;
	size_t		room = VARHDRSZ + ktt_vector_merge_room(left.size, right.size);
	size_t		size = 0;
	ktt_status	status;

	/* Room is an upper bound: what it holds in the end is far below 1 GB. */
	result = palloc_extended(room, MCXT_ALLOC_HUGE);
	status = ktt_vector_merge(kind, sign, left.bytes, left.size,
							  right.bytes, right.size,
							  (unsigned char *) VARDATA(result), &size, fault);
	if (status == KTT_OK)
		SET_VARSIZE(result, VARHDRSZ + size);
	*merged = PointerGetDatum(result);
	return status;
}

Datum
KttVectorMerge(ktt_vector_kind kind, int sign, KttPacked left, KttPacked right)
{
	Datum		merged;
	ktt_fault	fault;

	if (KttVectorTryMerge(kind, sign, left, right, &merged, &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	return merged;
}

static Datum
VectorIn(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	const char *text = PG_GETARG_CSTRING(0);
	size_t		length = strlen(text);
	size_t		count = ktt_vector_text_room(text, length);
	ktt_entry  *entries;
	ktt_fault	fault;

	/* Too many entries are refused like all else that is wrong with a text. */
	if (count > KTT_VECTOR_ENTRIES_MAX)
		ktt_vector_crowded(&fault);
	else
	{
		entries = KttEntriesAlloc(kind, count);
		if (ktt_vector_parse(kind, text, length, entries, &count,
							 &fault) == KTT_OK)
			return KttVectorFromEntries(kind, entries, count);
	}
	KttReportInput(&fault, KttVectorName(kind), text, fcinfo->context);
	PG_RETURN_NULL();
}

static Datum
VectorOut(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	ktt_vector_reader reader;
	ktt_fault	fault;
	char	   *text;
	char	   *end;

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	text = palloc(reader.left * KTT_ENTRY_TEXT_MAX + 3);
	end = ktt_vector_print(&reader, text);
	if (end == NULL)
	{
		ktt_vector_broken(&fault);
		KttVectorReport(kind, &fault);
	}
	*end = '\0';
	PG_RETURN_CSTRING(text);
}

static Datum
VectorRecv(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;
	const char *bytes = pq_getmsgbytes(message, size);
	struct varlena *result;
	ktt_fault	fault;

	if (ktt_vector_check(kind, (const unsigned char *) bytes, size, &fault) != KTT_OK)
		KttReportBinary(&fault, KttVectorName(kind));
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), bytes, size);
	PG_RETURN_POINTER(result);
}

PGDLLEXPORT Datum
ktt_basket_in(PG_FUNCTION_ARGS)
{
	return VectorIn(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_in(PG_FUNCTION_ARGS)
{
	return VectorIn(fcinfo, KTT_SHARES);
}

PGDLLEXPORT Datum
ktt_basket_out(PG_FUNCTION_ARGS)
{
	return VectorOut(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_out(PG_FUNCTION_ARGS)
{
	return VectorOut(fcinfo, KTT_SHARES);
}

PGDLLEXPORT Datum
ktt_basket_recv(PG_FUNCTION_ARGS)
{
	return VectorRecv(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_recv(PG_FUNCTION_ARGS)
{
	return VectorRecv(fcinfo, KTT_SHARES);
}

/* What is stored is what is sent. */
PGDLLEXPORT Datum
ktt_vector_send(PG_FUNCTION_ARGS)
{
	KttPacked	packed = KTT_PACKED_ARG(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (const char *) packed.bytes, (int) packed.size);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
