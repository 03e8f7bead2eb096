/*
 * How campaigns end: closed at the cut-off, then succeeded or failed; or cancelled before that.
 */

CREATE FUNCTION close_campaign(campaign bigint, reason text DEFAULT 'closed by hand')
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    -- Waits for every order that is under way, then nobody gets in until this transaction ends: commit at once.
    LOCK TABLE order_gate IN SHARE MODE;
    IF (require_campaign(campaign, '{draft,open,closed,succeeded,failed,cancelled}')).state <> 'open' THEN
        RETURN false;
    END IF;
    PERFORM move_campaign(campaign, 'closed', reason);
    RETURN true;
END
$$;
COMMENT ON FUNCTION close_campaign(bigint, text) IS
    'Closes one open campaign for good, before or after its announced end; returns whether it was open. '
    'Call it in a transaction of its own: until that commits, orders of all campaigns wait. Errors: 22004 null, KT303 no such campaign.';

CREATE FUNCTION close_due_campaigns()
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_due record;
    v_closed int := 0;
BEGIN
    PERFORM read_committed();
    IF NOT EXISTS (SELECT FROM due_campaigns()) THEN
        RETURN 0;
    END IF;
    LOCK TABLE order_gate IN SHARE MODE;
    FOR v_due IN SELECT d.campaign_id, d.reason FROM due_campaigns() d ORDER BY d.campaign_id LOOP
        IF (require_campaign(v_due.campaign_id, '{draft,open,closed,succeeded,failed,cancelled}')).state = 'open' THEN
            PERFORM move_campaign(v_due.campaign_id, 'closed', v_due.reason);
            v_closed := v_closed + 1;
        END IF;
    END LOOP;
    RETURN v_closed;
END
$$;
COMMENT ON FUNCTION close_due_campaigns() IS
    'Closes every open campaign whose end and grace have passed or whose capacity is filled, and returns how many. Fit for a scheduler; orders are refused '
    'without it too, this makes it stored. Call it in a transaction of its own: until that commits, orders of all campaigns wait.';

CREATE FUNCTION due_campaigns()
RETURNS TABLE (campaign_id bigint, reason text)
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT c.id, CASE WHEN clock_timestamp() >= c.closes_at + c.grace THEN 'its time has come' ELSE 'filled' END
    FROM campaigns c
    WHERE c.state = 'open'
      AND (clock_timestamp() >= c.closes_at + c.grace
           OR (c.capacity_id IS NOT NULL
               AND (SELECT sum(s.free) FROM stock s WHERE s.campaign_id = c.id AND s.stock_id = -c.capacity_id) = 0))
$$;
COMMENT ON FUNCTION due_campaigns() IS 'Internal. Open campaigns that are to be closed, and why.';
CREATE INDEX campaigns_open_idx ON campaigns (closes_at) WHERE state = 'open';
COMMENT ON INDEX campaigns_open_idx IS 'For close_due_campaigns().';

CREATE FUNCTION campaign_orders(campaign bigint, states order_state[])
RETURNS orders[]
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    SELECT ARRAY(SELECT o FROM orders o WHERE o.campaign_id = campaign AND o.state = ANY (states) ORDER BY o.id FOR NO KEY UPDATE)
$$;
COMMENT ON FUNCTION campaign_orders(bigint, order_state[]) IS 'Internal. Locks and returns the orders of a campaign that are in some states, by rising id.';

CREATE FUNCTION expire_unpaid(targets orders[])
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_early record;
BEGIN
    -- Of orders that are locked: a deposit that came in a moment ago is seen.
    SELECT c.id, c.balance_due_at INTO v_early FROM unnest(targets) t JOIN campaigns c ON c.id = t.campaign_id
    WHERE awaits_balance(t.deposit, t.part_paid, c.balance_due_at) ORDER BY c.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'campaign % waits for the balances of its orders', v_early.id
            USING ERRCODE = 'KT301', DETAIL = format('They are due at %s.', v_early.balance_due_at),
                  HINT = 'Decide it then, or cancel_campaign().';
    END IF;
    PERFORM end_orders(targets, 'expired');
END
$$;
COMMENT ON FUNCTION expire_unpaid(orders[]) IS
    'Internal. Expires the locked orders that are unpaid when their campaigns are decided; refused while the balance of one whose deposit is paid is not due (KT301).';

