-- What the catalog must say of every object of ktt and of a market, whoever added it.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
-- It must be there before the first function in PL/pgSQL runs.
LOAD 'plpgsql_check';
BEGIN;
SELECT plan(30);
SELECT ktt.create_market();
SET search_path = public, pg_catalog;

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, i.type, i.schema, i.identity
FROM pg_depend d
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'ktt'
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

CREATE TEMP VIEW market_function AS
SELECT p.*, p.oid::regprocedure::text AS identity
FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace;

-- The extension.

CREATE TEMP VIEW function AS
SELECT p.*, p.oid::regprocedure::text AS identity, l.lanname
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'ktt'::regnamespace;

-- What only the planner and ANALYZE call; the server has its own of them STABLE.
CREATE TEMP VIEW estimator AS
SELECT oprrest::oid AS oid FROM pg_operator WHERE oprnamespace = 'ktt'::regnamespace
UNION SELECT oprjoin FROM pg_operator WHERE oprnamespace = 'ktt'::regnamespace
UNION SELECT typanalyze FROM pg_type WHERE typnamespace = 'ktt'::regnamespace;

CREATE TEMP VIEW operator AS
SELECT o.*, o.oid::regoperator::text AS identity
FROM pg_operator o WHERE o.oprnamespace = 'ktt'::regnamespace;

CREATE TEMP VIEW base_type AS
SELECT t.* FROM pg_type t
WHERE t.typnamespace = 'ktt'::regnamespace AND t.typtype = 'b' AND t.typcategory <> 'A';

-- Parts of an operator class and types of arrays cannot have a comment or need none.
SELECT is_empty($$
    SELECT identity FROM member
    WHERE type NOT IN ('function of access method', 'operator of access method')
      AND NOT (classid = 'pg_type'::regclass AND (SELECT typcategory FROM pg_type WHERE oid = objid) = 'A')
      AND obj_description(objid, classid::regclass::name) IS NULL
    $$, 'every object of the extension has a comment');

SELECT is_empty($$
    SELECT identity FROM member WHERE schema <> 'ktt'
    $$, 'every object of the extension is in schema ktt');

SELECT is_empty($$
    SELECT identity FROM member JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid
    WHERE c.relkind IN ('r', 'p', 'S', 'm')
    $$, 'the extension holds no tables');

SELECT is_empty($$
    SELECT c.opcname FROM pg_opclass c
    WHERE c.opcnamespace = 'ktt'::regnamespace AND NOT amvalidate(c.oid)
    $$, 'every operator class is valid');

SELECT is_empty($$
    SELECT t.typname, a.amname FROM base_type t, pg_am a
    WHERE a.amname IN ('btree', 'hash')
      AND NOT EXISTS (SELECT FROM pg_opclass c WHERE c.opcintype = t.oid AND c.opcmethod = a.oid AND c.opcdefault)
    $$, 'every type can be sorted, grouped and hashed');

SELECT is_empty($$
    SELECT typname FROM base_type
    WHERE typreceive = 0 OR typsend = 0 OR typinput = 0 OR typoutput = 0 OR typispreferred OR typcategory <> 'U'
    $$, 'every type has text and binary forms, and is no candidate for untyped literals');

-- Functions.

SELECT is((
    SELECT string_agg(format('%s %s', provolatile, proname), ', ' ORDER BY provolatile, proname) FROM function
    WHERE provolatile <> 'i' AND oid NOT IN (SELECT oid FROM estimator)),
    's find_row, s has_key, s has_row, s library_version, s live_pickup, s live_pickups, s pickup_mac, s pickup_macs, s sum_lines, '
    'v create_market, v new_pickup_code, v pickup_points_changed, v take_stock, v upgrade_market',
    'every function is immutable but for those of the key file, chance, the library, tables and markets');

SELECT is((
    SELECT string_agg(format('%s %s', proparallel, proname), ', ' ORDER BY proparallel, proname) FROM function
    WHERE proparallel <> 's'),
    'r find_row, r has_key, r has_row, r pickup_mac, r pickup_macs, r sum_lines, u create_market, u live_pickup, u live_pickups, u take_stock, u upgrade_market',
    'every function is parallel safe but for those of the key file, tables and markets');

SELECT set_eq(
    'SELECT DISTINCT proname::text FROM function WHERE proleakproof',
    ARRAY(SELECT format('%s_%s', t, f)
          FROM unnest('{chain,basket,shares,split,pickup_index}'::text[]) t, unnest('{eq,ne,lt,le,gt,ge,cmp,hash,hash_extended}'::text[]) f)
    || '{chain_leads,chain_follows,chain_has,chain_has_any,chain_has_all,depth,place}'::text[],
    'leakproof are comparisons of bytes, and the questions about chains that answer for any argument');

SELECT is_empty($$
    SELECT identity FROM function WHERE proretset AND prorows = 1000
    $$, 'every function that returns rows says how many');

