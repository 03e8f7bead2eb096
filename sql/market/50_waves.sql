/*
 * The wave closes: nothing is ordered after it, and orders become demand, sort and delivery lists.
 */

CREATE TABLE wave_lists (
    wave_id     bigint NOT NULL REFERENCES waves,
    kind        text NOT NULL CHECK (kind IN ('demand', 'delivery')),
    party_id    bigint NOT NULL,
    orders      bigint NOT NULL,
    basket      ktt.basket NOT NULL,
    digest      bytea NOT NULL,
    PRIMARY KEY (wave_id, kind, party_id)
);
COMMENT ON TABLE wave_lists IS
    'What was frozen at the cut-off: demand per supplier at supply prices, delivery per pickup point at sale prices.';
COMMENT ON COLUMN wave_lists.party_id IS 'The supplier (a member) of a demand, the pickup point of a delivery.';
COMMENT ON COLUMN wave_lists.digest IS 'BLAKE2b of the basket''s binary form: a list that was printed can be checked against it.';

CREATE TABLE receipts (
    wave_id     bigint NOT NULL REFERENCES waves,
    supplier_id bigint NOT NULL REFERENCES members,
    units       ktt.basket NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (wave_id, supplier_id)
);
COMMENT ON TABLE receipts IS 'Goods that reached the warehouse, per wave and supplier; amounts are 0.';

CREATE FUNCTION close_wave(wave bigint)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_state text;
    v_closed int;
BEGIN
    PERFORM read_committed();
    -- Waits for every order that is under way, then nobody gets in until this transaction ends: commit at once.
    LOCK TABLE order_gate IN SHARE MODE;
    SELECT w.state INTO v_state FROM waves w WHERE w.id = require(wave, 'wave') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'wave % does not exist', wave USING ERRCODE = 'KT303';
    ELSIF v_state <> 'open' THEN
        RETURN 0;
    END IF;
    SELECT count(move_campaign(c.id, CASE c.state WHEN 'draft' THEN 'cancelled' ELSE 'closed' END,
                               CASE c.state WHEN 'draft' THEN 'never published' ELSE 'cut-off of the wave' END)) INTO v_closed
    FROM (SELECT c.id, c.state FROM campaigns c WHERE c.wave_id = wave AND c.state IN ('draft', 'open') ORDER BY c.id FOR NO KEY UPDATE) c;
    UPDATE waves w SET state = 'closed', closed_at = clock_timestamp() WHERE w.id = wave;
    RETURN v_closed;
END
$$;
COMMENT ON FUNCTION close_wave(bigint) IS
    'The cut-off: closes every campaign of a wave for good (drafts are cancelled) and returns how many; a wave that is closed already is left as it is. '
    'Call it in a transaction of its own: until that commits, orders of all campaigns wait. Errors: KT303 no such wave.';

