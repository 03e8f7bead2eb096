/*
 * Server versions: the newest spelling is used everywhere, older servers are
 * adapted here. No other file names PG_VERSION_NUM.
 */
#ifndef KTT_COMPAT_H
#define KTT_COMPAT_H

#include "postgres.h"

/*
 * Servers before 16 leave this empty on Unix; we hide symbols by default, so
 * here it has to say what it means.
 */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

#include "fmgr.h"
#include "nodes/nodes.h"

/* 18 spells it pg_noreturn, which stands elsewhere in a declaration. */
#ifndef pg_attribute_noreturn
#define pg_attribute_noreturn() __attribute__((noreturn))
#endif

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "ktt needs PostgreSQL 15, 16, 17 or 18"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#include "nodes/miscnodes.h"
#else
/* Soft errors came with 16: before that every error is raised at once. */
#define errsave(context, ...) ereport(ERROR, __VA_ARGS__)
#define ereturn(context, result, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); return result; } while (0)
#endif

/* An index scan without order, as far as 17 without a place for its counts. */
#if PG_VERSION_NUM >= 180000
#define KttIndexBeginScan(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, NULL, keys, 0)
#else
#define KttIndexBeginScan(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, keys, 0)
#endif

/*
 * An update tells which indexes need the new row: a flag, from 16 on a kind.
 * No new row is put into an index that only sums up its neighbours on its own.
 */
#if PG_VERSION_NUM >= 160000
typedef TU_UpdateIndexes KttIndexesToUpdate;
#define KTT_NO_INDEXES TU_None
#define KttInsertIndexTuples(table, slot, state, which) \
	ExecInsertIndexTuples(table, slot, state, true, false, NULL, NIL, (which) == TU_Summarizing)
#else
typedef bool KttIndexesToUpdate;
#define KTT_NO_INDEXES false
#define KttInsertIndexTuples(table, slot, state, which) \
	ExecInsertIndexTuples(table, slot, state, true, false, NULL, NIL)
#endif

#endif
