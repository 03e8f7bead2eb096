/*
 * Interest: a draft is shown, views and wishes are counted, and by its day what enough buyers want goes on sale.
 */

CREATE TABLE interests (
    campaign_id bigint NOT NULL,
    item_id     bigint NOT NULL REFERENCES campaign_items,
    buyer_id    bigint NOT NULL REFERENCES members,
    units       bigint NOT NULL CHECK (units BETWEEN 1 AND 1000000),
    declared_at timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, item_id, buyer_id)
);
COMMENT ON TABLE interests IS 'What buyers said they would buy, the last word of each.';

CREATE TABLE item_views (
    campaign_id bigint NOT NULL,
    item_id     bigint NOT NULL,
    slot        int NOT NULL,
    views       bigint NOT NULL CHECK (views > 0),
    PRIMARY KEY (campaign_id, item_id, slot)
) WITH (fillfactor = 50);
COMMENT ON TABLE item_views IS 'How often an item was looked at, spread over slots by session.';

CREATE FUNCTION note_views(campaign bigint, items bigint[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    IF cardinality(require(items, 'items')) > 1000 THEN
        RAISE EXCEPTION 'at most 1000 views can be noted at once' USING ERRCODE = '54000', DETAIL = format('There are %s.', cardinality(items));
    END IF;
    -- By rising item, so that two sessions on one slot queue.
    INSERT INTO item_views AS v (campaign_id, item_id, slot, views)
    SELECT require(campaign, 'campaign'), i.id, pg_backend_pid() % 16, count(*)
    FROM unnest(items) l(item) JOIN campaign_items i ON i.campaign_id = campaign AND i.id = l.item GROUP BY i.id ORDER BY i.id
    ON CONFLICT (campaign_id, item_id, slot) DO UPDATE SET views = v.views + excluded.views;
END
$$;
COMMENT ON FUNCTION note_views(bigint, bigint[]) IS
    'Counts that items of a campaign were looked at, once for each time an item is named; items of other campaigns are passed over. '
    'Errors: 22004 null, 54000 more than 1000.';

CREATE FUNCTION declare_interest(campaign bigint, buyer bigint, item bigint, units bigint DEFAULT 1)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(buyer, 'buyer'), require_between(require(units, 'units'), 0, 1000000, 'units');
    -- Either decide_interest() counts this wish, or this finds the campaign decided.
    SELECT * INTO v_campaign FROM campaigns c WHERE c.id = require(campaign, 'campaign') FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    ELSIF v_campaign.kind <> 'interest' THEN
        RAISE EXCEPTION 'campaign % is %', campaign, v_campaign.kind USING ERRCODE = 'KT301', HINT = 'Only an interest campaign asks first.';
    ELSIF NOT EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND i.id = require(item, 'item')) THEN
        RAISE EXCEPTION 'item % does not belong to campaign %', item, campaign USING ERRCODE = 'KT303';
    ELSIF v_campaign.state <> 'draft' THEN
        RETURN 'decided';
    ELSIF units = 0 THEN
        DELETE FROM interests x WHERE x.campaign_id = campaign AND x.item_id = item AND x.buyer_id = buyer;
        RETURN 'withdrawn';
    END IF;
    INSERT INTO interests (campaign_id, item_id, buyer_id, units, declared_at)
    VALUES (campaign, item, buyer, declare_interest.units, clock_timestamp())
    ON CONFLICT (campaign_id, item_id, buyer_id) DO UPDATE SET units = excluded.units, declared_at = excluded.declared_at;
    RETURN 'noted';
END
$$;
COMMENT ON FUNCTION declare_interest(bigint, bigint, bigint, bigint) IS
    'Notes that a buyer would buy units of an item of an interest campaign, in place of what he said before; 0 takes it back. It binds nobody. '
    'Outcomes: noted, withdrawn, decided (the campaign has opened or failed). Errors: 22004 null, 22023 units out of bounds, KT301 another kind of campaign, KT303 no such thing.';

CREATE FUNCTION decide_interest(campaign bigint)
RETURNS TABLE (item_id bigint, buyers bigint, units bigint, views bigint, listed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_campaign FROM campaigns c WHERE c.id = require(campaign, 'campaign') FOR UPDATE;
    IF v_campaign.kind <> 'interest' THEN
        RAISE EXCEPTION 'campaign % is %', campaign, v_campaign.kind USING ERRCODE = 'KT301', HINT = 'Only an interest campaign asks first.';
    END IF;
    v_campaign := require_campaign(campaign, '{draft,open,closed,succeeded,failed}');
    IF v_campaign.state = 'draft' THEN
        IF clock_timestamp() < v_campaign.opens_at THEN
            RAISE EXCEPTION 'campaign % is decided when it opens', campaign
                USING ERRCODE = 'KT301', DETAIL = format('It opens at %s.', v_campaign.opens_at);
        END IF;
        UPDATE campaign_items i SET retired = true
        WHERE i.campaign_id = campaign AND NOT i.retired
          AND (SELECT count(*) FROM interests x WHERE x.campaign_id = campaign AND x.item_id = i.id) < v_campaign.interested;
        IF EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired) THEN
            PERFORM check_item_rates(i.id) FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired ORDER BY i.id;
            PERFORM move_campaign(campaign, 'open', 'enough interest');
        ELSE
            PERFORM move_campaign(campaign, 'failed', 'not enough interest');
        END IF;
    END IF;
    RETURN QUERY SELECT b.item_id, b.buyers, b.units, b.views, b.on_sale FROM interest_board b WHERE b.campaign_id = campaign ORDER BY b.item_id;
END
$$;
COMMENT ON FUNCTION decide_interest(bigint) IS
    'When an interest campaign is to open: items that fewer buyers want than it asks for are retired, and it opens with the others, or fails when none is left. '
    'Returns what was wanted of each item and whether it goes on sale; decided before, it says so again. Fit for a scheduler. '
    'Errors: KT301 another kind of campaign, not yet its time, or cancelled, KT303 no such campaign.';

CREATE VIEW interest_board WITH (security_barrier) AS
SELECT i.campaign_id, i.id AS item_id, count(x.buyer_id) AS buyers, coalesce(sum(x.units), 0)::bigint AS units,
       coalesce((SELECT sum(v.views) FROM item_views v WHERE v.campaign_id = i.campaign_id AND v.item_id = i.id), 0)::bigint AS views,
       NOT i.retired AS on_sale
FROM campaign_items i JOIN campaigns c ON c.id = i.campaign_id AND c.kind = 'interest'
LEFT JOIN interests x ON x.campaign_id = i.campaign_id AND x.item_id = i.id
GROUP BY i.id;
COMMENT ON VIEW interest_board IS 'Per item of an interest campaign: buyers who want it, their units, views, and whether it is or goes on sale; order by campaign_id, item_id.';
