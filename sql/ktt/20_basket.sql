-- ktt.basket: item -> (units, amount), {101:2@1990,205:1@350}
--
-- COST by counted instructions for a value of five entries, where 1 is what two
-- short values take to compare, some 130: 3 for a walk through the entries, 8 to
-- 17 where a value is made of others, 15 and 30 for text out and in, 80 where
-- jsonb or a set of rows is set up.
-- LEAKPROOF is what compares and hashes bytes: nothing else can be sure not to
-- meet a damaged value, or a sum that does not fit, and tell of it.

CREATE TYPE ktt.basket;

CREATE FUNCTION ktt.basket_in(cstring) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 30 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_in';
COMMENT ON FUNCTION ktt.basket_in(cstring) IS 'Text input.';

CREATE FUNCTION ktt.basket_out(ktt.basket) RETURNS cstring
    IMMUTABLE STRICT PARALLEL SAFE COST 15 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_out';
COMMENT ON FUNCTION ktt.basket_out(ktt.basket) IS 'Text output.';

CREATE FUNCTION ktt.basket_recv(internal) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_recv';
COMMENT ON FUNCTION ktt.basket_recv(internal) IS 'Binary input, checked as strictly as text.';

CREATE FUNCTION ktt.basket_send(ktt.basket) RETURNS bytea
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_send';
COMMENT ON FUNCTION ktt.basket_send(ktt.basket) IS 'Binary output: the packed bytes as stored.';

CREATE FUNCTION ktt.basket_typanalyze(internal) RETURNS boolean
    STABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_typanalyze';
COMMENT ON FUNCTION ktt.basket_typanalyze(internal) IS
    'ANALYZE of a column: as of any sortable type, and its most common items and numbers of entries.';

