-- Rows by key, and what an order does with them: for functions that are called so often that a plan's start and end is most of
-- their time. Each is an expression, so plpgsql evaluates it without a plan, with a snapshot of its own at READ COMMITTED.
-- Indexes, not tables, are named: they say which columns are the key.

CREATE FUNCTION ktt.find_row(index regclass, VARIADIC key "any") RETURNS record
    STABLE STRICT PARALLEL RESTRICTED COST 100 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_row_find';
COMMENT ON FUNCTION ktt.find_row(regclass, VARIADIC "any") IS
    'The row of a plain table that has the key by a unique index, given as the index and the values of its columns (bigint, integer, text); '
    'NULL without one, and for a NULL in the key. The caller needs SELECT on the table. '
    'Errors: 0A000 row security, 42501 no SELECT, 42804 another type, 42809 no index or no plain table, 55000 no such key.';

CREATE FUNCTION ktt.has_row(index regclass, VARIADIC key "any") RETURNS boolean
    STABLE STRICT PARALLEL RESTRICTED COST 80 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_row_is_there';
COMMENT ON FUNCTION ktt.has_row(regclass, VARIADIC "any") IS
    'Whether there is a row that find_row() would find; NULL for a NULL in the key. Errors as there.';

CREATE TYPE ktt.line_sums AS (
    items bigint[], units bigint[], slots integer[], plain boolean, basket ktt.basket, shares ktt.shares
);
COMMENT ON TYPE ktt.line_sums IS 'What sum_lines() makes of the lines of an order.';

CREATE FUNCTION ktt.sum_lines(index regclass, campaign bigint, items bigint[], units bigint[], seller_account bigint, steward_account bigint)
    RETURNS ktt.line_sums
    STABLE PARALLEL RESTRICTED COST 500 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_order_lines';
COMMENT ON FUNCTION ktt.sum_lines(regclass, bigint, bigint[], bigint[], bigint, bigint) IS
    'Lines of an order by rising item, with the slots of their stock, whether all are plain, their basket, and the shares by the rule of each. '
    'The index is the primary key of a table like a market''s campaign_items: id, campaign_id, retired, sale_price, supply_price, rule, payees '
    '(-1 is the seller''s account, -2 the steward''s), slots, plain. NULL when they are not 1 to 1000 lines of items on sale in the campaign, '
    'each once, of 1 to 1000000 units. The caller needs SELECT on the table. Errors: as find_row(), and 22003 a sum out of range, 22004 a NULL '
    'in an item, 42703 a column is missing, KT201 and others of allocate().';

CREATE FUNCTION ktt.take_stock(index regclass, campaign bigint, items bigint[], units bigint[], slots integer[])
    RETURNS boolean
    VOLATILE STRICT PARALLEL UNSAFE COST 1000 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_order_take_stock';
COMMENT ON FUNCTION ktt.take_stock(regclass, bigint, bigint[], bigint[], integer[]) IS
    'Takes units of every item, by rising id, from one slot of its stock, the backend''s own of so many; NULL slots are stock without end. '
    'The index is the primary key (campaign_id, stock_id, slot) of a table like a market''s stock, with the units that are left in the column free. '
    'It queues behind others as UPDATE does, at every isolation level. False as soon as one has too little: what was taken before it stays '
    'taken, so the caller undoes it. NULL, and nothing taken, when the table has triggers of UPDATE, rules, generated columns, partitions, heirs '
    'or row security: then it has to be UPDATE. The caller needs SELECT and UPDATE on the table. Errors: as find_row(), and 22004 NULL in an array, 22023 items '
    'not by rising id, units or slots below 1, 25006 read only, 27000 twice in one command, 40001 above READ COMMITTED, 42703 no column free.';
