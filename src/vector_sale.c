/*
 * Whether a sale adds up: what a table of orders asks of every row, in one
 * call, because a constraint costs its text anew in every statement.
 */
#include "vector.h"

PGDLLEXPORT Datum ktt_adds_up(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_adds_up);

static int128
SumOf(ktt_vector_kind kind, Datum value)
{
	ktt_vector_reader reader;
	ktt_entry	entry;
	int128		sum = 0;

	KttVectorOpen(&reader, kind, value);
	while (KttVectorNext(&reader, &entry))
		sum += entry.amount;
	return sum;
}

/* No entry below zero, and none above its like in the whole. */
static bool
IsPartOf(Datum part, Datum whole)
{
	ktt_vector_reader parts;
	ktt_vector_reader wholes;
	ktt_entry	part_entry;
	ktt_entry	whole_entry = {0};
	bool		more = true;

	KttVectorOpen(&parts, KTT_BASKET, part);
	KttVectorOpen(&wholes, KTT_BASKET, whole);
	while (KttVectorNext(&parts, &part_entry))
	{
		while (more && whole_entry.key < part_entry.key)
			more = KttVectorNext(&wholes, &whole_entry);
		if (!more || whole_entry.key != part_entry.key ||
			part_entry.units < 0 || part_entry.units > whole_entry.units ||
			part_entry.amount < 0 || part_entry.amount > whole_entry.amount)
			return false;
	}
	return true;
}

Datum
ktt_adds_up(PG_FUNCTION_ARGS)
{
	int64		amount = PG_GETARG_INT64(0);

	PG_RETURN_BOOL(amount > 0 &&
				   SumOf(KTT_BASKET, PG_GETARG_DATUM(1)) == amount &&
				   SumOf(KTT_SHARES, PG_GETARG_DATUM(2)) == amount &&
				   IsPartOf(PG_GETARG_DATUM(3), PG_GETARG_DATUM(1)));
}
