/*
 * Subsidies: somebody else pays a part of an order. The order stays what its parts sum to; the money comes in beside the buyer's, and goes back
 * beside it. The platform advances what a member pays, so that orders never wait for his accounts; charge_subsidies() takes it from him.
 */

CREATE TABLE subsidies (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference   text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    payer_id    bigint REFERENCES members,
    account_id  bigint REFERENCES accounts,
    budget      bigint NOT NULL,
    granted     bigint NOT NULL DEFAULT 0,
    returned    bigint NOT NULL DEFAULT 0,
    charged     bigint NOT NULL DEFAULT 0,
    charges     int NOT NULL DEFAULT 0,
    since       timestamptz NOT NULL CHECK (isfinite(since)),
    until       timestamptz CHECK (isfinite(until)),
    CONSTRAINT subsidies_payer_check CHECK ((payer_id IS NULL) = (account_id IS NULL) AND (payer_id IS NOT NULL OR charges = 0)),
    CONSTRAINT subsidies_period_check CHECK (since < until),
    CONSTRAINT subsidies_budget_check CHECK (returned >= 0 AND granted >= returned AND granted - returned <= budget)
);
COMMENT ON TABLE subsidies IS 'What the platform, or a member, adds to the money of buyers: one row per promotion or kind of coupon.';
COMMENT ON COLUMN subsidies.payer_id IS 'Who pays it; NULL is the platform.';
COMMENT ON COLUMN subsidies.account_id IS 'What the member is charged on: his goods; NULL for the platform.';
COMMENT ON COLUMN subsidies.budget IS 'Never overdrawn, by constraint; what comes back can be granted again.';
COMMENT ON COLUMN subsidies.returned IS
    'What had come back when it was counted last: refunds do not queue here, a grant counts when the budget would not suffice.';
COMMENT ON COLUMN subsidies.charged IS 'What the member has been charged, in so many charges.';

CREATE TABLE order_subsidies (
    campaign_id bigint NOT NULL,
    order_id    bigint NOT NULL,
    subsidy_id  bigint NOT NULL REFERENCES subsidies,
    amount      bigint NOT NULL CHECK (amount > 0),
    returned    bigint NOT NULL DEFAULT 0,
    last        bigint NOT NULL DEFAULT 0,
    granted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (campaign_id, order_id),
    CONSTRAINT order_subsidies_returned_check CHECK (returned >= 0 AND returned <= amount AND last >= 0 AND last <= returned)
);
CREATE INDEX order_subsidies_subsidy_id_idx ON order_subsidies (subsidy_id) INCLUDE (amount, returned);
CREATE INDEX order_subsidies_returned_idx ON order_subsidies (subsidy_id) INCLUDE (returned) WHERE returned > 0;
COMMENT ON TABLE order_subsidies IS 'What a subsidy has paid of which order, one for each.';
COMMENT ON COLUMN order_subsidies.returned IS 'How much of it has gone back to where it came from.';
COMMENT ON COLUMN order_subsidies.last IS 'How much of that went back the last time.';

