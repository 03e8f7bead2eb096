-- Splits against the reference of test/oracle, which is written in another language: what every function says of 20,000 random
-- sales, and bounds against every sale of a range.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = ktt, public;
BEGIN;
SELECT plan(24);

CREATE TEMP TABLE cases (
    id int PRIMARY KEY, rule text NOT NULL, sale bigint NOT NULL, cost bigint NOT NULL, units bigint NOT NULL, volume bigint NOT NULL,
    left_over bigint, parts bigint[], explained jsonb, accounts bigint[] NOT NULL, shares text NOT NULL);
\copy cases FROM PROGRAM 'python3 -B test/oracle/generate.py --sql 20000' (DELIMITER '|', NULL '')
ANALYZE cases;
CREATE TEMP VIEW splits AS
SELECT c.id, c.rule::split AS rule, c.sale, c.cost, c.units, c.volume, c.left_over, c.parts, c.explained, c.accounts, c.shares FROM cases c;

SELECT is((SELECT count(*) FROM cases), 20000::bigint, 'the reference has its say');
SELECT cmp_ok(count(*), '>', 100::bigint, 'often enough: ' || coalesce(k.kind, '')) FROM (
    SELECT CASE WHEN parts IS NOT NULL THEN 'holds' ELSE shares END AS kind FROM cases
    UNION ALL SELECT 'absent to rest' FROM cases WHERE array_position(accounts, NULL) > 0 AND shares LIKE '{%'
    UNION ALL SELECT 'ladder' FROM cases WHERE rule LIKE '%ladder(%' AND parts IS NOT NULL AND volume > 0
    UNION ALL SELECT 'bound met' FROM cases WHERE explained @? '$[*][5] ? (@ == "min" || @ == "max")') k
GROUP BY k.kind ORDER BY k.kind;

-- What a call is answered with: its result as text, or the kind of refusal in the words of the reference.
CREATE FUNCTION pg_temp.refusal(code text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT CASE code WHEN '22023' THEN 'value' WHEN '22003' THEN 'range' WHEN 'KT201' THEN 'uncovered' WHEN 'KT203' THEN 'absent' ELSE code END$$;
CREATE FUNCTION pg_temp.parts(c splits) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT array_agg(a.amount ORDER BY a.place)::text || array_agg(a.party ORDER BY a.place)::text
            FROM allocate(c.rule, c.sale, c.cost, c.units, c.volume) WITH ORDINALITY AS a(party, amount, place));
EXCEPTION WHEN OTHERS THEN RETURN pg_temp.refusal(SQLSTATE);
END $$;
CREATE FUNCTION pg_temp.shares(c splits) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN allocate(c.rule, c.sale, c.cost, c.units, c.accounts, c.volume)::text;
EXCEPTION WHEN OTHERS THEN RETURN pg_temp.refusal(SQLSTATE);
END $$;
CREATE FUNCTION pg_temp.explained(c splits) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_build_array(e.party, e.term, e.base, e.exact::text, e.rounding::text, e.bound, e.amount) ORDER BY e.ordinal)
            FROM explain_split(c.rule, c.sale, c.cost, c.units, c.volume) AS e);
EXCEPTION WHEN OTHERS THEN RETURN pg_temp.refusal(SQLSTATE);
END $$;

SELECT is((SELECT count(*) FROM cases WHERE rule::split::text <> rule), 0::bigint, 'rules print as the reference writes them');
SELECT is((SELECT count(*) FROM cases WHERE rule::split::jsonb::split::text <> rule), 0::bigint, 'and come back from jsonb');
SELECT is((SELECT count(*) FROM cases WHERE needs_volume(rule::split) <> (rule LIKE '%ladder(%')), 0::bigint, 'those with a ladder need a volume');
SELECT is_empty($$SELECT c.id, pg_temp.parts(c) FROM splits c
                  WHERE pg_temp.parts(c) IS DISTINCT FROM coalesce(c.parts::text || parties(c.rule)::text, c.shares)$$,
                'allocate gives the parts of the reference, or refuses for its reason');
SELECT is_empty($$SELECT c.id, pg_temp.shares(c), c.shares FROM splits c WHERE pg_temp.shares(c) IS DISTINCT FROM c.shares$$,
                'the same by account, the part of an absent party to the rest');
SELECT is_empty($$SELECT c.id, k.* FROM splits c, check_split(c.rule, c.sale, c.cost, c.units, c.volume) AS k
                  WHERE k.holds <> (c.parts IS NOT NULL) OR k.left_over IS DISTINCT FROM c.left_over OR (k.reason IS NULL) <> k.holds
                     OR k.parts IS DISTINCT FROM (SELECT jsonb_object_agg(p.party, p.amount) FROM unnest(parties(c.rule), c.parts) AS p(party, amount)
                                                  WHERE c.parts IS NOT NULL)$$,
                'check_split says whether it holds, what is left and what each party gets');
SELECT is_empty($$SELECT c.id, pg_temp.explained(c) FROM splits c
                  WHERE pg_temp.explained(c) IS DISTINCT FROM coalesce(c.explained::text, CASE c.shares WHEN 'absent' THEN NULL ELSE c.shares END)$$,
                'explain_split shows the reference''s base, exact share, rounding and bound of every clause');