CREATE TYPE ktt.basket (
    INPUT = ktt.basket_in, OUTPUT = ktt.basket_out,
    RECEIVE = ktt.basket_recv, SEND = ktt.basket_send, ANALYZE = ktt.basket_typanalyze,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE ktt.basket IS 'Goods: item -> units and amount, as {101:2@1990,205:1@350}; a sparse vector under addition.';

-- Comparison: equal values have equal bytes; the order is the order of the bytes.

CREATE FUNCTION ktt.basket_eq(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_eq';
COMMENT ON FUNCTION ktt.basket_eq(ktt.basket, ktt.basket) IS 'Implementation of operator =.';

CREATE OPERATOR ktt.= (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_eq,
    COMMUTATOR = OPERATOR(ktt.=), NEGATOR = OPERATOR(ktt.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR ktt.= (ktt.basket, ktt.basket) IS 'Same entries.';

CREATE FUNCTION ktt.basket_ne(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_ne';
COMMENT ON FUNCTION ktt.basket_ne(ktt.basket, ktt.basket) IS 'Implementation of operator <>.';

CREATE OPERATOR ktt.<> (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_ne,
    COMMUTATOR = OPERATOR(ktt.<>), NEGATOR = OPERATOR(ktt.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR ktt.<> (ktt.basket, ktt.basket) IS 'Other entries.';

CREATE FUNCTION ktt.basket_lt(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_lt';
COMMENT ON FUNCTION ktt.basket_lt(ktt.basket, ktt.basket) IS 'Implementation of operator <.';

CREATE OPERATOR ktt.< (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_lt,
    COMMUTATOR = OPERATOR(ktt.>), NEGATOR = OPERATOR(ktt.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR ktt.< (ktt.basket, ktt.basket) IS 'Sorts before.';

CREATE FUNCTION ktt.basket_le(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_le';
COMMENT ON FUNCTION ktt.basket_le(ktt.basket, ktt.basket) IS 'Implementation of operator <=.';

CREATE OPERATOR ktt.<= (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_le,
    COMMUTATOR = OPERATOR(ktt.>=), NEGATOR = OPERATOR(ktt.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR ktt.<= (ktt.basket, ktt.basket) IS 'Sorts before or equal.';

CREATE FUNCTION ktt.basket_gt(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_gt';
COMMENT ON FUNCTION ktt.basket_gt(ktt.basket, ktt.basket) IS 'Implementation of operator >.';

CREATE OPERATOR ktt.> (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_gt,
    COMMUTATOR = OPERATOR(ktt.<), NEGATOR = OPERATOR(ktt.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR ktt.> (ktt.basket, ktt.basket) IS 'Sorts after.';

CREATE FUNCTION ktt.basket_ge(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_ge';
COMMENT ON FUNCTION ktt.basket_ge(ktt.basket, ktt.basket) IS 'Implementation of operator >=.';

CREATE OPERATOR ktt.>= (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_ge,
    COMMUTATOR = OPERATOR(ktt.<=), NEGATOR = OPERATOR(ktt.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR ktt.>= (ktt.basket, ktt.basket) IS 'Sorts after or equal.';

CREATE FUNCTION ktt.basket_cmp(ktt.basket, ktt.basket) RETURNS integer
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_cmp';
COMMENT ON FUNCTION ktt.basket_cmp(ktt.basket, ktt.basket) IS 'Less, equal or greater, for btree.';

CREATE FUNCTION ktt.basket_hash(ktt.basket) RETURNS integer
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_hash';
COMMENT ON FUNCTION ktt.basket_hash(ktt.basket) IS 'Hash.';

CREATE FUNCTION ktt.basket_hash_extended(ktt.basket, bigint) RETURNS bigint
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_hash_extended';
COMMENT ON FUNCTION ktt.basket_hash_extended(ktt.basket, bigint) IS 'Hash with a seed.';

CREATE OPERATOR CLASS ktt.basket_ops DEFAULT FOR TYPE ktt.basket USING btree AS
    OPERATOR 1 ktt.<, OPERATOR 2 ktt.<=, OPERATOR 3 ktt.=, OPERATOR 4 ktt.>=, OPERATOR 5 ktt.>,
    FUNCTION 1 ktt.basket_cmp(ktt.basket, ktt.basket),
    FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS ktt.basket_ops USING btree IS 'Order of the packed bytes, for sorting, DISTINCT and merge joins.';
COMMENT ON OPERATOR FAMILY ktt.basket_ops USING btree IS 'Order of the packed bytes of ktt.basket.';

CREATE OPERATOR CLASS ktt.basket_ops DEFAULT FOR TYPE ktt.basket USING hash AS
    OPERATOR 1 ktt.=,
    FUNCTION 1 ktt.basket_hash(ktt.basket),
    FUNCTION 2 ktt.basket_hash_extended(ktt.basket, bigint);
COMMENT ON OPERATOR CLASS ktt.basket_ops USING hash IS 'Hash of the packed bytes.';
COMMENT ON OPERATOR FAMILY ktt.basket_ops USING hash IS 'Hash of the packed bytes of ktt.basket.';

-- Sums. Inside an aggregate the functions of + and - add to their first argument in place.

CREATE FUNCTION ktt.basket_add(ktt.basket, ktt.basket) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_add';
COMMENT ON FUNCTION ktt.basket_add(ktt.basket, ktt.basket) IS 'Implementation of operator +, and the state transition of sum().';

CREATE FUNCTION ktt.basket_subtract(ktt.basket, ktt.basket) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_subtract';
COMMENT ON FUNCTION ktt.basket_subtract(ktt.basket, ktt.basket) IS 'Implementation of operator -.';

CREATE FUNCTION ktt.basket_negate(ktt.basket) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_negate';
COMMENT ON FUNCTION ktt.basket_negate(ktt.basket) IS 'Implementation of unary operator -.';

CREATE OPERATOR ktt.+ (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_add, COMMUTATOR = OPERATOR(ktt.+)
);
COMMENT ON OPERATOR ktt.+ (ktt.basket, ktt.basket) IS 'Sum, entry by entry; entries that become zero vanish.';

CREATE OPERATOR ktt.- (LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_subtract);
COMMENT ON OPERATOR ktt.- (ktt.basket, ktt.basket) IS 'Difference, entry by entry; entries that become zero vanish.';

CREATE OPERATOR ktt.- (RIGHTARG = ktt.basket, FUNCTION = ktt.basket_negate);
COMMENT ON OPERATOR ktt.- (NONE, ktt.basket) IS 'Every entry with the opposite sign.';

CREATE FUNCTION ktt.basket_times(ktt.basket, bigint) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_times';
COMMENT ON FUNCTION ktt.basket_times(ktt.basket, bigint) IS 'Implementation of operator *.';

CREATE FUNCTION ktt.times_basket(bigint, ktt.basket) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_times_basket';
COMMENT ON FUNCTION ktt.times_basket(bigint, ktt.basket) IS 'Implementation of operator *.';

CREATE OPERATOR ktt.* (
    LEFTARG = ktt.basket, RIGHTARG = bigint, FUNCTION = ktt.basket_times, COMMUTATOR = OPERATOR(ktt.*)
);
COMMENT ON OPERATOR ktt.* (ktt.basket, bigint) IS 'Every entry so many times.';

CREATE OPERATOR ktt.* (
    LEFTARG = bigint, RIGHTARG = ktt.basket, FUNCTION = ktt.times_basket, COMMUTATOR = OPERATOR(ktt.*)
);
COMMENT ON OPERATOR ktt.* (bigint, ktt.basket) IS 'Every entry so many times.';

CREATE FUNCTION ktt.basket_remove(ktt.basket, ktt.basket) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_remove';
COMMENT ON FUNCTION ktt.basket_remove(ktt.basket, ktt.basket) IS
    'Inverse transition of sum(): a value leaves the window frame; NULL has the frame summed anew.';

-- SSPACE is what most groups take, so that many small ones are hashed and not sorted.
CREATE AGGREGATE ktt.sum(ktt.basket) (
    SFUNC = ktt.basket_add, STYPE = ktt.basket, SSPACE = 256, COMBINEFUNC = ktt.basket_add,
    MSFUNC = ktt.basket_add, MINVFUNC = ktt.basket_remove, MSTYPE = ktt.basket, MSSPACE = 256,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.sum(ktt.basket) IS 'Sum, entry by entry; NULL over no values.';

CREATE FUNCTION ktt.basket_collect(ktt.basket, item bigint, units bigint, amount bigint) RETURNS ktt.basket
    IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_collect';
COMMENT ON FUNCTION ktt.basket_collect(ktt.basket, bigint, bigint, bigint) IS
    'State transition of basket_agg().';
CREATE FUNCTION ktt.basket_frame_add(internal, item bigint, units bigint, amount bigint) RETURNS internal
    IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_frame_add';
COMMENT ON FUNCTION ktt.basket_frame_add(internal, bigint, bigint, bigint) IS
    'Transition of basket_agg() over a window frame that moves: a row enters.';
CREATE FUNCTION ktt.basket_frame_remove(internal, item bigint, units bigint, amount bigint) RETURNS internal
    IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_frame_remove';
COMMENT ON FUNCTION ktt.basket_frame_remove(internal, bigint, bigint, bigint) IS
    'Inverse transition of basket_agg(): a row leaves; NULL has the frame summed anew.';
CREATE FUNCTION ktt.basket_frame_value(internal) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_frame_value';
COMMENT ON FUNCTION ktt.basket_frame_value(internal) IS
    'Result of basket_agg() over a window frame that moves.';

CREATE AGGREGATE ktt.basket_agg(item bigint, units bigint, amount bigint) (
    SFUNC = ktt.basket_collect, STYPE = ktt.basket, SSPACE = 256, COMBINEFUNC = ktt.basket_add,
    MSFUNC = ktt.basket_frame_add, MINVFUNC = ktt.basket_frame_remove, MSTYPE = internal, MSSPACE = 8192,
    MFINALFUNC = ktt.basket_frame_value,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.basket_agg(bigint, bigint, bigint) IS
    'Rows into a basket, repeated items added up; a row of NULLs is skipped, NULL over no rows.';

-- Reading a basket.

CREATE FUNCTION ktt.units(ktt.basket) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_units';
COMMENT ON FUNCTION ktt.units(ktt.basket) IS 'Units of all items together.';

CREATE FUNCTION ktt.units(basket ktt.basket, item bigint) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_units_of';
COMMENT ON FUNCTION ktt.units(ktt.basket, bigint) IS 'Units of an item; NULL when the basket does not hold it.';

CREATE FUNCTION ktt.amount(ktt.basket) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_amount';
COMMENT ON FUNCTION ktt.amount(ktt.basket) IS 'Amount of all items together.';

CREATE FUNCTION ktt.amount(basket ktt.basket, item bigint) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_amount_of';
COMMENT ON FUNCTION ktt.amount(ktt.basket, bigint) IS 'Amount of an item; NULL when the basket does not hold it.';

CREATE FUNCTION ktt.entry(basket ktt.basket, item bigint) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_entry';
COMMENT ON FUNCTION ktt.entry(ktt.basket, bigint) IS 'The entry of an item, as a basket of its own; NULL when the basket does not hold it.';

CREATE OPERATOR ktt.-> (LEFTARG = ktt.basket, RIGHTARG = bigint, FUNCTION = ktt.entry);
COMMENT ON OPERATOR ktt.-> (ktt.basket, bigint) IS 'The entry of an item, as a basket of its own; NULL when the basket does not hold it.';

CREATE FUNCTION ktt.cardinality(ktt.basket) RETURNS integer
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_cardinality';
COMMENT ON FUNCTION ktt.cardinality(ktt.basket) IS 'Number of different items.';

CREATE FUNCTION ktt.vector_key_sel(internal, oid, internal, integer) RETURNS double precision
    STABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_key_sel';
COMMENT ON FUNCTION ktt.vector_key_sel(internal, oid, internal, integer) IS
    'Selectivity of the operators ?, ?|, ?& and @> by the most common keys.';

CREATE FUNCTION ktt.has(basket ktt.basket, item bigint) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_has';
COMMENT ON FUNCTION ktt.has(ktt.basket, bigint) IS 'Implementation of operator ?';

CREATE OPERATOR ktt.? (LEFTARG = ktt.basket, RIGHTARG = bigint, FUNCTION = ktt.has, RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel);
COMMENT ON OPERATOR ktt.? (ktt.basket, bigint) IS 'Does the basket hold the item.';

CREATE FUNCTION ktt.has_any(basket ktt.basket, items bigint[]) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_has_any';
COMMENT ON FUNCTION ktt.has_any(ktt.basket, bigint[]) IS 'Implementation of operator ?|';

CREATE OPERATOR ktt.?| (
    LEFTARG = ktt.basket, RIGHTARG = bigint[], FUNCTION = ktt.has_any,
    RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel
);
COMMENT ON OPERATOR ktt.?| (ktt.basket, bigint[]) IS 'Does the basket hold any of the items; of none, none; NULL elements do not count.';

CREATE FUNCTION ktt.has_all(basket ktt.basket, items bigint[]) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_has_all';
COMMENT ON FUNCTION ktt.has_all(ktt.basket, bigint[]) IS 'Implementation of operator ?&';

CREATE OPERATOR ktt.?& (
    LEFTARG = ktt.basket, RIGHTARG = bigint[], FUNCTION = ktt.has_all,
    RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel
);
COMMENT ON OPERATOR ktt.?& (ktt.basket, bigint[]) IS 'Does the basket hold all of the items; of none, all; NULL elements do not count.';

CREATE FUNCTION ktt.basket_covers(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 12 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_covers';
COMMENT ON FUNCTION ktt.basket_covers(ktt.basket, ktt.basket) IS 'Implementation of operator @>.';

CREATE FUNCTION ktt.basket_covered(ktt.basket, ktt.basket) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 12 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_covered';
COMMENT ON FUNCTION ktt.basket_covered(ktt.basket, ktt.basket) IS 'Implementation of operator <@.';

CREATE OPERATOR ktt.@> (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_covers,
    COMMUTATOR = OPERATOR(ktt.<@), RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel
);
COMMENT ON OPERATOR ktt.@> (ktt.basket, ktt.basket) IS
    'Has at least the units and the amount of the right for every item, where one that is not there counts 0: nothing of the difference is negative.';

CREATE OPERATOR ktt.<@ (
    LEFTARG = ktt.basket, RIGHTARG = ktt.basket, FUNCTION = ktt.basket_covered,
    COMMUTATOR = OPERATOR(ktt.@>), RESTRICT = contsel, JOIN = contjoinsel
);
COMMENT ON OPERATOR ktt.<@ (ktt.basket, ktt.basket) IS 'Is covered by the right.';

CREATE FUNCTION ktt.slice(basket ktt.basket, items bigint[]) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_slice';
COMMENT ON FUNCTION ktt.slice(ktt.basket, bigint[]) IS 'The entries of the named items.';

CREATE FUNCTION ktt.vector_rows_support(internal) RETURNS internal
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_rows_support';
COMMENT ON FUNCTION ktt.vector_rows_support(internal) IS
    'Planner support of items(), entries() and top(): rows of a constant, or the average of a column.';

-- 500 rows where the planner cannot tell: it is a sum over many values then.
CREATE FUNCTION ktt.items(ktt.basket) RETURNS TABLE(item bigint, units bigint, amount bigint)
    IMMUTABLE STRICT PARALLEL SAFE COST 80 ROWS 500 SUPPORT ktt.vector_rows_support LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_items';
COMMENT ON FUNCTION ktt.items(ktt.basket) IS 'The entries as rows in the order of the items.';

CREATE FUNCTION ktt.top(basket ktt.basket, n integer, by text DEFAULT 'amount') RETURNS TABLE(item bigint, units bigint, amount bigint)
    IMMUTABLE STRICT PARALLEL SAFE COST 80 ROWS 500 SUPPORT ktt.vector_rows_support LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_top';
COMMENT ON FUNCTION ktt.top(ktt.basket, integer, text) IS 'The n greatest entries by amount or by units, greatest first, ties to the lower item.';

-- An inverted index: the keys of every value.

CREATE FUNCTION ktt.basket_gin_value(ktt.basket, internal) RETURNS internal
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_gin_value';
COMMENT ON FUNCTION ktt.basket_gin_value(ktt.basket, internal) IS 'For an inverted index: the keys of a value.';

CREATE FUNCTION ktt.basket_gin_query(ktt.basket, internal, smallint, internal, internal, internal, internal) RETURNS internal
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_gin_query';
COMMENT ON FUNCTION ktt.basket_gin_query(ktt.basket, internal, smallint, internal, internal, internal, internal) IS
    'For an inverted index: the keys that a query looks for.';

CREATE FUNCTION ktt.basket_gin_decide(internal, smallint, ktt.basket, integer, internal, internal, internal) RETURNS "char"
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_gin_decide';
COMMENT ON FUNCTION ktt.basket_gin_decide(internal, smallint, ktt.basket, integer, internal, internal, internal) IS
    'For an inverted index: do the keys that were found satisfy the query, or may they.';

CREATE OPERATOR CLASS ktt.basket_gin_ops DEFAULT FOR TYPE ktt.basket USING gin AS
    OPERATOR 7 ktt.@>,
    OPERATOR 9 ktt.? (ktt.basket, bigint),
    OPERATOR 10 ktt.?| (ktt.basket, bigint[]),
    OPERATOR 11 ktt.?& (ktt.basket, bigint[]),
    FUNCTION 1 pg_catalog.btint8cmp(bigint, bigint),
    FUNCTION 2 ktt.basket_gin_value(ktt.basket, internal),
    FUNCTION 3 ktt.basket_gin_query(ktt.basket, internal, smallint, internal, internal, internal, internal),
    FUNCTION 6 ktt.basket_gin_decide(internal, smallint, ktt.basket, integer, internal, internal, internal),
    STORAGE bigint;
COMMENT ON OPERATOR CLASS ktt.basket_gin_ops USING gin IS 'The items of every value, for ?, ?|, ?& and @>.';
COMMENT ON OPERATOR FAMILY ktt.basket_gin_ops USING gin IS 'The items of ktt.basket.';

-- Making a basket.

CREATE FUNCTION ktt.basket(item bigint, units bigint, amount bigint) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_make';
COMMENT ON FUNCTION ktt.basket(bigint, bigint, bigint) IS 'A basket of one item.';

CREATE FUNCTION ktt.basket(items bigint[], units bigint[], amounts bigint[]) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_from_arrays';
COMMENT ON FUNCTION ktt.basket(bigint[], bigint[], bigint[]) IS 'A basket from arrays of one length; repeated items add up, zero entries vanish.';

CREATE FUNCTION ktt.basket(jsonb) RETURNS ktt.basket
    IMMUTABLE STRICT PARALLEL SAFE COST 80 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_from_jsonb';
COMMENT ON FUNCTION ktt.basket(jsonb) IS 'A basket from {"101": {"units": 2, "amount": 1990}}.';

CREATE FUNCTION ktt.to_jsonb(ktt.basket) RETURNS jsonb
    IMMUTABLE STRICT PARALLEL SAFE COST 80 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_basket_to_jsonb';
COMMENT ON FUNCTION ktt.to_jsonb(ktt.basket) IS 'A basket as {"101": {"units": 2, "amount": 1990}}.';

CREATE CAST (jsonb AS ktt.basket) WITH FUNCTION ktt.basket(jsonb);
COMMENT ON CAST (jsonb AS ktt.basket) IS 'A basket from {"101": {"units": 2, "amount": 1990}}.';
CREATE CAST (ktt.basket AS jsonb) WITH FUNCTION ktt.to_jsonb(ktt.basket) AS ASSIGNMENT;
COMMENT ON CAST (ktt.basket AS jsonb) IS 'A basket as {"101": {"units": 2, "amount": 1990}}.';
