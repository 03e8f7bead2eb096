/*
 * Copies: the sales leaders who spread a campaign among their own neighbours.
 */

CREATE TABLE campaign_sellers (
    campaign_id bigint NOT NULL REFERENCES campaigns,
    member_id   bigint NOT NULL REFERENCES members,
    chain       ktt.chain NOT NULL,
    account_id  bigint NOT NULL REFERENCES accounts,
    tier        text,
    joined_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (campaign_id, member_id)
);
COMMENT ON TABLE campaign_sellers IS 'Copies of a campaign: one row per sales leader who spreads it.';
COMMENT ON COLUMN campaign_sellers.chain IS 'From the supply leader down to this seller; the supplier of each item stands before it.';
COMMENT ON COLUMN campaign_sellers.tier IS 'His tier with the supply leader when he joined, by which his sales are divided; NULL is none.';

CREATE FUNCTION require_partner(supply_leader bigint, sales_leader bigint)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM partnerships p
                   WHERE p.supply_leader_id = supply_leader AND p.sales_leader_id = sales_leader AND upper_inf(p.period)) THEN
        RAISE EXCEPTION 'member % is no partner of supply leader %', sales_leader, supply_leader
            USING ERRCODE = 'KT103', HINT = 'Form the partnership with form_partnership().';
    END IF;
END
$$;
COMMENT ON FUNCTION require_partner(bigint, bigint) IS 'Internal. Refuses a member who does not sell for a supply leader now (KT103).';

CREATE FUNCTION join_campaign(campaign bigint, sales_leader bigint, under bigint DEFAULT NULL)
RETURNS ktt.chain
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
    v_upline ktt.chain;
    v_chain ktt.chain;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(sales_leader, 'sales leader');
    -- An item that is being listed finds this seller, or this finds the item.
    SELECT * INTO v_campaign FROM campaigns c WHERE c.id = require(campaign, 'campaign') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    ELSIF v_campaign.state NOT IN ('draft', 'open') THEN
        RAISE EXCEPTION 'campaign % is %', campaign, v_campaign.state USING ERRCODE = 'KT301';
    ELSIF v_campaign.owner_id <> sales_leader THEN
        RAISE EXCEPTION 'campaign % is led by its group owner', campaign
            USING ERRCODE = 'KT101', DETAIL = format('Below owner %s there would be one level too many.', v_campaign.owner_id);
    END IF;
    v_upline := ktt.chain(ARRAY[v_campaign.supply_leader_id]);
    IF under IS NOT NULL AND under <> v_campaign.supply_leader_id THEN
        SELECT s.chain INTO v_upline FROM campaign_sellers s WHERE s.campaign_id = campaign AND s.member_id = under;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'member % does not sell in campaign %', under, campaign USING ERRCODE = 'KT103';
        END IF;
    END IF;
    IF v_upline OPERATOR(ktt.?) sales_leader THEN
        RAISE EXCEPTION 'member % already stands in the chain %', sales_leader, v_upline
            USING ERRCODE = 'KT102', HINT = 'Nobody sells to himself as a level.';
    ELSIF EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND i.supplier_id = sales_leader AND NOT i.retired) THEN
        RAISE EXCEPTION 'member % supplies campaign %', sales_leader, campaign
            USING ERRCODE = 'KT102', HINT = 'A supplier may lead the sale of his goods, but not sell them on for who leads it.';
    END IF;
    v_chain := v_upline || sales_leader;
    PERFORM require_levels(v_chain);
    PERFORM require_partner(v_campaign.supply_leader_id, sales_leader);
    INSERT INTO campaign_sellers (campaign_id, member_id, chain, account_id, tier)
    VALUES (campaign, sales_leader, v_chain, open_account(sales_leader, 'commission'), tier_of(v_campaign.supply_leader_id, sales_leader))
    ON CONFLICT DO NOTHING;
    SELECT s.chain INTO STRICT v_chain FROM campaign_sellers s WHERE s.campaign_id = campaign AND s.member_id = sales_leader;
    RETURN v_chain;
END
$$;
COMMENT ON FUNCTION join_campaign(bigint, bigint, bigint) IS
    'Lets a sales leader spread a campaign among his own neighbours (copy it) and returns his chain; joining again changes nothing. '
    'Errors: KT101 more levels than the market allows, KT102 already in the chain, or supplier of an item, KT103 no partner or not a seller, KT301 campaign closed, KT303 no such thing.';
