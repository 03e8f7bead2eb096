-- One sale per order, with a rule per item and the accounts of its five
-- parties, and the same rule as everybody would write it by other means.

CREATE UNLOGGED TABLE bench.sales AS
SELECT o.id, i.id AS item_id, u.units * i.sale_price AS sale, u.units * i.supply_price AS cost, u.units::bigint AS units,
       ARRAY[3 + i.supplier, 3, 200 + l.point, 1000 + l.id, 160 + i.supplier % 40]::bigint[] AS payees
FROM generate_series(1, :orders) o(id)
JOIN bench.items i ON i.id = 1 + width_bucket(bench.uniform(o.id, 42), (SELECT b.items FROM bench.bounds b))
JOIN bench.leaders l ON l.id = 1 + width_bucket(bench.uniform(o.id, 41), (SELECT b.leaders FROM bench.bounds b))
CROSS JOIN LATERAL (SELECT bench.units(o.id, 43) AS units) u
ORDER BY o.id;
ALTER TABLE bench.sales ADD PRIMARY KEY (id);

-- The rule of each item, four times: as a value, as columns of numbers, as rows for windows, as rows of linear terms.
CREATE UNLOGGED TABLE bench.rules AS
SELECT i.id AS item_id,
       format('supplier cost, platform %s%% of sale, steward %s%% of margin, sales_leader %s%% of sale, supply_leader rest',
              trim_scale(i.platform_ppm / 10000.0), trim_scale(i.steward_ppm / 10000.0), trim_scale(i.sales_ppm / 10000.0))::ktt.split AS rule,
       i.platform_ppm::bigint, i.steward_ppm::bigint, i.sales_ppm::bigint,
       i.platform_ppm / 1000000.0 AS platform_rate, i.steward_ppm / 1000000.0 AS steward_rate, i.sales_ppm / 1000000.0 AS sales_rate
FROM bench.items i;

-- Parts of a base, what no party takes of it included (party 0); the cost and the rest need no window.
CREATE UNLOGGED TABLE bench.rule_rates AS
SELECT r.item_id, p.ordinal, p.party, p.base, p.rate, (p.rate * 1000000)::bigint AS ppm
FROM bench.rules r CROSS JOIN LATERAL (VALUES
    (1, 2, 'sale', r.platform_rate), (2, 4, 'sale', r.sales_rate), (3, 0, 'sale', 1 - r.platform_rate - r.sales_rate),
    (1, 3, 'margin', r.steward_rate), (2, 0, 'margin', 1 - r.steward_rate)) p(ordinal, party, base, rate);

-- part = what lies between two marks of the sale + the same of the margin + a multiple of the cost
CREATE UNLOGGED TABLE bench.rule_marks AS
SELECT r.item_id, p.*
FROM bench.rules r CROSS JOIN LATERAL (VALUES
    (1, 0, 0, 0, 0, 1),
    (2, 0, platform_ppm, 0, 0, 0),
    (3, 0, 0, 0, steward_ppm, 0),
    (4, platform_ppm, platform_ppm + sales_ppm, 0, 0, 0),
    (5, platform_ppm + sales_ppm, 1000000, steward_ppm, 0, -1)) p(party, sale_from, sale_to, margin_from, margin_to, costs);

VACUUM (FREEZE, ANALYZE) bench.sales;
VACUUM (FREEZE, ANALYZE) bench.rules;
VACUUM (FREEZE, ANALYZE) bench.rule_rates;
VACUUM (FREEZE, ANALYZE) bench.rule_marks;
SELECT pg_prewarm('bench.sales') \g /dev/null

CREATE VIEW bench.split_ours AS
SELECT s.id, ktt.allocate(r.rule, s.sale, s.cost, s.units, s.payees) AS shares
FROM bench.sales s JOIN bench.rules r USING (item_id);

-- The floor: the same scan and join, which hands the same values to a trivial function of the server.
CREATE VIEW bench.split_floor AS
SELECT s.id, num_nonnulls(r.rule, s.sale, s.cost, s.units, s.payees) AS nothing
FROM bench.sales s JOIN bench.rules r USING (item_id);

-- The same rules for plpgsql: one kind and one rate for each party.
CREATE UNLOGGED TABLE bench.rule_arrays AS
SELECT r.item_id, ARRAY['cost', 'sale', 'margin', 'sale', 'rest'] AS kinds,
       ARRAY[NULL, r.platform_rate, r.steward_rate, r.sales_rate, NULL] AS rates
FROM bench.rules r;
VACUUM (FREEZE, ANALYZE) bench.rule_arrays;

-- (a) Largest remainder in plpgsql with numeric, for any rule made of cost, parts of sale and margin, and rest.
CREATE FUNCTION bench.allocate_numeric(sale numeric, cost numeric, kinds text[], rates numeric[])
RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_parts bigint[];
    v_remainders numeric[];
    v_sale_open numeric := 0;
    v_margin_open numeric := 0;
    v_open numeric;
    v_unnamed numeric;
    v_exact numeric;
    v_best int;
    v_rest int;
    v_sum bigint := 0;