SELECT is_empty($$SELECT c.id FROM splits c, explain_split(c.rule, c.sale, c.cost, c.units, c.volume) AS e
                  WHERE c.parts IS NOT NULL AND (abs(e.rounding) >= 1 OR e.bound IS NULL AND e.exact + e.rounding <> e.amount)$$,
                'every part is within a unit of its exact share, and nothing but a bound replaces it');

-- Bounds. Around the sale of each case, every sale is tried.
CREATE TEMP TABLE ranges AS
SELECT c.id, c.rule, c.cost, c.units, c.volume, greatest(c.sale, 70) - 70 AS lowest, least(c.sale, 9223372036854775737) + 70 AS highest
FROM splits c WHERE c.id % 16 = 0 AND c.sale >= 0
UNION ALL
SELECT c.id, c.rule, c.cost, c.units, c.volume, c.cost - 20, c.cost + 120
FROM splits c WHERE c.id % 16 = 1 AND c.cost BETWEEN 20 AND 9223372036854775000
UNION ALL
-- Rules of just about the whole sale, which hold for some sales and fail for the next.
SELECT n, r.rule::split, n % 13, n % 3, n % 70, 60, 400
FROM generate_series(1, 600) AS n,
     LATERAL (SELECT CASE n % 3
         WHEN 0 THEN format('a %s%% of sale, b %s%% of margin max %s, c 2 per unit, d rest', 50 - n % 7, 50 + n % 11, 20 + n % 90)
         WHEN 1 THEN format('a whole ladder(0: %s%%, %s: 95%%, %s: 50%%) of sale, b %s per order, c rest', n % 60, 50 + n % 50, 150 + n % 90, n % 30)
         ELSE format('a ladder(0: 20%%, %s: 100%%, %s: 0%%) of sale, b 33.3333%% of margin, c rest', 20 + n % 50, 90 + n % 100) END) AS r(rule);
CREATE TEMP TABLE bounds AS
SELECT r.*, b.*, t.all_hold, t.first, t.last
FROM ranges r CROSS JOIN LATERAL split_bounds(r.rule, r.lowest, r.highest, r.cost, r.units, r.volume) AS b
CROSS JOIN LATERAL (SELECT bool_and(k.holds) AS all_hold, min(s.sale) FILTER (WHERE NOT k.holds) AS first, max(s.sale) FILTER (WHERE NOT k.holds) AS last
                    FROM generate_series(r.lowest, r.highest) AS s(sale), check_split(r.rule, s.sale, r.cost, r.units, r.volume) AS k) AS t;
SELECT cmp_ok(count(*) FILTER (WHERE last < highest AND first > lowest), '>', 100::bigint, 'rules that fail for sales in the middle of a range') FROM bounds;
SELECT cmp_ok(count(*) FILTER (WHERE all_hold), '>', 500::bigint, 'rules that hold all over it') FROM bounds;
SELECT is_empty($$SELECT * FROM bounds WHERE holds <> all_hold OR fails_at IS DISTINCT FROM first
                     OR holds_from IS DISTINCT FROM CASE WHEN all_hold THEN lowest WHEN last < highest THEN last + 1 END$$,
                'split_bounds says what trying every sale says');

-- Over all sales there are: at the bounds, and at 64 places on either side.
CREATE TEMP TABLE wide AS
SELECT c.id, c.rule, c.cost, c.units, c.volume, b.*
FROM splits c, split_bounds(c.rule, 0, 9223372036854775807, c.cost, c.units, c.volume) AS b
WHERE c.id % 10 = 2;
CREATE FUNCTION pg_temp.holds(w wide, sale bigint) RETURNS boolean LANGUAGE sql AS
$$SELECT k.holds FROM check_split(w.rule, sale, w.cost, w.units, w.volume) AS k$$;
SELECT is_empty($$SELECT * FROM wide w WHERE holds <> (fails_at IS NULL) OR holds AND holds_from <> 0$$, 'over all sales: it holds or it fails somewhere');
SELECT is_empty($$SELECT * FROM wide w WHERE pg_temp.holds(w, fails_at) OR fails_at > 0 AND NOT pg_temp.holds(w, fails_at - 1)$$,
                'it fails where it says and not just before');
SELECT is_empty($$SELECT * FROM wide w WHERE NOT pg_temp.holds(w, holds_from) OR holds_from > 0 AND pg_temp.holds(w, holds_from - 1)$$,
                'it holds from where it says and not just before');
SELECT is_empty($$SELECT w.*, p.sale FROM wide w, generate_series(0, 62) AS n,
                         LATERAL (SELECT least(fails_at - 1, (1::bigint << n) - 1 + id % 7)) AS p(sale)
                  WHERE fails_at > 0 AND NOT pg_temp.holds(w, p.sale)$$, 'it holds wherever one looks below');
SELECT is_empty($$SELECT w.*, p.sale FROM wide w, generate_series(0, 62) AS n,
                         LATERAL (SELECT least((1::bigint << n) - 1, 9223372036854775807 - holds_from) + holds_from) AS p(sale)
                  WHERE NOT pg_temp.holds(w, p.sale)$$, 'and wherever one looks above');

SELECT * FROM finish();
ROLLBACK;
