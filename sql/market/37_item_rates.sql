/*
 * The rules of a listed item: frozen for everybody, for tiers and for single sales leaders, and proven to fit its price.
 */

CREATE TABLE item_rates (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id         bigint NOT NULL REFERENCES campaign_items,
    sales_leader_id bigint REFERENCES members,
    tier            text,
    rate_id         bigint NOT NULL REFERENCES rates,
    rule            ktt.split NOT NULL CHECK (NOT ktt.needs_volume(rule)),
    payees          bigint[] NOT NULL,
    CONSTRAINT item_rates_who_check CHECK (num_nonnulls(sales_leader_id, tier) = 1),
    CONSTRAINT item_rates_sales_leader_key UNIQUE (item_id, sales_leader_id),
    CONSTRAINT item_rates_tier_key UNIQUE (item_id, tier)
);
COMMENT ON TABLE item_rates IS
    'Rules of an item for the sales of single sales leaders and tiers, frozen when it was listed. All other sales go by campaign_items.rule.';
COMMENT ON COLUMN item_rates.payees IS 'As in campaign_items.';
CREATE TRIGGER item_rates_frozen BEFORE UPDATE OR DELETE ON item_rates FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_change();

CREATE FUNCTION rule_payees(rule ktt.split, supplier bigint, leader_account bigint)
RETURNS bigint[]
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    SELECT array_agg(CASE p.party
               WHEN 'supplier' THEN open_account(supplier, 'goods')
               WHEN 'supply_leader' THEN leader_account
               WHEN 'platform' THEN market_account('revenue')
               WHEN 'sales_leader' THEN -1
               WHEN 'steward' THEN -2 END ORDER BY p.ordinal)
    FROM unnest(ktt.parties(rule)) WITH ORDINALITY p(party, ordinal)
$$;
COMMENT ON FUNCTION rule_payees(ktt.split, bigint, bigint) IS
    'Internal. The account of every party of a rule, in its order; -1 and -2 for the sales leader and the steward, who come with the order.';

CREATE FUNCTION freeze_item_rates(item bigint)
RETURNS void
-- In plpgsql, which keeps the plan: to make it takes longer than to list an item.
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO item_rates (item_id, sales_leader_id, tier, rate_id, rule, payees)
    SELECT i.id, w.sales_leader_id, w.tier, r.id, r.rule, rule_payees(r.rule, i.supplier_id, c.account_id)
    FROM campaign_items i JOIN campaigns c ON c.id = i.campaign_id JOIN skus s ON s.id = i.sku_id
    CROSS JOIN LATERAL (
        SELECT DISTINCT x.sales_leader_id, x.tier FROM rates x
        WHERE upper_inf(x.period) AND num_nonnulls(x.sales_leader_id, x.tier) = 1
          AND (x.supply_leader_id IS NULL OR x.supply_leader_id = c.supply_leader_id)
          AND (x.sku_id IS NULL OR x.sku_id = i.sku_id) AND (x.category IS NULL OR x.category = s.category)) w
    CROSS JOIN LATERAL choose_rate(c.supply_leader_id, i.sku_id, w.sales_leader_id, w.tier) r
    WHERE i.id = item ORDER BY w.sales_leader_id, w.tier;
END
$$;
COMMENT ON FUNCTION freeze_item_rates(bigint) IS
    'Internal. Keeps with an item the rules in force for single sales leaders and tiers, all of them: also one that says the same as everybody''s, '
    'because it goes before the rule of a tier.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION line_rule(item bigint, seller bigint, tier text, OUT rule ktt.split, OUT payees bigint[], OUT rate_id bigint)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT coalesce(p.rule, t.rule, i.rule), coalesce(p.payees, t.payees, i.payees), coalesce(p.rate_id, t.rate_id, i.rate_id)
    FROM campaign_items i
    LEFT JOIN item_rates p ON p.item_id = i.id AND p.sales_leader_id = line_rule.seller
    LEFT JOIN item_rates t ON t.item_id = i.id AND t.tier = line_rule.tier
    WHERE i.id = line_rule.item;
