-- ktt.split: who gets what part of a sale.
--
-- COST is in calls of a small built-in operator, for a usual rule of five
-- clauses, by counting instructions: 1 where only bytes are read, 2 where the
-- terms are walked, 5 where a sale is allocated or a total apportioned, 10 for
-- binary input, text and rows, 20 and more for jsonb, numerics and searches.
-- LEAKPROOF is what compares and hashes bytes: all else can meet a damaged
-- value, or numbers that it refuses, and tell of them.

CREATE TYPE ktt.split;

CREATE FUNCTION ktt.split_in(cstring) RETURNS ktt.split
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'ktt_split_in';
COMMENT ON FUNCTION ktt.split_in(cstring) IS
    'Reads a split from text, like supplier cost, platform 2% of sale, leader ladder(0: 10%, 1000: 15%) of sale, owner rest. Amounts are minor units. Raises 22P02, 22003, 22023 or 54000 with the position of what it refuses.';

CREATE FUNCTION ktt.split_out(ktt.split) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'ktt_split_out';
COMMENT ON FUNCTION ktt.split_out(ktt.split) IS
    'Prints a split, in the one form that equal splits have.';

CREATE FUNCTION ktt.split_recv(internal) RETURNS ktt.split
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'ktt_split_recv';
COMMENT ON FUNCTION ktt.split_recv(internal) IS
    'Reads a split from its packed form. Raises 22P03 for any other bytes.';

CREATE FUNCTION ktt.split_send(ktt.split) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_send';
COMMENT ON FUNCTION ktt.split_send(ktt.split) IS
    'Gives the packed form of a split.';

