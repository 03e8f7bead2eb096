-- Random campaigns, rules, orders and refunds, settlements and payouts in between: the slow reference must agree to the cent, and
-- verify() with everything, at every stage. KTT_LONG=1 runs more of it.
\set ON_ERROR_STOP on
\set WAVES 3
\set ORDERS 25
\getenv long KTT_LONG
\if :{?long}
\set WAVES 10
\set ORDERS 120
\endif
BEGIN;
SELECT 17 * :WAVES + 14 AS planned \gset
SELECT plan(:planned);
\ir lib/market.sql
\ir lib/reference.sql
SELECT setseed(0.20101201) \g /dev/null

CREATE FUNCTION pg_temp.pick(ids bigint[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT ids[1 + floor(random() * cardinality(ids))::int] $$;
CREATE FUNCTION pg_temp.upto(n bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * (n + 1))::bigint $$;

-- Some percentages, some fixed amounts, bounds here and there, always a rest.
CREATE FUNCTION pg_temp.random_rule() RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_terms text[] := CASE WHEN random() < 0.8 THEN '{supplier cost}'::text[] ELSE '{supplier 55.5% of sale}' END;
    v_rest text := (ARRAY['platform', 'supply_leader'])[1 + pg_temp.upto(1)];
    v_party text;
BEGIN
    FOREACH v_party IN ARRAY ARRAY['platform', 'steward', 'sales_leader', 'supply_leader'] LOOP
        IF v_party = v_rest THEN
            v_terms := v_terms || (v_party || ' rest');
        ELSIF random() < 0.85 THEN
            v_terms := v_terms || (v_party || CASE pg_temp.upto(5)
                WHEN 0 THEN format(' %s per unit', pg_temp.upto(20))
                WHEN 1 THEN format(' %s per order', pg_temp.upto(30))
                WHEN 2 THEN format(' %s%% of cost', round(pg_temp.upto(50000) / 10000.0, 4))
                WHEN 3 THEN format(' %s%% of margin min %s max %s', round(pg_temp.upto(300) / 10.0, 1), pg_temp.upto(5), 5 + pg_temp.upto(300))
                WHEN 4 THEN format(' %s%% of margin', round(pg_temp.upto(333333) / 10000.0, 4))
                ELSE format(' %s%% of sale', round(pg_temp.upto(90) / 10.0, 1)) END);
        END IF;
    END LOOP;
    RETURN array_to_string(v_terms, ', ');
END
$$;

-- What the test told the market, kept beside it.
CREATE TEMP TABLE raw_lines (campaign bigint, order_id bigint, item bigint, units bigint, price bigint);
CREATE TEMP TABLE raw_refunds (campaign bigint, order_id bigint, item bigint, units bigint, amount bigint);
CREATE TEMP TABLE told (what text, times bigint DEFAULT 1);

CREATE FUNCTION pg_temp.refund_some(part float8, tag text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
    v_units bigint;
    v_amount bigint;
    v_id bigint;
BEGIN
    FOR v_line IN
        SELECT o.campaign_id, o.id, b.item, b.units, b.amount FROM orders o CROSS JOIN LATERAL ktt.items(o.basket - o.refunded) b
        WHERE o.state IN ('paid', 'arrived', 'picked_up', 'completed') AND random() < part ORDER BY random()
    LOOP
        v_units := pg_temp.upto(v_line.units);
        v_amount := CASE WHEN random() < 0.5 THEN pg_temp.upto(v_line.amount) END;
        CONTINUE WHEN v_units = 0 AND coalesce(v_amount, 0) = 0;
        v_id := refund_order(v_line.campaign_id, v_line.id, v_line.item, v_units, format('%s %s %s', tag, v_line.id, v_line.item), v_amount);
        INSERT INTO raw_refunds SELECT r.campaign_id, r.order_id, r.item_id, v_units, coalesce(v_amount, r.amount) FROM refunds r WHERE r.id = v_id AND r.campaign_id = v_line.campaign_id;
    END LOOP;
END
$$;

-- Anybody plays any role: the same twelve members supply, lead, sell, keep points and buy.
SELECT array_agg(register_member(format('member %s', n))) AS people FROM generate_series(1, 12) n \gset
SELECT array_agg(add_community(format('community %s', n))) AS communities FROM generate_series(1, 3) n \gset
SELECT appoint_steward((:'communities'::bigint[])[n], pg_temp.pick(:'people')) FROM generate_series(1, 2) n \g /dev/null
SELECT array_agg(add_pickup_point((:'communities'::bigint[])[1 + n % 3], format('point %s', n), location(121 + n / 100.0, 25), capacity => CASE WHEN n = 4 THEN 5 END)) AS points
FROM generate_series(1, 5) n \gset

CREATE FUNCTION pg_temp.sell(round int, orders int, people bigint[], points bigint[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_wave bigint := open_wave(format('round %s', round));
    v_campaign bigint;
    v_leader bigint;
    v_sku bigint;
    v_cost bigint;
    v_price bigint;
    v_items bigint[];
    v_units bigint[];
    v_sellers bigint[];
    v_order record;
    v_told text;
BEGIN
    FOR c IN 1 .. 2 LOOP
        v_leader := pg_temp.pick(people);
        v_campaign := create_campaign(v_wave, v_leader, format('round %s, %s', round, c), clock_timestamp() + interval '1 hour', hold => '0');
        FOR i IN 1 .. 4 LOOP
            v_sku := add_sku(pg_temp.pick(people), format('sku %s', pg_temp.upto(20)));
            v_cost := pg_temp.upto(3000);
            v_price := v_cost + 1 + pg_temp.upto(1500);
            PERFORM offer_sku(v_sku, v_leader, v_cost);
            PERFORM set_rate(v_leader, pg_temp.random_rule()::split, v_sku);
            PERFORM list_item(v_campaign, v_sku, v_cost, v_price, CASE WHEN random() < 0.6 THEN 5 + pg_temp.upto(60) END, CASE WHEN random() < 0.3 THEN 3 END);
        END LOOP;
        v_sellers := ARRAY[NULL, v_leader];
        FOR i IN 1 .. 3 LOOP
            IF NOT (people[i] = ANY (v_sellers[2:]) OR EXISTS (SELECT FROM campaign_items x WHERE x.campaign_id = v_campaign AND x.supplier_id = people[i])) THEN
                PERFORM form_partnership(v_leader, people[i]);
                PERFORM join_campaign(v_campaign, people[i]);
                v_sellers := v_sellers || people[i];
            END IF;
        END LOOP;
        -- Whatever does not hold is named, and goes; what is left holds for any order.
        WHILE EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = v_campaign AND NOT i.retired) LOOP
            BEGIN
                PERFORM publish_campaign(v_campaign);
                EXIT;
            EXCEPTION WHEN SQLSTATE 'KT201' THEN
                GET STACKED DIAGNOSTICS v_told = PG_EXCEPTION_DETAIL;
                INSERT INTO told VALUES ('KT201 when published');
                PERFORM retire_item(v_campaign, substring(v_told FROM '^Item (\d+) ')::bigint);
            END;
        END LOOP;
        CONTINUE WHEN (SELECT c.state FROM campaigns c WHERE c.id = v_campaign) = 'draft';
        FOR n IN 1 .. orders LOOP
            SELECT array_agg(x.id), array_agg(x.units) INTO v_items, v_units
            FROM (SELECT i.id, 1 + pg_temp.upto(3) AS units FROM campaign_items i WHERE i.campaign_id = v_campaign AND NOT i.retired ORDER BY random() LIMIT 1 + pg_temp.upto(2)) x;
            SELECT * INTO v_order FROM place_order(v_campaign, pg_temp.pick(people), v_items, v_units, format('r%s', n), pg_temp.pick(v_sellers), pg_temp.pick(points));
            INSERT INTO told VALUES (v_order.outcome);
            CONTINUE WHEN v_order.outcome <> 'placed';
            INSERT INTO raw_lines SELECT v_campaign, v_order.order_id, l.item, l.units, i.sale_price
            FROM unnest(v_items, v_units) l(item, units) JOIN campaign_items i ON i.id = l.item;
            IF random() < 0.85 THEN
                PERFORM pay_order(v_campaign, v_order.order_id, v_order.amount, format('pay %s', v_order.order_id));
            END IF;
            IF random() < 0.1 THEN
                PERFORM cancel_order(v_campaign, v_order.order_id);
            END IF;
        END LOOP;
    END LOOP;
    RETURN v_wave;
END
$$;

-- Everything the reference says of the market as it stands.
CREATE FUNCTION pg_temp.agrees(stage text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEXT is_empty('SELECT violations()', stage || ': no invariant is broken');
    RETURN NEXT results_eq($q$SELECT o.campaign_id, o.id, e.account, e.amount::numeric FROM orders o CROSS JOIN LATERAL ktt.entries(o.shares) e ORDER BY 1, 2, 3$q$,
        $q$SELECT l.campaign, l.order_id, s.account, sum(s.amount) FROM raw_lines l CROSS JOIN LATERAL reference.line_shares(l.campaign, l.order_id, l.item) s
           GROUP BY 1, 2, 3 HAVING sum(s.amount) <> 0 ORDER BY 1, 2, 3$q$, stage || ': split');
    RETURN NEXT results_eq($q$SELECT r.id, e.account, e.amount::numeric FROM refunds r CROSS JOIN LATERAL ktt.entries(r.shares) e ORDER BY 1, 2$q$,
        $q$SELECT s.refund_id, s.account, s.amount FROM raw_lines l CROSS JOIN LATERAL reference.refunded_shares(l.campaign, l.order_id, l.item) s ORDER BY 1, 2$q$, stage || ': refunds');
    RETURN NEXT results_eq($q$SELECT p.account_id, sum(p.amount)::bigint FROM postings p JOIN journals j ON j.id = p.journal_id
           WHERE j.kind = 'settlement' AND p.account_id <> market_account('clearing') GROUP BY 1 HAVING sum(p.amount) <> 0 ORDER BY 1$q$,
        $q$SELECT s.account, s.amount::bigint FROM reference.settled((SELECT max(upper(due)) FROM settlements)) s ORDER BY 1$q$, stage || ': settlement');
    -- What somebody did not have became his debt, and was netted later: between his own accounts.
    RETURN NEXT results_eq($q$SELECT a.member_id, sum(p.amount)::bigint FROM postings p JOIN journals j ON j.id = p.journal_id JOIN accounts a ON a.id = p.account_id
           WHERE j.kind IN ('settlement', 'debt', 'netting') AND a.of_member GROUP BY 1 HAVING sum(p.amount) <> 0 ORDER BY 1$q$,
        $q$SELECT a.member_id, sum(s.amount)::bigint FROM reference.settled((SELECT max(upper(due)) FROM settlements)) s JOIN accounts a ON a.id = s.account
           WHERE a.of_member GROUP BY 1 HAVING sum(s.amount) <> 0 ORDER BY 1$q$, stage || ': debts');
END
$$;

CREATE FUNCTION pg_temp.round(round int, orders int, people bigint[], points bigint[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    v_wave bigint := pg_temp.sell(round, orders, people, points);
BEGIN
    PERFORM pg_temp.refund_some(0.1, format('early %s', round));
    RETURN QUERY SELECT pg_temp.agrees(format('round %s, ordered', round));
    PERFORM close_wave(v_wave);
    PERFORM freeze_wave(v_wave);
    RETURN NEXT results_eq(format('SELECT point_id, item_id, units, amount FROM delivery_list WHERE wave_id = %s ORDER BY 1, 2', v_wave),
                           format('SELECT * FROM reference.rollup(%s) ORDER BY 1, 2', v_wave), format('round %s: rollup', round));
    RETURN NEXT results_eq(format('SELECT item_id, sum(units) FROM demand WHERE wave_id = %s GROUP BY 1 ORDER BY 1', v_wave),
                           format('SELECT item_id, sum(units) FROM sort_list WHERE wave_id = %s GROUP BY 1 ORDER BY 1', v_wave), format('round %s: what is demanded is sorted', round));
    PERFORM dispatch_wave(v_wave);
    PERFORM arrive(v_wave, p) FROM unnest(points) p;
    PERFORM pg_temp.refund_some(0.15, format('arrived %s', round));
    PERFORM hand_over_as_operator(p.campaign_id, p.order_id) FROM pickups p WHERE p.wave_id = v_wave AND random() < 0.7;
    PERFORM complete_wave(v_wave);
    PERFORM settle();
    RETURN QUERY SELECT pg_temp.agrees(format('round %s, settled', round));
    PERFORM pg_temp.refund_some(0.15, format('late %s', round));
    PERFORM complete_wave(v_wave, '0');
    IF round % 2 = 0 THEN
        PERFORM approve_payout(make_payout(people[1], format('payout %s', round)), people[2]);
    END IF;
    PERFORM settle();
    RETURN QUERY SELECT pg_temp.agrees(format('round %s, after all', round));
END
$$;

SELECT pg_temp.round(n, :ORDERS, :'people', :'points') FROM generate_series(1, :WAVES) n;

SELECT results_eq('SELECT campaign_id, order_id, item_id, units, amount FROM order_lines ORDER BY 1, 2, 3',
                  'SELECT campaign, order_id, item, units, units * price FROM raw_lines ORDER BY 1, 2, 3', 'the market holds the lines that it was told, at their prices');
SELECT results_eq('SELECT campaign_id, order_id, item_id, sum(units), sum(amount) FROM refunds GROUP BY 1, 2, 3 ORDER BY 1, 2, 3',
                  'SELECT campaign, order_id, item, sum(units), sum(amount) FROM raw_refunds GROUP BY 1, 2, 3 ORDER BY 1, 2, 3', 'and the refunds');
SELECT cmp_ok((SELECT sum(times) FROM told WHERE what = 'placed'), '>=', (:WAVES * :ORDERS)::numeric, 'enough was ordered');
SELECT cmp_ok((SELECT count(*) FROM raw_refunds), '>=', (:WAVES * 5)::bigint, 'enough was refunded');
SELECT ok(EXISTS (SELECT FROM told WHERE what = w), 'it came to pass: ' || w) FROM unnest('{sold_out,limit,full}'::text[]) w;

-- Refund everything, settle: nobody is owed anything but what was paid out to him.
SELECT refund_order(o.campaign_id, o.id, b.item, units(o.basket - o.refunded, b.item), format('end %s %s', o.id, b.item), amount(o.basket - o.refunded, b.item))
FROM orders o CROSS JOIN LATERAL ktt.items(o.basket - o.refunded) b WHERE o.state IN ('paid', 'arrived', 'picked_up', 'completed') \g /dev/null
SELECT settle() \g /dev/null
SELECT pg_temp.agrees('all refunded');
SELECT is_empty($$SELECT a.member_id, a.kind = 'clearing' FROM accounts a LEFT JOIN (postings p JOIN journals j ON j.id = p.journal_id AND j.kind <> 'payout') ON p.account_id = a.id
                  WHERE a.kind <> 'channel' GROUP BY 1, 2 HAVING sum(p.amount) <> 0$$,
                'settle and refund everything: zero, but for what was paid out');

SELECT is_empty('SELECT * FROM reconcile()', 'orders, payments, refunds, ledger and channel agree');
SELECT * FROM finish();
ROLLBACK;
