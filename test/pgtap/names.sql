-- What the names of ktt do to statements that use none of its types: nothing. With
-- ktt on the search path, even before pg_catalog, every operator and function on
-- built-in types means what it meant.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
SELECT no_plan();

SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_proc b USING (proname, proargtypes)
    WHERE p.pronamespace = 'ktt'::regnamespace AND b.pronamespace = 'pg_catalog'::regnamespace
    $$, 'no function has the name and the arguments of a built-in one');
SELECT is_empty($$
    SELECT o.oid::regoperator FROM pg_operator o JOIN pg_operator b USING (oprname, oprleft, oprright)
    WHERE o.oprnamespace = 'ktt'::regnamespace AND b.oprnamespace = 'pg_catalog'::regnamespace
    $$, 'no operator either');
SELECT is_empty($$
    SELECT t.typname FROM pg_type t JOIN pg_type b USING (typname)
    WHERE t.typnamespace = 'ktt'::regnamespace AND b.typnamespace = 'pg_catalog'::regnamespace
    $$, 'no type has the name of a built-in one');

CREATE TEMP TABLE operand AS
SELECT format('NULL::%s', t) AS term, true AS typed
FROM unnest('{text,varchar,name,"\"char\"",smallint,integer,bigint,numeric,"double precision",boolean,date,timestamptz,interval,
    jsonb,bytea,uuid,oid,integer[],bigint[],text[],int8range,tsvector,inet,point,money}'::text[]) t
UNION ALL VALUES ('''zzz''', false), ('''7''', false), ('''{}''', false), ('NULL', false);

-- Every operator name of ktt between all of them, and every function name that
-- is also that of something built in, of one and of two. Between two literals
-- without a type there is nothing that an operator could mean.
CREATE TEMP TABLE expression AS
SELECT format('%s %s %s', l.term, o.oprname, r.term) AS text
FROM (SELECT DISTINCT oprname FROM pg_operator WHERE oprnamespace = 'ktt'::regnamespace) o, operand l, operand r
WHERE l.typed OR r.typed
UNION ALL
SELECT format('%s %s', o.oprname, r.term)
FROM (SELECT DISTINCT oprname FROM pg_operator WHERE oprnamespace = 'ktt'::regnamespace AND oprleft = 0) o, operand r;
WITH shared AS (
    SELECT DISTINCT proname FROM pg_proc
    WHERE pronamespace = 'ktt'::regnamespace
      AND (proname IN (SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace)
           OR proname IN (SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace)))
INSERT INTO expression
SELECT format('%s(%s)', proname, term) FROM shared, operand
UNION ALL
SELECT format('%s(%s, %s)', proname, l.term, r.term) FROM shared, operand l, operand r;
INSERT INTO expression VALUES ('count(*)'), ('count(1)'), ('version()'), ('current_schema()');

-- The type of an expression, or why it has none.
CREATE FUNCTION pg_temp.meaning(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_type text;
BEGIN
    EXECUTE format('SELECT pg_typeof(%s)', expression) INTO v_type;
    RETURN v_type;
EXCEPTION WHEN OTHERS THEN
    RETURN format('%s %s', SQLSTATE, SQLERRM);
END
$$;

-- What is no call of anything built in cannot be taken away from it.
SET LOCAL search_path = pg_catalog;
CREATE TEMP TABLE meaning AS
SELECT text, pg_temp.meaning(text) AS plain FROM expression;
DELETE FROM meaning WHERE plain ~ '^(42883|42725|42704|42804|42P18) ';
SET LOCAL search_path = public;
SELECT cmp_ok((SELECT count(*) FROM meaning), '>', 2000::bigint, 'many expressions on built-in types');
SET LOCAL search_path = ktt, pg_catalog;
CREATE TEMP TABLE shadowed AS SELECT text, plain, pg_temp.meaning(text) AS meant FROM meaning;
SET LOCAL search_path = ktt, public;
CREATE TEMP TABLE behind AS SELECT text, plain, pg_temp.meaning(text) AS meant FROM meaning;
SET LOCAL search_path = public;
SELECT is_empty('SELECT * FROM shadowed WHERE plain IS DISTINCT FROM meant', 'mean the same with ktt before pg_catalog');
SELECT is_empty('SELECT * FROM behind WHERE plain IS DISTINCT FROM meant', 'and with ktt on the path');

-- The traps that others have fallen into, with values.
SET LOCAL search_path = ktt, pg_catalog, public;
SELECT is('order ' || 7::bigint, 'order 7', 'text || bigint');
SELECT is(7 || ' orders', '7 orders', 'integer || text');
SELECT is('{"7": 1}'::jsonb ? '7', true, 'jsonb ? text');
SELECT is('{"7": 1}'::jsonb ?| '{7,8}', true, 'jsonb ?| an untyped array');
SELECT is('{"7": 1}'::jsonb @> '{"7": 1}', true, 'jsonb @> an untyped literal');
SELECT is('{"7": 1}'::jsonb -> '7', '1'::jsonb, 'jsonb -> text');
SELECT is('{"7": 1}'::jsonb - '7', '{}'::jsonb, 'jsonb - text');
SELECT is(ARRAY[7, 12] @> '{7}', true, 'integer[] @> an untyped array');
SELECT is(ARRAY[7, 12]::bigint[] || 93::bigint, '{7,12,93}'::bigint[], 'bigint[] || bigint');
SELECT is(date '2026-01-02' - '2026-01-01', 1, 'date - an untyped date');
SELECT is(-(7::bigint) * '2', -14::bigint, 'bigint * an untyped number');
SELECT is((SELECT sum(n) FROM generate_series(1, 3) n), 6::bigint, 'sum(integer)');
SELECT is((SELECT count(b) FROM (VALUES ('{1:1@1}'::ktt.basket), (NULL)) v(b)), 1::bigint, 'count(basket) counts rows');
SELECT is(reverse('abc'), 'cba', 'reverse(text)');
SELECT is(cardinality('{1,2}'::integer[]), 2, 'cardinality(integer[])');
SELECT is(to_jsonb(7), '7'::jsonb, 'to_jsonb(integer)');
SELECT matches(version(), '^PostgreSQL ', 'version() is the server''s');

SELECT * FROM finish();
ROLLBACK;
