/*
 * A chain: the member ids from the source of the goods to the last seller.
 *
 * Packed form: a version byte, then every id as its length (1 to 8) and that
 * many big-endian bytes without leading zeros. Byte order is therefore the
 * order of the ids, and a chain is upline of another exactly when its bytes
 * are a prefix of the other's.
 */
#ifndef KTT_CORE_CHAIN_H
#define KTT_CORE_CHAIN_H

#include "fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KTT_CHAIN_VERSION 1
#define KTT_CHAIN_MAX 64		/* members of the longest chain */
#define KTT_CHAIN_SIZE_MAX (1 + 9 * KTT_CHAIN_MAX)	/* bytes packed */
#define KTT_CHAIN_TEXT_MAX (20 * KTT_CHAIN_MAX)		/* bytes printed */

typedef struct ktt_chain
{
	int			depth;
	int64_t		members[KTT_CHAIN_MAX];
} ktt_chain;

/*
 * Add a member at the end. KTT_RANGE: the id is below 1; KTT_VALUE: the member
 * stands in the chain already; KTT_LIMIT: the chain is full. Then the chain is
 * as it was.
 */
extern ktt_status ktt_chain_push(ktt_chain *chain, int64_t member);

/* Read text; the whole of it must be one chain. */
extern ktt_status ktt_chain_parse(ktt_chain *chain, const char *text,
								  size_t length, ktt_fault *fault);

/* Print at out (20 bytes of room per member) and return the end; no NUL. */
extern char *ktt_chain_print(char *out, const ktt_chain *chain);

/* Pack at out (1 + 9 bytes of room per member) and return the size. */
extern size_t ktt_chain_pack(unsigned char *out, const ktt_chain *chain);

/* Unpack, trusting nothing. */
extern ktt_status ktt_chain_unpack(ktt_chain *chain, const unsigned char *bytes,
								   size_t size, ktt_fault *fault);

/* The following read packed chains that were checked when they were made. */

/* -1, 0 or 1 */
extern int	ktt_chain_compare(const unsigned char *a, size_t a_size,
							  const unsigned char *b, size_t b_size);

/* Is a the same chain as b, or upline of it? */
extern bool ktt_chain_leads(const unsigned char *a, size_t a_size,
							const unsigned char *b, size_t b_size);

extern int	ktt_chain_depth(const unsigned char *bytes, size_t size);

/* The member at a 1-based place, or 0 when the chain ends before it. */
extern int64_t ktt_chain_member(const unsigned char *bytes, size_t size,
								int64_t place);

/* The packed size of the first depth members, or 0 when there are fewer. */
extern size_t ktt_chain_upline_size(const unsigned char *bytes, size_t size,
									int depth);

/* The 1-based place of a member, or 0 when he takes no part. */
extern int	ktt_chain_place(const unsigned char *bytes, size_t size,
							int64_t member);

/*
 * The packed size of what both chains begin with, or 0 when already their
 * first members differ.
 */
extern size_t ktt_chain_common_size(const unsigned char *a, size_t a_size,
									const unsigned char *b, size_t b_size);

/*
 * Pack at out (9 * KTT_CHAIN_MAX bytes of room beyond size) the last chain in
 * order that is downline of the given one, and return its size. Every chain
 * has one, so everything below a chain lies between it and this, inclusive.
 */
extern size_t ktt_chain_last_downline(unsigned char *out,
									  const unsigned char *bytes, size_t size);

#endif