END;
COMMENT ON FUNCTION line_rule(bigint, bigint, text) IS
    'Internal. The rule of an item for a sale, as frozen: the sales leader''s own, else his tier''s, else everybody''s; with payees and rate. '
    'Seller is a member, NULL for the supply leader himself; tier is the one in which he joined the campaign. No row when there is no such item.';

CREATE FUNCTION rule_gap(rule ktt.split, supply_price bigint, sale_price bigint, OUT units bigint, OUT missing bigint)
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_clause record;
    v_sale record;
    v_rates numeric := 0;
    v_slack numeric := sale_price;
    v_growth numeric := sale_price;
    v_fixed numeric := 0;
    v_unlifted numeric := 1;
    v_lifts numeric := 0;
    v_step bigint := 1000000;
    v_bases numeric[] := '{0,0,0}'::numeric[];
    v_base int;
    v_last numeric := 1000000;
BEGIN
    SELECT * INTO v_sale FROM ktt.check_split(rule, sale_price, supply_price);
    IF NOT v_sale.holds THEN
        units := 1;
        missing := -v_sale.left_over;
        RETURN;
    END IF;
    FOR v_clause IN
        SELECT e.term, e.base, e.exact, e.amount, e.bound FROM ktt.explain_split(rule, sale_price, supply_price) e WHERE e.term <> 'rest'
    LOOP
        v_slack := v_slack - CASE WHEN v_clause.bound = 'max' THEN v_clause.amount WHEN v_clause.term LIKE '% min %'
                                  THEN greatest(v_clause.exact, v_clause.amount) ELSE v_clause.exact END;
        IF v_clause.term LIKE '% per order' OR (v_clause.exact = 0 AND v_clause.amount > 0) THEN
            v_fixed := v_fixed + v_clause.amount;
        ELSE
            v_growth := v_growth - v_clause.exact;
        END IF;
        IF v_clause.base IS NOT NULL THEN
            v_rates := v_rates + 1;
            v_step := gcd(v_step, (v_clause.exact % 1 * 1000000)::bigint);
            v_base := array_position('{sale,cost,margin}', substring(v_clause.term FROM ' of (sale|cost|margin)'));
            v_bases[v_base] := v_bases[v_base] + v_clause.exact;
            IF v_clause.term LIKE '% min %' AND v_clause.exact > 0 THEN
                v_unlifted := greatest(v_unlifted, ceil(v_clause.amount / v_clause.exact));
                v_lifts := v_lifts + v_clause.amount;
            END IF;
        END IF;
    END LOOP;
    -- From so many units on nothing is lifted to a minimum. The parts of one base then come to less than their exact sum and one, to
    -- just that where it has no fraction; all are whole, so that all but one of these ones have to be left over, and what is fixed.
    v_fixed := v_fixed + greatest((SELECT count(*) FROM unnest(v_bases) b WHERE b % 1 <> 0) - 1, 0);
    IF v_growth > 0 THEN
        -- Before that, a minimum adds no more than itself.
        v_last := least(v_last, greatest(v_unlifted, ceil(v_fixed / v_growth)), ceil((v_fixed + v_lifts) / v_growth));
    ELSIF v_growth = 0 AND v_fixed = 0 THEN
        v_last := least(v_last, v_unlifted);
    END IF;
    -- The exact parts of n units are at most n times those of one, and rounding adds less than one to each rate.
    IF v_slack > 0 THEN
        v_last := least(v_last, ceil(v_rates / v_slack));
    END IF;
    -- After so many units all remainders are the same again, and the parts have grown by no more than the sale.
    IF v_growth >= 0 THEN
        v_last := least(v_last, 1000000 / v_step);
    END IF;
    FOR n IN 2 .. least(v_last, 100000)::int LOOP
        SELECT * INTO v_sale FROM ktt.check_split(rule, n * sale_price, n * supply_price, n);
        IF NOT v_sale.holds THEN
            units := n;
            missing := -v_sale.left_over;
            RETURN;
        END IF;
    END LOOP;
    -- A rule that would have to be tried longer leaves next to nothing in the long run, or less: nobody waits for that while a campaign is held.
    IF v_last > 100000 THEN
        units := 100001;
    END IF;
