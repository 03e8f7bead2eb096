-- What the catalog must say of every object of ktt and of a market, whoever added it.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
-- It must be there before the first function in PL/pgSQL runs.
LOAD 'plpgsql_check';
BEGIN;
SELECT plan(14);
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

SELECT is_empty($$
    SELECT identity FROM member
    WHERE type NOT IN ('operator family', 'function of access method', 'operator of access method')
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
    SELECT o.oid::regoperator FROM pg_operator o
    WHERE o.oprnamespace = 'ktt'::regnamespace
      AND (SELECT provolatile <> 'i' FROM pg_proc p WHERE p.oid = o.oprcode)
    $$, 'every operator is immutable');

SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'ktt'::regnamespace AND p.prokind <> 'p' AND p.provolatile = 'i' AND p.proparallel <> 's'
    $$, 'every immutable function is parallel safe');

SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'ktt'::regnamespace AND p.prosecdef
    $$, 'no function of the extension runs with its owner''s rights');

SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'sql'
    WHERE p.pronamespace = 'ktt'::regnamespace AND p.prosqlbody IS NULL
    $$, 'SQL functions of the extension have bodies that are bound when they are made');

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
    WHERE f.prosqlbody IS NULL
      AND NOT coalesce(f.proconfig @> ARRAY['search_path=market, ktt, pg_catalog, pg_temp'], false)
    $$, 'every function of the market pins its path, with pg_temp last');

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
