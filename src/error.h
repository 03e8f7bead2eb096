/*
 * Error codes of ktt and the one way from a core fault to a server error.
 * docs/errors.md lists every code with its meaning.
 */
#ifndef KTT_ERROR_H
#define KTT_ERROR_H

#include "compat.h"
#include "core/fault.h"

#define ERRCODE_KTT_UNCOVERED		MAKE_SQLSTATE('K', 'T', '2', '0', '1')
#define ERRCODE_KTT_ABSENT_PARTY	MAKE_SQLSTATE('K', 'T', '2', '0', '3')
#define ERRCODE_KTT_UNKNOWN			MAKE_SQLSTATE('K', 'T', '3', '0', '3')
#define ERRCODE_KTT_KEY_UNAVAILABLE	MAKE_SQLSTATE('K', 'T', '5', '0', '1')
#define ERRCODE_KTT_KEY_FILE		MAKE_SQLSTATE('K', 'T', '5', '0', '2')

/*
 * Report a fault met while reading text: "invalid input syntax for type ...".
 * context is fcinfo->context, so that pg_input_is_valid() works where the
 * server has it; returns only when the error was saved there.
 */
extern void KttReportInput(const ktt_fault *fault, const char *type_name,
						   const char *input, Node *context);

/* Report a fault met while computing; message is the primary text. */
extern void KttReportFault(const ktt_fault *fault, const char *message)
			pg_attribute_noreturn();

/* Report a broken binary form: 22P03 with the reason in the detail. */
extern void KttReportBinary(const ktt_fault *fault, const char *type_name)
			pg_attribute_noreturn();

#endif