END
$$;
COMMENT ON FUNCTION rule_gap(ktt.split, bigint, bigint) IS
    'Internal. The lowest number of units, up to the 1000000 that an order may have, whose parts by a rule without ladders are more than their sale, and by how much in '
    'minor units (NULL when that is no number); nulls when the rule holds for all. Exact: it tries so many units as can differ, mostly none; '
    'a rule of which that takes more than 100000 tries counts as not holding for 100001.';

CREATE FUNCTION check_item_rates(item bigint)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_gap record;
BEGIN
    SELECT i.sku_id, i.sale_price, l.rate_id, l.rule, g.units, g.missing INTO v_gap
    FROM campaign_items i
    CROSS JOIN LATERAL (SELECT i.rate_id, i.rule UNION ALL
                        SELECT r.rate_id, r.rule FROM item_rates r WHERE r.item_id = i.id) l
    CROSS JOIN LATERAL rule_gap(l.rule, i.supply_price, i.sale_price) g
    WHERE i.id = item AND g.units IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'split of item % does not hold for its price', item
            USING ERRCODE = 'KT201',
                  DETAIL = format('Item %s is sku %s at %s; in a line of %s, the parts of rate %s, "%s", %s more than the sale.',
                                  item, v_gap.sku_id, v_gap.sale_price, v_gap.units, v_gap.rate_id, v_gap.rule,
                                  CASE WHEN v_gap.units > 100000 THEN 'may be' ELSE format('are %s', coalesce(v_gap.missing::text, 'far')) END),
                  HINT = 'Retire the item and list it again, at another price or after set_rate().';
    END IF;
END
$$;
COMMENT ON FUNCTION check_item_rates(bigint) IS
    'Internal. Refuses an item when one of its rules, for however many units, gives away more than the sale (KT201), and says how much.';

CREATE FUNCTION verify_item_rates()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 2 SET search_path FROM CURRENT
AS $$
    WITH l AS (
        SELECT i.id, i.rate_id, i.rule, i.payees, i.campaign_id, i.sku_id, NULL::bigint AS sales_leader_id, NULL::text AS tier FROM campaign_items i
        UNION ALL
        SELECT i.id, x.rate_id, x.rule, x.payees, i.campaign_id, i.sku_id, x.sales_leader_id, x.tier
        FROM item_rates x JOIN campaign_items i ON i.id = x.item_id)
    SELECT 'items keep the rules of the rates they were listed by', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM (SELECT l.id, l.rule = r.rule AND cardinality(l.payees) = cardinality(ktt.parties(l.rule))
                 AND (l.sales_leader_id, l.tier) IS NOT DISTINCT FROM (r.sales_leader_id, r.tier)
                 AND coalesce(r.sku_id, l.sku_id) = l.sku_id AND coalesce(r.supply_leader_id, c.supply_leader_id) = c.supply_leader_id AS ok
          FROM l LEFT JOIN rates r ON r.id = l.rate_id LEFT JOIN campaigns c ON c.id = l.campaign_id) c
    UNION ALL
    SELECT 'the rules of items on sale leave no line short', count(*), count(*) FILTER (WHERE c.short), min(c.id) FILTER (WHERE c.short)::text
    FROM (SELECT i.id, EXISTS (SELECT FROM (SELECT i.rule UNION ALL SELECT x.rule FROM item_rates x WHERE x.item_id = i.id) l
                               CROSS JOIN LATERAL rule_gap(l.rule, i.supply_price, i.sale_price) g WHERE g.units IS NOT NULL) AS short
          FROM campaign_items i JOIN campaigns c ON c.id = i.campaign_id
          WHERE NOT i.retired AND EXISTS (SELECT FROM campaign_log l WHERE l.campaign_id = c.id AND l.state = 'open')) c
$$;
COMMENT ON FUNCTION verify_item_rates() IS 'The invariants of the rules of items, for verify().';
