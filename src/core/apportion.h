/*
 * Largest remainder (Hamilton): divide a total over weights so that the parts
 * sum to it exactly and each is within one unit of its exact share. Every part
 * is rounded down first, then the units left over go one each to the largest
 * remainders; equal remainders are served in the order of the weights.
 */
#ifndef KTT_CORE_APPORTION_H
#define KTT_CORE_APPORTION_H

#include "fault.h"

#include <stdint.h>

__extension__ typedef unsigned __int128 ktt_uint128;

/* What a weight was rounded down by; two words, so that no 16-byte alignment
 * is asked of the caller's memory. */
typedef struct ktt_remainder
{
	uint64_t	high;
	uint64_t	low;
	uint64_t	index;
} ktt_remainder;

/* Callers keep this many remainders on the stack before they take memory. */
#define KTT_APPORTION_SMALL 64

/*
 * Write count parts of total. The scratch has room for count remainders; parts
 * may be the same array as weights. Any 64-bit total and weights are fine for
 * up to 2^31 entries: products and the sum of weights are held in 128 bits.
 * Refuses (KTT_VALUE) when there is no weight above zero, even for a total of
 * zero: there is nobody to give to.
 */
extern ktt_status ktt_apportion(uint64_t total, const uint64_t *weights,
								size_t count, uint64_t *parts,
								ktt_remainder *scratch, ktt_fault *fault);

#endif
