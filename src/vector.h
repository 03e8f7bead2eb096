/*
 * ktt.basket and ktt.shares on the server: one implementation of two types.
 */
#ifndef KTT_VECTOR_H
#define KTT_VECTOR_H

#include "compat.h"
#include "core/tally.h"
#include "core/vector.h"

#include "utils/array.h"
#include "utils/expandeddatum.h"

/* The packed bytes of a value, behind its varlena header. */
typedef struct KttPacked
{
	const unsigned char *bytes;
	size_t		size;
} KttPacked;

extern const char *KttVectorName(ktt_vector_kind kind);

/* Raise a fault met in a value of this kind. */
extern void KttVectorReport(ktt_vector_kind kind, const ktt_fault *fault)
			pg_attribute_noreturn();

/* Flat bytes of an argument, detoasted only where they cannot be read in place. */
extern KttPacked KttPackedFrom(Datum value);

/* Start reading stored bytes; read on. Broken bytes raise. */
extern void KttVectorOpen(ktt_vector_reader *reader, ktt_vector_kind kind,
						  Datum value);
extern bool KttVectorNext(ktt_vector_reader *reader, ktt_entry *entry);

/* Number of entries, from the head alone; false when that is broken. */
extern bool KttVectorPeek(ktt_vector_kind kind, Datum value, uint64 *count);

/* A value from entries that are normalised here; changes entries. */
extern Datum KttVectorFromEntries(ktt_vector_kind kind, ktt_entry *entries,
								  size_t count);

/* Memory for entries, refused above the limit before it is taken. */
extern ktt_entry *KttEntriesAlloc(ktt_vector_kind kind, size_t count);

/* left + right or left - right of flat values; the first raises no faults. */
extern ktt_status KttVectorTryMerge(ktt_vector_kind kind, int sign,
									KttPacked left, KttPacked right,
									Datum *merged, ktt_fault *fault);
extern Datum KttVectorMerge(ktt_vector_kind kind, int sign, KttPacked left,
							KttPacked right);

/*
 * The numbers of a bigint array of one dimension; nulls are refused or left
 * out. noun names the elements in the message.
 */
extern int64 *KttInt64Array(ArrayType *array, bool refuse_nulls,
							const char *noun, int *count);

/*
 * Keys to look for: the numbers of a bigint array in ascending order, each
 * once. NULL elements name nothing.
 */
extern int64 *KttSortedKeys(ktt_vector_kind kind, ArrayType *array, int *count);

/* The memory of the aggregate's state; refuses a call from anywhere else. */
extern MemoryContext KttAggregateContext(FunctionCallInfo fcinfo,
										 ktt_vector_kind kind);

/*
 * The row that basket_agg() or shares_agg() is called with, as a packed value of
 * one entry. A row of NULLs is no entry and gives false.
 */
#define KTT_PACKED_ROW_MAX (KTT_VECTOR_HEAD_MAX + 3 * KTT_VARINT_MAX)
extern bool KttVectorRow(FunctionCallInfo fcinfo, ktt_vector_kind kind,
						 unsigned char *room, KttPacked *row);

/* A tally in the memory of a context; raises what ktt_tally_begin() refuses. */
extern void KttTallyBegin(ktt_tally *tally, ktt_vector_kind kind,
						  MemoryContext context);

/* The entries of a tally in key order, in memory of the context. */
extern ktt_entry *KttTallyEntries(const ktt_tally *tally, MemoryContext context,
								  size_t *count);

#define KTT_PACKED_ARG(n) KttPackedFrom(PG_GETARG_DATUM(n))

#endif
