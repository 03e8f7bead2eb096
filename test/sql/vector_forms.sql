-- ktt.basket and ktt.shares in every form that a value can have: one-byte header, four-byte header, compressed, out of line,
-- both, expanded; through COPY in text and binary; compared and hashed across the forms; every function on each of them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ktt CASCADE;
RESET client_min_messages;
SET search_path = ktt, public;
\pset null '(null)'

-- One small pair of values and one large, the large one in every form of storage; + makes it anew, uncompressed.
CREATE TABLE forms_source AS
SELECT size, basket_agg(i * 7, 1 + i % 3, 100 + i % 11) AS basket, shares_agg(i * 7, i % 9 + 1) AS shares
FROM (VALUES ('small', 5), ('large', 1200)) AS v(size, n), generate_series(1, n) AS i GROUP BY size;
CREATE TABLE forms_plain (basket basket, shares shares);
ALTER TABLE forms_plain ALTER basket SET STORAGE plain, ALTER shares SET STORAGE plain;
CREATE TABLE forms_main (LIKE forms_plain);
ALTER TABLE forms_main ALTER basket SET STORAGE main, ALTER shares SET STORAGE main;
CREATE TABLE forms_external (LIKE forms_plain) WITH (toast_tuple_target = 128);
ALTER TABLE forms_external ALTER basket SET STORAGE external, ALTER shares SET STORAGE external;
CREATE TABLE forms_extended (LIKE forms_plain) WITH (toast_tuple_target = 128);
ALTER TABLE forms_extended ALTER basket SET STORAGE extended, ALTER shares SET STORAGE extended;
INSERT INTO forms_plain SELECT basket + '{}', shares + '{}' FROM forms_source WHERE size = 'large';
INSERT INTO forms_main SELECT basket + '{}', shares + '{}' FROM forms_source WHERE size = 'large';
INSERT INTO forms_external SELECT basket + '{}', shares + '{}' FROM forms_source WHERE size = 'large';
INSERT INTO forms_extended SELECT basket + '{}', shares + '{}' FROM forms_source WHERE size = 'large';

