#include "vector_scale.h"

#include "pause.h"

bool
ktt_vector_scale_room(ktt_vector_kind kind, const unsigned char *packed,
					  size_t size, size_t *room)
{
	ktt_vector_reader reader;

	if (!ktt_vector_open(&reader, kind, packed, size))
		return false;

	/* Keys stay as they are; a number has a byte already. */
	*room = size + (size_t) reader.left * (size_t) kind * (KTT_VARINT_MAX - 1);
	return true;
}

ktt_status
ktt_vector_scale(ktt_vector_kind kind, int64_t factor,
				 const unsigned char *packed, size_t size, unsigned char *out,
				 size_t *out_size, ktt_fault *fault)
{
	ktt_vector_reader reader;
	ktt_vector_step step;
	ktt_entry	entry;
	unsigned char *at = out;
	int64_t		key = 0;

	if (!ktt_vector_open(&reader, kind, packed, size))
		return ktt_vector_broken(fault);

	/* No product is zero unless the factor is, so the count stays. */
	*at++ = KTT_VECTOR_VERSION;
	at = ktt_varint_put(at, factor == 0 ? 0 : reader.left);
	while ((step = ktt_vector_next(&reader, &entry)) == KTT_VECTOR_ENTRY)
	{
		ktt_pause_at((size_t) reader.left);
		if (__builtin_mul_overflow(entry.units, factor, &entry.units) ||
			__builtin_mul_overflow(entry.amount, factor, &entry.amount))
			return ktt_fail(fault, KTT_RANGE, 0,
							"The product for key %lld does not fit into a bigint.",
							(long long) entry.key);
		if (factor == 0)
			continue;
		at = ktt_varint_put(at, (uint64_t) (entry.key - key));
		if (kind == KTT_BASKET)
			at = ktt_varint_put(at, ktt_zigzag(entry.units));
		at = ktt_varint_put(at, ktt_zigzag(entry.amount));
		key = entry.key;
	}
	if (step == KTT_VECTOR_BROKEN)
		return ktt_vector_broken(fault);
	*out_size = (size_t) (at - out);
	return KTT_OK;
}
