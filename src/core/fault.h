/*
 * What the core reports when it refuses something. The core never raises: it
 * fills a fault and returns its status; the server side turns that into an
 * SQLSTATE, a message and a detail.
 */
#ifndef KTT_CORE_FAULT_H
#define KTT_CORE_FAULT_H

#include <stddef.h>

typedef enum ktt_status
{
	KTT_OK = 0,
	KTT_SYNTAX,					/* text does not parse: 22P02 */
	KTT_RANGE,					/* a number does not fit: 22003 */
	KTT_VALUE,					/* parses, but is not allowed: 22023 */
	KTT_LIMIT,					/* over a fixed limit: 54000 */
	KTT_BINARY,					/* binary form is broken: 22P03 */
	KTT_UNCOVERED				/* a split does not hold for a price: KT201 */
} ktt_status;

typedef struct ktt_fault
{
	ktt_status	status;
	size_t		position;		/* 1-based byte of the input, 0 = not in text */
	char		reason[160];	/* a whole sentence for DETAIL */
} ktt_fault;

/* Fill a fault and return its status, so that a caller can "return ktt_fail(...)". */
extern ktt_status ktt_fail(ktt_fault *fault, ktt_status status,
						   size_t position, const char *format, ...)
			__attribute__((format(printf, 4, 5)));

#endif