CREATE FUNCTION pg_temp.stored(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT concat_ws('' '', CASE WHEN pg_column_compression(basket) IS NULL THEN ''plain'' ELSE ''compressed'' END,
        CASE WHEN (SELECT pg_relation_size(reltoastrelid) > 0 FROM pg_class WHERE oid = %1$L::regclass) THEN ''out of line'' ELSE ''in line'' END) FROM %1$I', name)
        INTO result;
    RETURN result;
END $$;
SELECT form, pg_temp.stored('forms_' || form) FROM unnest('{plain,main,external,extended}'::text[]) AS form;
SELECT size, pg_column_size(basket) < 127 AS short_header FROM forms_source ORDER BY size;

CREATE VIEW forms AS
    SELECT size, 'made' AS form, basket, shares FROM forms_source
    UNION ALL SELECT 'large', 'plain', basket, shares FROM forms_plain
    UNION ALL SELECT 'large', 'main', basket, shares FROM forms_main
    UNION ALL SELECT 'large', 'external', basket, shares FROM forms_external
    UNION ALL SELECT 'large', 'extended', basket, shares FROM forms_extended
    UNION ALL SELECT size, 'expanded', sum(basket), sum(shares) FROM forms_source GROUP BY size
    UNION ALL SELECT size, 'collected', basket_agg(i.item, i.units, i.amount), (SELECT shares_agg(e.account, e.amount) FROM entries(min(f.shares::text)::shares) AS e)
        FROM forms_source AS f, items(f.basket) AS i GROUP BY size
    UNION ALL SELECT size, 'text', basket::text::basket, shares::text::shares FROM forms_source
    UNION ALL SELECT size, 'jsonb', basket::jsonb::basket, shares::jsonb::shares FROM forms_source;

-- Compared and hashed across all forms.
SELECT a.size, count(*) AS pairs,
       bool_and(a.basket = b.basket AND NOT a.basket <> b.basket AND a.basket <= b.basket AND a.basket >= b.basket AND NOT a.basket < b.basket
                AND NOT a.basket > b.basket AND basket_cmp(a.basket, b.basket) = 0) AS baskets_equal,
       bool_and(a.shares = b.shares AND NOT a.shares <> b.shares AND a.shares <= b.shares AND a.shares >= b.shares AND NOT a.shares < b.shares
                AND NOT a.shares > b.shares AND shares_cmp(a.shares, b.shares) = 0) AS shares_equal,
       bool_and(basket_hash(a.basket) = basket_hash(b.basket) AND basket_hash_extended(a.basket, 7) = basket_hash_extended(b.basket, 7)
                AND shares_hash(a.shares) = shares_hash(b.shares) AND shares_hash_extended(a.shares, 7) = shares_hash_extended(b.shares, 7)) AS hashes_equal,
       bool_and(basket_send(a.basket) = basket_send(b.basket) AND shares_send(a.shares) = shares_send(b.shares)) AS bytes_equal
FROM forms AS a JOIN forms AS b USING (size) GROUP BY a.size ORDER BY a.size;
SELECT bool_and((a.basket < b.basket) = (a.size > b.size) AND (a.basket = b.basket) = (a.size = b.size) AND (a.basket <> b.basket) = (a.size <> b.size)) AS in_order
FROM forms AS a, forms AS b;

-- Every function on every form: one answer for each size.
CREATE FUNCTION pg_temp.basket_answers(b basket) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY[b::text, basket_send(b)::text, b::jsonb::text, (b + b)::text, (b - '{7:1@1,8:1@1}')::text, ('{7:1@1,8:1@1}' - b)::text, (- b)::text, (b * 3)::text, (-2 * b)::text,
        units(b)::text, amount(b)::text, units(b, 14)::text, amount(b, 14)::text, (b -> 14)::text, cardinality(b)::text, (b ? 14)::text, (b ?| '{3,21}')::text, (b ?& '{7,21}')::text,
        (b @> '{7:1@1}')::text, (b <@ '{7:1@1}')::text, ('{7:1@1}' <@ b)::text, slice(b, '{7,35,36}')::text, (SELECT string_agg(i::text, ' ') FROM items(b) AS i),
        (SELECT string_agg(t::text, ' ') FROM top(b, 7) AS t), (SELECT string_agg(t::text, ' ') FROM top(b, 7, 'units') AS t), (SELECT sum(x)::text FROM (VALUES (b), (b), ('{1:1@1}')) AS v(x))]
$$;
CREATE FUNCTION pg_temp.shares_answers(s shares) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY[s::text, shares_send(s)::text, s::jsonb::text, (s + s)::text, (s - '{7:1,8:1}')::text, ('{7:1,8:1}' - s)::text, (- s)::text, (s * 3)::text, (-2 * s)::text,
        total(s)::text, amount(s, 14)::text, (s -> 14)::text, cardinality(s)::text, (s ? 14)::text, (s ?| '{3,21}')::text, (s ?& '{7,21}')::text, slice(s, '{7,35,36}')::text,
        reverse(s, 17)::text,
        (SELECT string_agg(e::text, ' ') FROM entries(s) AS e), (SELECT string_agg(t::text, ' ') FROM top(s, 7) AS t), (SELECT sum(x)::text FROM (VALUES (s), (s), ('{1:1}')) AS v(x))]
$$;
SELECT size, count(*) AS forms, count(DISTINCT pg_temp.basket_answers(basket)) AS basket_answers, count(DISTINCT pg_temp.shares_answers(shares)) AS shares_answers,
       bool_and(array_position(pg_temp.basket_answers(basket), NULL) IS NULL AND array_position(pg_temp.shares_answers(shares), NULL) IS NULL) AS complete
FROM forms GROUP BY size ORDER BY size;

-- Indexes hold them compressed, and find them.
CREATE TABLE forms_indexed (id int, basket basket, shares shares);
INSERT INTO forms_indexed SELECT i, basket * (1 + i % 3), shares * (1 + i % 3) FROM forms_extended, generate_series(1, 30) AS i;
CREATE INDEX ON forms_indexed USING hash (basket);
CREATE INDEX ON forms_indexed USING hash (shares);
CREATE INDEX ON forms_indexed USING gin (basket);
CREATE INDEX ON forms_indexed USING gin (shares);
SET enable_seqscan = off;
SELECT count(*) FROM forms_indexed WHERE basket = (SELECT basket * 2 FROM forms_main);
SELECT count(*) FROM forms_indexed WHERE shares = (SELECT 3 * shares FROM forms_external);
SELECT count(*) FROM forms_indexed WHERE basket @> (SELECT basket * 2 FROM forms_main);
SELECT count(*) FROM forms_indexed WHERE basket ?& '{7,8400}' AND shares ?| '{1,8393}' AND NOT shares ? 8399;
CREATE TABLE forms_sorted AS SELECT i AS id, basket, shares FROM forms_source, generate_series(1, 30) AS i WHERE size = 'small';
INSERT INTO forms_sorted SELECT i, slice(basket, ARRAY(SELECT 7 * k FROM generate_series(1, 300) AS k)), NULL FROM forms_main, generate_series(1, 5) AS i;
CREATE INDEX ON forms_sorted (basket);
SELECT count(*), count(DISTINCT basket) FROM forms_sorted WHERE basket >= (SELECT basket FROM forms_source WHERE size = 'small');
RESET enable_seqscan;

-- Through COPY: random values of every length, empty and NULL among them.
SELECT setseed(0.1);
CREATE TABLE forms_random AS
SELECT v, CASE WHEN v % 50 > 0 THEN coalesce(basket_agg(key, units, amount) FILTER (WHERE v % 50 > 1), '{}') END AS basket,
       CASE WHEN v % 50 > 0 THEN coalesce(shares_agg(key, amount) FILTER (WHERE v % 50 > 1), '{}') END AS shares
FROM (SELECT v, CASE WHEN v % 2 = 0 THEN 1 + floor(random() * 9e18)::bigint ELSE 1 + floor(random() * 500)::bigint END AS key,
             (sign(random() - 0.5) * 2 ^ (random() * 55))::bigint AS units, (sign(random() - 0.3) * 2 ^ (random() * 55))::bigint AS amount
      FROM generate_series(1, 1000) AS v, generate_series(1, 1 + (v % 40) * (v % 3))) AS d GROUP BY v;
CREATE TABLE forms_binary (LIKE forms_random);
CREATE TABLE forms_text (LIKE forms_random);
\copy forms_random TO 'results/vector_forms.binary' (FORMAT binary)
\copy forms_binary FROM 'results/vector_forms.binary' (FORMAT binary)
\copy forms_random TO 'results/vector_forms.text'
\copy forms_text FROM 'results/vector_forms.text'
SELECT count(*), count(basket), count(*) FILTER (WHERE basket = '{}') AS empty, max(cardinality(basket)) AS most FROM forms_random;
SELECT count(*) AS differences FROM forms_random AS r FULL JOIN forms_binary AS b USING (v) FULL JOIN forms_text AS t USING (v)
WHERE r.basket IS DISTINCT FROM b.basket OR r.shares IS DISTINCT FROM b.shares OR r.basket IS DISTINCT FROM t.basket OR r.shares IS DISTINCT FROM t.shares
   OR r.basket IS DISTINCT FROM r.basket::jsonb::basket OR r.shares IS DISTINCT FROM r.shares::jsonb::shares;

DROP VIEW forms;
DROP TABLE forms_source, forms_plain, forms_main, forms_external, forms_extended, forms_indexed, forms_sorted, forms_random, forms_binary, forms_text;
