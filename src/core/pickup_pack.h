/*
 * Pickup points as one value.
 *
 * Packed form: version byte, digest of all that follows, varint count of
 * points, then each point by rising id: varint distance to the id before, a byte
 * of flags, longitude and latitude as little-endian doubles, and as the flags
 * say a varint capacity, a radius (double), an area (varint length, WKB). Equal
 * sets of points have equal bytes. The digest lets a function find the tree it
 * built of a value without comparing the whole of it.
 */
#ifndef KTT_CORE_PICKUP_PACK_H
#define KTT_CORE_PICKUP_PACK_H

#include "fault.h"
#include "memory.h"
#include "number.h"
#include "pickup.h"

#define KTT_PICKUP_VERSION 1
#define KTT_PICKUP_DIGEST_SIZE 16
#define KTT_PICKUP_HEAD_SIZE (1 + KTT_PICKUP_DIGEST_SIZE)

/* Nothing is farther than half a meridian; the rest is margin. */
#define KTT_RADIUS_MAX 21000000.0

/* A point whose area is still packed; point.area is NULL. */
typedef struct ktt_pickup_entry
{
	ktt_point	point;
	const unsigned char *area;	/* WKB, NULL when there is none */
	size_t		area_size;
	size_t		position;		/* where it stands in a text, for faults */
} ktt_pickup_entry;

/*
 * Refuse what cannot be a point: an id below 1, coordinates that are no place, a
 * capacity or a radius out of bounds (KTT_VALUE). Minus zero becomes zero.
 */
extern ktt_status ktt_pickup_entry_check(ktt_pickup_entry *entry,
										 ktt_fault *fault);

/*
 * Sort by id; KTT_VALUE when one is given twice. scratch has room for as many.
 */
extern ktt_status ktt_pickup_order(ktt_pickup_entry *entries, size_t count,
								   ktt_pickup_entry *scratch,
								   ktt_fault *fault);

/* Bytes of the packed form of checked entries in order, and the packing itself. */
extern size_t ktt_pickup_size(const ktt_pickup_entry *entries, size_t count);
extern void ktt_pickup_pack(const ktt_pickup_entry *entries, size_t count,
							unsigned char *out);

typedef struct ktt_pickup_reader
{
	const unsigned char *in;
	const unsigned char *end;
	uint64_t	left;			/* entries not read yet */
	int64_t		id;				/* of the last entry read */
} ktt_pickup_reader;

/* Start reading; KTT_BINARY when the head is broken. */
extern ktt_status ktt_pickup_open(ktt_pickup_reader *reader,
								  const unsigned char *packed, size_t size,
								  ktt_fault *fault);

/*
 * Read an entry while some are left. Bounds and order are checked, left-over
 * bytes included; areas and the digest only by ktt_pickup_check().
 */
extern ktt_status ktt_pickup_next(ktt_pickup_reader *reader,
								  ktt_pickup_entry *entry, ktt_fault *fault);

/* Check foreign bytes in full. */
extern ktt_status ktt_pickup_check(const unsigned char *packed, size_t size,
								   const ktt_memory *memory, ktt_fault *fault);

#endif
