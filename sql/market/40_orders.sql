/*
 * Orders: one row each. Its chain, prices, rule and shares are frozen in it.
 */

CREATE TABLE order_gate ();
COMMENT ON TABLE order_gate IS
    'Always empty. Who writes orders of an open campaign holds ROW EXCLUSIVE on it, who closes takes SHARE: '
    'so everything before the cut-off is finished and nothing after it slips in.';

CREATE TYPE order_state AS ENUM ('placed', 'paid', 'arrived', 'picked_up', 'completed', 'cancelled', 'expired', 'refunded');
COMMENT ON TYPE order_state IS
    'placed until it is paid in full, paid, arrived at its point, picked_up, completed; cancelled by the buyer, with its campaign or '
    'when that fails; expired when it stayed unpaid; refunded when all of it went back before it was completed.';
CREATE TYPE order_channel AS ENUM ('group', 'moments', 'account', 'mini_programme', 'other');
COMMENT ON TYPE order_channel IS 'Where the buyer came from: a chat group, moments, an official account, the mini programme, elsewhere.';

CREATE TABLE orders (
    campaign_id         bigint NOT NULL,
    id                  bigint GENERATED ALWAYS AS IDENTITY,
    buyer_id            bigint NOT NULL,
    point_id            bigint NOT NULL,
    amount              bigint NOT NULL,
    seller_account_id   bigint,
    steward_account_id  bigint,
    placed_at           timestamptz NOT NULL,
    paid_at             timestamptz,
    due_at              timestamptz,
    unpaid_since        timestamptz,
    deposit             bigint,
    part_paid           bigint,
    household           bigint,
    state               order_state NOT NULL DEFAULT 'placed',
    channel             order_channel,
    chain               ktt.chain NOT NULL,
    basket              ktt.basket NOT NULL,
    shares              ktt.shares NOT NULL,
    refunded            ktt.basket NOT NULL DEFAULT '{}',
    request             text NOT NULL,
    location            ktt.location,
    code_mac            bytea,
    note                text,
    PRIMARY KEY (campaign_id, id),
    CONSTRAINT orders_request_key UNIQUE (buyer_id, campaign_id, request),
    CONSTRAINT orders_adds_up_check CHECK (ktt.adds_up(orders))
) WITH (fillfactor = 80);
CREATE INDEX orders_due_at_idx ON orders (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE orders IS
    'One row per order. No foreign keys: they would lock the campaign''s row once per order; place_order() checks, verify() proves.';
COMMENT ON COLUMN orders.basket IS 'Item to units and amount, prices as listed.';
COMMENT ON COLUMN orders.shares IS 'Account to amount: every line divided by the rule of its item; sums to the amount.';
COMMENT ON COLUMN orders.refunded IS 'What refunds have taken back so far; never more than the basket, by constraint.';
COMMENT ON COLUMN orders.seller_account_id IS 'The sales leader''s account, NULL when the supply leader sells himself.';
COMMENT ON COLUMN orders.steward_account_id IS 'The account of the steward of the day, NULL when the community had none.';
COMMENT ON COLUMN orders.unpaid_since IS 'From when the time to pay it counts, once it was changed: it was paid until then, or placed then at first; NULL: from placed_at.';
COMMENT ON COLUMN orders.deposit IS 'What keeps the order from expiring until the balance is due; NULL: all of it.';
COMMENT ON COLUMN orders.part_paid IS 'What has come in of an order that is not paid in full; NULL is nothing.';
COMMENT ON COLUMN orders.household IS '64 bits of the hash of the buyer''s address, for limits per household.';
COMMENT ON COLUMN orders.note IS 'From the buyer to the steward.';
COMMENT ON COLUMN orders.due_at IS 'When the shares become payable; set once, on completion, behind the last settlement.';
COMMENT ON COLUMN orders.request IS 'The buyer''s request key.';
COMMENT ON COLUMN orders.code_mac IS 'Keyed MAC of the pickup code; the code itself is shown once and kept nowhere.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION divide_line(
    rule ktt.split, payees bigint[], sale bigint, cost bigint, units bigint, seller_account bigint, steward_account bigint)
