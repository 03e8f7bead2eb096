/*
 * What the harnesses share. The first byte of an input picks what is read:
 * text or packed bytes. Whatever is accepted must come back as it was.
 */
#ifndef KTT_TEST_FUZZ_H
#define KTT_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

/* A refusal says why, within the bounds of what was read. */
#define MUST_EXPLAIN(fault, size) \
	MUST((fault).reason[0] != '\0' && (fault).position <= (size) + 1)

#endif
