/*
 * What the harnesses share. A harness reads one input, as text or packed, and
 * says whether it was accepted. It aborts when a refusal is not explained, or
 * when something that was accepted does not come back as it was.
 */
#ifndef KTT_TEST_FUZZ_H
#define KTT_TEST_FUZZ_H

#include "core/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum fuzz_form
{
	FUZZ_TEXT,
	FUZZ_PACKED
} fuzz_form;

/* Numbers that come with an input: a price to try a rule on, for example. */
#define FUZZ_NUMBERS 4

typedef bool (*fuzz_harness) (fuzz_form form, const int64_t *numbers,
							  const uint8_t *data, size_t size);

extern bool fuzz_chain(fuzz_form form, const int64_t *numbers,
					   const uint8_t *data, size_t size);
extern bool fuzz_split(fuzz_form form, const int64_t *numbers,
					   const uint8_t *data, size_t size);
extern bool fuzz_basket(fuzz_form form, const int64_t *numbers,
						const uint8_t *data, size_t size);
extern bool fuzz_shares(fuzz_form form, const int64_t *numbers,
						const uint8_t *data, size_t size);
extern bool fuzz_pickup(fuzz_form form, const int64_t *numbers,
						const uint8_t *data, size_t size);
extern bool fuzz_key_file(fuzz_form form, const int64_t *numbers,
						  const uint8_t *data, size_t size);
extern bool fuzz_area(fuzz_form form, const int64_t *numbers,
					  const uint8_t *data, size_t size);
extern bool fuzz_code(fuzz_form form, const int64_t *numbers,
					  const uint8_t *data, size_t size);

#define MUST(cond) \
	do { \
		if (!(cond)) \
		{ \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/*
 * A refusal has a status that its form can have, the same in the fault, and
 * says why and, of a text, where.
 */
static inline void
fuzz_refused(fuzz_form form, ktt_status status, const ktt_fault *fault, size_t size)
{
	MUST(status == fault->status);
	MUST(form == FUZZ_PACKED ? status == KTT_BINARY :
		 status == KTT_SYNTAX || status == KTT_RANGE ||
		 status == KTT_VALUE || status == KTT_LIMIT);
	MUST(fault->position <= size + 1);
	MUST(form == FUZZ_PACKED ? fault->position == 0 : fault->position > 0);
	MUST(memchr(fault->reason, '\0', sizeof(fault->reason)) != NULL);
	MUST(strlen(fault->reason) > 1 && fault->reason[strlen(fault->reason) - 1] == '.');
}

#endif
