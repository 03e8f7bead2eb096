/*
 * A sparse vector while it grows: a table of sums to which packed vectors are
 * added straight from their bytes.
 *
 * Two tables side by side. A window holds the sums of a range of keys by
 * position, without keys and in 32 bits each while they fit: ids come dense, and
 * this takes a sixth of the cache that hashing takes. An open-addressing hash table holds all other keys; when
 * it fills up, the window is laid anew where that pays. Sums that became zero
 * keep their slot until then, so that a moving frame does not grow with its
 * history.
 */
#ifndef KTT_CORE_TALLY_H
#define KTT_CORE_TALLY_H

#include "memory.h"
#include "vector.h"

typedef struct ktt_tally
{
	int32_t    *narrow;			/* units (baskets only) and amount of each key in the window */
	int64_t    *wide;			/* the same once a sum does not fit; one of them is NULL */
	uint64_t	base;			/* key of the first sum in the window */
	uint64_t	span;			/* keys in the window; 0 before there is one */
	int64_t    *slots;			/* key, units (baskets only), amount; key 0 is free */
	unsigned	shift;			/* 64 minus the binary logarithm of the capacity */
	uint64_t	multiplier;		/* odd; of this tally alone, for its hashing */
	ktt_vector_kind kind;
	size_t		used;			/* slots with a key, zero sums included */
	size_t		fill;			/* rebuild when used reaches this */
	ktt_memory memory;
} ktt_tally;

/*
 * Hash by a secret from now on, so that nobody can choose keys that collide.
 * Without it all tallies hash the same in every process.
 */
extern void ktt_tally_seed(uint64_t secret);

extern ktt_status ktt_tally_begin(ktt_tally *tally, ktt_vector_kind kind,
								  ktt_memory memory, ktt_fault *fault);
extern void ktt_tally_end(ktt_tally *tally);

/*
 * Add (sign 1) or take away (sign -1) a packed vector. The bytes are checked
 * so far that broken ones cannot reach beyond the value or spoil the table;
 * whether they are canonical is the business of whoever stored them. After a
 * fault the tally holds a part of the vector.
 */
extern ktt_status ktt_tally_add_packed(ktt_tally *tally, int sign,
									   const unsigned char *packed,
									   size_t size, ktt_fault *fault);

/* Add or take away another tally of the same kind. */
extern ktt_status ktt_tally_add_tally(ktt_tally *tally, int sign,
									  const ktt_tally *other,
									  ktt_fault *fault);

/* Entries that are not zero. */
extern size_t ktt_tally_count(const ktt_tally *tally);

/* Copy them to out, sorted by key, and return their number. */
extern size_t ktt_tally_entries(const ktt_tally *tally, ktt_entry *out);

#endif
