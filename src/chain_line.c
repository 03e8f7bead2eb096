/* Uplines and downlines as values: of one chain, and what several share. */
#include "chain.h"
#include "error.h"

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(ktt_chain_upline);
PGDLLEXPORT Datum
ktt_chain_upline(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	int32		depth = PG_GETARG_INT32(1);
	size_t		size = 0;

	if (depth > 0)
		size = ktt_chain_upline_size(packed.bytes, packed.size, depth);
	if (size == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("upline of %d members is out of range", depth),
				 errdetail("The chain has %d members.",
						   ktt_chain_depth(packed.bytes, packed.size))));
	PG_RETURN_DATUM(KttChainFromBytes(packed.bytes, size));
}

/* The chain without its last member; a source alone has none above it. */
PG_FUNCTION_INFO_V1(ktt_chain_above);
PGDLLEXPORT Datum
ktt_chain_above(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	int			depth = ktt_chain_depth(packed.bytes, packed.size);

	if (depth < 2)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(KttChainFromBytes(packed.bytes,
									  ktt_chain_upline_size(packed.bytes, packed.size,
															depth - 1)));
}

/* The type of chains, which uplines() returns an array of; looked up once. */
static Oid
ChainType(FmgrInfo *function)
{
	if (function->fn_extra == NULL)
	{
		Oid		   *type = MemoryContextAlloc(function->fn_mcxt, sizeof(Oid));

		*type = get_element_type(get_func_rettype(function->fn_oid));
		function->fn_extra = type;
	}
	return *(Oid *) function->fn_extra;
}

/* Every chain that leads this one, itself included, source first. */
PG_FUNCTION_INFO_V1(ktt_chain_uplines);
PGDLLEXPORT Datum
ktt_chain_uplines(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	Datum		uplines[KTT_CHAIN_MAX];
	int			count = 0;

	while (count < KTT_CHAIN_MAX)
	{
		size_t		size = ktt_chain_upline_size(packed.bytes, packed.size, count + 1);

		if (size == 0)
			break;
		uplines[count++] = KttChainFromBytes(packed.bytes, size);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(uplines, count, ChainType(fcinfo->flinfo), -1, false,
										  TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(ktt_chain_get_last_downline);
PGDLLEXPORT Datum
ktt_chain_get_last_downline(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	struct varlena *last = palloc(VARHDRSZ + packed.size + 9 * KTT_CHAIN_MAX);
	size_t		size = ktt_chain_last_downline((unsigned char *) VARDATA(last),
											   packed.bytes, packed.size);

	SET_VARSIZE(last, VARHDRSZ + size);
	PG_RETURN_POINTER(last);
}

PG_FUNCTION_INFO_V1(ktt_chain_common_upline);
PGDLLEXPORT Datum
ktt_chain_common_upline(PG_FUNCTION_ARGS)
{
	KttChainBytes a = KTT_GETARG_CHAIN(0);
	KttChainBytes b = KTT_GETARG_CHAIN(1);
	size_t		size = ktt_chain_common_size(a.bytes, a.size, b.bytes, b.size);

	if (size == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(KttChainFromBytes(a.bytes, size));
}

/*
 * The aggregate's state is the packed common upline in a bytea: NULL before
 * the first chain, empty when nothing is common, which no chain can say. So
 * partial states of workers merge.
 */
static Datum
Narrow(Datum state, KttChainBytes chain)
{
	KttChainBytes kept = KttChainBytesOf(state);
	size_t		size = ktt_chain_common_size(kept.bytes, kept.size, chain.bytes, chain.size);

	return size == kept.size ? state : KttChainFromBytes(kept.bytes, size);
}

PG_FUNCTION_INFO_V1(ktt_chain_common_step);
PGDLLEXPORT Datum
ktt_chain_common_step(PG_FUNCTION_ARGS)
{
	KttChainBytes chain;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	chain = KTT_GETARG_CHAIN(1);
	if (PG_ARGISNULL(0))
		PG_RETURN_DATUM(KttChainFromBytes(chain.bytes, chain.size));
	PG_RETURN_DATUM(Narrow(PG_GETARG_DATUM(0), chain));
}

PG_FUNCTION_INFO_V1(ktt_chain_common_merge);
PGDLLEXPORT Datum
ktt_chain_common_merge(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Narrow(PG_GETARG_DATUM(0), KTT_GETARG_CHAIN(1)));
}

/* Anybody may call this, so the bytes are checked. */
PG_FUNCTION_INFO_V1(ktt_chain_common_result);
PGDLLEXPORT Datum
ktt_chain_common_result(PG_FUNCTION_ARGS)
{
	KttChainBytes state = KTT_GETARG_CHAIN(0);
	ktt_chain	chain;
	ktt_fault	fault;

	if (state.size == 0)
		PG_RETURN_NULL();
	if (ktt_chain_unpack(&chain, state.bytes, state.size, &fault) != KTT_OK)
		KttReportBinary(&fault, KTT_CHAIN_NAME);
	PG_RETURN_DATUM(KttChainFromBytes(state.bytes, state.size));
}
