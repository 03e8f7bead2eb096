/*
 * Splits on the server side: from arguments to the core and back.
 */
#ifndef KTT_SPLIT_H
#define KTT_SPLIT_H

#include "compat.h"
#include "core/split.h"

#define KTT_SPLIT_NAME "ktt.split"

/* The packed bytes of an argument; they are not aligned. */
typedef struct KttSplitBytes
{
	const unsigned char *bytes;
	size_t		size;
} KttSplitBytes;

static inline KttSplitBytes
KttSplitBytesOf(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);

	return (KttSplitBytes)
	{
		(const unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)
	};
}

/* A new value from a checked rule. */
extern Datum KttSplitMake(const ktt_split *split);

/* Unpack a stored value, or all but its parties; broken storage is an error. */
extern void KttSplitUnpack(ktt_split *split, KttSplitBytes packed);
extern void KttRuleUnpack(ktt_rule *rule, KttSplitBytes packed);

/* Read a rule from text; false when the error was saved in context. */
extern bool KttSplitParse(ktt_split *split, const char *text, Node *context);

/* Report why a rule does not hold for a sale, or cannot be applied to it. */
extern void KttReportSplit(const ktt_fault *fault) pg_attribute_noreturn();

/* A name or a term as a text value. */
extern Datum KttPartyText(const ktt_party *party);
extern Datum KttTermText(const ktt_rule *rule, size_t clause);

#endif
