/*
 * A stable merge sort that can be interrupted, which the C library's cannot: it
 * would lose the memory it holds.
 */
#ifndef KTT_CORE_SORT_H
#define KTT_CORE_SORT_H

#include <stddef.h>

/*
 * Sort count elements of so many bytes; scratch has room for as many. compare
 * is as for qsort.
 */
extern void ktt_sort(void *elements, size_t count, size_t size, void *scratch,
					 int (*compare) (const void *, const void *));

#endif
