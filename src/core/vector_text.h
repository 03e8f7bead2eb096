/*
 * Text form of sparse vectors: {17:1990,22:-350} for shares (account:amount),
 * {101:2@1990,205:1@350} for baskets (item:units@amount).
 */
#ifndef KTT_CORE_VECTOR_TEXT_H
#define KTT_CORE_VECTOR_TEXT_H

#include "vector.h"

/* Bytes of the longest printed entry, its comma included. */
#define KTT_ENTRY_TEXT_MAX 63

/* No more entries than this can stand in the text. */
extern size_t ktt_vector_text_room(const char *text, size_t length);

/*
 * Read text into entries, which has ktt_vector_text_room() entries of room;
 * the result is normalised. White space may stand between all parts. A key
 * that is given twice is refused.
 */
extern ktt_status ktt_vector_parse(ktt_vector_kind kind, const char *text,
								   size_t length, ktt_entry *entries,
								   size_t *count, ktt_fault *fault);

/*
 * Print what the reader gives and return the end, NULL when it is broken. Room:
 * 2 bytes and KTT_ENTRY_TEXT_MAX for each entry.
 */
extern char *ktt_vector_print(ktt_vector_reader *reader, char *out);

#endif
