/*
 * Rows of a table by the key of a unique index, without a plan: what a
 * statement costs to start and to end is many times what such a look-up does.
 */
#ifndef KTT_ROW_KEY_H
#define KTT_ROW_KEY_H

#include "compat.h"

#include "access/genam.h"
#include "access/skey.h"
#include "executor/tuptable.h"
#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"
#include "utils/rel.h"

#define KTT_KEY_COLUMNS_MAX 4

typedef struct KttKeyedRows
{
	Relation	table;
	bool		renewed;		/* the active snapshot is our own */
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* the row found last */
	int			count;			/* of columns of the key */
	ScanKeyData keys[KTT_KEY_COLUMNS_MAX];
} KttKeyedRows;

/*
 * Open the table of an index whose columns have these types: bigint, integer or
 * text. Raises when it is no unique B-tree of a plain table over just these, or
 * when the caller lacks one of the rights. Row security is for the caller to look
 * at. Until it is closed no other snapshot may be made the active one.
 */
extern void KttOpenKeyed(KttKeyedRows *rows, Oid index, const Oid *types, int count,
						 LOCKMODE lock, AclMode rights);

/* Put the row that has the key and is seen by the active snapshot into the slot. */
extern bool KttFindKeyed(KttKeyedRows *rows, const Datum *key);

/* Locks are kept until the transaction ends. */
extern void KttCloseKeyed(KttKeyedRows *rows);

/* Whether the rows that the current user sees are not all of the table's. */
extern bool KttHasRowSecurity(Relation table);

/* Raise when a SELECT would see other rows: policies, tables that inherit. */
extern void KttRefuseOthers(Relation table);

#endif
