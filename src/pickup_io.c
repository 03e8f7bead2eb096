/*
 * ktt.pickup_index: text and binary input and output, and the tree behind an
 * argument.
 */
#include "pickup.h"

#include "core/pickup_text.h"
#include "error.h"
#include "memory.h"

#include "access/detoast.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define TYPE_NAME "ktt.pickup_index"

PGDLLEXPORT Datum ktt_pickup_index_in(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_index_out(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_index_recv(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_index_cardinality(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_index_in);
PG_FUNCTION_INFO_V1(ktt_pickup_index_out);
PG_FUNCTION_INFO_V1(ktt_pickup_index_recv);
PG_FUNCTION_INFO_V1(ktt_pickup_index_cardinality);

void
KttPickupReport(const ktt_fault *fault)
{
	if (fault->status == KTT_BINARY)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s is broken", TYPE_NAME),
				 errdetail("%s", fault->reason)));
	KttReportFault(fault, "invalid pickup points");
}

ktt_pickup_entry *
KttPickupEntries(const struct varlena *flat, size_t *count)
{
	ktt_pickup_reader reader;
	ktt_pickup_entry *entries;
	ktt_fault	fault;

	if (ktt_pickup_open(&reader, (const unsigned char *) VARDATA_ANY(flat),
						VARSIZE_ANY_EXHDR(flat), &fault) != KTT_OK)
		KttPickupReport(&fault);
	*count = reader.left;
	entries = palloc_extended(Max(*count, 1) * sizeof(*entries), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < *count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (ktt_pickup_next(&reader, &entries[i], &fault) != KTT_OK)
			KttPickupReport(&fault);
	}
	return entries;
}

/* Entries that are in order. */
static Datum
Pack(const ktt_pickup_entry *entries, size_t count)
{
	Size		size = VARHDRSZ + ktt_pickup_size(entries, count);
	struct varlena *result;

	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of type %s is too large", TYPE_NAME),
				 errdetail("Its %zu points take %zu bytes.", count, size)));
	result = palloc(size);
	SET_VARSIZE(result, size);
	ktt_pickup_pack(entries, count, (unsigned char *) VARDATA(result));
	return PointerGetDatum(result);
}

Datum
KttPickupFromEntries(ktt_pickup_entry *entries, size_t count)
{
	ktt_pickup_entry *scratch = palloc_extended(Max(count, 1) * sizeof(*scratch), MCXT_ALLOC_HUGE);
	ktt_fault	fault;

	if (ktt_pickup_order(entries, count, scratch, &fault) != KTT_OK)
		KttPickupReport(&fault);
	pfree(scratch);
	return Pack(entries, count);
}

void
KttPickupsBuild(ktt_pickups *pickups, const ktt_pickup_entry *entries,
				size_t count, MemoryContext context)
{
	ktt_memory	memory = KttMemory(context);
	ktt_point  *points = ktt_allocate(&memory, count * sizeof(*points));
	ktt_fault	fault;

	for (size_t i = 0; i < count; i++)
	{
		ktt_area   *area;

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		points[i] = entries[i].point;
		if (entries[i].area == NULL)
			continue;
		CHECK_FOR_INTERRUPTS();
		if (ktt_area_unpack(entries[i].area, entries[i].area_size, &memory,
							&area, &fault) != KTT_OK)
			KttPickupReport(&fault);
		points[i].area = area;
	}
	if (ktt_pickups_build(pickups, points, count, memory, &fault) != KTT_OK)
		KttPickupReport(&fault);
}

/* The tree that a function keeps between calls, and what tells its value. */
typedef struct CachedTree
{
	MemoryContext context;		/* of the tree; NULL before there is one */
	struct varatt_external toast;	/* where the value lies, when it lies outside its row */
	bool		toasted;
	Size		size;
	unsigned char digest[KTT_PICKUP_DIGEST_SIZE];
	ktt_pickups pickups;
} CachedTree;

static bool
SameValue(const CachedTree *cache, const struct varlena *flat)
{
	return VARSIZE_ANY_EXHDR(flat) == cache->size &&
		cache->size > KTT_PICKUP_HEAD_SIZE &&
		memcmp(VARDATA_ANY(flat) + 1, cache->digest, KTT_PICKUP_DIGEST_SIZE) == 0;
}

