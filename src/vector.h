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

/* The state of sum(): a value that is still being added to. */
typedef struct KttVectorSum
{
	ExpandedObjectHeader header;
	ktt_tally	tally;
	ktt_entry  *entries;		/* sorted; from SumFlatSize to SumFlattenInto */
	size_t		count;
	Size		flat_size;		/* 0: not known since the last change */
} KttVectorSum;

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

/* left + right or left - right of flat values. */
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

#define KTT_PACKED_ARG(n) KttPackedFrom(PG_GETARG_DATUM(n))

#endif
