-- What holds of every type, whoever added it: what is printed, sent, copied, cast or
-- stored in another way comes back as the same value, with the same hash.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
SELECT no_plan();
SET search_path = ktt, public;
\ir lib/samples.sql

-- Large values too: they are compressed and toasted.
INSERT INTO sample
SELECT 'basket', format('{%s}', string_agg(format('%s:%s@%s', n * 7, n % 5 - 2, n), ',')), NULL, NULL FROM generate_series(1, 9000) n
UNION ALL
SELECT 'shares', format('{%s}', string_agg(format('%s:%s', n::bigint * n * n, n - 7), ',')), NULL, NULL FROM generate_series(1, 9000) n
UNION ALL
SELECT 'pickup_index', format('{%s}', string_agg(format('%s:%s %s capacity %s', n * 7, n / 100.0, n / 200.0, n), ',')), NULL, NULL FROM generate_series(1, 9000) n
UNION ALL
SELECT 'split', string_agg(format('%s%s 1%% of margin min %s', repeat('x', 60), n, n), ',') || ',q rest', NULL, NULL FROM generate_series(10, 63) n;

CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_result text;
BEGIN
    EXECUTE query INTO v_result;
    RETURN v_result;
END
$$;

-- A table for every type, with its values plain, as arrays and with NULL between them.
CREATE TEMP TABLE tried AS
SELECT DISTINCT s.type, format_type(t.oid, NULL) AS name, t.typname AS noun
FROM sample s JOIN pg_type t ON t.typname = s.type
WHERE t.typnamespace = 'ktt'::regnamespace AND t.typtype = 'b';
SELECT is_empty($$
    SELECT t.typname FROM pg_type t
    WHERE t.typnamespace = 'ktt'::regnamespace AND t.typtype = 'b' AND t.typcategory <> 'A'
      AND NOT EXISTS (SELECT FROM tried WHERE type = t.typname)
    $$, 'every type is tried');
SELECT format('CREATE TEMP TABLE kept_%s (n integer, one %s, many %s[])', noun, name, name) FROM tried \gexec
SELECT format('INSERT INTO kept_%s SELECT row_number() OVER (), input::%s, ARRAY[input::%s, NULL] FROM sample WHERE type = %L AND code IS NULL',
                              noun, name, name, type) FROM tried \gexec
SELECT format('INSERT INTO kept_%s VALUES (0, NULL, NULL)', noun) FROM tried \gexec

SELECT is(pg_temp.outcome(format('SELECT count(*) FROM kept_%s WHERE one::text::%s <> one OR one::text::%s::text <> one::text OR many::text::%s[] <> many',
                                 noun, name, name, name)), '0', format('%s: text comes back', name))
FROM tried;

-- The server runs in its data directory, which is private.
SELECT format('COPY kept_%s TO PROGRAM %L WITH (FORMAT binary)', noun, 'cat >ktt_types.' || noun) FROM tried \gexec
SELECT format('CREATE TEMP TABLE back_%s (LIKE kept_%s)', noun, noun) FROM tried \gexec
SELECT format('COPY back_%s FROM PROGRAM %L WITH (FORMAT binary)', noun, format('cat ktt_types.%s; rm ktt_types.%s', noun, noun)) FROM tried \gexec
SELECT is(pg_temp.outcome(format($$
    SELECT count(*) FROM kept_%s k FULL JOIN back_%s b USING (n)
    WHERE k.one IS DISTINCT FROM b.one OR k.many IS DISTINCT FROM b.many OR %s_send(k.one) IS DISTINCT FROM %s_send(b.one)
    $$, noun, noun, noun, noun)), '0', format('%s: COPY BINARY comes back, also in arrays', name))
FROM tried;
SELECT cmp_ok(pg_temp.outcome(format('SELECT count(*) FROM back_%s', noun))::integer, '>=', 3, format('%s: there were rows', name))
FROM tried;

-- However a value is stored: in the row, compressed, or out of it.
SELECT format('CREATE TEMP TABLE %s_%s (n integer, one %s)', storage, noun, name)
FROM tried, unnest('{plain,external,extended}'::text[]) storage \gexec
SELECT format('ALTER TABLE %s_%s ALTER one SET STORAGE %s', storage, noun, storage)
FROM tried, unnest('{plain,external,extended}'::text[]) storage \gexec
SELECT format('INSERT INTO %s_%s SELECT n, one FROM kept_%s WHERE pg_column_size(one) < CASE %L WHEN ''plain'' THEN 2000 ELSE 1e9 END',
                              storage, noun, noun, storage)
FROM tried, unnest('{plain,external,extended}'::text[]) storage \gexec
SELECT is(pg_temp.outcome(format($$
    SELECT count(*) FROM kept_%s k JOIN %s_%s s USING (n)
    WHERE NOT (k.one = s.one AND NOT k.one <> s.one AND k.one <= s.one AND NOT k.one < s.one)
       OR %s_cmp(k.one, s.one) <> 0 OR %s_hash(k.one) <> %s_hash(s.one)
       OR %s_hash_extended(k.one, 42) <> %s_hash_extended(s.one, 42)
    $$, noun, storage, noun, noun, noun, noun, noun, noun)), '0', format('%s: the same with storage %s', name, storage))
FROM tried, unnest('{plain,external,extended}'::text[]) storage;
SELECT is(pg_temp.outcome(format('SELECT count(*) FROM kept_%s WHERE %s_hash(one) <> (%s_hash_extended(one, 0) & 4294967295)::bit(32)::integer', noun, noun, noun)),
          '0', format('%s: without a seed the long hash is the short one', name))
FROM tried;

-- By the cast to every other type that has one back.
CREATE TEMP TABLE way AS
SELECT there.castsource::regtype::text AS type, there.casttarget::regtype::text AS by, t.typname AS noun
FROM pg_cast there
JOIN pg_cast back ON back.castsource = there.casttarget AND back.casttarget = there.castsource
JOIN pg_type t ON t.oid = there.castsource AND t.typnamespace = 'ktt'::regnamespace
WHERE there.castsource <> there.casttarget AND t.typtype = 'b';
SELECT is_empty('SELECT name FROM tried WHERE type <> ''pickup_index'' AND NOT EXISTS (SELECT FROM way WHERE way.type = tried.name AND by = ''jsonb'')',
                'every type goes to jsonb and back but for pickup points, which go to rows');
SELECT is(pg_temp.outcome(format($$
    SELECT count(*) FROM kept_%s
    WHERE one::%s::%s <> one OR %s_hash(one::%s::%s) <> %s_hash(one) OR %s_send(one::%s::%s) <> %s_send(one)
    $$, noun, by, type, noun, by, type, noun, noun, by, type, noun)), '0', format('%s: comes back from %s, with its hash', type, by))
FROM way;

SELECT * FROM finish();
ROLLBACK;
