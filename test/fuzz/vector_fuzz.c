/*
 * Baskets and shares: text and packed form are each other's inverse, adding and
 * taking away again changes nothing, and a tally sums as the merge does.
 */
#include "core/tally.h"
#include "core/vector_text.h"
#include "fuzz.h"

static void *
allocate(void *owner, size_t size)
{
	(void) owner;
	return calloc(1, size);
}

static void
release(void *owner, void *memory)
{
	(void) owner;
	free(memory);
}

static unsigned char *
pack(ktt_vector_kind kind, const ktt_entry *entries, size_t count, size_t *size)
{
	unsigned char *packed;

	*size = ktt_vector_size(kind, entries, count);
	packed = malloc(*size);
	MUST(ktt_vector_pack(kind, entries, count, packed) == packed + *size);
	return packed;
}

/* Reads text into packed bytes, NULL when it is refused. */
static unsigned char *
parse(ktt_vector_kind kind, const char *text, size_t length, size_t *size)
{
	ktt_entry  *entries = malloc((ktt_vector_text_room(text, length) + 1) * sizeof(ktt_entry));
	ktt_fault	fault = {0};
	size_t		count = 0;
	unsigned char *packed = NULL;

	if (ktt_vector_parse(kind, text, length, entries, &count, &fault) == KTT_OK)
		packed = pack(kind, entries, count, size);
	else
		MUST_EXPLAIN(fault, length);
	free(entries);
	return packed;
}

static void
round_trip(ktt_vector_kind kind, const unsigned char *packed, size_t size)
{
	ktt_vector_reader reader;
	ktt_fault	fault = {0};
	char	   *text;
	char	   *end;
	unsigned char *again;
	size_t		again_size = 0;

	MUST(ktt_vector_check(kind, packed, size, &fault) == KTT_OK);
	MUST(ktt_vector_open(&reader, kind, packed, size));
	text = malloc(2 + (size_t) reader.left * KTT_ENTRY_TEXT_MAX);
	end = ktt_vector_print(&reader, text);
	MUST(end != NULL);
	again = parse(kind, text, (size_t) (end - text), &again_size);
	MUST(again != NULL && again_size == size && memcmp(again, packed, size) == 0);
	free(again);
	free(text);
}

static void
sums(ktt_vector_kind kind, const unsigned char *a, size_t a_size,
	 const unsigned char *b, size_t b_size)
{
	unsigned char *sum = malloc(ktt_vector_merge_room(a_size, b_size));
	ktt_fault	fault = {0};
	size_t		sum_size;
	ktt_tally	tally;
	ktt_status	merged = ktt_vector_merge(kind, 1, a, a_size, b, b_size, sum,
										  &sum_size, &fault);

	MUST(ktt_tally_begin(&tally, kind, (ktt_tally_memory)
						 {
							 allocate, release, NULL
						 }, &fault) == KTT_OK);
	MUST(ktt_tally_add_packed(&tally, 1, a, a_size, &fault) == KTT_OK);
	MUST(ktt_tally_add_packed(&tally, 1, b, b_size, &fault) == merged);
	if (merged == KTT_OK)
	{
		ktt_entry  *entries = malloc((tally.used + 1) * sizeof(ktt_entry));
		size_t		count = ktt_tally_entries(&tally, entries);
		size_t		size;
		unsigned char *packed = pack(kind, entries, count, &size);
		unsigned char *back = malloc(ktt_vector_merge_room(sum_size, b_size));

		MUST(size == sum_size && memcmp(packed, sum, size) == 0);
		if (ktt_vector_merge(kind, -1, sum, sum_size, b, b_size, back, &size,
							 &fault) == KTT_OK)
			MUST(size == a_size && memcmp(back, a, size) == 0);
		free(back);
		free(packed);
		free(entries);
	}
	ktt_tally_end(&tally);
	free(sum);
}

/* Reads either form into bytes of our own, NULL when it is refused. */
static unsigned char *
read_any(ktt_vector_kind kind, int is_packed, const uint8_t *data, size_t size,
		 size_t *packed_size)
{
	ktt_fault	fault = {0};
	unsigned char *packed;

	if (!is_packed)
		return parse(kind, (const char *) data, size, packed_size);
	if (ktt_vector_check(kind, data, size, &fault) != KTT_OK)
	{
		MUST_EXPLAIN(fault, size);
		return NULL;
	}
	packed = malloc(size);
	memcpy(packed, data, size);
	*packed_size = size;
	return packed;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ktt_vector_kind kind;
	unsigned char *a;
	unsigned char *b;
	size_t		cut;
	size_t		a_size = 0;
	size_t		b_size = 0;

	/* First which kind and form, and where the second vector begins. */
	if (size < 2)
		return 0;
	kind = data[0] & 1 ? KTT_BASKET : KTT_SHARES;
	size -= 2;
	cut = data[1] < size ? data[1] : size;
	a = read_any(kind, data[0] & 2, data + 2, cut, &a_size);
	b = read_any(kind, data[0] & 4, data + 2 + cut, size - cut, &b_size);
	if (a != NULL)
		round_trip(kind, a, a_size);
	if (a != NULL && b != NULL)
		sums(kind, a, a_size, b, b_size);
	free(a);
	free(b);
	return 0;
}
