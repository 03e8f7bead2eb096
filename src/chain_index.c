/* Chains in order and hashed: what btree and hash indexes call. */
#include "chain.h"

#include "common/hashfn.h"
#include "utils/sortsupport.h"

static inline int
Compare(Datum left, Datum right)
{
	struct varlena *a = KttChainPlain(left);
	struct varlena *b = KttChainPlain(right);
	int			order = ktt_chain_compare((const unsigned char *) VARDATA_ANY(a),
										  VARSIZE_ANY_EXHDR(a),
										  (const unsigned char *) VARDATA_ANY(b),
										  VARSIZE_ANY_EXHDR(b));

	/* Long chains are compressed in an index; a scan compares many of them. */
	if ((Pointer) a != DatumGetPointer(left))
		pfree(a);
	if ((Pointer) b != DatumGetPointer(right))
		pfree(b);
	return order;
}

PG_FUNCTION_INFO_V1(ktt_chain_cmp);
PGDLLEXPORT Datum
ktt_chain_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

PG_FUNCTION_INFO_V1(ktt_chain_eq);
PGDLLEXPORT Datum
ktt_chain_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) == 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_ne);
PGDLLEXPORT Datum
ktt_chain_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) != 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_lt);
PGDLLEXPORT Datum
ktt_chain_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) < 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_le);
PGDLLEXPORT Datum
ktt_chain_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) <= 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_gt);
PGDLLEXPORT Datum
ktt_chain_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) > 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_ge);
PGDLLEXPORT Datum
ktt_chain_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) >= 0);
}

static int
CompareToSort(Datum left, Datum right, SortSupport sort)
{
	return Compare(left, right);
}

PG_FUNCTION_INFO_V1(ktt_chain_sortsupport);
PGDLLEXPORT Datum
ktt_chain_sortsupport(PG_FUNCTION_ARGS)
{
	((SortSupport) PG_GETARG_POINTER(0))->comparator = CompareToSort;
	PG_RETURN_VOID();
}

/* Equal chains have equal bytes, so the bytes are what is hashed. */
PG_FUNCTION_INFO_V1(ktt_chain_hash);
PGDLLEXPORT Datum
ktt_chain_hash(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_DATUM(hash_any(packed.bytes, packed.size));
}

PG_FUNCTION_INFO_V1(ktt_chain_hash_extended);
PGDLLEXPORT Datum
ktt_chain_hash_extended(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_DATUM(hash_any_extended(packed.bytes, packed.size,
									  PG_GETARG_INT64(1)));
}