CREATE FUNCTION create_subsidy(reference text, budget bigint, payer bigint DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
RETURNS bigint
-- The arguments are kept as text, in one zone.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_first jsonb := claim_request('create_subsidy', require_reference(reference, 'reference'),
                                   jsonb_build_object('budget', budget, 'payer', payer, 'since', since, 'until', until));
    v_since timestamptz := coalesce(since, clock_timestamp());
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_between(require(budget, 'budget'), 1, 1000000000000000, 'budget');
    IF payer IS NOT NULL THEN
        PERFORM require_member(payer, 'payer');
    END IF;
    IF NOT isfinite(v_since) OR NOT isfinite(until) OR until <= v_since THEN
        RAISE EXCEPTION 'a subsidy must end after it starts, at a finite time'
            USING ERRCODE = '22023', DETAIL = format('It would be from %s to %s.', v_since, until);
    END IF;
    INSERT INTO subsidies AS s (reference, payer_id, account_id, budget, since, until)
    VALUES (create_subsidy.reference, payer, CASE WHEN payer IS NOT NULL THEN open_account(payer, 'goods') END,
            create_subsidy.budget, v_since, create_subsidy.until) RETURNING s.id INTO v_id;
    PERFORM finish_request('create_subsidy', reference, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION create_subsidy(text, bigint, bigint, timestamptz, timestamptz) IS
    'Makes a subsidy under the application''s own key, paid by the platform or by a member, with a budget (minor '
    'units) for orders from a time (now unless given) to another, and returns its id; the same again gives the same. Errors: 22004 null, 22023 out '
    'of bounds, KT010 same key with other arguments, KT303 no such member.';

CREATE FUNCTION resize_subsidy(subsidy bigint, budget bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_budget bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(require(budget, 'budget'), 0, 1000000000000000, 'budget');
    PERFORM FROM subsidies s WHERE s.id = require(subsidy, 'subsidy') FOR NO KEY UPDATE;
    -- Behind the lock, what came back is counted: it is not granted any more.
    UPDATE subsidies s SET budget = greatest(resize_subsidy.budget, s.granted - o.returned), returned = o.returned
    FROM (SELECT coalesce(sum(x.returned), 0) AS returned FROM order_subsidies x WHERE x.subsidy_id = subsidy AND x.returned > 0) o
    WHERE s.id = subsidy RETURNING s.budget INTO v_budget;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'subsidy % does not exist', subsidy USING ERRCODE = 'KT303';
    END IF;
    RETURN v_budget;
END
$$;
COMMENT ON FUNCTION resize_subsidy(bigint, bigint) IS
    'Gives a subsidy another budget (minor units), at least what is granted already and did not come back, and returns it; 0 lets it end. Errors: 22004 null, 22023 out '
    'of bounds, KT303 no such subsidy.';

CREATE FUNCTION grant_subsidy(subsidy bigint, campaign bigint, order_id bigint, amount bigint, request text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('grant_subsidy', request,
        jsonb_build_object('subsidy', subsidy, 'campaign', campaign, 'order', order_id, 'amount', amount));
    v_order orders;
    v_subsidy subsidies;
    v_left bigint;
    v_outcome text;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first #>> '{}';
    END IF;
    PERFORM require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount');
    -- As a payment: the order, and no gate.
    SELECT * INTO v_order FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(grant_subsidy.order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    END IF;
    SELECT * INTO v_subsidy FROM subsidies s WHERE s.id = require(subsidy, 'subsidy') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'subsidy % does not exist', subsidy USING ERRCODE = 'KT303';
    END IF;
    v_left := v_order.amount - coalesce(v_order.part_paid, 0);
    IF v_subsidy.granted - v_subsidy.returned + amount > v_subsidy.budget THEN
        UPDATE subsidies s
           SET returned = (SELECT coalesce(sum(o.returned), 0) FROM order_subsidies o WHERE o.subsidy_id = subsidy AND o.returned > 0)
         WHERE s.id = subsidy RETURNING s.* INTO v_subsidy;
    END IF;
    v_outcome := CASE WHEN v_order.state <> 'placed' THEN v_order.state::text
                      WHEN EXISTS (SELECT FROM order_subsidies s WHERE s.campaign_id = campaign AND s.order_id = grant_subsidy.order_id) THEN 'subsidised'
                      WHEN amount > v_left THEN 'too_much'
                      WHEN clock_timestamp() < v_subsidy.since THEN 'not_open'
                      WHEN clock_timestamp() >= v_subsidy.until THEN 'closed'
                      WHEN v_subsidy.granted - v_subsidy.returned + amount > v_subsidy.budget THEN 'exhausted'
                      ELSE 'granted' END;
    IF v_outcome = 'granted' THEN
        UPDATE subsidies s SET granted = s.granted + grant_subsidy.amount WHERE s.id = subsidy;
        INSERT INTO order_subsidies (campaign_id, order_id, subsidy_id, amount)
        VALUES (campaign, grant_subsidy.order_id, subsidy, grant_subsidy.amount);
        UPDATE orders o
           SET part_paid = CASE WHEN grant_subsidy.amount < v_left THEN coalesce(o.part_paid, 0) + grant_subsidy.amount END,
               state = CASE WHEN grant_subsidy.amount < v_left THEN o.state ELSE 'paid' END,
               paid_at = CASE WHEN grant_subsidy.amount = v_left THEN clock_timestamp() END
         WHERE o.campaign_id = campaign AND o.id = grant_subsidy.order_id;
        PERFORM post('subsidy', format('%s/%s', campaign, order_id),
                     ktt.shares(market_account('clearing'), amount) - ktt.shares(market_account('subsidy'), amount));
    END IF;
    PERFORM finish_request('grant_subsidy', request, to_jsonb(v_outcome));
    RETURN v_outcome;
END
$$;
COMMENT ON FUNCTION grant_subsidy(bigint, bigint, bigint, bigint, text) IS
    'Lets a subsidy pay a part of an order (minor units) that is not paid yet, as a payment of its own; the buyer pays the rest. A member who has '
    'not earned it yet owes it. Outcomes: granted (and the order is paid, if that was all of it); exhausted: the budget does not suffice; not_open, '
    'closed: not its time; subsidised: the order has one; too_much: more than is left to pay; or the state that the order is in. Errors: 22004 '
    'null, 22023 amount not above 0, KT010 same request key with other arguments, KT303 no such subsidy or order.';

CREATE FUNCTION money_back(campaign bigint, order_id bigint, held bigint, amount bigint)
RETURNS ktt.shares
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_subsidy order_subsidies;
    v_back ktt.shares;
BEGIN
    SELECT * INTO v_subsidy FROM order_subsidies s WHERE s.campaign_id = campaign AND s.order_id = money_back.order_id;
    IF NOT FOUND THEN
        RETURN ktt.shares(market_account('channel'), amount);
    END IF;
    -- As the shares of a line: by largest remainder over what is left of each, so that any sequence ends at nothing.
    v_back := ktt.reverse(ktt.shares(market_account('channel'), held - (v_subsidy.amount - v_subsidy.returned))
                          + ktt.shares(market_account('subsidy'), v_subsidy.amount - v_subsidy.returned), amount);
    UPDATE order_subsidies s
       SET returned = s.returned + b.amount, last = b.amount
      FROM (SELECT coalesce(ktt.amount(v_back, market_account('subsidy')), 0) AS amount) b
     WHERE s.campaign_id = campaign AND s.order_id = money_back.order_id;
    RETURN v_back;
END
$$;
COMMENT ON FUNCTION money_back(bigint, bigint, bigint, bigint) IS
    'Internal. To whom an amount goes back of what is held for an order: to its buyer, through the channel, and to its subsidy what that has paid '
    'of it. The caller has locked the order.';

CREATE FUNCTION charge_subsidies(OUT subsidies bigint, OUT amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_subsidy record;
BEGIN
    PERFORM read_committed();
    subsidies := 0;
    amount := 0;
    -- Behind these locks every grant is there; a refund that is under way belongs to the next charge.
    PERFORM FROM subsidies s WHERE s.payer_id IS NOT NULL ORDER BY s.id FOR NO KEY UPDATE;
    PERFORM lock_accounts(ARRAY(SELECT a.id FROM accounts a WHERE a.member_id IN (SELECT s.payer_id FROM subsidies s)));
    FOR v_subsidy IN
        SELECT s.id, s.account_id, s.charges + 1 AS charge, o.net - s.charged AS difference
        FROM subsidies s
        CROSS JOIN LATERAL (SELECT coalesce(sum(x.amount - x.returned), 0)::bigint AS net FROM order_subsidies x WHERE x.subsidy_id = s.id) o
        WHERE s.payer_id IS NOT NULL AND o.net <> s.charged ORDER BY s.id
    LOOP
        UPDATE subsidies s SET charged = s.charged + v_subsidy.difference, charges = v_subsidy.charge WHERE s.id = v_subsidy.id;
        PERFORM post_owed('subsidy_charge', format('%s/%s', v_subsidy.id, v_subsidy.charge),
                          ktt.shares(market_account('subsidy'), v_subsidy.difference) - ktt.shares(v_subsidy.account_id, v_subsidy.difference));
        subsidies := subsidies + 1;
        amount := amount + v_subsidy.difference;
    END LOOP;
END
$$;
COMMENT ON FUNCTION charge_subsidies() IS
    'Takes from members what their subsidies have paid of orders since they were charged last, less what went back, each subsidy by a journal of '
    'its own, and returns how many subsidies and how much (minor units; below zero when more went back). What a member has not earned becomes his '
    'debt. Fit for a scheduler; called again it charges nothing.';

-- The bodies of compare_...() take the place of the call when a statement is planned.
CREATE FUNCTION compare_subsidies()
RETURNS TABLE (reference text, campaign_id bigint, order_id bigint, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, ended boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(j.reference, format('%s/%s', s.campaign_id, s.order_id)), s.campaign_id, s.order_id, j.id, span(s.granted_at, j.happened_at),
           ktt.shares((SELECT market_account('clearing')), s.amount) - ktt.shares((SELECT market_account('subsidy')), s.amount), j.entries,
           -- All of it is back when all of the order is.
           s.returned = s.amount OR NOT (o.state IN ('cancelled', 'expired', 'refunded') OR ktt.amount(o.refunded) = o.amount)
    FROM order_subsidies s LEFT JOIN orders o ON o.campaign_id = s.campaign_id AND o.id = s.order_id
    FULL JOIN (SELECT x.* FROM journals x WHERE x.kind = 'subsidy') j ON j.reference = format('%s/%s', s.campaign_id, s.order_id);
END;
COMMENT ON FUNCTION compare_subsidies() IS 'Internal. What was granted to every order, and what was posted; whether it ended with the order.';

CREATE FUNCTION compare_returned_subsidies(OUT here bigint, OUT there bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce((SELECT sum(s.returned) FROM order_subsidies s), 0)::bigint,
           coalesce((SELECT sum(p.amount) FROM postings p JOIN journals j ON j.id = p.journal_id
                     WHERE p.account_id = (SELECT market_account('subsidy'))
                       AND j.kind IN ('refund', 'refunds', 'cancellation', 'campaign_cancellation', 'change')), 0)::bigint;
END;
COMMENT ON FUNCTION compare_returned_subsidies() IS 'Internal. What went back to all subsidies, and what was posted.';

CREATE FUNCTION verify_subsidies()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 4 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT s.id, s.granted = coalesce(g.amount, 0) AND s.returned <= coalesce(g.returned, 0) AS ok
        FROM subsidies s
        LEFT JOIN (SELECT x.subsidy_id, sum(x.amount) AS amount, sum(x.returned) AS returned FROM order_subsidies x GROUP BY 1) g ON g.subsidy_id = s.id)
    SELECT 'subsidies count what they have granted', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.id) FILTER (WHERE NOT c.ok)::text FROM c
    UNION ALL
    SELECT * FROM (
        WITH c AS (SELECT s.reference, s.here = s.there AND s.ended AS ok FROM compare_subsidies() s)
        SELECT 'subsidies of orders are posted once, and end with them', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
               min(c.reference) FILTER (WHERE c.ok IS NOT TRUE) FROM c) posted
    UNION ALL
    SELECT * FROM (
        SELECT 'subsidies got back what orders gave back', 1::bigint, (c.here <> c.there)::int::bigint,
               CASE WHEN c.here <> c.there THEN format('account %s: %s, not %s', market_account('subsidy'), c.there, c.here) END
        FROM compare_returned_subsidies() c) back
    UNION ALL
    SELECT * FROM (
        WITH j AS (
            SELECT split_part(x.reference, '/', 1)::bigint AS id, count(*) AS charges, sum(x.entries) AS entries
            FROM journals x WHERE x.kind = 'subsidy_charge' GROUP BY 1),
        c AS (
            SELECT coalesce(s.id, j.id) AS id, coalesce(j.charges, 0) = s.charges
                   AND coalesce(j.entries, '{}') = coalesce(ktt.shares((SELECT market_account('subsidy')), s.charged) - ktt.shares(s.account_id, s.charged), '{}') AS ok
            FROM subsidies s FULL JOIN j ON j.id = s.id)
        SELECT 'members were charged their subsidies once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text FROM c) charged
$$;
COMMENT ON FUNCTION verify_subsidies() IS 'The lines of verify() about subsidies.';
