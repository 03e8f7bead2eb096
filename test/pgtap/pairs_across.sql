-- Pairs of calls of different areas, on one campaign that is open and two that are delivered, of the same people: some of them, all with KTT_LONG=1.
\ir lib/pairs.sql
SET statement_timeout = '60min';
SELECT plan(8);
SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
\ir lib/pairs_delivered.sql
\ir lib/pairs_banked.sql
\ir lib/pairs_open.sql
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v jsonb := banked(k);
    l bigint := v ->> 'l';
    v_skus bigint[] := ARRAY(SELECT add_sku((v ->> 'u')::bigint, n) FROM unnest('{plum,rice,pear}'::text[]) n);
BEGIN
    PERFORM offer_sku(s, l, 700) FROM unnest(v_skus) s;
    PERFORM form_partnership(l, 4), form_partnership(l, 9);
    v := v || opened(k, l, v_skus, (v ->> 'g')::bigint);
    RETURN v || jsonb_build_object('journals', (SELECT max(j.id) FROM journals j));
END
$$;
CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws('; ', outcome_opened(v), outcome_banked(v)) $$;
\ir lib/pair_calls.sql
INSERT INTO fixture.calls SELECT concat_ws(' ', l.area, l.name), l.area, l.call, l.name = 'expire' FROM fixture.all_calls l WHERE l.area IN ('orders', 'parcels', 'money', 'bank', 'settling');
\getenv long KTT_LONG
SELECT CASE WHEN :{?long} THEN 1 ELSE 41 END AS one_in \gset
INSERT INTO fixture.pairs
SELECT x.* FROM (SELECT row_number() OVER (ORDER BY a.name, b.name) AS k, a.name, b.name FROM fixture.calls a JOIN fixture.calls b ON b.area <> a.area) x
WHERE x.k % :one_in = 0;
SELECT cmp_ok((SELECT count(DISTINCT p.a) FROM fixture.pairs p), '>', 80::bigint, 'nearly every call is in some pair');
-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 101
\set outcomes 1000000
\ir lib/pairs_run.sql
