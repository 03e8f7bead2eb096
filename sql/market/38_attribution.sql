/*
 * Whose buyer somebody is. An order's own link always wins: the sales leader who is named when it is placed. An order without a
 * link goes to whom the buyer's touches name, by settings.attribution: the first sales leader of this supply leader whose link
 * he used (first), the last one (last), or nobody (link); a touch counts for settings.attribution_window, and only in
 * campaigns that he sells in. Else the order is the supply leader's own, who then has no sales leader to pay.
 *
 * What a sales leader buys himself is his own sale like any other. Where settings.own_purchase is false it earns him nothing:
 * place_order() then names no sales leader for it, neither by link nor by touch.
 */

CREATE TABLE touches (
    supply_leader_id bigint NOT NULL,
    buyer_id        bigint NOT NULL,
    first_seller_id bigint NOT NULL,
    first_at        timestamptz NOT NULL,
    last_seller_id  bigint NOT NULL,
    last_at         timestamptz NOT NULL,
    PRIMARY KEY (supply_leader_id, buyer_id),
    CONSTRAINT touches_time_check CHECK (first_at <= last_at)
) WITH (fillfactor = 80);
COMMENT ON TABLE touches IS
    'By whose links a buyer came to a supply leader, one row a pair. No foreign keys: they would lock the leaders'' rows once per click; '
    'touch() checks, verify_people() proves.';
COMMENT ON COLUMN touches.first_seller_id IS 'The first within the window: one that is older gives way to the next.';
COMMENT ON COLUMN touches.last_at IS 'Never steps back, though the clock may.';

CREATE FUNCTION touch(campaign bigint, buyer bigint, seller bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_known record;
BEGIN
    PERFORM read_committed();
    PERFORM require(buyer, 'buyer'), require(seller, 'seller');
    SELECT c.supply_leader_id, m.id AS buyer, s.member_id AS seller, g.attribution_window INTO v_known
    FROM campaigns c JOIN settings g ON g.singleton
    LEFT JOIN members m ON m.id = touch.buyer
    LEFT JOIN campaign_sellers s ON s.campaign_id = c.id AND s.member_id = touch.seller
    WHERE c.id = require(campaign, 'campaign');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    ELSIF v_known.buyer IS NULL THEN
        RAISE EXCEPTION 'buyer % does not exist', buyer USING ERRCODE = 'KT303', HINT = 'Register the member first.';
    ELSIF v_known.seller IS NULL THEN
        RAISE EXCEPTION 'member % does not sell in campaign %', seller, campaign
            USING ERRCODE = 'KT103', HINT = 'A sales leader joins with join_campaign().';
    END IF;
    -- Differences of times, because a sum would count its days in the session's time zone.
    INSERT INTO touches AS t (supply_leader_id, buyer_id, first_seller_id, first_at, last_seller_id, last_at)
    SELECT v_known.supply_leader_id, touch.buyer, touch.seller, n.now, touch.seller, n.now FROM (SELECT clock_timestamp() AS now) n
    ON CONFLICT (supply_leader_id, buyer_id) DO UPDATE
        SET first_seller_id = CASE WHEN excluded.last_at - t.first_at < v_known.attribution_window THEN t.first_seller_id ELSE excluded.first_seller_id END,
            first_at = CASE WHEN excluded.last_at - t.first_at < v_known.attribution_window THEN t.first_at ELSE greatest(t.last_at, excluded.last_at) END,
            last_seller_id = excluded.last_seller_id,
            last_at = greatest(t.last_at, excluded.last_at);
END
$$;
COMMENT ON FUNCTION touch(bigint, bigint, bigint) IS
    'Notes that a buyer came by a sales leader''s link of a campaign, whatever the setting of attribution is now. It becomes the last touch '
    'between the buyer and the supply leader, and the first if there is none or the first is older than the window. '
    'Errors: 22004 null, KT103 he does not sell in the campaign, KT303 no such campaign or buyer.';

-- In PL/pgSQL, because its statement is planned once a session; an SQL function's would be once an order, at four times the cost.
CREATE FUNCTION attributed_seller(campaign bigint, supply_leader bigint, buyer bigint)
RETURNS bigint
-- By key: a plan made while a table was empty would read it whole for ever.
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET jit = off
AS $$
BEGIN
    RETURN (
        SELECT s.member_id
        FROM settings g
        JOIN touches t ON t.supply_leader_id = supply_leader AND t.buyer_id = buyer
        JOIN campaign_sellers s ON s.campaign_id = campaign
             AND s.member_id = CASE g.attribution WHEN 'first' THEN t.first_seller_id WHEN 'last' THEN t.last_seller_id END
        WHERE g.singleton
          AND clock_timestamp() - CASE g.attribution WHEN 'first' THEN t.first_at ELSE t.last_at END < g.attribution_window);
END
$$;
COMMENT ON FUNCTION attributed_seller(bigint, bigint, bigint) IS
    'Internal. The sales leader who is credited with an order of a campaign that comes without a link: the first or last whose link the buyer '
    'used, by the setting, within the window, if he sells in the campaign; else NULL, the supply leader himself. With the setting link '
    'always NULL. The campaign''s supply leader is given because the caller knows him.';