RETURNS ktt.shares
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ktt.allocate(rule, sale, cost, units, array_replace(array_replace(payees, -1, seller_account), -2, steward_account));
COMMENT ON FUNCTION divide_line(ktt.split, bigint[], bigint, bigint, bigint, bigint, bigint) IS
    'Internal. The shares of one line of an order: the item''s rule and payees, the order''s sales leader and steward in their places.';

CREATE TABLE order_changes (
    campaign_id bigint NOT NULL,
    order_id    bigint NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    was         ktt.basket NOT NULL,
    became      ktt.basket NOT NULL,
    returned    bigint NOT NULL CHECK (returned >= 0),
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, order_id, id)
);
COMMENT ON TABLE order_changes IS 'What change_order() made of an order before the cut-off, and what it returned of a payment.';

CREATE FUNCTION order_seller(target orders)
RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$ SELECT (ktt.members(target.chain))[ktt.depth(target.chain)] $$;
COMMENT ON FUNCTION order_seller(orders) IS 'Internal. Who sold it: the last of its chain.';

CREATE FUNCTION draws_of(campaign bigint, items bigint[], units bigint[], point bigint, orders bigint DEFAULT 1)
RETURNS TABLE (campaign_id bigint, stock_id bigint, slots int, units bigint, item bigint)
LANGUAGE sql STABLE ROWS 4 SET search_path FROM CURRENT
AS $$
    WITH l AS (
        SELECT i.id, i.slots, i.pool_id, i.shared_out, o.units
        FROM unnest(draws_of.items, draws_of.units) o(item, units) JOIN campaign_items i ON i.id = o.item)
    SELECT d.campaign_id, d.stock_id, d.slots, d.units::bigint, d.item
    FROM (SELECT draws_of.campaign, l.id, l.slots, l.units, l.id FROM l WHERE l.slots IS NOT NULL
          UNION ALL
          SELECT 0, -q.id, q.slots, sum(l.units), min(l.id) FROM l JOIN quotas q ON q.id = l.pool_id GROUP BY q.id
          UNION ALL
          SELECT draws_of.campaign, -q.id, q.slots, l.units, l.id
          FROM l JOIN pickup_points p ON p.id = draws_of.point
          JOIN quotas q ON q.campaign_id = draws_of.campaign AND q.item_id = l.id AND q.community_id = p.community_id
          WHERE l.shared_out
          UNION ALL
          SELECT draws_of.campaign, -c.capacity_id, c.capacity_slots, CASE c.capacity_of WHEN 'orders' THEN draws_of.orders ELSE (SELECT sum(l.units) FROM l) END, NULL
          FROM campaigns c WHERE c.id = draws_of.campaign AND c.capacity_id IS NOT NULL) d(campaign_id, stock_id, slots, units, item)
    ORDER BY d.stock_id
$$;
COMMENT ON FUNCTION draws_of(bigint, bigint[], bigint[], bigint, bigint) IS
    'Internal. What an order, or some of one point together, takes of which stock, by rising id: of its items, their pools, the quotas of its community, the capacity of the '
    'campaign (item NULL).';

