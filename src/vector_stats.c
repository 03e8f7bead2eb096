/*
 * ktt.basket and ktt.shares for the planner: what ANALYZE keeps of their keys,
 * how many values a test for keys lets through, how many rows a value becomes.
 *
 * The keys are kept as those of an array are: the most common ones with the
 * part of the values that hold them, and a histogram of how many a value has.
 */
#include "vector.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(ktt_basket_typanalyze);
PG_FUNCTION_INFO_V1(ktt_shares_typanalyze);
PG_FUNCTION_INFO_V1(ktt_vector_key_sel);
PG_FUNCTION_INFO_V1(ktt_vector_rows_support);

/* Larger values are counted by their heads only; their keys are not looked at. */
#define WIDE_VALUE 65536

/* No more keys of a sample are looked at: values are skipped evenly. */
#define SAMPLE_KEYS_MAX 4194304

typedef struct Analysis
{
	ktt_vector_kind kind;
	AnalyzeAttrComputeStatsFunc compute_scalar;
	void	   *scalar_data;
} Analysis;

typedef struct KeyCount
{
	int64		key;
	int			count;
} KeyCount;

static int
CompareNumbers(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	CHECK_FOR_INTERRUPTS();
	return (left > right) - (left < right);
}

/* More common keys first, among equals the lower. */
static int
CompareCounts(const void *a, const void *b)
{
	const KeyCount *left = a;
	const KeyCount *right = b;

	CHECK_FOR_INTERRUPTS();
	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return (left->key > right->key) - (left->key < right->key);
}

static int
CompareKeys(const void *a, const void *b)
{
	return CompareNumbers(&((const KeyCount *) a)->key, &((const KeyCount *) b)->key);
}

/* A free slot whose values, if any, are keys. */
static int
FreeSlot(VacAttrStats *stats, int16 kind)
{
	for (int slot = 0; slot < STATISTIC_NUM_SLOTS; slot++)
		if (stats->stakind[slot] == 0)
		{
			stats->stakind[slot] = kind;
			stats->staop[slot] = lookup_type_cache(INT8OID, TYPECACHE_EQ_OPR)->eq_opr;
			stats->stacoll[slot] = InvalidOid;
			stats->statypid[slot] = INT8OID;
			stats->statyplen[slot] = sizeof(int64);
			stats->statypbyval[slot] = FLOAT8PASSBYVAL;
			stats->statypalign[slot] = TYPALIGN_DOUBLE;
			return slot;
		}
	return -1;
}

/* The most common keys, in ascending order, with the part of the values each. */
static void
KeepKeys(VacAttrStats *stats, int64 *keys, int key_count, int rows, int most)
{
	MemoryContext caller = CurrentMemoryContext;
	KeyCount   *counts = palloc(Max(key_count, 1) * sizeof(KeyCount));
	int			distinct = 0;
	int			kept;
	int			slot;
	Datum	   *values;
	float4	   *parts;

	qsort(keys, key_count, sizeof(int64), CompareNumbers);
	for (int i = 0; i < key_count; i++)
	{
		if (distinct == 0 || counts[distinct - 1].key != keys[i])
			counts[distinct++] = (KeyCount) {keys[i], 0};
		counts[distinct - 1].count++;
	}
	qsort(counts, distinct, sizeof(KeyCount), CompareCounts);

	/* A key met once says little, unless all keys are kept. */
	kept = Min(distinct, most);
	while (kept > 0 && kept < distinct && counts[kept - 1].count < 2)
		kept--;
	if (kept == 0 || (slot = FreeSlot(stats, STATISTIC_KIND_MCELEM)) < 0)
		return;

	MemoryContextSwitchTo(stats->anl_context);
	values = palloc(kept * sizeof(Datum));
	parts = palloc((kept + 3) * sizeof(float4));
	parts[kept] = (float4) counts[kept - 1].count / rows;
	parts[kept + 1] = (float4) counts[0].count / rows;
	parts[kept + 2] = 0;		/* keys are never null */
	qsort(counts, kept, sizeof(KeyCount), CompareKeys);
	for (int i = 0; i < kept; i++)
	{
		values[i] = Int64GetDatum(counts[i].key);
		parts[i] = (float4) counts[i].count / rows;
	}
	MemoryContextSwitchTo(caller);
	stats->stavalues[slot] = values;
	stats->numvalues[slot] = kept;
	stats->stanumbers[slot] = parts;
	stats->numnumbers[slot] = kept + 3;
}

