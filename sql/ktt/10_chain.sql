-- ktt.chain: who passes the goods on, from the source to the last seller.
--
-- COST: 1 reads a chain, 2 makes one or an array, 5 goes by way of jsonb; tests against an array look for each
-- of its members.
-- LEAKPROOF: what compares, searches or hashes bytes and has no way to refuse them, as core has it for text.

CREATE TYPE ktt.chain;

CREATE FUNCTION ktt.chain_in(cstring, oid, integer) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_in';
COMMENT ON FUNCTION ktt.chain_in(cstring, oid, integer) IS
    'Reads a chain from text, like 7>12>93.';

CREATE FUNCTION ktt.chain_out(ktt.chain) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_out';
COMMENT ON FUNCTION ktt.chain_out(ktt.chain) IS
    'Prints a chain.';

CREATE FUNCTION ktt.chain_recv(internal, oid, integer) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_recv';
COMMENT ON FUNCTION ktt.chain_recv(internal, oid, integer) IS
    'Reads a chain from its packed form.';

CREATE FUNCTION ktt.chain_send(ktt.chain) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_send';
COMMENT ON FUNCTION ktt.chain_send(ktt.chain) IS
    'Gives the packed form of a chain.';

CREATE FUNCTION ktt.chain_typmod_in(cstring[]) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_typmod_in';
COMMENT ON FUNCTION ktt.chain_typmod_in(cstring[]) IS
    'Reads the modifier of chain(n): the most members that fit.';

CREATE FUNCTION ktt.chain_typmod_out(integer) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_typmod_out';
COMMENT ON FUNCTION ktt.chain_typmod_out(integer) IS
    'Prints the modifier of chain(n).';

