/*
 * Pickup points as text, by rising id:
 *
 *   {17:121.517 25.0478,22:121.5645 25.034 capacity 40 radius 3000 area 0103...}
 *
 * An area is its WKB in hexadecimal digits, as PostGIS prints geography.
 */
#ifndef KTT_CORE_PICKUP_TEXT_H
#define KTT_CORE_PICKUP_TEXT_H

#include "pickup_pack.h"

/*
 * Read a text of so many bytes. Entries, their areas and *entries itself come
 * from memory; they are checked and in order.
 */
extern ktt_status ktt_pickup_parse(const char *text, size_t length,
								   const ktt_memory *memory,
								   ktt_pickup_entry **entries, size_t *count,
								   ktt_fault *fault);

/* Bytes that an entry takes at most, comma included. */
extern size_t ktt_pickup_entry_room(const ktt_pickup_entry *entry);

/* Print an entry without its comma and return the end. */
extern char *ktt_pickup_entry_print(char *out, const ktt_pickup_entry *entry);

#endif