CREATE FUNCTION freeze_wave(wave bigint)
RETURNS TABLE (orders bigint, units bigint, amount bigint, expired bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_state text;
    v_targets orders[];
    v_total ktt.basket;
BEGIN
    PERFORM read_committed();
    SELECT w.state INTO v_state FROM waves w WHERE w.id = require(wave, 'wave') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'wave % does not exist', wave USING ERRCODE = 'KT303';
    ELSIF v_state = 'open' THEN
        RAISE EXCEPTION 'wave % is still open', wave USING ERRCODE = 'KT301', HINT = 'Close it with close_wave() first.';
    END IF;
    expired := 0;
    IF v_state = 'closed' THEN
        v_targets := ARRAY(
            SELECT o FROM orders o JOIN campaigns c ON c.id = o.campaign_id
            WHERE c.wave_id = wave AND o.state = 'placed' ORDER BY o.campaign_id, o.id FOR NO KEY UPDATE OF o);
        PERFORM expire_unpaid(v_targets);
        expired := cardinality(v_targets);
        PERFORM conclude_campaign(c.id) FROM (SELECT c.id FROM campaigns c WHERE c.wave_id = wave AND c.state = 'closed' ORDER BY c.id) c;
        INSERT INTO wave_lists (wave_id, kind, party_id, orders, basket, digest)
        SELECT wave, 'delivery', d.point_id, d.orders, d.basket, ktt.blake2b(ktt.basket_send(d.basket))
        FROM (SELECT o.point_id, count(*) AS orders, sum(o.basket - o.refunded) AS basket
              FROM orders o JOIN campaigns c ON c.id = o.campaign_id
              WHERE c.wave_id = wave AND o.state = 'paid' GROUP BY o.point_id) d;
        SELECT sum(l.basket) INTO v_total FROM wave_lists l WHERE l.wave_id = wave AND l.kind = 'delivery';
        INSERT INTO wave_lists (wave_id, kind, party_id, orders, basket, digest)
        SELECT wave, 'demand', d.supplier_id, 0, d.basket, ktt.blake2b(ktt.basket_send(d.basket))
        FROM (SELECT i.supplier_id, ktt.basket_agg(t.item, t.units, t.units * i.supply_price) AS basket
              FROM ktt.items(v_total) t JOIN campaign_items i ON i.id = t.item WHERE t.units > 0 GROUP BY i.supplier_id) d;
        UPDATE waves w SET state = 'frozen', frozen_at = clock_timestamp() WHERE w.id = wave;
    END IF;
    RETURN QUERY
    SELECT coalesce(sum(l.orders), 0)::bigint, coalesce(ktt.units(sum(l.basket)), 0), coalesce(ktt.amount(sum(l.basket)), 0),
           freeze_wave.expired
    FROM wave_lists l WHERE l.wave_id = wave AND l.kind = 'delivery';
END
$$;
COMMENT ON FUNCTION freeze_wave(bigint) IS
    'Freezes the lists of a closed wave: unpaid orders expire, campaigns are decided (one below its minimum fails, and its orders are cancelled), '
    'and paid orders become one demand per supplier and one delivery list per pickup '
    'point, with digests. Returns the totals of the delivery lists (amount in minor units); called again it returns them again. '
    'Errors: KT301 wave still open, or balances of a presale are not due yet, KT303 no such wave.';

CREATE FUNCTION receive_goods(wave bigint, supplier bigint, items bigint[], units bigint[])
RETURNS ktt.basket
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_demand ktt.basket;
    v_units ktt.basket;
BEGIN
    PERFORM read_committed();
    v_units := ktt.basket(require(items, 'items'), require(units, 'units'), array_fill(0::bigint, ARRAY[cardinality(items)]));
    SELECT l.basket INTO v_demand FROM wave_lists l
    WHERE l.wave_id = require(wave, 'wave') AND l.kind = 'demand' AND l.party_id = require(supplier, 'supplier');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'wave % has no demand for supplier %', wave, supplier USING ERRCODE = 'KT303';
    ELSIF EXISTS (SELECT FROM ktt.items(v_units) u WHERE u.units < 0 OR NOT v_demand OPERATOR(ktt.?) u.item) THEN
        RAISE EXCEPTION 'goods received must be of the demand and not negative' USING ERRCODE = '22023';
    END IF;
    INSERT INTO receipts AS r (wave_id, supplier_id, units, received_at)
    VALUES (wave, supplier, v_units, clock_timestamp())
    ON CONFLICT (wave_id, supplier_id) DO UPDATE SET units = excluded.units, received_at = excluded.received_at
        WHERE r.units <> excluded.units;
    RETURN (SELECT ktt.basket_agg(d.item, d.units - coalesce(ktt.units(v_units, d.item), 0), 0) FROM ktt.items(v_demand) d);
END
$$;
COMMENT ON FUNCTION receive_goods(bigint, bigint, bigint[], bigint[]) IS
    'Notes what a supplier brought to the warehouse for a wave (the whole of it, each call replaces the one before) and returns what is '
    'missing: units short per item, negative when there is too much. Errors: 22023 goods not in the demand, KT303 no demand.';

CREATE FUNCTION dispatch_wave(wave bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require_wave(wave, '{frozen,dispatched}');
    UPDATE waves w SET state = 'dispatched', dispatched_at = clock_timestamp() WHERE w.id = wave AND w.state = 'frozen';
END
$$;
COMMENT ON FUNCTION dispatch_wave(bigint) IS 'The drivers leave with the goods of a wave. Errors: KT301 lists not frozen, KT303 no such wave.';

CREATE VIEW demand WITH (security_barrier) AS
SELECT l.wave_id, l.party_id AS supplier_id, i.item AS item_id, c.sku_id, s.reference AS sku, i.units, i.amount
FROM wave_lists l CROSS JOIN LATERAL ktt.items(l.basket) i JOIN campaign_items c ON c.id = i.item JOIN skus s ON s.id = c.sku_id
WHERE l.kind = 'demand';
COMMENT ON VIEW demand IS 'What each supplier has to bring for a wave; amount is what he is paid, at supply prices.';

CREATE VIEW delivery_list WITH (security_barrier) AS
SELECT l.wave_id, l.party_id AS point_id, i.item AS item_id, s.reference AS sku, i.units, i.amount
FROM wave_lists l CROSS JOIN LATERAL ktt.items(l.basket) i JOIN campaign_items c ON c.id = i.item JOIN skus s ON s.id = c.sku_id
WHERE l.kind = 'delivery';
COMMENT ON VIEW delivery_list IS 'What goes to each pickup point in a wave; amount is at sale prices.';

CREATE VIEW sort_list WITH (security_barrier) AS
SELECT d.wave_id, d.item_id, d.sku, d.point_id, d.units FROM delivery_list d WHERE d.units > 0;
COMMENT ON VIEW sort_list IS 'How the warehouse sorts each item over the pickup points; order by wave_id, sku, item_id, point_id.';