const ktt_pickups *
KttPickupsArg(FunctionCallInfo fcinfo, int number)
{
	Datum		value = PG_GETARG_DATUM(number);
	struct varlena *stored = (struct varlena *) DatumGetPointer(value);
	const ktt_pickups *held = KttPickupSetTree(value);
	CachedTree *cache = fcinfo->flinfo->fn_extra;
	struct varlena *flat;
	struct varatt_external toast = {0};
	ktt_pickup_entry *entries;
	ktt_pickups pickups;
	MemoryContext context;
	MemoryContext old;
	size_t		count;

	if (held != NULL)
		return held;
	if (VARATT_IS_EXTERNAL_ONDISK(stored))
	{
		VARATT_EXTERNAL_GET_POINTER(toast, stored);
		if (cache != NULL && cache->toasted &&
			cache->toast.va_valueid == toast.va_valueid &&
			cache->toast.va_toastrelid == toast.va_toastrelid)
			return &cache->pickups;
	}
	flat = PG_DETOAST_DATUM_PACKED(value);
	if (cache != NULL && cache->context != NULL && SameValue(cache, flat))
		return &cache->pickups;

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(*cache));
		fcinfo->flinfo->fn_extra = cache;
	}
	if (cache->context != NULL)
		MemoryContextDelete(cache->context);
	cache->context = NULL;
	cache->toasted = false;

	/* Where it is lost with the function when something fails. */
	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "ktt pickup points",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	entries = KttPickupEntries(flat, &count);
	KttPickupsBuild(&pickups, entries, count, context);
	pfree(entries);
	MemoryContextSwitchTo(old);

	cache->size = VARSIZE_ANY_EXHDR(flat);
	memcpy(cache->digest, VARDATA_ANY(flat) + 1, KTT_PICKUP_DIGEST_SIZE);
	cache->toasted = VARATT_IS_EXTERNAL_ONDISK(stored);
	if (cache->toasted)
		cache->toast = toast;
	cache->pickups = pickups;
	cache->context = context;
	return &cache->pickups;
}

Datum
ktt_pickup_index_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	ktt_memory	memory = KttMemory(CurrentMemoryContext);
	ktt_pickup_entry *entries;
	size_t		count;
	ktt_fault	fault;

	if (ktt_pickup_parse(text, strlen(text), &memory, &entries, &count,
						 &fault) == KTT_OK)
		return Pack(entries, count);
	KttReportInput(&fault, TYPE_NAME, text, fcinfo->context);
	PG_RETURN_NULL();
}

Datum
ktt_pickup_index_out(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	ktt_pickup_reader reader;
	ktt_pickup_entry entry;
	StringInfoData text;
	ktt_fault	fault;

	if (ktt_pickup_open(&reader, (const unsigned char *) VARDATA_ANY(flat),
						VARSIZE_ANY_EXHDR(flat), &fault) != KTT_OK)
		KttPickupReport(&fault);
	initStringInfo(&text);
	while (reader.left > 0)
	{
		if ((reader.left & 0x3FFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (ktt_pickup_next(&reader, &entry, &fault) != KTT_OK)
			KttPickupReport(&fault);
		appendStringInfoChar(&text, text.len == 0 ? '{' : ',');
		enlargeStringInfo(&text, ktt_pickup_entry_room(&entry));
		text.len = ktt_pickup_entry_print(text.data + text.len, &entry) - text.data;
	}
	appendStringInfoString(&text, text.len == 0 ? "{}" : "}");
	PG_RETURN_CSTRING(text.data);
}

Datum
ktt_pickup_index_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;
	const char *bytes = pq_getmsgbytes(message, size);
	ktt_memory	memory = KttMemory(CurrentMemoryContext);
	struct varlena *result;
	ktt_fault	fault;

	if (ktt_pickup_check((const unsigned char *) bytes, size, &memory, &fault) != KTT_OK)
		KttReportBinary(&fault, TYPE_NAME);
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), bytes, size);
	PG_RETURN_POINTER(result);
}

Datum
ktt_pickup_index_cardinality(PG_FUNCTION_ARGS)
{
	struct varlena *head = PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0,
												  KTT_PICKUP_HEAD_SIZE + KTT_VARINT_MAX);
	uint64		count = 0;

	if (VARSIZE(head) > VARHDRSZ + KTT_PICKUP_HEAD_SIZE)
		ktt_varint_get((unsigned char *) VARDATA(head) + KTT_PICKUP_HEAD_SIZE,
					   (unsigned char *) head + VARSIZE(head), &count);
	PG_RETURN_INT32((int32) Min(count, KTT_PICKUP_POINTS_MAX));
}