/* A histogram of the numbers of entries, their average behind it. */
static void
KeepSizes(VacAttrStats *stats, int64 *sizes, int rows, int bins)
{
	int			slot = FreeSlot(stats, STATISTIC_KIND_DECHIST);
	float4	   *bounds;
	double		sum = 0;

	if (slot < 0)
		return;
	bins = Max(bins, 2);
	qsort(sizes, rows, sizeof(int64), CompareNumbers);
	for (int i = 0; i < rows; i++)
		sum += sizes[i];
	bounds = MemoryContextAlloc(stats->anl_context, (bins + 1) * sizeof(float4));
	for (int i = 0; i < bins; i++)
	{
		int64		at = (int64) i * (rows - 1) / (bins - 1);

		bounds[i] = sizes[at];
	}
	bounds[bins] = sum / rows;
	stats->stanumbers[slot] = bounds;
	stats->numnumbers[slot] = bins + 1;
}

/*
 * Append the keys of a value and return how many there are. A value whose
 * bytes are broken has none: whoever reads it will hear of it.
 */
static int
SampleKeys(ktt_vector_kind kind, Datum value, int64 *keys)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);
	ktt_vector_reader reader;
	ktt_entry	entry;
	int			count = 0;

	if (ktt_vector_open(&reader, kind, (unsigned char *) VARDATA_ANY(flat),
						VARSIZE_ANY_EXHDR(flat)))
		while (ktt_vector_next(&reader, &entry) == KTT_VECTOR_ENTRY)
			keys[count++] = entry.key;
	if ((Pointer) flat != DatumGetPointer(value))
		pfree(flat);
	return count;
}

static void
ComputeStats(VacAttrStats *stats, AnalyzeAttrFetchFunc fetch, int sample_rows,
			 double total_rows)
{
	Analysis   *analysis = stats->extra_data;
	int			target = stats->minrows / 300;	/* as std_typanalyze() set it */
	int64	   *sizes = palloc(Max(sample_rows, 1) * sizeof(int64));
	int64	   *keys;
	int64		bytes = 0;
	uint64		size;
	int			key_count = 0;
	int			rows = 0;
	int			looked_at = 0;
	int			stride;

	stats->extra_data = analysis->scalar_data;
	analysis->compute_scalar(stats, fetch, sample_rows, total_rows);
	stats->extra_data = analysis;
	if (!stats->stats_valid)
		return;

	/* An entry takes two bytes at least, which bounds the keys. */
	for (int i = 0; i < sample_rows; i++)
	{
		bool		is_null;
		Datum		value = fetch(stats, i, &is_null);

		CHECK_FOR_INTERRUPTS();
		if (is_null)
			continue;
		sizes[rows++] = KttVectorPeek(analysis->kind, value, &size) ? size : 0;
		if (toast_raw_datum_size(value) <= WIDE_VALUE)
			bytes += toast_raw_datum_size(value);
	}
	if (rows == 0)
		return;
	stride = 1 + bytes / 2 / SAMPLE_KEYS_MAX;
	keys = palloc((Min(bytes / 2, SAMPLE_KEYS_MAX) + WIDE_VALUE / 2) * sizeof(int64));
	for (int i = 0; i < sample_rows; i += stride)
	{
		bool		is_null;
		Datum		value = fetch(stats, i, &is_null);

		CHECK_FOR_INTERRUPTS();
		if (is_null || toast_raw_datum_size(value) > WIDE_VALUE)
			continue;
		if (key_count >= SAMPLE_KEYS_MAX)
			break;
		key_count += SampleKeys(analysis->kind, value, keys + key_count);
		looked_at++;
	}
	if (key_count > 0)
		KeepKeys(stats, keys, key_count, looked_at, target * 10);
	KeepSizes(stats, sizes, rows, target);
}

