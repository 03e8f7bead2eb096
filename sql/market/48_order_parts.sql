/*
 * What everybody gets of an order, line by line; and an order that is only tried.
 */

CREATE FUNCTION order_parts(campaign bigint, order_id bigint)
RETURNS TABLE (item_id bigint, units bigint, sale bigint, party text, account_id bigint, member_id bigint, amount bigint, rule ktt.split)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 12 SET search_path FROM CURRENT
AS $$
    SELECT b.item, b.units, b.amount, p.party, a.id, a.member_id, d.amount, r.rule
    FROM orders o
    CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item
    CROSS JOIN LATERAL line_rule_of(o, b.item) r
    CROSS JOIN LATERAL unnest(ktt.parties(r.rule), array_replace(array_replace(r.payees, -1, o.seller_account_id), -2, o.steward_account_id))
        WITH ORDINALITY p(party, account, n)
    JOIN LATERAL (
        -- Each party's part under a number of its own, as one member may stand in two.
        SELECT e.account AS n, e.amount
        FROM ktt.entries(ktt.allocate(r.rule, b.amount, b.units * i.supply_price, b.units, ARRAY(
                 SELECT CASE WHEN q.account IS NOT NULL THEN q.n END
                 FROM unnest(array_replace(array_replace(r.payees, -1, o.seller_account_id), -2, o.steward_account_id)) WITH ORDINALITY q(account, n)
                 ORDER BY q.n))) e) d ON d.n = p.n
    LEFT JOIN accounts a ON a.id = p.account
    WHERE o.campaign_id = order_parts.campaign AND o.id = order_parts.order_id
    ORDER BY b.item, p.n
$$;
COMMENT ON FUNCTION order_parts(bigint, bigint) IS
    'How each line of an order is divided: item, units and sale, then per party of the rule its account, its member (NULL: the platform) and its '
    'amount in minor units, with the rule that was frozen for the line. The amounts of a line sum to its sale; parties that get nothing are left out.';

CREATE FUNCTION preview_order(
    campaign bigint, buyer bigint, items bigint[], units bigint[],
    seller bigint DEFAULT NULL, point bigint DEFAULT NULL, location ktt.location DEFAULT NULL, household bytea DEFAULT NULL,
    OUT outcome text, OUT amount bigint, OUT deposit bigint, OUT pickup_point bigint, OUT item bigint, OUT parts jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_placed record;
BEGIN
    BEGIN
        SELECT * INTO v_placed
        FROM place_order(campaign, buyer, items, units, format('preview %s', gen_random_uuid()), seller, point, location, household) p;
        outcome := v_placed.outcome;
        amount := v_placed.amount;
        pickup_point := v_placed.pickup_point;
        item := v_placed.item;
        SELECT o.deposit INTO deposit FROM orders o WHERE o.campaign_id = preview_order.campaign AND o.id = v_placed.order_id;
        SELECT jsonb_agg(jsonb_build_object('item', p.item_id, 'party', p.party, 'member', p.member_id, 'amount', p.amount)) INTO parts
        FROM order_parts(campaign, v_placed.order_id) p;
        RAISE EXCEPTION USING ERRCODE = 'KT999';
    EXCEPTION WHEN SQLSTATE 'KT999' THEN
        -- Variables keep what they were told; the order is gone.
        NULL;
    END;
END
$$;
COMMENT ON FUNCTION preview_order(bigint, bigint, bigint[], bigint[], bigint, bigint, ktt.location, bytea) IS
    'What place_order() would answer now, by placing the order and undoing it: outcome, amount and deposit in minor units, pickup point, the item that a '
    'refusal is about, and the parts as an array of objects with item, party, member and amount. Nothing is kept. Errors: as place_order().';