CREATE FUNCTION repeat_order(
    first orders, items bigint[], units bigint[], seller bigint, point bigint, location ktt.location,
    household bytea, channel text, note text,
    OUT outcome text, OUT order_id bigint, OUT amount bigint, OUT pickup_point bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    -- It may have been changed since.
    v_basket ktt.basket := coalesce((SELECT c.was FROM order_changes c
                                     WHERE c.campaign_id = first.campaign_id AND c.order_id = first.id ORDER BY c.id LIMIT 1), first.basket);
BEGIN
    -- Without a link it may have been anybody's, and a sales leader's own order nobody's.
    IF (SELECT jsonb_object_agg(b.item, b.units) FROM ktt.items(v_basket) b)
           IS DISTINCT FROM (SELECT jsonb_object_agg(l.item, l.units) FROM unnest(items, units) l(item, units))
       OR (seller <> order_seller(first) AND NOT (seller = first.buyer_id AND first.seller_account_id IS NULL))
       OR (seller IS NULL AND first.seller_account_id IS NOT NULL
           AND (SELECT g.attribution = 'link' AND c.owner_id IS NULL FROM settings g, campaigns c WHERE c.id = first.campaign_id))
       OR (point IS NOT NULL AND point <> placed_point(first))
       OR (location IS NULL) <> (first.location IS NULL)
       OR ktt.distance(location, first.location) > 0
       OR (household_id(household), channel, note) IS DISTINCT FROM (first.household, first.channel::text, first.note) THEN
        RAISE EXCEPTION 'request key "%" was already used with different arguments', first.request
            USING ERRCODE = 'KT010', HINT = 'Use a new key for a new order.';
    END IF;
    outcome := 'placed';
    order_id := first.id;
    amount := first.amount;
    pickup_point := first.point_id;
END
$$;
COMMENT ON FUNCTION repeat_order(orders, bigint[], bigint[], bigint, bigint, ktt.location, bytea, text, text) IS
    'Internal. The first outcome of an order that is placed again under its key, and the point where it is by now. Errors: KT010 other arguments.';

CREATE FUNCTION refusal_arguments(
    items bigint[], units bigint[], seller bigint, point bigint, location ktt.location, household bytea, channel text, note text)
RETURNS jsonb
-- All digits of a place, so that a retry from a session with other settings is the same request.
LANGUAGE sql STABLE SET search_path FROM CURRENT SET extra_float_digits = 1
AS $$
    SELECT jsonb_build_object('items', items, 'units', units, 'seller', seller, 'point', point,
                              'longitude', ktt.longitude(location), 'latitude', ktt.latitude(location),
                              'household', encode(household, 'hex'), 'channel', channel, 'note', note)
$$;
COMMENT ON FUNCTION refusal_arguments(bigint[], bigint[], bigint, bigint, ktt.location, bytea, text, text) IS
    'Internal. The arguments of an order as they are kept with a refusal.';

CREATE FUNCTION refuse_lines(campaign bigint, items bigint[], units bigint[])
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_line record;
BEGIN
    FOR v_line IN
        SELECT l.item, l.units, count(*) OVER (PARTITION BY l.item) AS times, i.id, i.retired
        FROM unnest(items, units) WITH ORDINALITY l(item, units, ordinal)
        LEFT JOIN campaign_items i ON i.id = l.item AND i.campaign_id = campaign ORDER BY l.ordinal
    LOOP
        IF v_line.item IS NULL OR v_line.units IS NULL THEN
            RAISE EXCEPTION 'items and units must not contain nulls' USING ERRCODE = '22004';
        ELSIF v_line.units NOT BETWEEN 1 AND 1000000 THEN
            RAISE EXCEPTION 'units must be between 1 and 1000000'
                USING ERRCODE = '22023', DETAIL = format('Item %s has %s units.', v_line.item, v_line.units);
        ELSIF v_line.times > 1 THEN
            RAISE EXCEPTION 'item % appears more than once', v_line.item USING ERRCODE = '22023';
        ELSIF v_line.id IS NULL THEN
            RAISE EXCEPTION 'item % does not belong to campaign %', v_line.item, campaign USING ERRCODE = 'KT303';
        ELSIF v_line.retired THEN
            RAISE EXCEPTION 'item % is no longer on sale', v_line.item USING ERRCODE = 'KT303';
        END IF;
    END LOOP;
    -- Whatever it was, it was put right meanwhile.
    RAISE EXCEPTION 'items of campaign % changed while the order was placed', campaign
        USING ERRCODE = '40001', HINT = 'Place the order again.';
END
$$;
COMMENT ON FUNCTION refuse_lines(bigint, bigint[], bigint[]) IS 'Internal. Says what is wrong with the lines of an order.';

CREATE FUNCTION line_rule_of(target orders, item bigint, OUT rule ktt.split, OUT payees bigint[])
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    SELECT r.rule, r.payees
    FROM line_rule(line_rule_of.item, order_seller(target),
                   (SELECT s.tier FROM campaign_sellers s WHERE s.campaign_id = target.campaign_id AND s.account_id = target.seller_account_id)) r
$$;
COMMENT ON FUNCTION line_rule_of(orders, bigint) IS 'Internal. The rule by which a line of an order was divided, frozen when the item was listed.';
