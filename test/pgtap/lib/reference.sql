-- Slow and obvious: what the market computes, in plain numeric and GROUP BY. No operator, aggregate or function of ktt takes
-- part in the arithmetic; the values are only taken apart into rows.
CREATE SCHEMA reference;

-- One unit each to the largest remainders, ties to the first; position counts the parts from 1.
CREATE FUNCTION reference.apportion(total numeric, weights numeric[]) RETURNS numeric[]
LANGUAGE sql AS $$
    WITH part AS (
        SELECT w.n, floor(total * w.weight / s.sum) AS whole, total * w.weight % s.sum AS remainder
        FROM unnest(weights) WITH ORDINALITY w(weight, n), (SELECT sum(x) FROM unnest(weights) x) s),
    ranked AS (SELECT p.*, row_number() OVER (ORDER BY p.remainder DESC, p.n) AS place FROM part p)
    SELECT array_agg(r.whole + CASE WHEN r.place <= total - (SELECT sum(p.whole) FROM part p) THEN 1 ELSE 0 END ORDER BY r.n) FROM ranked r
$$;

-- The parts of a sale: percentages of one base together with what none of them names, then bounds, then the rest.
CREATE FUNCTION reference.split(rule ktt.split, sale numeric, cost numeric, units numeric)
RETURNS TABLE (ordinal int, party text, amount numeric)
LANGUAGE plpgsql AS $$
DECLARE
    v_clause record;
    v_base record;
    v_parts numeric[];
    v_part numeric[] := '{}';
    v_rest int;
BEGIN
    FOR v_base IN SELECT * FROM (VALUES ('sale', sale), ('cost', cost), ('margin', sale - cost)) b(name, amount) LOOP
        SELECT reference.apportion(v_base.amount, array_agg(r.rate ORDER BY r.ordinal) || (100 - sum(r.rate))) AS parts, array_agg(r.ordinal ORDER BY r.ordinal) AS ordinals
          INTO v_clause
        FROM (SELECT c.ordinal, (regexp_match(c.term, '^([0-9.]+)% of ' || v_base.name))[1]::numeric AS rate FROM ktt.clauses(rule) c) r
        WHERE r.rate IS NOT NULL;
        IF v_clause.ordinals IS NOT NULL THEN
            FOR n IN 1 .. cardinality(v_clause.ordinals) LOOP
                v_part[v_clause.ordinals[n]] := v_clause.parts[n];
            END LOOP;
        END IF;
    END LOOP;
    FOR v_clause IN SELECT * FROM ktt.clauses(rule) LOOP
        IF v_clause.term = 'cost' THEN
            v_part[v_clause.ordinal] := cost;
        ELSIF v_clause.term = 'rest' THEN
            v_rest := v_clause.ordinal;
            v_part[v_rest] := 0;
        ELSIF v_clause.term LIKE '% per unit' THEN
            v_part[v_clause.ordinal] := split_part(v_clause.term, ' ', 1)::numeric * units;
        ELSIF v_clause.term LIKE '% per order' THEN
            v_part[v_clause.ordinal] := split_part(v_clause.term, ' ', 1)::numeric;
        END IF;
        v_part[v_clause.ordinal] := least(
            greatest(v_part[v_clause.ordinal], (regexp_match(v_clause.term, 'min ([0-9]+)'))[1]::numeric),
            (regexp_match(v_clause.term, 'max ([0-9]+)'))[1]::numeric);
    END LOOP;
    IF v_rest IS NOT NULL THEN
        v_part[v_rest] := sale - (SELECT sum(p) FROM unnest(v_part) p);
    END IF;
    RETURN QUERY SELECT c.ordinal, c.party, v_part[c.ordinal] FROM ktt.clauses(rule) c;
END
$$;

-- The accounts behind the parties of an order: an absent one gives its part to whom the rest goes.
CREATE FUNCTION reference.line_shares(campaign bigint, order_id bigint, item bigint)
RETURNS TABLE (account bigint, amount numeric)
LANGUAGE sql AS $$
    WITH part AS (
        SELECT c.term, s.amount,
               CASE c.party
                   WHEN 'supplier' THEN (SELECT a.id FROM market.accounts a WHERE a.member_id = i.supplier_id AND a.kind = 'goods')
                   WHEN 'supply_leader' THEN (SELECT a.id FROM market.accounts a WHERE a.member_id = k.supply_leader_id AND a.kind = 'commission')
                   WHEN 'platform' THEN (SELECT a.id FROM market.accounts a WHERE a.member_id IS NULL AND a.kind = 'revenue')
                   WHEN 'sales_leader' THEN o.seller_account_id
                   WHEN 'steward' THEN o.steward_account_id END AS account
        FROM market.orders o JOIN market.campaign_items i ON i.id = item JOIN market.campaigns k ON k.id = o.campaign_id
        CROSS JOIN LATERAL ktt.items(o.basket) b
        CROSS JOIN LATERAL reference.split(i.rule, b.units * i.sale_price, b.units * i.supply_price, b.units) s
        JOIN LATERAL ktt.clauses(i.rule) c ON c.ordinal = s.ordinal
        WHERE o.campaign_id = campaign AND o.id = order_id AND b.item = line_shares.item)
    SELECT coalesce(p.account, (SELECT r.account FROM part r WHERE r.term = 'rest')), sum(p.amount) FROM part p GROUP BY 1
