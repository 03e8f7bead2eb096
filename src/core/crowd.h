/*
 * The places of a wave, gathered: demands at the same coordinates are one crowd.
 * They want the same points in the same order, so a block of flats is looked up
 * once.
 *
 * Crowds stand along a curve that keeps neighbours together, which spares the
 * cache; so the order of the input has no say in anything that follows.
 */
#ifndef KTT_CORE_CROWD_H
#define KTT_CORE_CROWD_H

#include "match.h"

typedef struct ktt_crowd
{
	uint32_t	first;			/* its members are first .. first + count - 1 */
	uint32_t	count;
} ktt_crowd;

typedef struct ktt_crowds
{
	ktt_crowd  *crowds;
	size_t		count;
	uint32_t   *members;		/* indices of demands, in a crowd by rising id */
	ktt_memory	memory;
} ktt_crowds;

/* KTT_VALUE for ids that are not distinct; KTT_LIMIT for too many places or no memory. */
extern ktt_status ktt_crowds_build(ktt_crowds *crowds,
								   const ktt_demand *demands, size_t count,
								   const ktt_memory *memory, ktt_fault *fault);
extern void ktt_crowds_end(ktt_crowds *crowds);

#endif
