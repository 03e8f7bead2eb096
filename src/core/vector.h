/*
 * Sparse vectors under addition: shares (account -> amount) and baskets
 * (item -> units and amount).
 *
 * Packed form: version byte, varint count of entries, then each entry in key
 * order as varint distance to the key before (the first one to 0), zigzag
 * varint units (baskets only), zigzag varint amount. Keys are 1 .. 2^63-1, no
 * entry is zero, so equal vectors have equal bytes.
 */
#ifndef KTT_CORE_VECTOR_H
#define KTT_CORE_VECTOR_H

#include "fault.h"
#include "number.h"

#define KTT_VECTOR_VERSION 1
#define KTT_VECTOR_HEAD_MAX (1 + KTT_VARINT_MAX)	/* version, count */
#define KTT_VECTOR_EMPTY_SIZE 2
#define KTT_VECTOR_ENTRIES_MAX 16777216		/* 2^24: packed, printed and sorted it stays below 1 GB */

typedef struct ktt_entry
{
	int64_t		key;
	int64_t		units;			/* always 0 in shares */
	int64_t		amount;
} ktt_entry;

typedef enum ktt_vector_kind
{
	KTT_SHARES = 1,
	KTT_BASKET = 2				/* the value is also the numbers an entry has */
} ktt_vector_kind;

/*
 * Sort by key, add up repeated keys, drop zero entries; in place. KTT_VALUE
 * for a key below 1, KTT_RANGE when a sum does not fit.
 */
extern ktt_status ktt_vector_normalise(ktt_entry *entries, size_t *count,
									   ktt_fault *fault);

/* Sort by key, in place, without memory of its own. */
extern void ktt_vector_sort(ktt_entry *entries, size_t count);

/* Bytes of the packed form of normalised entries, and the packing itself. */
extern size_t ktt_vector_size(ktt_vector_kind kind, const ktt_entry *entries,
							  size_t count);
extern unsigned char *ktt_vector_pack(ktt_vector_kind kind,
									  const ktt_entry *entries, size_t count,
									  unsigned char *out);

/* What a reader says of the next entry. */
typedef enum ktt_vector_step
{
	KTT_VECTOR_END,
	KTT_VECTOR_ENTRY,
	KTT_VECTOR_BROKEN			/* not a canonical packed vector */
} ktt_vector_step;

typedef struct ktt_vector_reader
{
	const unsigned char *in;
	const unsigned char *end;
	uint64_t	left;			/* entries not read yet */
	int64_t		key;			/* of the last entry read */
	ktt_vector_kind kind;
} ktt_vector_reader;

/* Start reading; false when the head is broken. */
extern bool ktt_vector_open(ktt_vector_reader *reader, ktt_vector_kind kind,
							const unsigned char *packed, size_t size);

/* Read an entry. Everything canonical is checked, left-over bytes included. */
extern ktt_vector_step ktt_vector_next(ktt_vector_reader *reader,
									   ktt_entry *entry);

/*
 * Units or amounts of all entries together: only the result has to fit, else
 * KTT_RANGE. Reads as strictly as a reader.
 */
extern ktt_status ktt_vector_total(ktt_vector_kind kind, bool units,
								   const unsigned char *packed, size_t size,
								   int64_t *total, ktt_fault *fault);

/* Check foreign bytes: KTT_BINARY with the reason when they are not canonical. */
extern ktt_status ktt_vector_check(ktt_vector_kind kind,
								   const unsigned char *packed, size_t size,
								   ktt_fault *fault);

/*
 * left + right (sign 1) or left - right (sign -1), merged into out, which has
 * room for ktt_vector_merge_room() bytes. Gives the size of the result.
 */
extern size_t ktt_vector_merge_room(size_t left_size, size_t right_size);
extern ktt_status ktt_vector_merge(ktt_vector_kind kind, int sign,
								   const unsigned char *left, size_t left_size,
								   const unsigned char *right, size_t right_size,
								   unsigned char *out, size_t *out_size,
								   ktt_fault *fault);

/*
 * The faults of vectors: a key below 1, a sum that does not fit, more than
 * KTT_VECTOR_ENTRIES_MAX entries, stored bytes that do not read as a vector.
 */
extern ktt_status ktt_vector_bad_key(int64_t key, ktt_fault *fault);
extern ktt_status ktt_vector_overflow(int64_t key, ktt_fault *fault);
extern ktt_status ktt_vector_crowded(ktt_fault *fault);
extern ktt_status ktt_vector_broken(ktt_fault *fault);

#endif
