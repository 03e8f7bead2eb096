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
	ktt_entry  *entries = malloc(ktt_vector_text_room(text, length) * sizeof(ktt_entry));
	ktt_fault	fault = {0};
	size_t		count = 0;
	unsigned char *packed = NULL;
	ktt_status	status = ktt_vector_parse(kind, text, length, entries, &count, &fault);

	if (status == KTT_OK)
		packed = pack(kind, entries, count, size);
	else
		fuzz_refused(FUZZ_TEXT, status, &fault, length);
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

/* A vector to add: the numbers at keys of the other one and at one of its own. */
static unsigned char *
companion(ktt_vector_kind kind, const unsigned char *packed, size_t packed_size,
		  const int64_t *numbers, size_t *size)
{
	ktt_entry	entries[3] = {{1 + (numbers[3] & (INT64_MAX - 1)), 0, numbers[0]}};
	ktt_vector_reader reader;
	ktt_entry	entry;
	ktt_fault	fault;
	size_t		count = 1;

	MUST(ktt_vector_open(&reader, kind, packed, packed_size));
	while (count < 3 && ktt_vector_next(&reader, &entry) == KTT_VECTOR_ENTRY)
		if (entry.key != entries[0].key && ((uint64_t) numbers[3] >> (entry.key % 64) & 1))
		{
			entries[count].key = entry.key;
			entries[count].units = kind == KTT_BASKET ? numbers[count] : 0;
			entries[count].amount = numbers[(count + 1) % FUZZ_NUMBERS];
			count++;
		}
	MUST(ktt_vector_normalise(entries, &count, &fault) == KTT_OK);
	return pack(kind, entries, count, size);
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

	MUST(merged == KTT_OK || merged == KTT_RANGE);
	MUST(ktt_tally_begin(&tally, kind, (ktt_memory)
						 {
							 allocate, release, NULL
						 }, &fault) == KTT_OK);
	MUST(ktt_tally_add_packed(&tally, 1, a, a_size, &fault) == KTT_OK);
	MUST(ktt_tally_add_packed(&tally, 1, b, b_size, &fault) == merged);
	if (merged == KTT_OK)
	{
		ktt_entry  *entries = malloc((ktt_tally_count(&tally) + 1) * sizeof(ktt_entry));
		size_t		count = ktt_tally_entries(&tally, entries);
		size_t		size;
		unsigned char *packed = pack(kind, entries, count, &size);
		unsigned char *back = malloc(ktt_vector_merge_room(sum_size, b_size));

		MUST(size == sum_size && memcmp(packed, sum, size) == 0);
		MUST(ktt_vector_check(kind, sum, sum_size, &fault) == KTT_OK);
		MUST(ktt_vector_merge(kind, -1, sum, sum_size, b, b_size, back, &size,
							  &fault) == KTT_OK);
		MUST(size == a_size && memcmp(back, a, size) == 0);
		free(back);
		free(packed);
		free(entries);
	}
	ktt_tally_end(&tally);
	free(sum);
}

static bool
fuzz_vector(ktt_vector_kind kind, fuzz_form form, const int64_t *numbers,
			const uint8_t *data, size_t size)
{
	unsigned char *packed = NULL;
	unsigned char *other;
	size_t		other_size;

	if (form == FUZZ_PACKED)
	{
		ktt_fault	fault = {0};
		ktt_status	status = ktt_vector_check(kind, data, size, &fault);
		ktt_vector_reader reader;

		/* Memory is taken by what the head says, so it cannot say too much. */
		if (ktt_vector_open(&reader, kind, data, size))
			MUST(reader.left <= size / (1 + (size_t) kind));
		if (status != KTT_OK)
		{
			fuzz_refused(form, status, &fault, size);
			return false;
		}
		packed = malloc(size);
		memcpy(packed, data, size);
	}
	else
	{
		packed = parse(kind, (const char *) data, size, &size);
		if (packed == NULL)
			return false;
	}
	round_trip(kind, packed, size);
	other = companion(kind, packed, size, numbers, &other_size);
	sums(kind, packed, size, other, other_size);
	free(other);
	free(packed);
	return true;
}

bool
fuzz_basket(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	return fuzz_vector(KTT_BASKET, form, numbers, data, size);
}

bool
fuzz_shares(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	return fuzz_vector(KTT_SHARES, form, numbers, data, size);
}
