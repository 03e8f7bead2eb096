/*
 * Reading single rows of a table by their keys, without a plan.
 */
#ifndef KTT_PICKUP_ROWS_H
#define KTT_PICKUP_ROWS_H

#include "compat.h"

#include "access/relscan.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#define KTT_KEYED_COLUMNS_MAX 3

typedef struct KttColumn
{
	const char *name;
	Oid			type;			/* InvalidOid: own_type of schema ktt */
	const char *own_type;
} KttColumn;

/* A table that is asked by its keys, and what was found out about it. */
typedef struct KttKeyedTable
{
	Oid			table;
	Oid			index;			/* unique, over the keys; invalid when the table has changed */
	AttrNumber	columns[KTT_KEYED_COLUMNS_MAX];
} KttKeyedTable;

/* A table that is asked row by row in one call. */
typedef struct KttRows
{
	Relation	table;			/* NULL: not asked */
	Oid			index;
	Snapshot	snapshot;
	IndexFetchTableData *fetch;
	TupleTableSlot *slot;
	BlockNumber blocks;			/* a table that was cut off no longer has all places */
} KttRows;

/* The numbers of columns by name; raises when one is missing or of another type. */
extern void KttFindColumns(Relation table, const KttColumn *columns, int count,
						   AttrNumber *numbers);

/* A unique index over just these columns; the second raises when there is none. */
extern Oid	KttFindIndex(Relation table, const AttrNumber *columns, int count);
extern Oid	KttRequiredIndex(Relation table, const AttrNumber *columns, int count);

/* Open a plain table that the caller may read. */
extern Relation KttOpenTable(Oid oid);

/* Begin to ask a table that is open, or one that has to be opened; the end closes it. */
extern void KttBeginRows(KttRows *rows, Relation table, Oid index);
extern void KttBeginKeyedRows(KttRows *rows, KttKeyedTable *known, Oid oid,
							  const KttColumn *columns, int count, int keys);
extern void KttEndRows(KttRows *rows);

/* Put the row with these keys into the slot; place is where it was found last. */
extern bool KttFindRow(KttRows *rows, const AttrNumber *columns,
					   const int64 *keys, int count, ItemPointer place);

#endif
