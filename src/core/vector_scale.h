/*
 * Multiples of sparse vectors: every number of every entry times a factor.
 */
#ifndef KTT_CORE_VECTOR_SCALE_H
#define KTT_CORE_VECTOR_SCALE_H

#include "vector.h"

/* Bytes that any multiple of a vector fits into; false when its head is broken. */
extern bool ktt_vector_scale_room(ktt_vector_kind kind,
								  const unsigned char *packed, size_t size,
								  size_t *room);

/* packed * factor into out, which has that room. Gives the size of the result. */
extern ktt_status ktt_vector_scale(ktt_vector_kind kind, int64_t factor,
								   const unsigned char *packed, size_t size,
								   unsigned char *out, size_t *out_size,
								   ktt_fault *fault);

#endif