CREATE TYPE ktt.split (
    INPUT = ktt.split_in,
    OUTPUT = ktt.split_out,
    RECEIVE = ktt.split_recv,
    SEND = ktt.split_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE ktt.split IS
    'Who gets what part of a sale: clauses of a party and its term. The parts always sum to the sale.';

-- Order by bytes, for indexes and DISTINCT; it means nothing else.

CREATE FUNCTION ktt.split_eq(ktt.split, ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_eq';
COMMENT ON FUNCTION ktt.split_eq(ktt.split, ktt.split) IS
    'Whether the left split is equal to the right one.';

CREATE FUNCTION ktt.split_ne(ktt.split, ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_ne';
COMMENT ON FUNCTION ktt.split_ne(ktt.split, ktt.split) IS
    'Whether the left split is different from the right one.';

CREATE FUNCTION ktt.split_lt(ktt.split, ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_lt';
COMMENT ON FUNCTION ktt.split_lt(ktt.split, ktt.split) IS
    'Whether the left split is before the right one in the order of an index.';

CREATE FUNCTION ktt.split_le(ktt.split, ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_le';
COMMENT ON FUNCTION ktt.split_le(ktt.split, ktt.split) IS
    'Whether the left split is before or equal the right one in the order of an index.';

CREATE FUNCTION ktt.split_gt(ktt.split, ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_gt';
COMMENT ON FUNCTION ktt.split_gt(ktt.split, ktt.split) IS
    'Whether the left split is behind the right one in the order of an index.';

CREATE FUNCTION ktt.split_ge(ktt.split, ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_ge';
COMMENT ON FUNCTION ktt.split_ge(ktt.split, ktt.split) IS
    'Whether the left split is behind or equal the right one in the order of an index.';

CREATE FUNCTION ktt.split_cmp(ktt.split, ktt.split) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_cmp';
COMMENT ON FUNCTION ktt.split_cmp(ktt.split, ktt.split) IS
    'Compares two splits in the order of an index.';

CREATE FUNCTION ktt.split_hash(ktt.split) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_hash';
COMMENT ON FUNCTION ktt.split_hash(ktt.split) IS
    'Hashes a split.';

CREATE FUNCTION ktt.split_hash_extended(ktt.split, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_split_hash_extended';
COMMENT ON FUNCTION ktt.split_hash_extended(ktt.split, bigint) IS
    'Hashes a split with a seed.';

CREATE OPERATOR ktt.= (
    LEFTARG = ktt.split, RIGHTARG = ktt.split, FUNCTION = ktt.split_eq,
    COMMUTATOR = OPERATOR(ktt.=), NEGATOR = OPERATOR(ktt.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel,
    HASHES, MERGES
);
COMMENT ON OPERATOR ktt.= (ktt.split, ktt.split) IS 'Equal splits: the same clauses in the same order.';

CREATE OPERATOR ktt.<> (
    LEFTARG = ktt.split, RIGHTARG = ktt.split, FUNCTION = ktt.split_ne,
    COMMUTATOR = OPERATOR(ktt.<>), NEGATOR = OPERATOR(ktt.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR ktt.<> (ktt.split, ktt.split) IS 'Different splits.';

CREATE OPERATOR ktt.< (
    LEFTARG = ktt.split, RIGHTARG = ktt.split, FUNCTION = ktt.split_lt,
    COMMUTATOR = OPERATOR(ktt.>), NEGATOR = OPERATOR(ktt.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR ktt.< (ktt.split, ktt.split) IS 'Before, in the order of an index.';

CREATE OPERATOR ktt.<= (
    LEFTARG = ktt.split, RIGHTARG = ktt.split, FUNCTION = ktt.split_le,
    COMMUTATOR = OPERATOR(ktt.>=), NEGATOR = OPERATOR(ktt.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR ktt.<= (ktt.split, ktt.split) IS 'Before or equal, in the order of an index.';

CREATE OPERATOR ktt.> (
    LEFTARG = ktt.split, RIGHTARG = ktt.split, FUNCTION = ktt.split_gt,
    COMMUTATOR = OPERATOR(ktt.<), NEGATOR = OPERATOR(ktt.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR ktt.> (ktt.split, ktt.split) IS 'Behind, in the order of an index.';

CREATE OPERATOR ktt.>= (
    LEFTARG = ktt.split, RIGHTARG = ktt.split, FUNCTION = ktt.split_ge,
    COMMUTATOR = OPERATOR(ktt.<=), NEGATOR = OPERATOR(ktt.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR ktt.>= (ktt.split, ktt.split) IS 'Behind or equal, in the order of an index.';

CREATE OPERATOR CLASS ktt.split_btree_ops DEFAULT FOR TYPE ktt.split USING btree AS
    OPERATOR 1 ktt.<, OPERATOR 2 ktt.<=, OPERATOR 3 ktt.=, OPERATOR 4 ktt.>=, OPERATOR 5 ktt.>,
    FUNCTION 1 ktt.split_cmp(ktt.split, ktt.split),
    FUNCTION 4 btequalimage(oid);
COMMENT ON OPERATOR CLASS ktt.split_btree_ops USING btree IS 'Splits by their bytes.';
COMMENT ON OPERATOR FAMILY ktt.split_btree_ops USING btree IS 'Splits by their bytes.';

CREATE OPERATOR CLASS ktt.split_hash_ops DEFAULT FOR TYPE ktt.split USING hash AS
    OPERATOR 1 ktt.=,
    FUNCTION 1 ktt.split_hash(ktt.split),
    FUNCTION 2 ktt.split_hash_extended(ktt.split, bigint);
COMMENT ON OPERATOR CLASS ktt.split_hash_ops USING hash IS 'Equal splits.';
COMMENT ON OPERATOR FAMILY ktt.split_hash_ops USING hash IS 'Equal splits.';

CREATE FUNCTION ktt.jsonb(ktt.split) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'ktt_split_to_jsonb';
COMMENT ON FUNCTION ktt.jsonb(ktt.split) IS
    'A split as an array of objects: [{"party": "leader", "term": "rest"}].';

CREATE FUNCTION ktt.split(jsonb) RETURNS ktt.split
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'ktt_split_from_jsonb';
COMMENT ON FUNCTION ktt.split(jsonb) IS
    'Reads a split from an array of objects with a party and a term. Raises 22023 for another shape, and what the same clauses in text raise.';

CREATE CAST (ktt.split AS jsonb) WITH FUNCTION ktt.jsonb(ktt.split) AS ASSIGNMENT;
COMMENT ON CAST (ktt.split AS jsonb) IS 'A split as an array of clauses.';
CREATE CAST (jsonb AS ktt.split) WITH FUNCTION ktt.split(jsonb);
COMMENT ON CAST (jsonb AS ktt.split) IS 'A split from an array of clauses.';

CREATE FUNCTION ktt.parties(rule ktt.split) RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'ktt_split_parties';
COMMENT ON FUNCTION ktt.parties(ktt.split) IS
    'The parties of a split in clause order.';

CREATE FUNCTION ktt.clauses(rule ktt.split)
    RETURNS TABLE (ordinal integer, party text, term text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 5
    AS 'MODULE_PATHNAME', 'ktt_split_clauses';
COMMENT ON FUNCTION ktt.clauses(ktt.split) IS
    'The clauses of a split: number from 1, party, term.';

CREATE FUNCTION ktt.allocate(rule ktt.split, sale bigint, cost bigint, units bigint DEFAULT 1, volume bigint DEFAULT 0)
    RETURNS TABLE (party text, amount bigint)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 5
    AS 'MODULE_PATHNAME', 'ktt_split_allocate';
COMMENT ON FUNCTION ktt.allocate(ktt.split, bigint, bigint, bigint, bigint) IS
    'The parts of a sale, one row per clause in clause order; the amounts sum to the sale. Sale, cost and volume are minor units; volume is what counted towards the ladders before this sale. Raises KT201 when the parts are more than the sale, 22023 for a cost outside 0 to the sale, negative units or volume, 22003 for a volume that the sale takes beyond bigint.';

CREATE FUNCTION ktt.allocate(rule ktt.split, sale bigint, cost bigint, units bigint, accounts bigint[], volume bigint DEFAULT 0)
    RETURNS ktt.shares
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'ktt_split_allocate_shares';
COMMENT ON FUNCTION ktt.allocate(ktt.split, bigint, bigint, bigint, bigint[], bigint) IS
    'The parts of a sale as shares. Accounts stand in clause order; NULL is a party that is absent and gives its part to the rest. Raises what allocate() without accounts raises, and KT203 when nobody takes the part of an absent party.';

CREATE FUNCTION ktt.needs_volume(rule ktt.split) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_split_needs_volume';
COMMENT ON FUNCTION ktt.needs_volume(ktt.split) IS
    'Whether a split has a ladder, so that its parts depend on the volume.';

CREATE FUNCTION ktt.check_split(rule ktt.split, sale bigint, cost bigint, units bigint DEFAULT 1, volume bigint DEFAULT 0,
                                OUT holds boolean, OUT left_over bigint, OUT parts jsonb, OUT reason text)
    RETURNS record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'ktt_split_check_sale';
COMMENT ON FUNCTION ktt.check_split(ktt.split, bigint, bigint, bigint, bigint) IS
    'Whether a split holds for a sale, in minor units. left_over is what the other clauses leave for the rest: below zero when they take more than the sale, NULL when those fit no bigint or the numbers make no sense. parts is {"party": amount} when it holds, reason says why not. It raises nothing for any numbers.';

CREATE FUNCTION ktt.explain_split(rule ktt.split, sale bigint, cost bigint, units bigint DEFAULT 1, volume bigint DEFAULT 0)
    RETURNS TABLE (ordinal integer, party text, term text, base bigint, exact numeric, rounding numeric, bound text, amount bigint)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 5
    AS 'MODULE_PATHNAME', 'ktt_split_explain_sale';
COMMENT ON FUNCTION ktt.explain_split(ktt.split, bigint, bigint, bigint, bigint) IS
    'How each clause of a split came to its amount, in minor units: the base of a rate, its exact share, what largest remainder added to that or took from it, and min or max where one of them replaced the sum of both. Raises what allocate() raises.';

-- Mostly some dozen evaluations, at worst a million for each step and bound.
CREATE FUNCTION ktt.split_bounds(rule ktt.split, lowest bigint, highest bigint, cost bigint, units bigint DEFAULT 1, volume bigint DEFAULT 0,
                                 OUT holds boolean, OUT fails_at bigint, OUT holds_from bigint)
    RETURNS record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'ktt_split_bounds';
COMMENT ON FUNCTION ktt.split_bounds(ktt.split, bigint, bigint, bigint, bigint, bigint) IS
    'Whether a split holds for every sale from lowest to highest, in minor units; a sale below the cost is one that it does not hold for. fails_at is the lowest sale for which it does not hold, holds_from the lowest from which it holds up to the highest; NULL when there is none. Raises 22023 when lowest is above highest.';

CREATE FUNCTION ktt.apportion(total bigint, weights bigint[]) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'ktt_split_apportion';
COMMENT ON FUNCTION ktt.apportion(bigint, bigint[]) IS
    'Divides a total over weights by largest remainder, ties to the first; the parts sum to the total. Raises 22012 when no weight is above zero, 22023 for a negative one.';