static Datum
TypAnalyze(VacAttrStats *stats, ktt_vector_kind kind)
{
	Analysis   *analysis;

	/* The order of the values is of use as well, for = and for sorting. */
	if (!std_typanalyze(stats))
		PG_RETURN_BOOL(false);
	analysis = palloc(sizeof(Analysis));
	*analysis = (Analysis) {kind, stats->compute_stats, stats->extra_data};
	stats->compute_stats = ComputeStats;
	stats->extra_data = analysis;
	PG_RETURN_BOOL(true);
}

PGDLLEXPORT Datum
ktt_basket_typanalyze(PG_FUNCTION_ARGS)
{
	return TypAnalyze((VacAttrStats *) PG_GETARG_POINTER(0), KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_typanalyze(PG_FUNCTION_ARGS)
{
	return TypAnalyze((VacAttrStats *) PG_GETARG_POINTER(0), KTT_SHARES);
}

/* What is assumed of a key, and of a value, that no statistics tell of. */
#define KEY_SELECTIVITY 0.001
#define COVERED_SELECTIVITY 0.001

/* The statistics of a column's keys. */
typedef struct KeyStats
{
	AttStatsSlot slot;
	bool		known;
} KeyStats;

/* The part of the values that hold a key. */
static double
KeyPart(const KeyStats *stats, int64 key)
{
	int			low = 0;
	int			high = stats->known ? stats->slot.nvalues : 0;

	if (high == 0)
		return KEY_SELECTIVITY;
	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		int64		found = DatumGetInt64(stats->slot.values[middle]);

		if (found == key)
			return stats->slot.numbers[middle];
		if (found < key)
			low = middle + 1;
		else
			high = middle;
	}
	/* Less common than the least common that is known. */
	return Min(KEY_SELECTIVITY, stats->slot.numbers[stats->slot.nvalues] / 2);
}

/* The part of the values that hold all keys, or any: keys come independently. */
static double
KeysPart(const KeyStats *stats, const int64 *keys, int count, bool any)
{
	double		part = 1;

	for (int i = 0; i < count; i++)
		part *= any ? 1 - KeyPart(stats, keys[i]) : KeyPart(stats, keys[i]);
	return any ? 1 - part : part;
}

/*
 * The part of the values that an operator lets through. All of a basket's keys
 * are an upper bound for @>, which asks for its units and amounts as well.
 * Anybody may have named this for an operator of other types.
 */
static double
OperatorPart(const KeyStats *stats, Oid operator, const Const *constant, Oid basket)
{
	Oid			type = getBaseType(constant->consttype);
	int64	   *keys;
	int64		key;
	int			count = 0;

	if (type == INT8OID)
	{
		key = DatumGetInt64(constant->constvalue);
		return KeysPart(stats, &key, 1, false);
	}
	if (type == INT8ARRAYOID)
	{
		ArrayType  *array = DatumGetArrayTypeP(constant->constvalue);

		/* Refusing it is left to the operator. */
		if (ARR_NDIM(array) > 1)
			return KEY_SELECTIVITY;
		keys = KttSortedKeys(KTT_SHARES, array, &count);
		return KeysPart(stats, keys, count, strcmp(get_opname(operator), "?|") == 0);
	}
	if (type == basket)
	{
		KttPacked	packed = KttPackedFrom(constant->constvalue);
		ktt_vector_reader reader;
		ktt_entry	entry;
		double		part = 1;

		if (!ktt_vector_open(&reader, KTT_BASKET, packed.bytes, packed.size))
			return COVERED_SELECTIVITY;
		while (ktt_vector_next(&reader, &entry) == KTT_VECTOR_ENTRY)
			if (entry.units > 0 || entry.amount > 0)
				part *= KeyPart(stats, entry.key);
		return part;
	}
	return COVERED_SELECTIVITY;
}

/* The type of baskets, in the schema of a function of ktt. */
static Oid
BasketType(Oid beside)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, PointerGetDatum("basket"),
						   ObjectIdGetDatum(get_func_namespace(beside)));
}