CREATE FUNCTION ktt.chain_subscript(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_subscript';
COMMENT ON FUNCTION ktt.chain_subscript(internal) IS
    'Makes chain[n] the n-th member, NULL outside the chain.';

CREATE TYPE ktt.chain (
    INPUT = ktt.chain_in,
    OUTPUT = ktt.chain_out,
    RECEIVE = ktt.chain_recv,
    SEND = ktt.chain_send,
    TYPMOD_IN = ktt.chain_typmod_in,
    TYPMOD_OUT = ktt.chain_typmod_out,
    SUBSCRIPT = ktt.chain_subscript,
    INTERNALLENGTH = variable,
    ALIGNMENT = int4,
    STORAGE = main
);
COMMENT ON TYPE ktt.chain IS
    'Member ids from the source of the goods to the last seller, like 7>12>93; no member twice, at most 64. chain(n) holds at most n.';

-- Casts

CREATE FUNCTION ktt.chain(ktt.chain, integer, boolean) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_fit';
COMMENT ON FUNCTION ktt.chain(ktt.chain, integer, boolean) IS
    'Checks a chain against the modifier of chain(n); a longer one is refused, never cut.';

CREATE CAST (ktt.chain AS ktt.chain) WITH FUNCTION ktt.chain(ktt.chain, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (ktt.chain AS ktt.chain) IS 'Keeps a chain within the modifier of chain(n).';

CREATE FUNCTION ktt.chain(members bigint[]) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_from_array';
COMMENT ON FUNCTION ktt.chain(bigint[]) IS
    'The chain of these members, source first.';

CREATE FUNCTION ktt.members(ktt.chain) RETURNS bigint[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_members';
COMMENT ON FUNCTION ktt.members(ktt.chain) IS
    'The members of a chain, source first.';

CREATE FUNCTION ktt.chain(jsonb) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'ktt_chain_from_jsonb';
COMMENT ON FUNCTION ktt.chain(jsonb) IS
    'The chain of a jsonb array of member ids, like [7, 12, 93].';

CREATE FUNCTION ktt.jsonb(ktt.chain) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'ktt_chain_to_jsonb';
COMMENT ON FUNCTION ktt.jsonb(ktt.chain) IS
    'The members of a chain as a jsonb array.';

CREATE CAST (bigint[] AS ktt.chain) WITH FUNCTION ktt.chain(bigint[]);
COMMENT ON CAST (bigint[] AS ktt.chain) IS 'Members, source first, to a chain.';

CREATE CAST (ktt.chain AS bigint[]) WITH FUNCTION ktt.members(ktt.chain) AS ASSIGNMENT;
COMMENT ON CAST (ktt.chain AS bigint[]) IS 'A chain to its members, source first.';

CREATE CAST (jsonb AS ktt.chain) WITH FUNCTION ktt.chain(jsonb);
COMMENT ON CAST (jsonb AS ktt.chain) IS 'A jsonb array of member ids to a chain.';

CREATE CAST (ktt.chain AS jsonb) WITH FUNCTION ktt.jsonb(ktt.chain) AS ASSIGNMENT;
COMMENT ON CAST (ktt.chain AS jsonb) IS 'A chain to a jsonb array of member ids.';

-- Order and equality

CREATE FUNCTION ktt.chain_eq(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_eq';
COMMENT ON FUNCTION ktt.chain_eq(ktt.chain, ktt.chain) IS
    'Same chain?';

CREATE OPERATOR ktt.= (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_eq,
    COMMUTATOR = OPERATOR(ktt.=), NEGATOR = OPERATOR(ktt.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR ktt.= (ktt.chain, ktt.chain) IS 'Same chain?';

CREATE FUNCTION ktt.chain_ne(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_ne';
COMMENT ON FUNCTION ktt.chain_ne(ktt.chain, ktt.chain) IS
    'Different chains?';

CREATE OPERATOR ktt.<> (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_ne,
    COMMUTATOR = OPERATOR(ktt.<>), NEGATOR = OPERATOR(ktt.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR ktt.<> (ktt.chain, ktt.chain) IS 'Different chains?';

CREATE FUNCTION ktt.chain_lt(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_lt';
COMMENT ON FUNCTION ktt.chain_lt(ktt.chain, ktt.chain) IS
    'Before, by the ids from the source on; an upline comes before its downline.';

CREATE OPERATOR ktt.< (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_lt,
    COMMUTATOR = OPERATOR(ktt.>), NEGATOR = OPERATOR(ktt.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR ktt.< (ktt.chain, ktt.chain) IS 'Before, by the ids from the source on; an upline comes before its downline.';

CREATE FUNCTION ktt.chain_le(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_le';
COMMENT ON FUNCTION ktt.chain_le(ktt.chain, ktt.chain) IS
    'Before or the same, by the ids from the source on.';

CREATE OPERATOR ktt.<= (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_le,
    COMMUTATOR = OPERATOR(ktt.>=), NEGATOR = OPERATOR(ktt.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR ktt.<= (ktt.chain, ktt.chain) IS 'Before or the same, by the ids from the source on.';

CREATE FUNCTION ktt.chain_gt(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_gt';
COMMENT ON FUNCTION ktt.chain_gt(ktt.chain, ktt.chain) IS
    'Behind, by the ids from the source on.';

CREATE OPERATOR ktt.> (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_gt,
    COMMUTATOR = OPERATOR(ktt.<), NEGATOR = OPERATOR(ktt.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR ktt.> (ktt.chain, ktt.chain) IS 'Behind, by the ids from the source on.';

CREATE FUNCTION ktt.chain_ge(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_ge';
COMMENT ON FUNCTION ktt.chain_ge(ktt.chain, ktt.chain) IS
    'Behind or the same, by the ids from the source on.';

CREATE OPERATOR ktt.>= (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_ge,
    COMMUTATOR = OPERATOR(ktt.<=), NEGATOR = OPERATOR(ktt.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR ktt.>= (ktt.chain, ktt.chain) IS 'Behind or the same, by the ids from the source on.';

CREATE FUNCTION ktt.chain_cmp(ktt.chain, ktt.chain) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_cmp';
COMMENT ON FUNCTION ktt.chain_cmp(ktt.chain, ktt.chain) IS
    'Orders two chains by the ids from the source on.';

CREATE FUNCTION ktt.chain_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_sortsupport';
COMMENT ON FUNCTION ktt.chain_sortsupport(internal) IS
    'Sorts chains without the cost of a call for every comparison.';

CREATE FUNCTION ktt.chain_hash(ktt.chain) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_hash';
COMMENT ON FUNCTION ktt.chain_hash(ktt.chain) IS
    'Hash of a chain.';

CREATE FUNCTION ktt.chain_hash_extended(ktt.chain, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_hash_extended';
COMMENT ON FUNCTION ktt.chain_hash_extended(ktt.chain, bigint) IS
    'Hash of a chain, 64 bits, with a seed.';

CREATE OPERATOR CLASS ktt.chain_btree_ops DEFAULT FOR TYPE ktt.chain USING btree AS
    OPERATOR 1 ktt.<,
    OPERATOR 2 ktt.<=,
    OPERATOR 3 ktt.=,
    OPERATOR 4 ktt.>=,
    OPERATOR 5 ktt.>,
    FUNCTION 1 ktt.chain_cmp(ktt.chain, ktt.chain),
    FUNCTION 2 (ktt.chain, ktt.chain) ktt.chain_sortsupport(internal),
    FUNCTION 4 (ktt.chain, ktt.chain) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS ktt.chain_btree_ops USING btree IS
    'Order of chains; also serves <@ and @>.';
COMMENT ON OPERATOR FAMILY ktt.chain_btree_ops USING btree IS 'Order of chains.';

CREATE OPERATOR CLASS ktt.chain_hash_ops DEFAULT FOR TYPE ktt.chain USING hash AS
    OPERATOR 1 ktt.=,
    FUNCTION 1 ktt.chain_hash(ktt.chain),
    FUNCTION 2 ktt.chain_hash_extended(ktt.chain, bigint);
COMMENT ON OPERATOR CLASS ktt.chain_hash_ops USING hash IS 'Equality of chains.';
COMMENT ON OPERATOR FAMILY ktt.chain_hash_ops USING hash IS 'Equality of chains.';

-- Upline, downline, membership

CREATE FUNCTION ktt.chain_leads_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_leads_support';
COMMENT ON FUNCTION ktt.chain_leads_support(internal) IS
    'Tells the planner of @>: the btree condition that serves it, and how many rows to expect.';

CREATE FUNCTION ktt.chain_follows_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_follows_support';
COMMENT ON FUNCTION ktt.chain_follows_support(internal) IS
    'Tells the planner of <@: the btree condition that serves it, and how many rows to expect.';

CREATE FUNCTION ktt.chain_leads_sel(internal, oid, internal, integer) RETURNS double precision
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_leads_sel';
COMMENT ON FUNCTION ktt.chain_leads_sel(internal, oid, internal, integer) IS
    'Estimates the part of the rows that @> finds.';

CREATE FUNCTION ktt.chain_leads_joinsel(internal, oid, internal, smallint, internal) RETURNS double precision
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_leads_joinsel';
COMMENT ON FUNCTION ktt.chain_leads_joinsel(internal, oid, internal, smallint, internal) IS
    'Estimates the part of all pairs that a join by @> finds.';

CREATE FUNCTION ktt.chain_follows_sel(internal, oid, internal, integer) RETURNS double precision
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_follows_sel';
COMMENT ON FUNCTION ktt.chain_follows_sel(internal, oid, internal, integer) IS
    'Estimates the part of the rows that <@ finds.';

CREATE FUNCTION ktt.chain_follows_joinsel(internal, oid, internal, smallint, internal) RETURNS double precision
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_follows_joinsel';
COMMENT ON FUNCTION ktt.chain_follows_joinsel(internal, oid, internal, smallint, internal) IS
    'Estimates the part of all pairs that a join by <@ finds.';

CREATE FUNCTION ktt.chain_leads(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 SUPPORT ktt.chain_leads_support
    AS 'MODULE_PATHNAME', 'ktt_chain_leads_chain';
COMMENT ON FUNCTION ktt.chain_leads(ktt.chain, ktt.chain) IS
    'Is the left chain upline of the right one, or the same?';

CREATE FUNCTION ktt.chain_follows(ktt.chain, ktt.chain) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 SUPPORT ktt.chain_follows_support
    AS 'MODULE_PATHNAME', 'ktt_chain_follows_chain';
COMMENT ON FUNCTION ktt.chain_follows(ktt.chain, ktt.chain) IS
    'Is the left chain downline of the right one, or the same?';

CREATE OPERATOR ktt.@> (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_leads,
    COMMUTATOR = OPERATOR(ktt.<@), RESTRICT = ktt.chain_leads_sel, JOIN = ktt.chain_leads_joinsel
);
COMMENT ON OPERATOR ktt.@> (ktt.chain, ktt.chain) IS 'Upline of, or the same?';
CREATE OPERATOR ktt.<@ (
    LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_follows,
    COMMUTATOR = OPERATOR(ktt.@>), RESTRICT = ktt.chain_follows_sel, JOIN = ktt.chain_follows_joinsel
);
COMMENT ON OPERATOR ktt.<@ (ktt.chain, ktt.chain) IS 'Downline of, or the same?';

CREATE FUNCTION ktt.chain_has(ktt.chain, bigint) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_has_member';
COMMENT ON FUNCTION ktt.chain_has(ktt.chain, bigint) IS
    'Does the member take part in the chain?';

CREATE OPERATOR ktt.? (
    LEFTARG = ktt.chain, RIGHTARG = bigint, FUNCTION = ktt.chain_has,
    RESTRICT = matchingsel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR ktt.? (ktt.chain, bigint) IS 'Does the member take part?';

CREATE FUNCTION ktt.chain_has_any(ktt.chain, bigint[]) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 3
    AS 'MODULE_PATHNAME', 'ktt_chain_has_any';
COMMENT ON FUNCTION ktt.chain_has_any(ktt.chain, bigint[]) IS
    'Does any of the members take part in the chain? Nulls are left out.';

CREATE OPERATOR ktt.?| (
    LEFTARG = ktt.chain, RIGHTARG = bigint[], FUNCTION = ktt.chain_has_any,
    RESTRICT = matchingsel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR ktt.?| (ktt.chain, bigint[]) IS 'Does any of the members take part? Nulls are left out.';

CREATE FUNCTION ktt.chain_has_all(ktt.chain, bigint[]) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 3
    AS 'MODULE_PATHNAME', 'ktt_chain_has_all';
COMMENT ON FUNCTION ktt.chain_has_all(ktt.chain, bigint[]) IS
    'Do all of the members take part in the chain? Nulls are left out.';

CREATE OPERATOR ktt.?& (
    LEFTARG = ktt.chain, RIGHTARG = bigint[], FUNCTION = ktt.chain_has_all,
    RESTRICT = matchingsel, JOIN = matchingjoinsel
);
COMMENT ON OPERATOR ktt.?& (ktt.chain, bigint[]) IS 'Do all of the members take part? Nulls are left out.';

CREATE FUNCTION ktt.chain_gin_keys(ktt.chain, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_gin_keys';
COMMENT ON FUNCTION ktt.chain_gin_keys(ktt.chain, internal) IS
    'Gives the members of a chain to an inverted index.';

CREATE FUNCTION ktt.chain_gin_query(ktt.chain, internal, smallint, internal, internal, internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_gin_query';
COMMENT ON FUNCTION ktt.chain_gin_query(ktt.chain, internal, smallint, internal, internal, internal, internal) IS
    'Gives the members that are asked for to an inverted index.';

CREATE FUNCTION ktt.chain_gin_consistent(internal, smallint, ktt.chain, integer, internal, internal, internal, internal) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_gin_consistent';
COMMENT ON FUNCTION ktt.chain_gin_consistent(internal, smallint, ktt.chain, integer, internal, internal, internal, internal) IS
    'Does a chain with these members answer the question?';

CREATE FUNCTION ktt.chain_gin_triconsistent(internal, smallint, ktt.chain, integer, internal, internal, internal) RETURNS "char"
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_gin_triconsistent';
COMMENT ON FUNCTION ktt.chain_gin_triconsistent(internal, smallint, ktt.chain, integer, internal, internal, internal) IS
    'The same when some members are not looked up yet.';

CREATE OPERATOR CLASS ktt.chain_gin_ops DEFAULT FOR TYPE ktt.chain USING gin AS
    OPERATOR 1 ktt.? (ktt.chain, bigint),
    OPERATOR 2 ktt.?| (ktt.chain, bigint[]),
    OPERATOR 3 ktt.?& (ktt.chain, bigint[]),
    FUNCTION 1 pg_catalog.btint8cmp(bigint, bigint),
    FUNCTION 2 ktt.chain_gin_keys(ktt.chain, internal),
    FUNCTION 3 ktt.chain_gin_query(ktt.chain, internal, smallint, internal, internal, internal, internal),
    FUNCTION 4 ktt.chain_gin_consistent(internal, smallint, ktt.chain, integer, internal, internal, internal, internal),
    FUNCTION 6 ktt.chain_gin_triconsistent(internal, smallint, ktt.chain, integer, internal, internal, internal),
    STORAGE bigint;
COMMENT ON OPERATOR CLASS ktt.chain_gin_ops USING gin IS
    'Members of chains; serves ?, ?| and ?&.';
COMMENT ON OPERATOR FAMILY ktt.chain_gin_ops USING gin IS 'Members of chains.';

-- Parts and growth

CREATE FUNCTION ktt.depth(ktt.chain) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_get_depth';
COMMENT ON FUNCTION ktt.depth(ktt.chain) IS
    'The number of members of a chain.';

CREATE FUNCTION ktt.upline(ktt.chain, n integer) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_upline';
COMMENT ON FUNCTION ktt.upline(ktt.chain, integer) IS
    'The first n members of a chain; n is from 1 to its depth.';

CREATE FUNCTION ktt.upline(ktt.chain) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_above';
COMMENT ON FUNCTION ktt.upline(ktt.chain) IS
    'The chain without its last member, NULL for a source alone.';

CREATE FUNCTION ktt.uplines(ktt.chain) RETURNS ktt.chain[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 3
    AS 'MODULE_PATHNAME', 'ktt_chain_uplines';
COMMENT ON FUNCTION ktt.uplines(ktt.chain) IS
    'Every chain that leads this one, from the source alone to the chain itself.';

CREATE FUNCTION ktt.last_downline(ktt.chain) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_get_last_downline';
COMMENT ON FUNCTION ktt.last_downline(ktt.chain) IS
    'The last chain in order that could be downline of this one: its whole downline lies between the two.';

CREATE FUNCTION ktt.place(ktt.chain, member bigint) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_get_place';
COMMENT ON FUNCTION ktt.place(ktt.chain, bigint) IS
    'The place of a member in a chain, 1 for the source; NULL when he takes no part.';

CREATE FUNCTION ktt.common_upline(ktt.chain, ktt.chain) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_common_upline';
COMMENT ON FUNCTION ktt.common_upline(ktt.chain, ktt.chain) IS
    'The longest chain that both begin with, NULL when their sources differ.';

CREATE FUNCTION ktt.chain_common_step(bytea, ktt.chain) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_common_step';
COMMENT ON FUNCTION ktt.chain_common_step(bytea, ktt.chain) IS
    'Shortens the state of common_upline() to what a chain begins with as well.';

CREATE FUNCTION ktt.chain_common_merge(bytea, bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'ktt_chain_common_merge';
COMMENT ON FUNCTION ktt.chain_common_merge(bytea, bytea) IS
    'Merges two states of common_upline().';

CREATE FUNCTION ktt.chain_common_result(bytea) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_common_result';
COMMENT ON FUNCTION ktt.chain_common_result(bytea) IS
    'Makes the state of common_upline() a chain.';

CREATE AGGREGATE ktt.common_upline(ktt.chain) (
    SFUNC = ktt.chain_common_step,
    STYPE = bytea,
    FINALFUNC = ktt.chain_common_result,
    COMBINEFUNC = ktt.chain_common_merge,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.common_upline(ktt.chain) IS
    'The longest chain that all begin with, NULL when their sources differ; nulls are left out.';

CREATE FUNCTION ktt.chain_append(ktt.chain, anynonarray) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_append';
COMMENT ON FUNCTION ktt.chain_append(ktt.chain, anynonarray) IS
    'The chain with one more seller, a member id of an integer type, at the end.';

CREATE OPERATOR ktt.|| (LEFTARG = ktt.chain, RIGHTARG = anynonarray, FUNCTION = ktt.chain_append);
COMMENT ON OPERATOR ktt.|| (ktt.chain, anynonarray) IS 'The chain with one more seller, a member id of an integer type, at the end.';

CREATE FUNCTION ktt.chain_prepend(anynonarray, ktt.chain) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_prepend';
COMMENT ON FUNCTION ktt.chain_prepend(anynonarray, ktt.chain) IS
    'The chain with a new source, a member id of an integer type, before it.';

CREATE OPERATOR ktt.|| (LEFTARG = anynonarray, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_prepend);
COMMENT ON OPERATOR ktt.|| (anynonarray, ktt.chain) IS 'The chain with a new source, a member id of an integer type, before it.';

CREATE FUNCTION ktt.chain_concat(ktt.chain, ktt.chain) RETURNS ktt.chain
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'ktt_chain_concat';
COMMENT ON FUNCTION ktt.chain_concat(ktt.chain, ktt.chain) IS
    'One chain behind the other.';

CREATE OPERATOR ktt.|| (LEFTARG = ktt.chain, RIGHTARG = ktt.chain, FUNCTION = ktt.chain_concat);
COMMENT ON OPERATOR ktt.|| (ktt.chain, ktt.chain) IS 'One chain behind the other.';

-- Beside the operators above, text || chain would be any of two.

CREATE FUNCTION ktt.text_chain(text, ktt.chain) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 6
    RETURN $1 OPERATOR(pg_catalog.||) $2::text;
COMMENT ON FUNCTION ktt.text_chain(text, ktt.chain) IS 'A text and behind it a chain as text.';

CREATE FUNCTION ktt.chain_text(ktt.chain, text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 6
    RETURN $1::text OPERATOR(pg_catalog.||) $2;
COMMENT ON FUNCTION ktt.chain_text(ktt.chain, text) IS 'A chain as text and behind it a text.';

CREATE OPERATOR ktt.|| (LEFTARG = text, RIGHTARG = ktt.chain, FUNCTION = ktt.text_chain);
COMMENT ON OPERATOR ktt.|| (text, ktt.chain) IS 'A text and behind it a chain as text.';

CREATE OPERATOR ktt.|| (LEFTARG = ktt.chain, RIGHTARG = text, FUNCTION = ktt.chain_text);
COMMENT ON OPERATOR ktt.|| (ktt.chain, text) IS 'A chain as text and behind it a text.';