BEGIN
    FOR n IN 1 .. array_length(kinds, 1) LOOP
        v_parts[n] := 0;
        IF kinds[n] = 'cost' THEN
            v_parts[n] := cost;
        ELSIF kinds[n] = 'rest' THEN
            v_rest := n;
        ELSIF kinds[n] = 'sale' THEN
            v_exact := sale * rates[n];
            v_parts[n] := floor(v_exact);
            v_remainders[n] := v_exact - v_parts[n];
            v_sale_open := v_sale_open + v_remainders[n];
        ELSE
            v_exact := (sale - cost) * rates[n];
            v_parts[n] := floor(v_exact);
            v_remainders[n] := v_exact - v_parts[n];
            v_margin_open := v_margin_open + v_remainders[n];
        END IF;
    END LOOP;
    -- What rounding down left over, one unit each to the largest remainders; what no party takes is the last of them.
    v_open := ceil(v_sale_open);
    v_unnamed := v_open - v_sale_open;
    WHILE v_open > 0 LOOP
        v_best := NULL;
        FOR n IN 1 .. array_length(kinds, 1) LOOP
            IF kinds[n] = 'sale' AND (v_best IS NULL OR v_remainders[n] > v_remainders[v_best]) THEN
                v_best := n;
            END IF;
        END LOOP;
        IF v_unnamed > v_remainders[v_best] THEN
            v_unnamed := -1;
        ELSE
            v_parts[v_best] := v_parts[v_best] + 1;
            v_remainders[v_best] := -1;
        END IF;
        v_open := v_open - 1;
    END LOOP;
    v_open := ceil(v_margin_open);
    v_unnamed := v_open - v_margin_open;
    WHILE v_open > 0 LOOP
        v_best := NULL;
        FOR n IN 1 .. array_length(kinds, 1) LOOP
            IF kinds[n] = 'margin' AND (v_best IS NULL OR v_remainders[n] > v_remainders[v_best]) THEN
                v_best := n;
            END IF;
        END LOOP;
        IF v_unnamed > v_remainders[v_best] THEN
            v_unnamed := -1;
        ELSE
            v_parts[v_best] := v_parts[v_best] + 1;
            v_remainders[v_best] := -1;
        END IF;
        v_open := v_open - 1;
    END LOOP;
    FOR n IN 1 .. array_length(kinds, 1) LOOP
        v_sum := v_sum + v_parts[n];
    END LOOP;
    v_parts[v_rest] := sale - v_sum;
    RETURN v_parts;
END
$$;
CREATE VIEW bench.split_plpgsql_numeric AS
SELECT a.id, a.parts[1] AS supplier, a.parts[2] AS platform, a.parts[3] AS steward, a.parts[4] AS sales, a.parts[5] AS rest
FROM (SELECT s.id, bench.allocate_numeric(s.sale, s.cost, r.kinds, r.rates) AS parts
      FROM bench.sales s JOIN bench.rule_arrays r USING (item_id) OFFSET 0) a;

-- The same with whole numbers: rates in parts per million, remainders of a division.
CREATE UNLOGGED TABLE bench.rule_ppm AS
SELECT r.item_id, ARRAY[0, 1, 2, 1, 3] AS kinds, ARRAY[0, r.platform_ppm, r.steward_ppm, r.sales_ppm, 0] AS ppm
FROM bench.rules r;
VACUUM (FREEZE, ANALYZE) bench.rule_ppm;
CREATE FUNCTION bench.allocate_int8(sale bigint, cost bigint, kinds int[], ppm bigint[])
RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_parts bigint[];
    v_remainders bigint[];
    v_base bigint;
    v_left bigint;
    v_unnamed bigint;
    v_best int;
    v_rest int;
    v_given bigint := 0;
BEGIN
    FOR b IN 1 .. 2 LOOP
        v_base := CASE b WHEN 1 THEN sale ELSE sale - cost END;
        v_left := 0;
        FOR n IN 1 .. array_length(kinds, 1) LOOP
            IF kinds[n] = b THEN
                v_parts[n] := v_base * ppm[n] / 1000000;
                v_remainders[n] := v_base * ppm[n] % 1000000;
                v_left := v_left + v_remainders[n];
                v_given := v_given + v_parts[n];
            ELSIF b = 1 AND kinds[n] = 0 THEN
                v_parts[n] := cost;
                v_given := v_given + cost;
            ELSIF b = 1 AND kinds[n] = 3 THEN
                v_rest := n;
            END IF;
        END LOOP;
        v_unnamed := (1000000 - v_left % 1000000) % 1000000;
        v_left := (v_left + 999999) / 1000000;
        WHILE v_left > 0 LOOP
            v_best := NULL;
            FOR n IN 1 .. array_length(kinds, 1) LOOP
                IF kinds[n] = b AND (v_best IS NULL OR v_remainders[n] > v_remainders[v_best]) THEN
                    v_best := n;
                END IF;
            END LOOP;
            IF v_unnamed > v_remainders[v_best] THEN
                v_unnamed := -1;
            ELSE
                v_parts[v_best] := v_parts[v_best] + 1;
                v_remainders[v_best] := -1;
                v_given := v_given + 1;
            END IF;
            v_left := v_left - 1;
        END LOOP;
    END LOOP;
    v_parts[v_rest] := sale - v_given;
    RETURN v_parts;
