-- Bonuses and traffic beside random refunds: posted after each of them, they end where one run at the end would, and where a recount ends.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(7);
\ir lib/market.sql

SELECT local_day(clock_timestamp() - interval '40 days') AS day \gset
SELECT date_trunc('month', :'day'::date)::date AS month \gset
SELECT form_partnership(id('leader'), id('rival')), join_campaign(id('campaign'), id('rival')) \g /dev/null
SELECT buy('order ' || n, CASE WHEN n % 2 = 0 THEN 'buyer' ELSE 'neighbour' END, '{rice}', ARRAY[1 + n % 7], (ARRAY['seller', 'rival', NULL])[1 + n % 3]) FROM generate_series(1, 20) n \g /dev/null
SELECT deliver(), complete() \g /dev/null
UPDATE orders SET due_at = local_time(:'day', '12:00') WHERE due_at IS NOT NULL;
SELECT settle() \g /dev/null
SELECT set_bonus(id('leader'), 'sales_leader ladder(0: 0.5%, 20000: 3.3333%, 60000: 7%) of sale, supply_leader rest', :'month'),
       set_bonus(NULL, 'sales_leader whole ladder(0: 0%, 25000: 1.7%, 50000: 2.9%) of sale, platform rest', :'month'),
       set_tariff(id('mill'), 'supplier', 'units', '{0,20,40}', '{333,222,111}', :'month', per => 7, whole => true) \g /dev/null

CREATE FUNCTION pg_temp.trade(month date) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
    v_units bigint;
    v_refunds int := 0;
BEGIN
    PERFORM setseed(0.31), compute_bonuses(month), charge_traffic(month);
    FOR n IN 1 .. 40 LOOP
        SELECT o.campaign_id, o.id, units(o.basket - o.refunded) AS units, amount(o.basket - o.refunded) AS amount INTO v_line
        FROM orders o WHERE o.amount > amount(o.refunded) ORDER BY random() LIMIT 1;
        v_units := floor(random() * (v_line.units + 1));
        PERFORM refund_order(v_line.campaign_id, v_line.id, id('rice'), v_units, 'refund ' || n, greatest(1, floor(random() * v_line.amount)::bigint));
        v_refunds := v_refunds + 1;
        IF n % 3 = 0 THEN
            PERFORM compute_bonuses(month), charge_traffic(month);
        END IF;
        IF n % 7 = 0 THEN
            PERFORM settle();
        END IF;
    END LOOP;
    PERFORM settle(), compute_bonuses(month), charge_traffic(month);
    RETURN v_refunds;
END
$$;
SELECT is(pg_temp.trade(:'month'), 40, 'forty refunds');
SELECT cmp_ok((SELECT count(*) FROM period_runs WHERE kind = 'bonus'), '>', 5::bigint, 'and a journal for most runs');

-- The recount: what is left of every order, from its lines.
CREATE TEMP TABLE volume AS
SELECT l.chain, m.id AS member_id, sum(l.amount - l.refunded_amount)::bigint AS amount
FROM order_lines l JOIN members m ON m.id = (members(l.chain))[depth(l.chain)] GROUP BY 1, 2;
SELECT results_eq($$SELECT a.member_id, sum(p.amount)::bigint FROM postings p JOIN journals j ON j.id = p.journal_id AND j.kind = 'bonus' JOIN accounts a ON a.id = p.account_id
                    WHERE a.member_id IN (id('seller'), id('rival')) GROUP BY 1 ORDER BY 1$$,
                  $$SELECT v.member_id, sum(bonus_of(b.rule, v.amount))::bigint FROM volume v CROSS JOIN bonus_rules b WHERE v.member_id IN (id('seller'), id('rival')) GROUP BY 1 ORDER BY 1$$,
                  'bonuses are what the rules make of what is left');
SELECT is((SELECT -sum(p.amount) FROM postings p JOIN journals j ON j.id = p.journal_id AND j.kind = 'traffic' WHERE p.account_id = account('mill', 'goods')),
          (SELECT tariff_price(sum(l.units - l.refunded_units)::bigint, t.steps, t.prices, t.per, t.whole) FROM order_lines l, tariffs t GROUP BY t.id)::numeric, 'so is traffic');
SELECT is_empty(format('SELECT compute_bonuses(%L)', :'month') || format(' UNION ALL SELECT charge_traffic(%L)', :'month'), 'then nothing is left to correct');
SELECT is((SELECT holds FROM conservation), true, 'every cent is somewhere');
SELECT is_empty('SELECT violations()', 'all invariants hold');

SELECT * FROM finish();
ROLLBACK;