CREATE FUNCTION conclude_campaign(campaign bigint)
RETURNS TABLE (state text, reached bigint, minimum bigint, orders bigint, returned bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
    v_targets orders[];
BEGIN
    PERFORM read_committed();
    -- The wave comes first, as in freeze_wave(), which does the same for all of its campaigns.
    PERFORM FROM waves w JOIN campaigns c ON c.wave_id = w.id WHERE c.id = campaign FOR NO KEY UPDATE OF w;
    v_campaign := require_campaign(campaign, '{closed,succeeded,failed}');
    minimum := v_campaign.minimum;
    orders := 0;
    returned := 0;
    IF v_campaign.state = 'closed' THEN
        PERFORM expire_unpaid(campaign_orders(campaign, '{placed}'));
    END IF;
    SELECT CASE v_campaign.minimum_of WHEN 'amount' THEN ktt.amount(sum(o.basket - o.refunded)) WHEN 'buyers' THEN count(DISTINCT o.buyer_id) FILTER (WHERE o.state <> 'refunded')
                                      ELSE ktt.units(sum(o.basket - o.refunded)) END INTO reached
    FROM orders o WHERE o.campaign_id = campaign AND o.state NOT IN ('placed', 'cancelled', 'expired');
    reached := coalesce(reached, 0);
    state := v_campaign.state;
    IF state = 'closed' THEN
        state := CASE WHEN reached >= minimum IS NOT FALSE THEN 'succeeded' ELSE 'failed' END;
        IF state = 'failed' THEN
            v_targets := campaign_orders(campaign, '{paid}');
            orders := cardinality(v_targets);
            returned := end_orders(v_targets, 'cancelled', campaign);
        END IF;
        PERFORM move_campaign(campaign, state, CASE WHEN minimum IS NULL THEN 'no minimum'
            ELSE format('%s of %s %s', reached, minimum, v_campaign.minimum_of) END);
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION conclude_campaign(bigint) IS
    'Decides a closed campaign: unpaid orders expire; when what is paid reaches the minimum (or there is none) it succeeded, else it failed and '
    'every order is cancelled, with one journal that pays all of it back. Returns the state, what was reached, the minimum, how many orders were '
    'cancelled and what went back to their buyers; decided before, it says so again. freeze_wave() does it for every campaign of its wave. '
    'What a presale has taken as deposits counts for its minimum only once the balance is paid. '
    'Errors: KT301 not closed, or balances of a presale are not due yet, KT303 no such campaign.';

CREATE FUNCTION cancel_campaign(campaign bigint, reason text)
RETURNS TABLE (orders bigint, returned bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
    v_targets orders[];
BEGIN
    PERFORM read_committed();
    LOCK TABLE order_gate IN SHARE MODE;
    PERFORM FROM waves w JOIN campaigns c ON c.wave_id = w.id WHERE c.id = campaign FOR NO KEY UPDATE OF w;
    v_campaign := require_campaign(campaign, '{draft,open,closed,cancelled}');
    orders := 0;
    returned := 0;
    IF v_campaign.state <> 'cancelled' THEN
        v_targets := campaign_orders(campaign, '{placed,paid}');
        orders := cardinality(v_targets);
        returned := end_orders(v_targets, 'cancelled', campaign);
        PERFORM move_campaign(campaign, 'cancelled', require_reference(reason, 'reason'));
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION cancel_campaign(bigint, text) IS
    'Calls a campaign off before it is decided: every order is cancelled and what was paid goes back, by one journal. Returns how many '
    'orders and how much money (minor units); called again it changes nothing. '
    'Call it in a transaction of its own: until that commits, orders of all campaigns wait. Errors: KT301 decided already, KT303 no such campaign.';

CREATE TABLE order_numbers (
    campaign_id bigint NOT NULL,
    number      bigint NOT NULL,
    order_id    bigint NOT NULL,
    PRIMARY KEY (campaign_id, number),
    CONSTRAINT order_numbers_order_id_key UNIQUE (campaign_id, order_id)
);
COMMENT ON TABLE order_numbers IS
    'The solitaire (jielong) numbers of a campaign: from 1 without gaps, one for each order, never changed. A cancelled order keeps its number.';

CREATE FUNCTION number_orders(campaign bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_last bigint;
    v_after bigint;
BEGIN
    PERFORM read_committed();
    -- Only those who give numbers queue here; who places an order takes no part in it.
    PERFORM require_campaign(campaign, '{draft,open,closed,succeeded,failed,cancelled}');
    SELECT coalesce(max(n.number), 0), coalesce(max(n.order_id), 0) INTO v_last, v_after FROM order_numbers n WHERE n.campaign_id = campaign;
    -- As many orders up to the last one that has a number as there are numbers: then only those behind it have none.
    IF (SELECT count(*) FROM orders o WHERE o.campaign_id = campaign AND o.id <= v_after) > v_last THEN
        v_after := 0;
    END IF;
    INSERT INTO order_numbers (campaign_id, number, order_id)
    SELECT campaign, v_last + row_number() OVER (ORDER BY o.id), o.id
    FROM orders o
    WHERE o.campaign_id = campaign AND o.id > v_after
      AND NOT EXISTS (SELECT FROM order_numbers n WHERE n.campaign_id = campaign AND n.order_id = o.id);
    RETURN (SELECT coalesce(max(n.number), 0) FROM order_numbers n WHERE n.campaign_id = campaign);
END
$$;
COMMENT ON FUNCTION number_orders(bigint) IS
    'Gives every order of a campaign that has none yet the next solitaire number, in the order of their ids, and returns the last one. Numbers have no gaps and never '
    'change; orders do not wait for each other because of them. Call it by a scheduler, or before the list is shown. Errors: 22004 null, KT303 no such campaign.';