$$;

-- Units and amounts per point and item of the paid orders of a wave, as before any refund later than its lists.
CREATE FUNCTION reference.rollup(wave bigint) RETURNS TABLE (point_id bigint, item_id bigint, units bigint, amount bigint)
LANGUAGE sql AS $$
    SELECT l.point_id, l.item_id, sum(l.units)::bigint, sum(l.amount)::bigint
    FROM (SELECT o.point_id, b.item AS item_id, b.units, b.amount
          FROM market.orders o JOIN market.campaigns c ON c.id = o.campaign_id CROSS JOIN LATERAL ktt.items(o.basket) b
          WHERE c.wave_id = wave AND o.state NOT IN ('placed', 'cancelled', 'expired')
          UNION ALL
          SELECT o.point_id, r.item_id, -r.units, -r.amount
          FROM market.refunds r JOIN market.orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id
          JOIN market.campaigns c ON c.id = r.campaign_id JOIN market.waves w ON w.id = c.wave_id
          WHERE c.wave_id = wave AND r.refunded_at < w.frozen_at AND o.state <> 'cancelled') l
    GROUP BY 1, 2 HAVING sum(l.units) <> 0 OR sum(l.amount) <> 0
$$;

-- What refunds take back: refund by refund, each apportioned over what is left of every share, ties to the lower account.
CREATE FUNCTION reference.refunded_shares(campaign bigint, order_id bigint, item bigint)
RETURNS TABLE (refund_id bigint, account bigint, amount numeric)
LANGUAGE plpgsql AS $$
DECLARE
    v_accounts bigint[];
    v_left numeric[];
    v_back numeric[];
    v_refund record;
BEGIN
    SELECT array_agg(s.account ORDER BY s.account), array_agg(s.amount ORDER BY s.account) INTO v_accounts, v_left
    FROM reference.line_shares(campaign, order_id, item) s WHERE s.amount <> 0;
    FOR v_refund IN SELECT r.id, r.amount FROM market.refunds r
                    WHERE r.campaign_id = campaign AND r.order_id = refunded_shares.order_id AND r.item_id = item AND r.amount > 0 ORDER BY r.id LOOP
        v_back := reference.apportion(v_refund.amount, v_left);
        RETURN QUERY SELECT v_refund.id, a.account, a.amount FROM unnest(v_accounts, v_back) a(account, amount) WHERE a.amount <> 0;
        SELECT array_agg(x.l - x.b ORDER BY x.n) INTO v_left FROM unnest(v_left, v_back) WITH ORDINALITY x(l, b, n);
    END LOOP;
END
$$;

-- What every account has got by settlement: the shares of all orders due up to a time, less those of the refunds.
CREATE FUNCTION reference.settled(until timestamptz) RETURNS TABLE (account bigint, amount numeric)
LANGUAGE sql AS $$
    -- Once for each line, not for each line and refund of its campaign.
    WITH refunded AS MATERIALIZED (
        SELECT o.campaign_id, s.* FROM market.orders o CROSS JOIN LATERAL ktt.items(o.basket) b
        CROSS JOIN LATERAL reference.refunded_shares(o.campaign_id, o.id, b.item) s)
    SELECT l.account, sum(l.amount)
    FROM (SELECT s.account, s.amount
          FROM market.orders o CROSS JOIN LATERAL ktt.items(o.basket) b CROSS JOIN LATERAL reference.line_shares(o.campaign_id, o.id, b.item) s
          WHERE o.due_at <= until
          UNION ALL
          SELECT s.account, -s.amount FROM refunded s JOIN market.refunds r ON r.campaign_id = s.campaign_id AND r.id = s.refund_id
          WHERE r.due_at <= until) l
    GROUP BY 1 HAVING sum(l.amount) <> 0
$$;
