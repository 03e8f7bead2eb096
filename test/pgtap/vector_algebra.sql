-- Baskets and shares are vectors: the laws of addition and of multiples hold for random values, every operator is what it is in rows
-- and numeric, and the order in which entries come never matters. KTT_LONG=1 runs more of it.
\set ON_ERROR_STOP on
\set VALUES 10000
\getenv long KTT_LONG
\if :{?long}
\set VALUES 200000
\endif
SET search_path = ktt, public;
SELECT plan(19);
SELECT setseed(0.4) \g /dev/null

-- Keys few and common, far apart, or at the end; numbers small, of every length, or close to a quarter of what fits.
CREATE FUNCTION pg_temp.number(shape int) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (CASE shape % 4 WHEN 0 THEN floor(random() * 5) - 2 WHEN 1 THEN floor(random() * 4000) - 500
                           WHEN 2 THEN sign(random() - 0.5) * 2 ^ (random() * 59) ELSE (random() - 0.5) * 4e18 END)::bigint
$$;
CREATE TEMP TABLE rows AS
SELECT v, id, CASE v % 3 WHEN 0 THEN 1 + floor(12 * random())::bigint WHEN 1 THEN 1 + floor(12 * random())::bigint * 1000000007
                         ELSE 9223372036854775807 - floor(12 * random())::bigint END AS key,
       pg_temp.number(v + 0 * id) / 8 AS units, pg_temp.number(v / 4 + 0 * id) / 8 AS amount
FROM generate_series(1, :VALUES) AS v, generate_series(1, 3) AS id, generate_series(1, v % 7);
CREATE TEMP TABLE triples AS
WITH made AS (SELECT v, id, basket_agg(key, units, amount) AS b, shares_agg(key, amount) AS s FROM rows GROUP BY v, id)
SELECT v, (v % 9 - 4)::bigint AS n, (v % 5 - 2)::bigint AS m,
       coalesce(sum(b) FILTER (WHERE id = 1), '{}') AS a, coalesce(sum(b) FILTER (WHERE id = 2), '{}') AS b, coalesce(sum(b) FILTER (WHERE id = 3), '{}') AS c,
       coalesce(sum(s) FILTER (WHERE id = 1), '{}') AS p, coalesce(sum(s) FILTER (WHERE id = 2), '{}') AS q, coalesce(sum(s) FILTER (WHERE id = 3), '{}') AS r
FROM generate_series(1, :VALUES) AS v LEFT JOIN made USING (v) GROUP BY v;
-- Multiples only of numbers that leave room for them.
CREATE TEMP TABLE small AS SELECT * FROM triples WHERE v % 4 < 2 AND v / 4 % 4 < 2;
ANALYZE triples;
SELECT cmp_ok((SELECT count(*) FROM small WHERE a <> b AND cardinality(a) > 1), '>', :VALUES / 8::bigint, 'there is something to add up');

SELECT is_empty($$SELECT v FROM triples WHERE a + b <> b + a OR p + q <> q + p$$, 'a + b = b + a');
SELECT is_empty($$SELECT v FROM triples WHERE (a + b) + c <> a + (b + c) OR (p + q) + r <> p + (q + r)$$, '(a + b) + c = a + (b + c)');
SELECT is_empty($$SELECT v FROM triples WHERE a + '{}' <> a OR a - a <> '{}' OR a + (- a) <> '{}' OR - (- a) <> a OR a - b <> a + (- b) OR - (a - b) <> b - a
    OR p + '{}' <> p OR p - p <> '{}' OR p + (- p) <> '{}' OR - (- p) <> p OR p - q <> p + (- q) OR - (p - q) <> q - p$$, 'every value has its opposite');
SELECT is_empty($$SELECT v FROM triples WHERE (a + b) - b <> a OR (p - q) + q <> p$$, 'what was added can be taken away');
SELECT is_empty($$SELECT v FROM triples WHERE a * 1 <> a OR 1 * a <> a OR a * 0 <> '{}' OR a * -1 <> - a OR p * 1 <> p OR 0 * p <> '{}' OR -1 * p <> - p$$, 'once, never, and the opposite');
SELECT is_empty($$SELECT v FROM small WHERE n * (a + b) <> n * a + n * b OR (n + m) * a <> n * a + m * a OR (n * m) * a <> n * (m * a) OR a * n <> n * a
    OR n * (p + q) <> n * p + n * q OR (n + m) * p <> n * p + m * p OR (n * m) * p <> n * (m * p) OR p * n <> n * p$$, 'multiples distribute over sums, and sums over multiples');
SELECT is_empty($$SELECT v FROM small WHERE a + a + a <> a * 3 OR p + p <> 2 * p$$, 'a multiple is a sum');
SELECT is_empty($$SELECT v FROM small WHERE units(a + b) <> units(a) + units(b) OR amount(a - b) <> amount(a) - amount(b) OR amount(n * a) <> n * amount(a)
    OR total(p + q) <> total(p) + total(q) OR total(n * p) <> n * total(p)$$, 'totals are linear');

