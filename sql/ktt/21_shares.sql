-- ktt.shares: account -> amount, {17:1990,22:-350}
--
-- COST by counted instructions for a value of five entries, where 1 is what two
-- short values take to compare, some 130: 3 for a walk through the entries, 8 to
-- 17 where a value is made of others, 15 and 30 for text out and in, 80 where
-- jsonb or a set of rows is set up.
-- LEAKPROOF is what compares and hashes bytes: nothing else can be sure not to
-- meet a damaged value, or a sum that does not fit, and tell of it.

CREATE TYPE ktt.shares;

CREATE FUNCTION ktt.shares_in(cstring) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 30 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_in';
COMMENT ON FUNCTION ktt.shares_in(cstring) IS 'Text input.';

CREATE FUNCTION ktt.shares_out(ktt.shares) RETURNS cstring
    IMMUTABLE STRICT PARALLEL SAFE COST 15 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_out';
COMMENT ON FUNCTION ktt.shares_out(ktt.shares) IS 'Text output.';

CREATE FUNCTION ktt.shares_recv(internal) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_recv';
COMMENT ON FUNCTION ktt.shares_recv(internal) IS 'Binary input, checked as strictly as text.';

CREATE FUNCTION ktt.shares_send(ktt.shares) RETURNS bytea
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_send';
COMMENT ON FUNCTION ktt.shares_send(ktt.shares) IS 'Binary output: the packed bytes as stored.';

CREATE FUNCTION ktt.shares_typanalyze(internal) RETURNS boolean
    STABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_typanalyze';
COMMENT ON FUNCTION ktt.shares_typanalyze(internal) IS
    'ANALYZE of a column: as of any sortable type, and its most common accounts and numbers of entries.';