END
$$;
CREATE VIEW bench.split_plpgsql_int8 AS
SELECT a.id, a.parts[1] AS supplier, a.parts[2] AS platform, a.parts[3] AS steward, a.parts[4] AS sales, a.parts[5] AS rest
FROM (SELECT s.id, bench.allocate_int8(s.sale, s.cost, r.kinds, r.ppm) AS parts
      FROM bench.sales s JOIN bench.rule_ppm r USING (item_id) OFFSET 0) a;

-- (b) Largest remainder in one statement with window functions: numeric, and the same with integers.
CREATE VIEW bench.split_window_numeric AS
SELECT x.id, x.cost AS supplier, x.platform, x.steward, x.sales, x.sale - x.cost - x.platform - x.steward - x.sales AS rest
FROM (SELECT w.id, min(w.sale) AS sale, min(w.cost) AS cost,
             max(w.part) FILTER (WHERE w.party = 2) AS platform, max(w.part) FILTER (WHERE w.party = 3) AS steward,
             max(w.part) FILTER (WHERE w.party = 4) AS sales
      FROM (SELECT f.id, f.sale, f.cost, f.party,
                   (f.floor + (row_number() OVER (PARTITION BY f.id, f.base ORDER BY f.exact - f.floor DESC, f.ordinal)
                               <= f.amount - sum(f.floor) OVER (PARTITION BY f.id, f.base))::int)::bigint AS part
            FROM (SELECT e.*, floor(e.exact) AS floor
                  FROM (SELECT s.id, s.sale, s.cost, r.party, r.base, r.ordinal, a.amount, a.amount * r.rate AS exact
                        FROM bench.sales s JOIN bench.rule_rates r USING (item_id)
                        CROSS JOIN LATERAL (SELECT CASE r.base WHEN 'sale' THEN s.sale ELSE s.sale - s.cost END AS amount) a) e) f) w
      GROUP BY w.id) x;
CREATE VIEW bench.split_window_int8 AS
SELECT x.id, x.cost AS supplier, x.platform, x.steward, x.sales, x.sale - x.cost - x.platform - x.steward - x.sales AS rest
FROM (SELECT w.id, min(w.sale) AS sale, min(w.cost) AS cost,
             max(w.part) FILTER (WHERE w.party = 2) AS platform, max(w.part) FILTER (WHERE w.party = 3) AS steward,
             max(w.part) FILTER (WHERE w.party = 4) AS sales
      FROM (SELECT f.id, f.sale, f.cost, f.party,
                   f.exact / 1000000 + (row_number() OVER (PARTITION BY f.id, f.base ORDER BY f.exact % 1000000 DESC, f.ordinal)
                                        <= f.amount - sum(f.exact / 1000000) OVER (PARTITION BY f.id, f.base))::int AS part
            FROM (SELECT s.id, s.sale, s.cost, r.party, r.base, r.ordinal, a.amount, a.amount * r.ppm AS exact
                  FROM bench.sales s JOIN bench.rule_rates r USING (item_id)
                  CROSS JOIN LATERAL (SELECT CASE r.base WHEN 'sale' THEN s.sale ELSE s.sale - s.cost END AS amount) a) f) w
      GROUP BY w.id) x;

-- (c) Cumulative integer differences: exact in sum, but not largest remainder. For any rule, and for one rule written into the query.
CREATE VIEW bench.split_cumulative AS
SELECT s.id, r.party,
       s.sale * r.sale_to / 1000000 - s.sale * r.sale_from / 1000000
       + (s.sale - s.cost) * r.margin_to / 1000000 - (s.sale - s.cost) * r.margin_from / 1000000 + r.costs * s.cost AS part
FROM bench.sales s JOIN bench.rule_marks r USING (item_id);
CREATE VIEW bench.split_fixed_rule AS
SELECT c.id, c.cost AS supplier, c.platform, c.steward, c.both - c.platform AS sales, c.sale - c.cost - c.both - c.steward AS rest
FROM (SELECT s.id, s.sale, s.cost, s.sale * r.platform_ppm / 1000000 AS platform,
             s.sale * (r.platform_ppm + r.sales_ppm) / 1000000 AS both, (s.sale - s.cost) * r.steward_ppm / 1000000 AS steward
      FROM bench.sales s JOIN bench.rules r USING (item_id) OFFSET 0) c;