-- The operators in rows and numeric.
CREATE TEMP TABLE operands AS SELECT v, n, o.* FROM triples, LATERAL (VALUES (a, b, p, q)) AS o(a, b, p, q);
CREATE FUNCTION pg_temp.baskets_differ(operator text, units text, amount text) RETURNS TABLE(v int, found basket) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('
        SELECT o.v, o.a %1$s o.b FROM operands o CROSS JOIN LATERAL (
            SELECT string_agg(format(''%%s:%%s@%%s'', item, %2$s, %3$s), '','' ORDER BY item) FILTER (WHERE %2$s <> 0 OR %3$s <> 0) AS text
            FROM (SELECT item, coalesce(x.units, 0)::numeric AS xu, coalesce(x.amount, 0)::numeric AS xa, coalesce(y.units, 0)::numeric AS yu, coalesce(y.amount, 0)::numeric AS ya
                  FROM items(o.a) AS x FULL JOIN items(o.b) AS y USING (item)) AS e) AS expected
        WHERE (o.a %1$s o.b)::text <> ''{'' || coalesce(expected.text, '''') || ''}''', operator, units, amount);
END $$;
SELECT is_empty($$SELECT * FROM pg_temp.baskets_differ('+', 'xu + yu', 'xa + ya')$$, '+ of baskets, item by item');
SELECT is_empty($$SELECT * FROM pg_temp.baskets_differ('-', 'xu - yu', 'xa - ya')$$, '- of baskets, item by item');
SELECT is_empty($$
    SELECT v, expected.text FROM operands, LATERAL (
        SELECT string_agg(format('%s:%s', account, coalesce(x.amount, 0)::numeric - coalesce(y.amount, 0)), ',' ORDER BY account)
            FILTER (WHERE coalesce(x.amount, 0) <> coalesce(y.amount, 0)) AS text
        FROM entries(p) AS x FULL JOIN entries(q) AS y USING (account)) AS expected
    WHERE (p - q)::text <> '{' || coalesce(expected.text, '') || '}'$$, '- of shares, account by account');
SELECT is_empty($$
    SELECT v FROM operands WHERE (a @> b) <> NOT EXISTS (SELECT FROM items(a - b) AS i WHERE i.units < 0 OR i.amount < 0) OR (a @> b) <> (b <@ a)
    $$, '@> says that nothing of a - b is negative');
SELECT is_empty($$SELECT v FROM triples WHERE NOT a @> a OR (a @> b AND b @> a AND a <> b) OR (a @> b AND b @> c AND NOT a @> c) OR (a @> b) <> (a + c @> b + c)$$, '@> is an order, and adding keeps it');
SELECT is_empty($$
    SELECT v FROM operands, LATERAL (SELECT coalesce(array_agg(item), '{}') AS keys FROM items(b)) AS k
    WHERE (a ?| keys) <> EXISTS (SELECT FROM items(a) AS x JOIN items(b) AS y USING (item)) OR (a ?& keys) <> NOT EXISTS (SELECT item FROM items(b) EXCEPT SELECT item FROM items(a))
       OR slice(a, keys) + (a - slice(a, keys)) <> a OR slice(a, keys) ?& keys <> (a ?& keys) OR cardinality(slice(a, keys)) <> (SELECT count(*) FROM items(a) AS x JOIN items(b) AS y USING (item))
       OR cardinality(a) <> (SELECT count(*) FROM items(a))
    $$, 'tests for keys, slices and numbers of entries are those of the rows');
SELECT is_empty($$
    SELECT v FROM operands WHERE v % 2 = 0 AND (
        (SELECT array_agg(t) FROM top(a, v % 5) AS t) IS DISTINCT FROM (SELECT array_agg(t) FROM (SELECT i AS t FROM items(a) AS i ORDER BY amount DESC, item LIMIT v % 5) AS s)
        OR (SELECT array_agg(t.item) FROM top(a, v % 5, 'units') AS t) IS DISTINCT FROM (SELECT array_agg(item) FROM (SELECT item FROM items(a) ORDER BY units DESC, item LIMIT v % 5) AS s)
        OR (SELECT array_agg(t.account) FROM top(p, 3) AS t) IS DISTINCT FROM (SELECT array_agg(account) FROM (SELECT account FROM entries(p) ORDER BY amount DESC, account LIMIT 3) AS s))
    $$, 'top() is the start of the rows in order');

-- The order of input: rows, arrays, text and sums, forwards, backwards and at random.
SELECT is_empty($$
    SELECT v FROM (
        SELECT v, basket_agg(key, units, amount) AS as_it_comes, basket_agg(key, units, amount ORDER BY key, units) AS up, basket_agg(key, units, amount ORDER BY key DESC) AS down,
               basket_agg(key, units, amount ORDER BY random()) AS at_random, basket(array_agg(key ORDER BY amount), array_agg(units ORDER BY amount), array_agg(amount ORDER BY amount)) AS arrays,
               sum(basket(key, units, amount) ORDER BY random()) AS sums
        FROM rows GROUP BY v) AS o
    WHERE as_it_comes <> up OR up <> down OR down <> at_random OR at_random <> arrays OR arrays <> sums
    $$, 'rows and arrays in any order are one basket');
SELECT is_empty($$
    SELECT v FROM (
        SELECT v, shares_agg(key, amount) AS as_it_comes, shares_agg(key, amount ORDER BY key DESC) AS down, shares(array_agg(key ORDER BY units), array_agg(amount ORDER BY units)) AS arrays,
               sum(shares(key, amount) ORDER BY random()) AS sums
        FROM rows GROUP BY v) AS o
    WHERE as_it_comes <> down OR down <> arrays OR arrays <> sums
    $$, 'rows and arrays in any order are the same shares');
SELECT is_empty($$
    SELECT v FROM operands
    WHERE (SELECT '{' || coalesce(string_agg(format(' %s : %s @ %s ', item, units, amount), ',' ORDER BY random()), '') || '}' FROM items(a))::basket <> a
       OR (SELECT coalesce(jsonb_object_agg(item, jsonb_build_object('amount', amount, 'units', units) ORDER BY random()), '{}') FROM items(a))::basket <> a
       OR (SELECT '{' || coalesce(string_agg(account || ':' || amount, ', ' ORDER BY amount), '') || '}' FROM entries(p))::shares <> p
    $$, 'text and jsonb in any order are the same value');
SELECT * FROM finish();