CREATE TYPE ktt.shares (
    INPUT = ktt.shares_in, OUTPUT = ktt.shares_out,
    RECEIVE = ktt.shares_recv, SEND = ktt.shares_send, ANALYZE = ktt.shares_typanalyze,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE ktt.shares IS 'Money: account -> amount in minor units, as {17:1990,22:-350}; a sparse vector under addition.';

-- Comparison: equal values have equal bytes; the order is the order of the bytes.

CREATE FUNCTION ktt.shares_eq(ktt.shares, ktt.shares) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_eq';
COMMENT ON FUNCTION ktt.shares_eq(ktt.shares, ktt.shares) IS 'Implementation of operator =.';

CREATE OPERATOR ktt.= (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_eq,
    COMMUTATOR = OPERATOR(ktt.=), NEGATOR = OPERATOR(ktt.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR ktt.= (ktt.shares, ktt.shares) IS 'Same entries.';

CREATE FUNCTION ktt.shares_ne(ktt.shares, ktt.shares) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_ne';
COMMENT ON FUNCTION ktt.shares_ne(ktt.shares, ktt.shares) IS 'Implementation of operator <>.';

CREATE OPERATOR ktt.<> (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_ne,
    COMMUTATOR = OPERATOR(ktt.<>), NEGATOR = OPERATOR(ktt.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR ktt.<> (ktt.shares, ktt.shares) IS 'Other entries.';

CREATE FUNCTION ktt.shares_lt(ktt.shares, ktt.shares) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_lt';
COMMENT ON FUNCTION ktt.shares_lt(ktt.shares, ktt.shares) IS 'Implementation of operator <.';

CREATE OPERATOR ktt.< (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_lt,
    COMMUTATOR = OPERATOR(ktt.>), NEGATOR = OPERATOR(ktt.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR ktt.< (ktt.shares, ktt.shares) IS 'Sorts before.';

CREATE FUNCTION ktt.shares_le(ktt.shares, ktt.shares) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_le';
COMMENT ON FUNCTION ktt.shares_le(ktt.shares, ktt.shares) IS 'Implementation of operator <=.';

CREATE OPERATOR ktt.<= (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_le,
    COMMUTATOR = OPERATOR(ktt.>=), NEGATOR = OPERATOR(ktt.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR ktt.<= (ktt.shares, ktt.shares) IS 'Sorts before or equal.';

CREATE FUNCTION ktt.shares_gt(ktt.shares, ktt.shares) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_gt';
COMMENT ON FUNCTION ktt.shares_gt(ktt.shares, ktt.shares) IS 'Implementation of operator >.';

CREATE OPERATOR ktt.> (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_gt,
    COMMUTATOR = OPERATOR(ktt.<), NEGATOR = OPERATOR(ktt.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR ktt.> (ktt.shares, ktt.shares) IS 'Sorts after.';

CREATE FUNCTION ktt.shares_ge(ktt.shares, ktt.shares) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_ge';
COMMENT ON FUNCTION ktt.shares_ge(ktt.shares, ktt.shares) IS 'Implementation of operator >=.';

CREATE OPERATOR ktt.>= (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_ge,
    COMMUTATOR = OPERATOR(ktt.<=), NEGATOR = OPERATOR(ktt.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR ktt.>= (ktt.shares, ktt.shares) IS 'Sorts after or equal.';

CREATE FUNCTION ktt.shares_cmp(ktt.shares, ktt.shares) RETURNS integer
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_cmp';
COMMENT ON FUNCTION ktt.shares_cmp(ktt.shares, ktt.shares) IS 'Less, equal or greater, for btree.';

CREATE FUNCTION ktt.shares_hash(ktt.shares) RETURNS integer
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_hash';
COMMENT ON FUNCTION ktt.shares_hash(ktt.shares) IS 'Hash.';

CREATE FUNCTION ktt.shares_hash_extended(ktt.shares, bigint) RETURNS bigint
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_hash_extended';
COMMENT ON FUNCTION ktt.shares_hash_extended(ktt.shares, bigint) IS 'Hash with a seed.';

CREATE OPERATOR CLASS ktt.shares_ops DEFAULT FOR TYPE ktt.shares USING btree AS
    OPERATOR 1 ktt.<, OPERATOR 2 ktt.<=, OPERATOR 3 ktt.=, OPERATOR 4 ktt.>=, OPERATOR 5 ktt.>,
    FUNCTION 1 ktt.shares_cmp(ktt.shares, ktt.shares),
    FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS ktt.shares_ops USING btree IS 'Order of the packed bytes, for sorting, DISTINCT and merge joins.';
COMMENT ON OPERATOR FAMILY ktt.shares_ops USING btree IS 'Order of the packed bytes of ktt.shares.';

CREATE OPERATOR CLASS ktt.shares_ops DEFAULT FOR TYPE ktt.shares USING hash AS
    OPERATOR 1 ktt.=,
    FUNCTION 1 ktt.shares_hash(ktt.shares),
    FUNCTION 2 ktt.shares_hash_extended(ktt.shares, bigint);
COMMENT ON OPERATOR CLASS ktt.shares_ops USING hash IS 'Hash of the packed bytes.';
COMMENT ON OPERATOR FAMILY ktt.shares_ops USING hash IS 'Hash of the packed bytes of ktt.shares.';

-- Sums. Inside an aggregate the functions of + and - add to their first argument in place.

CREATE FUNCTION ktt.shares_add(ktt.shares, ktt.shares) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_add';
COMMENT ON FUNCTION ktt.shares_add(ktt.shares, ktt.shares) IS 'Implementation of operator +, and the state transition of sum().';

CREATE FUNCTION ktt.shares_subtract(ktt.shares, ktt.shares) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_subtract';
COMMENT ON FUNCTION ktt.shares_subtract(ktt.shares, ktt.shares) IS 'Implementation of operator -.';

CREATE FUNCTION ktt.shares_negate(ktt.shares) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_negate';
COMMENT ON FUNCTION ktt.shares_negate(ktt.shares) IS 'Implementation of unary operator -.';

CREATE OPERATOR ktt.+ (
    LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_add, COMMUTATOR = OPERATOR(ktt.+)
);
COMMENT ON OPERATOR ktt.+ (ktt.shares, ktt.shares) IS 'Sum, entry by entry; entries that become zero vanish.';

CREATE OPERATOR ktt.- (LEFTARG = ktt.shares, RIGHTARG = ktt.shares, FUNCTION = ktt.shares_subtract);
COMMENT ON OPERATOR ktt.- (ktt.shares, ktt.shares) IS 'Difference, entry by entry; entries that become zero vanish.';

CREATE OPERATOR ktt.- (RIGHTARG = ktt.shares, FUNCTION = ktt.shares_negate);
COMMENT ON OPERATOR ktt.- (NONE, ktt.shares) IS 'Every entry with the opposite sign.';

CREATE FUNCTION ktt.shares_times(ktt.shares, bigint) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_times';
COMMENT ON FUNCTION ktt.shares_times(ktt.shares, bigint) IS 'Implementation of operator *.';

CREATE FUNCTION ktt.times_shares(bigint, ktt.shares) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_times_shares';
COMMENT ON FUNCTION ktt.times_shares(bigint, ktt.shares) IS 'Implementation of operator *.';

CREATE OPERATOR ktt.* (
    LEFTARG = ktt.shares, RIGHTARG = bigint, FUNCTION = ktt.shares_times, COMMUTATOR = OPERATOR(ktt.*)
);
COMMENT ON OPERATOR ktt.* (ktt.shares, bigint) IS 'Every entry so many times.';

CREATE OPERATOR ktt.* (
    LEFTARG = bigint, RIGHTARG = ktt.shares, FUNCTION = ktt.times_shares, COMMUTATOR = OPERATOR(ktt.*)
);
COMMENT ON OPERATOR ktt.* (bigint, ktt.shares) IS 'Every entry so many times.';

CREATE FUNCTION ktt.shares_remove(ktt.shares, ktt.shares) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_remove';
COMMENT ON FUNCTION ktt.shares_remove(ktt.shares, ktt.shares) IS
    'Inverse transition of sum(): a value leaves the window frame; NULL has the frame summed anew.';

-- SSPACE is what most groups take, so that many small ones are hashed and not sorted.
CREATE AGGREGATE ktt.sum(ktt.shares) (
    SFUNC = ktt.shares_add, STYPE = ktt.shares, SSPACE = 256, COMBINEFUNC = ktt.shares_add,
    MSFUNC = ktt.shares_add, MINVFUNC = ktt.shares_remove, MSTYPE = ktt.shares, MSSPACE = 256,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.sum(ktt.shares) IS 'Sum, entry by entry; NULL over no values.';

CREATE FUNCTION ktt.shares_collect(ktt.shares, account bigint, amount bigint) RETURNS ktt.shares
    IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_collect';
COMMENT ON FUNCTION ktt.shares_collect(ktt.shares, bigint, bigint) IS
    'State transition of shares_agg().';
CREATE FUNCTION ktt.shares_frame_add(internal, account bigint, amount bigint) RETURNS internal
    IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_frame_add';
COMMENT ON FUNCTION ktt.shares_frame_add(internal, bigint, bigint) IS
    'Transition of shares_agg() over a window frame that moves: a row enters.';
CREATE FUNCTION ktt.shares_frame_remove(internal, account bigint, amount bigint) RETURNS internal
    IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_frame_remove';
COMMENT ON FUNCTION ktt.shares_frame_remove(internal, bigint, bigint) IS
    'Inverse transition of shares_agg(): a row leaves; NULL has the frame summed anew.';
CREATE FUNCTION ktt.shares_frame_value(internal) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_frame_value';
COMMENT ON FUNCTION ktt.shares_frame_value(internal) IS
    'Result of shares_agg() over a window frame that moves.';

CREATE AGGREGATE ktt.shares_agg(account bigint, amount bigint) (
    SFUNC = ktt.shares_collect, STYPE = ktt.shares, SSPACE = 256, COMBINEFUNC = ktt.shares_add,
    MSFUNC = ktt.shares_frame_add, MINVFUNC = ktt.shares_frame_remove, MSTYPE = internal, MSSPACE = 8192,
    MFINALFUNC = ktt.shares_frame_value,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.shares_agg(bigint, bigint) IS
    'Rows into shares, repeated accounts added up; a row of NULLs is skipped, NULL over no rows.';

-- Reading shares.

CREATE FUNCTION ktt.total(ktt.shares) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_total';
COMMENT ON FUNCTION ktt.total(ktt.shares) IS 'The amounts of all accounts together; zero for a balanced journal.';

CREATE FUNCTION ktt.amount(shares ktt.shares, account bigint) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_amount_of';
COMMENT ON FUNCTION ktt.amount(ktt.shares, bigint) IS 'Amount of an account; NULL when the shares do not name it.';

CREATE OPERATOR ktt.-> (LEFTARG = ktt.shares, RIGHTARG = bigint, FUNCTION = ktt.amount);
COMMENT ON OPERATOR ktt.-> (ktt.shares, bigint) IS 'Amount of an account; NULL when the shares do not name it.';

CREATE FUNCTION ktt.cardinality(ktt.shares) RETURNS integer
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_cardinality';
COMMENT ON FUNCTION ktt.cardinality(ktt.shares) IS 'Number of different accounts.';

CREATE FUNCTION ktt.has(shares ktt.shares, account bigint) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_has';
COMMENT ON FUNCTION ktt.has(ktt.shares, bigint) IS 'Implementation of operator ?';

CREATE OPERATOR ktt.? (LEFTARG = ktt.shares, RIGHTARG = bigint, FUNCTION = ktt.has, RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel);
COMMENT ON OPERATOR ktt.? (ktt.shares, bigint) IS 'Do the shares name the account.';

CREATE FUNCTION ktt.has_any(shares ktt.shares, accounts bigint[]) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_has_any';
COMMENT ON FUNCTION ktt.has_any(ktt.shares, bigint[]) IS 'Implementation of operator ?|';

CREATE OPERATOR ktt.?| (
    LEFTARG = ktt.shares, RIGHTARG = bigint[], FUNCTION = ktt.has_any,
    RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel
);
COMMENT ON OPERATOR ktt.?| (ktt.shares, bigint[]) IS 'Do the shares name any of the accounts; of none, none; NULL elements do not count.';

CREATE FUNCTION ktt.has_all(shares ktt.shares, accounts bigint[]) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_has_all';
COMMENT ON FUNCTION ktt.has_all(ktt.shares, bigint[]) IS 'Implementation of operator ?&';

CREATE OPERATOR ktt.?& (
    LEFTARG = ktt.shares, RIGHTARG = bigint[], FUNCTION = ktt.has_all,
    RESTRICT = ktt.vector_key_sel, JOIN = contjoinsel
);
COMMENT ON OPERATOR ktt.?& (ktt.shares, bigint[]) IS 'Do the shares name all of the accounts; of none, all; NULL elements do not count.';

CREATE FUNCTION ktt.slice(shares ktt.shares, accounts bigint[]) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_slice';
COMMENT ON FUNCTION ktt.slice(ktt.shares, bigint[]) IS 'The entries of the named accounts.';

CREATE FUNCTION ktt.reverse(left ktt.shares, refund bigint) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 17 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_reverse';
COMMENT ON FUNCTION ktt.reverse(ktt.shares, bigint) IS 'The part of what is left that a refund takes back: the refund by largest remainder over the amounts left, ties to the lower account.';

-- 500 rows where the planner cannot tell: it is a sum over many values then.
CREATE FUNCTION ktt.entries(ktt.shares) RETURNS TABLE(account bigint, amount bigint)
    IMMUTABLE STRICT PARALLEL SAFE COST 80 ROWS 500 SUPPORT ktt.vector_rows_support LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_entries';
COMMENT ON FUNCTION ktt.entries(ktt.shares) IS 'The entries as rows in the order of the accounts.';

CREATE FUNCTION ktt.top(shares ktt.shares, n integer) RETURNS TABLE(account bigint, amount bigint)
    IMMUTABLE STRICT PARALLEL SAFE COST 80 ROWS 500 SUPPORT ktt.vector_rows_support LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_top';
COMMENT ON FUNCTION ktt.top(ktt.shares, integer) IS 'The n greatest amounts, greatest first, ties to the lower account.';

-- An inverted index: the keys of every value.

CREATE FUNCTION ktt.shares_gin_value(ktt.shares, internal) RETURNS internal
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_gin_value';
COMMENT ON FUNCTION ktt.shares_gin_value(ktt.shares, internal) IS 'For an inverted index: the keys of a value.';

CREATE FUNCTION ktt.shares_gin_query(ktt.shares, internal, smallint, internal, internal, internal, internal) RETURNS internal
    IMMUTABLE STRICT PARALLEL SAFE COST 5 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_gin_query';
COMMENT ON FUNCTION ktt.shares_gin_query(ktt.shares, internal, smallint, internal, internal, internal, internal) IS
    'For an inverted index: the keys that a query looks for.';

CREATE FUNCTION ktt.shares_gin_decide(internal, smallint, ktt.shares, integer, internal, internal, internal) RETURNS "char"
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_gin_decide';
COMMENT ON FUNCTION ktt.shares_gin_decide(internal, smallint, ktt.shares, integer, internal, internal, internal) IS
    'For an inverted index: do the keys that were found satisfy the query, or may they.';

CREATE OPERATOR CLASS ktt.shares_gin_ops DEFAULT FOR TYPE ktt.shares USING gin AS
    OPERATOR 9 ktt.? (ktt.shares, bigint),
    OPERATOR 10 ktt.?| (ktt.shares, bigint[]),
    OPERATOR 11 ktt.?& (ktt.shares, bigint[]),
    FUNCTION 1 pg_catalog.btint8cmp(bigint, bigint),
    FUNCTION 2 ktt.shares_gin_value(ktt.shares, internal),
    FUNCTION 3 ktt.shares_gin_query(ktt.shares, internal, smallint, internal, internal, internal, internal),
    FUNCTION 6 ktt.shares_gin_decide(internal, smallint, ktt.shares, integer, internal, internal, internal),
    STORAGE bigint;
COMMENT ON OPERATOR CLASS ktt.shares_gin_ops USING gin IS 'The accounts of every value, for ?, ?|, ?&.';
COMMENT ON OPERATOR FAMILY ktt.shares_gin_ops USING gin IS 'The accounts of ktt.shares.';

-- Making shares.

CREATE FUNCTION ktt.shares(account bigint, amount bigint) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_make';
COMMENT ON FUNCTION ktt.shares(bigint, bigint) IS 'Shares of one account.';

CREATE FUNCTION ktt.shares(accounts bigint[], amounts bigint[]) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 8 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_from_arrays';
COMMENT ON FUNCTION ktt.shares(bigint[], bigint[]) IS 'Shares from arrays of one length; repeated accounts add up, zero entries vanish.';

CREATE FUNCTION ktt.shares(jsonb) RETURNS ktt.shares
    IMMUTABLE STRICT PARALLEL SAFE COST 80 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_from_jsonb';
COMMENT ON FUNCTION ktt.shares(jsonb) IS 'Shares from {"17": 1990}.';

CREATE FUNCTION ktt.to_jsonb(ktt.shares) RETURNS jsonb
    IMMUTABLE STRICT PARALLEL SAFE COST 80 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_shares_to_jsonb';
COMMENT ON FUNCTION ktt.to_jsonb(ktt.shares) IS 'Shares as {"17": 1990}.';

CREATE CAST (jsonb AS ktt.shares) WITH FUNCTION ktt.shares(jsonb);
COMMENT ON CAST (jsonb AS ktt.shares) IS 'Shares from {"17": 1990}.';
CREATE CAST (ktt.shares AS jsonb) WITH FUNCTION ktt.to_jsonb(ktt.shares) AS ASSIGNMENT;
COMMENT ON CAST (ktt.shares AS jsonb) IS 'Shares as {"17": 1990}.';

CREATE FUNCTION ktt.adds_up(an_order record) RETURNS boolean
    IMMUTABLE STRICT PARALLEL SAFE COST 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_adds_up';
COMMENT ON FUNCTION ktt.adds_up(record) IS
    'Whether an order holds together, by the columns of its row: amount is above 0 and the total of both basket and shares; refunded is a part of '
    'the basket, with nothing below zero; part_paid is NULL, or above 0, below the amount, and paid_at NULL; due_at is there just when the state '
    'is completed. For a CHECK constraint: one call with the row costs an INSERT an eighth of what these conditions do. Errors: 42703 a column is missing.';