/* Restriction estimator of ?, ?|, ?& and @>. */
PGDLLEXPORT Datum
ktt_vector_key_sel(PG_FUNCTION_ARGS)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid			operator = PG_GETARG_OID(1);
	List	   *args = (List *) PG_GETARG_POINTER(2);
	int			relid = PG_GETARG_INT32(3);
	VariableStatData column;
	Node	   *other;
	bool		column_left;
	double		part = COVERED_SELECTIVITY;

	if (!get_restriction_variable(root, args, relid, &column, &other, &column_left))
		PG_RETURN_FLOAT8(part);
	if (IsA(other, Const) && ((Const *) other)->constisnull)
		part = 0;
	else if (IsA(other, Const) && column_left)
	{
		KeyStats	stats = {.known = false};
		double		nulls = 0;

		if (HeapTupleIsValid(column.statsTuple))
		{
			nulls = ((Form_pg_statistic) GETSTRUCT(column.statsTuple))->stanullfrac;
			stats.known = get_attstatsslot(&stats.slot, column.statsTuple,
										   STATISTIC_KIND_MCELEM, InvalidOid,
										   ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
			if (stats.known && (stats.slot.valuetype != INT8OID ||
								stats.slot.nnumbers != stats.slot.nvalues + 3))
			{
				free_attstatsslot(&stats.slot);
				stats.known = false;
			}
		}
		part = OperatorPart(&stats, operator, (Const *) other,
							BasketType(fcinfo->flinfo->fn_oid)) * (1 - nulls);
		if (stats.known)
			free_attstatsslot(&stats.slot);
	}
	ReleaseVariableStats(column);
	CLAMP_PROBABILITY(part);
	PG_RETURN_FLOAT8(part);
}

/* Bytes of a usual entry: a near key, a few units, an amount of some digits. */
#define USUAL_ENTRY_SIZE 6
#define HEAD_SIZE 3				/* short varlena header, version, count */

/* The average number of entries in a column, 0 when nothing tells it. */
static double
AverageEntries(PlannerInfo *root, Node *expression)
{
	VariableStatData column;
	double		entries = 0;

	examine_variable(root, expression, 0, &column);
	if (HeapTupleIsValid(column.statsTuple))
	{
		AttStatsSlot slot;
		int			width = ((Form_pg_statistic) GETSTRUCT(column.statsTuple))->stawidth;

		if (get_attstatsslot(&slot, column.statsTuple, STATISTIC_KIND_DECHIST,
							 InvalidOid, ATTSTATSSLOT_NUMBERS))
		{
			if (slot.nnumbers > 0)
				entries = slot.numbers[slot.nnumbers - 1];
			free_attstatsslot(&slot);
		}
		else if (width > 0)
			entries = (double) (width - HEAD_SIZE) / USUAL_ENTRY_SIZE;
		entries = Max(entries, 1);
	}
	ReleaseVariableStats(column);
	return entries;
}

static double
DeclaredRows(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	double		rows = 1;

	if (HeapTupleIsValid(tuple))
	{
		rows = ((Form_pg_proc) GETSTRUCT(tuple))->prorows;
		ReleaseSysCache(tuple);
	}
	return rows;
}

/*
 * How many rows a value becomes: counted in a constant, the average of a
 * column, else left to the ROWS of the function; of these the first n.
 */
PGDLLEXPORT Datum
ktt_vector_rows_support(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	List	   *args;
	Node	   *value;
	double		rows = 0;

	if (!IsA(request, SupportRequestRows) || !is_funcclause(request->node))
		PG_RETURN_POINTER(NULL);
	args = ((FuncExpr *) request->node)->args;
	value = linitial(args);
	if (IsA(value, Const) && !((Const *) value)->constisnull)
	{
		uint64		count;

		/* Both kinds begin alike, and the head is all that is read. */
		if (KttVectorPeek(KTT_SHARES, ((Const *) value)->constvalue, &count))
			rows = Max(count, 1);
	}
	else if (request->root != NULL)
		rows = AverageEntries(request->root, value);
	if (rows == 0)
		rows = DeclaredRows(request->funcid);

	/* top(value, n) */
	if (list_length(args) > 1 && IsA(lsecond(args), Const) &&
		!((Const *) lsecond(args))->constisnull)
		rows = Min(rows, Max(DatumGetInt32(((Const *) lsecond(args))->constvalue), 1));
	request->rows = rows;
	PG_RETURN_POINTER(request);
}