-- sum() and shares_agg() and the like begin with nothing, or skip rows of nulls.
SELECT is_empty($$
    SELECT identity FROM function f
    WHERE lanname = 'c' AND NOT proisstrict AND pronargs > 0
      AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE f.oid IN (a.aggtransfn, a.aggcombinefn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
      AND proname NOT IN ('allocate', 'driver_runs', 'live_pickup', 'live_pickups', 'sum_lines')
    $$, 'every function in C gives NULL for NULL but for steps of aggregates, absent payees and arguments with defaults');

SELECT is_empty($$
    SELECT identity FROM function WHERE prosecdef
    $$, 'no function of the extension runs with its owner''s rights');

SELECT is_empty($$
    SELECT identity FROM function WHERE lanname = 'sql' AND prosqlbody IS NULL
    $$, 'SQL functions of the extension have bodies that are bound when they are made');

SELECT is_empty($$
    SELECT identity FROM function f JOIN pg_aggregate a ON a.aggfnoid = f.oid WHERE a.aggcombinefn = 0
    $$, 'every aggregate can be partial');

SELECT is_empty($$
    SELECT identity FROM function f JOIN pg_aggregate a ON a.aggfnoid = f.oid
    WHERE f.proname = 'sum' AND (a.aggmtransfn = 0 OR a.aggminvtransfn = 0)
    $$, 'every sum has an inverse for window frames');

-- Operators.

SELECT is_empty($$
    SELECT o.identity FROM operator o JOIN pg_proc p ON p.oid = o.oprcode
    WHERE p.provolatile <> 'i' OR p.proparallel <> 's' OR NOT p.proisstrict
    $$, 'every operator is immutable, strict and parallel safe');

SELECT is_empty($$
    SELECT identity FROM operator
    WHERE oprname IN ('=', '<>', '<', '<=', '>', '>=', '@>', '<@', '+', '*') AND oprleft <> 0 AND oprcom = 0
    $$, 'every operator that can be turned round has a commutator');

SELECT is_empty($$
    SELECT identity FROM operator
    WHERE oprname IN ('=', '<>', '<', '<=', '>', '>=') AND oprnegate = 0
    $$, 'every comparison has a negator');

SELECT is_empty($$
    SELECT identity FROM operator WHERE oprresult = 'boolean'::regtype AND (oprrest = 0 OR oprjoin = 0)
    $$, 'every condition has estimators of its selectivity');

SELECT is_empty($$
    SELECT identity FROM operator WHERE oprname = '=' AND NOT (oprcanhash AND oprcanmerge)
    $$, 'every equality can hash and merge');

SELECT is_empty($$
    SELECT o.identity FROM operator o
    JOIN pg_operator turned ON turned.oid = o.oprcom
    LEFT JOIN pg_operator negated ON negated.oid = o.oprnegate
    WHERE turned.oprcom <> o.oid OR turned.oprleft <> o.oprright OR turned.oprright <> o.oprleft
       OR negated.oprnegate <> o.oid
    $$, 'commutators and negators point at each other');

-- Casts.

SELECT is_empty($$
    SELECT i.identity FROM member i JOIN pg_cast c ON i.classid = 'pg_cast'::regclass AND c.oid = i.objid
    WHERE c.castcontext = 'i' AND c.castsource <> c.casttarget
    $$, 'nothing turns into another type by itself');

SELECT is_empty($$
    SELECT i.identity FROM member i JOIN pg_cast c ON i.classid = 'pg_cast'::regclass AND c.oid = i.objid
    JOIN pg_proc p ON p.oid = c.castfunc
    WHERE p.provolatile <> 'i'
    $$, 'every cast is immutable');

-- The market.

SELECT is_empty($$
    SELECT identity FROM market_function f WHERE obj_description(f.oid, 'pg_proc') IS NULL
    $$, 'every function of the market has a comment');

SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'market'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
      AND obj_description(c.oid, 'pg_class') IS NULL
    $$, 'every table and view of the market has a comment');

SELECT is_empty($$
    SELECT identity FROM market_function f
    WHERE f.prosqlbody IS NULL AND f.prokind <> 'p'
      AND NOT coalesce(f.proconfig @> ARRAY['search_path=market, ktt, pg_catalog, pg_temp'], false)
    $$, 'every function of the market pins its path, with pg_temp last');
SELECT is_empty($$
    SELECT identity FROM market_function f WHERE f.prokind = 'p' AND (f.prosecdef OR f.proconfig IS NOT NULL)
    $$, 'procedures have no path and no owner''s rights, or they could not commit');

SELECT is_empty($$
    SELECT i.identity
    FROM pg_depend d
    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'ktt' AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
    WHERE i.schema = 'market'
    $$, 'nothing of the market belongs to the extension');

-- A trigger function is checked with every table that it serves.
CREATE TEMP VIEW finding AS
SELECT f.identity, c.lineno, c.level, c.message
FROM market_function f
JOIN pg_language l ON l.oid = f.prolang AND l.lanname = 'plpgsql'
LEFT JOIN pg_trigger t ON t.tgfoid = f.oid
CROSS JOIN LATERAL plpgsql_check_function_tb(f.oid::regprocedure, coalesce(t.tgrelid, 0),
    fatal_errors => false, extra_warnings => true, performance_warnings => false, security_warnings => true) AS c;

SELECT is_empty('SELECT * FROM finding WHERE level = ''error''', 'plpgsql_check finds no error in the market');
SELECT is_empty('SELECT * FROM finding WHERE level <> ''error''', 'plpgsql_check finds nothing to warn of');

SELECT * FROM finish();
ROLLBACK;
