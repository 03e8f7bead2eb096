/*
 * Refunds: a part of one line goes back to the buyer, the shares of that line give back exactly that part, and somebody bears it.
 */

CREATE TABLE due_gate ();
COMMENT ON TABLE due_gate IS
    'Always empty. Who stamps a due time holds ROW EXCLUSIVE on it, who fixes a settlement window takes SHARE: '
    'so no due time ever appears behind a window.';

CREATE TABLE calendars (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 256),
    every       text CHECK (every IN ('day', 'week', 'month')),
    starts_at   timestamptz
);
INSERT INTO calendars (name) VALUES ('market');
COMMENT ON TABLE calendars IS
    'By what windows settlements are made. Number 1 is the market''s; campaigns and suppliers may have others, and each due amount is settled by one of them.';
COMMENT ON COLUMN calendars.every IS 'At whose ends, in the market''s time zone, its windows end; NULL: whenever one is opened.';
COMMENT ON COLUMN calendars.starts_at IS 'Where its first window starts: where the calendar that its campaigns and accounts had before had ended; NULL is the beginning.';

CREATE TABLE settlements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    calendar_id bigint NOT NULL REFERENCES calendars,
    due         tstzrange NOT NULL CHECK (NOT isempty(due) AND NOT lower_inc(due) AND upper_inc(due) AND NOT upper_inf(due)),
    campaigns   bigint[] NOT NULL,
    elsewhere   bigint[] NOT NULL,
    accounts    bigint[] NOT NULL,
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_at   timestamptz,
    journal_id  bigint REFERENCES journals,
    orders      bigint,
    refunds     bigint,
    amount      bigint,
    CONSTRAINT settlements_window_excl EXCLUDE USING gist (calendar_id WITH =, due WITH &&),
    CONSTRAINT settlements_posted_check CHECK (num_nulls(posted_at, orders, refunds, amount) IN (0, 4))
);
CREATE UNIQUE INDEX settlements_open_idx ON settlements (calendar_id) WHERE posted_at IS NULL;
COMMENT ON TABLE settlements IS 'Windows of due times, each settled by one journal; those of one calendar cannot overlap and have no gaps.';
COMMENT ON COLUMN settlements.campaigns IS 'Campaigns of another calendar than the market''s that this settles whole.';
COMMENT ON COLUMN settlements.elsewhere IS 'All campaigns that had a calendar of their own when the window was opened; of every other one this settles some accounts.';
COMMENT ON COLUMN settlements.accounts IS 'Which accounts those are or, for the market''s calendar, which they are not.';
COMMENT ON COLUMN settlements.journal_id IS 'NULL while the window is open, and when nothing in it had to be paid.';
COMMENT ON COLUMN settlements.orders IS 'How many orders were due in it, of all accounts that it settles or not.';

CREATE FUNCTION stamp_due(hold interval)
RETURNS timestamptz
-- In one zone: a day of a hold is as long in every session.
LANGUAGE plpgsql SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
BEGIN
    LOCK TABLE due_gate IN ROW EXCLUSIVE MODE;
    -- Never behind the last window, also when the clock stepped back.
    RETURN greatest(clock_timestamp() + hold,
                    (SELECT max(upper(s.due)) + interval '1 us' FROM settlements s));
END
$$;
COMMENT ON FUNCTION stamp_due(interval) IS 'Internal. A due time that no settlement window has passed, inside the gate.';

CREATE TABLE refunds (
    campaign_id bigint NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    order_id    bigint NOT NULL,
    item_id     bigint NOT NULL,
    units       bigint NOT NULL CHECK (units >= 0),
    amount      bigint NOT NULL CHECK (amount >= 0),
    shares      ktt.shares NOT NULL,
    liability_id bigint REFERENCES liabilities,
    borne       ktt.shares,
    cause       text NOT NULL DEFAULT 'other' CHECK (cause IN ('shortage', 'catch_weight', 'spoilage', 'late', 'lost', 'other')),
    reason      text NOT NULL,
    batch       text,
    refunded_at timestamptz NOT NULL,
    due_at      timestamptz,
    PRIMARY KEY (campaign_id, id),
    CONSTRAINT refunds_something_check CHECK (units > 0 OR amount > 0),
    CONSTRAINT refunds_shares_check CHECK (ktt.total(shares) = amount),
    CONSTRAINT refunds_borne_check CHECK ((borne IS NULL) = (liability_id IS NULL) AND ktt.total(borne) = amount)
);
CREATE INDEX refunds_order_idx ON refunds (campaign_id, order_id);
CREATE INDEX refunds_due_at_idx ON refunds (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX refunds_batch_idx ON refunds (batch) WHERE batch IS NOT NULL;
COMMENT ON TABLE refunds IS
    'One row per refunded line: what went back to the buyer, the part of the shares that it took back, and who bears it. No foreign key to its order: take_back() has that '
    'locked, it would lock every order once more, and verify() proves it.';
COMMENT ON COLUMN refunds.shares IS 'The part that each share of the line gave back.';
COMMENT ON COLUMN refunds.liability_id IS 'The rule by which it is borne; NULL: by everybody who had a share of it.';
COMMENT ON COLUMN refunds.borne IS 'Who pays for it, by that rule; NULL: the shares.';
COMMENT ON COLUMN refunds.batch IS 'The journal "refunds" of the call that refunded many at once; NULL: it has a journal "refund" of its own.';
COMMENT ON COLUMN refunds.due_at IS 'When the shares are taken back; never before the order''s own, NULL until the order is completed.';

CREATE FUNCTION line_shares(target orders, item bigint, steward_account bigint)
RETURNS ktt.shares
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN i.rated
                THEN (SELECT divide_line(r.rule, r.payees, b.amount, b.units * i.supply_price, b.units, target.seller_account_id, steward_account)
                      FROM line_rule_of(target, b.item) r)
                ELSE divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units, target.seller_account_id, steward_account) END
    FROM ktt.items(target.basket) b JOIN campaign_items i ON i.id = b.item
    WHERE b.item = line_shares.item
$$;
COMMENT ON FUNCTION line_shares(orders, bigint, bigint) IS 'Internal. How one line of an order was divided: the item''s rule, the order''s payees with this steward.';

CREATE TYPE refund_line AS (n int, campaign_id bigint, order_id bigint, item_id bigint, units bigint, amount bigint, cause text, reason text);
COMMENT ON TYPE refund_line IS 'Internal. A part of one line that is to go back; n is its place in the call.';
CREATE TYPE refund_outcome AS (n int, outcome text, refund_id bigint, amount bigint, units_left bigint, amount_left bigint, state order_state);
COMMENT ON TYPE refund_outcome IS 'Internal. What became of a refund_line; what was left of the line and the state of the order before it.';

CREATE FUNCTION take_back(lines refund_line[], batch text DEFAULT NULL)
RETURNS SETOF refund_outcome
-- Planned for the number of lines that it gets: one and a hundred thousand want different plans.
LANGUAGE plpgsql ROWS 100 SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET jit = off SET work_mem = '64MB'
AS $$
DECLARE
    v_now timestamptz;
    v_due timestamptz;
    v_round refund_line[];
BEGIN
    LOCK TABLE due_gate IN ROW EXCLUSIVE MODE;
    -- Either the lists know of these refunds, or they come after them: they do not run beside who freezes them or ends a campaign. The
    -- waves come before the orders, as they do there; an order that has left for its point is on the lists already.
    PERFORM FROM waves w
    WHERE w.id IN (SELECT c.wave_id FROM unnest(lines) l JOIN orders o ON o.campaign_id = l.campaign_id AND o.id = l.order_id
                   JOIN campaigns c ON c.id = o.campaign_id WHERE o.state IN ('placed', 'paid'))
    ORDER BY w.id FOR SHARE;
    PERFORM FROM orders o JOIN (SELECT DISTINCT l.campaign_id, l.order_id FROM unnest(lines) l) l ON o.campaign_id = l.campaign_id AND o.id = l.order_id
    ORDER BY o.campaign_id, o.id FOR NO KEY UPDATE OF o;
    v_now := clock_timestamp();
    v_due := stamp_due(interval '0');

    -- The lines of one order one after the other, in the order given; those of different orders together.
    FOR v_round IN
        SELECT array_agg(l.line)
        FROM (SELECT l AS line, row_number() OVER (PARTITION BY l.campaign_id, l.order_id ORDER BY l.n) AS round FROM unnest(lines) l) l
        GROUP BY l.round ORDER BY l.round
    LOOP
        RETURN QUERY
        WITH line AS (
            -- All that is wanted of the orders, so that they are read once.
            SELECT l.n, l.campaign_id, l.order_id, l.item_id, l.units, l.amount AS asked, l.cause, l.reason, o.state, o.due_at, o.seller_account_id, o.steward_account_id,
                   o.refunded OPERATOR(ktt.?) l.item_id AS again, ktt.units(o.basket, l.item_id) AS bought, ktt.amount(o.basket, l.item_id) AS paid,
                   ktt.units(o.basket, l.item_id) - coalesce(ktt.units(o.refunded, l.item_id), 0) AS units_left,
                   ktt.amount(o.basket, l.item_id) - coalesce(ktt.amount(o.refunded, l.item_id), 0) AS amount_left
            FROM unnest(v_round) l LEFT JOIN orders o ON o.campaign_id = l.campaign_id AND o.id = l.order_id),
        priced AS (
            -- Without an amount: the price of the units, or what is left when lesser amounts went back before.
            SELECT l.*, coalesce(l.asked, least(least(l.units, l.bought) * (l.paid / l.bought), l.amount_left)) AS amount FROM line l),
        decided AS MATERIALIZED (
            SELECT p.*, x.outcome, x.outcome = 'refunded' AS ok
            FROM priced p CROSS JOIN LATERAL (SELECT CASE WHEN p.state IS NULL THEN 'no_such_order'
                                                           WHEN p.state NOT IN ('paid', 'arrived', 'picked_up', 'completed') THEN 'not_paid'
                                                           WHEN p.bought IS NULL THEN 'no_such_item'
                                                           WHEN (p.units >= 0 AND p.amount >= 0 AND (p.units > 0 OR p.asked > 0)) IS NOT TRUE THEN 'nothing'
                                                           WHEN p.units > p.units_left OR p.amount > p.amount_left THEN 'too_much'
                                                           ELSE 'refunded' END AS outcome OFFSET 0) x),
        liable AS MATERIALIZED (
            SELECT g.campaign_id, g.item_id, g.cause, f.id, f.rule, rule_payees(f.rule, i.supplier_id, c.account_id) AS payees
            FROM (SELECT DISTINCT d.campaign_id, d.item_id, d.cause FROM decided d WHERE d.ok) g
            JOIN campaigns c ON c.id = g.campaign_id JOIN campaign_items i ON i.id = g.item_id
            CROSS JOIN LATERAL liability_of(g.cause, c.supply_leader_id) f WHERE f.id IS NOT NULL),
        refund AS (
            INSERT INTO refunds AS r (campaign_id, order_id, item_id, units, amount, shares, liability_id, borne, cause, reason, batch, refunded_at, due_at)
            SELECT d.campaign_id, d.order_id, d.item_id, d.units, d.amount,
                   ktt.reverse(CASE WHEN i.rated THEN (SELECT line_shares(o, d.item_id, o.steward_account_id) FROM orders o
                                                       WHERE o.campaign_id = d.campaign_id AND o.id = d.order_id)
                                    ELSE divide_line(i.rule, i.payees, d.paid, d.bought * i.supply_price, d.bought, d.seller_account_id, d.steward_account_id) END
                               - coalesce(b.shares, '{}'), d.amount),
                   -- The same way, out of what the rule makes of the whole line: parts come to the same as all at once.
                   f.id, ktt.reverse(divide_line(f.rule, f.payees, d.paid, 0, d.bought, d.seller_account_id, d.steward_account_id) - coalesce(b.borne, '{}'), d.amount),
                   d.cause, d.reason, take_back.batch, v_now, CASE WHEN d.state = 'completed' THEN greatest(v_due, d.due_at) END
            FROM decided d JOIN campaign_items i ON i.id = d.item_id
            LEFT JOIN liable f ON f.campaign_id = d.campaign_id AND f.item_id = d.item_id AND f.cause = d.cause
            LEFT JOIN LATERAL (
                SELECT sum(x.shares) AS shares, sum(x.borne) FILTER (WHERE x.liability_id = f.id) AS borne
                FROM refunds x WHERE d.again AND x.campaign_id = d.campaign_id AND x.order_id = d.order_id AND x.item_id = d.item_id) b ON true
            WHERE d.ok ORDER BY d.n
            RETURNING r.campaign_id, r.order_id, r.id),
        changed AS (
            UPDATE orders o
               SET refunded = o.refunded + ktt.basket(d.item_id, d.units, d.amount),
                   state = CASE WHEN o.state <> 'completed' AND o.refunded + ktt.basket(d.item_id, d.units, d.amount) = o.basket
                                THEN 'refunded' ELSE o.state END
              FROM decided d WHERE d.ok AND o.campaign_id = d.campaign_id AND o.id = d.order_id)
        SELECT d.n, d.outcome, r.id, CASE WHEN d.ok THEN d.amount END, d.units_left, d.amount_left, d.state
        FROM decided d LEFT JOIN refund r ON r.campaign_id = d.campaign_id AND r.order_id = d.order_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION take_back(refund_line[], text) IS
    'Internal. Refunds parts of lines: locks waves and orders by rising id, takes back shares, and divides what is borne by the rule in force for the cause. '
    'The caller posts the money. Outcomes: refunded; no_such_order, not_paid, no_such_item, nothing (no units and no amount, or less), too_much.';

CREATE FUNCTION held_before(campaign bigint, order_id bigint, amount bigint)
RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT o.amount - ktt.amount(o.refunded) + held_before.amount FROM orders o WHERE o.campaign_id = campaign AND o.id = order_id
$$;
COMMENT ON FUNCTION held_before(bigint, bigint, bigint) IS 'Internal. What was held for a paid order before an amount was taken back of it.';

CREATE TABLE refunded_subsidies (
    batch       text NOT NULL,
    campaign_id bigint NOT NULL,
    order_id    bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (batch, campaign_id, order_id)
);
COMMENT ON TABLE refunded_subsidies IS
    'What of a batch of refunds went back to the subsidy of an order and not to its buyer (minor units); the refunds themselves are whole.';

CREATE FUNCTION post_refunds(batch text, amount numeric)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_order record;
    v_parts ktt.shares;
    v_back ktt.shares := '{}'::ktt.shares;
BEGIN
    IF amount > 0 THEN
        FOR v_order IN
            SELECT r.campaign_id, r.order_id, sum(r.amount)::bigint AS amount
            FROM refunds r JOIN order_subsidies s ON s.campaign_id = r.campaign_id AND s.order_id = r.order_id
            WHERE r.batch = post_refunds.batch AND r.amount > 0 GROUP BY 1, 2 ORDER BY 1, 2
        LOOP
            v_parts := money_back(v_order.campaign_id, v_order.order_id, held_before(v_order.campaign_id, v_order.order_id, v_order.amount), v_order.amount);
            v_back := v_back + v_parts;
            INSERT INTO refunded_subsidies AS s (batch, campaign_id, order_id, amount)
            SELECT post_refunds.batch, v_order.campaign_id, v_order.order_id, x.amount FROM (SELECT ktt.amount(v_parts, market_account('subsidy'))) x(amount) WHERE x.amount > 0;
        END LOOP;
        PERFORM post('refunds', batch, v_back + ktt.shares(market_account('channel'), amount::bigint - ktt.total(v_back)) - ktt.shares(market_account('clearing'), amount::bigint));
    END IF;
END
$$;
COMMENT ON FUNCTION post_refunds(text, numeric) IS 'Internal. The one journal of a batch of refunds; what a subsidy has paid of an order goes back to it.';

CREATE FUNCTION refund_order(
    campaign bigint, order_id bigint, item bigint, units bigint, request text,
    amount bigint DEFAULT NULL, reason text DEFAULT 'unspecified', cause text DEFAULT 'other')
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('refund_order', request,
        jsonb_build_object('campaign', campaign, 'order', order_id, 'item', item, 'units', units, 'amount', amount, 'reason', reason, 'cause', cause));
    v_done refund_outcome;
BEGIN
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM read_committed();
    PERFORM require(campaign, 'campaign'), require(order_id, 'order'), require(item, 'item'), require(units, 'units'), require(reason, 'reason'), require_cause(cause);
    SELECT * INTO v_done FROM take_back(ARRAY[row(1, campaign, order_id, item, units, amount, cause, reason)::refund_line]);
    CASE v_done.outcome
        WHEN 'refunded' THEN
            IF v_done.amount > 0 THEN
                PERFORM post('refund', format('%s/%s', campaign, v_done.refund_id),
                             money_back(campaign, order_id, held_before(campaign, order_id, v_done.amount), v_done.amount)
                             - ktt.shares(market_account('clearing'), v_done.amount));
            END IF;
        WHEN 'no_such_order' THEN
            RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
        WHEN 'not_paid' THEN
            RAISE EXCEPTION 'order % is %', order_id, v_done.state
                USING ERRCODE = 'KT301', HINT = 'Only an order that is paid can be refunded.';
        WHEN 'no_such_item' THEN
            RAISE EXCEPTION 'order % has no item %', order_id, item USING ERRCODE = 'KT303';
        WHEN 'nothing' THEN
            RAISE EXCEPTION 'refund must take back units or an amount, and neither may be negative'
                USING ERRCODE = '22023', DETAIL = format('Units are %s, amount is %s.', units, coalesce(amount, 0));
        WHEN 'too_much' THEN
            RAISE EXCEPTION 'refund exceeds what was paid'
                USING ERRCODE = 'KT401',
                      DETAIL = format('Of item %s, %s units for %s are left; the refund asks for %s units and %s.', item,
                                      v_done.units_left, v_done.amount_left, units, coalesce(amount::text, 'their price'));
    END CASE;
    PERFORM finish_request('refund_order', request, to_jsonb(v_done.refund_id));
    RETURN v_done.refund_id;
END
$$;
COMMENT ON FUNCTION refund_order(bigint, bigint, bigint, bigint, text, bigint, text, text) IS
    'Refunds a part of one line of a paid order and returns the refund id. Units may be 0 for a lower price; without an amount (minor units) '
    'the price of the units goes back. The shares give back by largest remainder over what is left of each, so any sequence of refunds ends at '
    'zero; who bears it is said by set_liability() for its cause: shortage, catch_weight, spoilage, late, lost, other. The reason is free text. '
    'After settlement it becomes a debt of who bears it, netted from what they earn next. '
    'Errors: 22023 unknown cause, KT010 same request key with other arguments, KT301 not paid, KT303 no such order or item, KT401 more than was paid.';

CREATE FUNCTION refund_rest(campaign bigint, order_id bigint, request text, reason text DEFAULT 'unspecified', cause text DEFAULT 'other')
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('refund_rest', request,
        jsonb_build_object('campaign', campaign, 'order', order_id, 'reason', reason, 'cause', cause));
    v_batch text := 'refund_rest/' || request;
    v_order orders;
    v_amount bigint;
BEGIN
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM read_committed();
    PERFORM require(campaign, 'campaign'), require(order_id, 'order'), require(reason, 'reason'), require_cause(cause);
    -- What is left is known once nobody else can take of it: the gate and the wave first, as take_back() has it.
    LOCK TABLE due_gate IN ROW EXCLUSIVE MODE;
    PERFORM FROM waves w JOIN campaigns c ON c.wave_id = w.id JOIN orders o ON o.campaign_id = c.id AND o.id = order_id
    WHERE c.id = campaign AND o.state IN ('placed', 'paid') FOR SHARE OF w;
    SELECT * INTO v_order FROM orders o WHERE o.campaign_id = campaign AND o.id = order_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    ELSIF v_order.state NOT IN ('paid', 'arrived', 'picked_up', 'completed', 'refunded') THEN
        RAISE EXCEPTION 'order % is %', order_id, v_order.state
            USING ERRCODE = 'KT301', HINT = 'Only an order that is paid can be refunded.';
    END IF;
    SELECT coalesce(sum(t.amount), 0) INTO v_amount
    FROM take_back(ARRAY(SELECT row(row_number() OVER (ORDER BY b.item), campaign, order_id, b.item, b.units, b.amount, cause, reason)::refund_line
                         FROM ktt.items(v_order.basket - v_order.refunded) b), v_batch) t;
    PERFORM post_refunds(v_batch, v_amount);
    PERFORM finish_request('refund_rest', request, to_jsonb(v_amount));
    RETURN v_amount;
END
$$;
COMMENT ON FUNCTION refund_rest(bigint, bigint, text, text, text) IS
    'Refunds all that is left of a paid order, every line, and returns how much (minor units); 0 when nothing is left. Cause and liability as in refund_order(). '
    'Errors: 22023 unknown cause, KT010 same request key with other arguments, KT301 not paid, KT303 no such order.';

CREATE FUNCTION refund_orders(refunds jsonb, request text)
RETURNS TABLE (n int, outcome text, refund_id bigint, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb;
    v_batch text := 'refund_orders/' || request;
    v_lines refund_line[];
    v_done refund_outcome[];
BEGIN
    PERFORM read_committed();
    IF jsonb_typeof(require(refunds, 'refunds')) <> 'array' THEN
        RAISE EXCEPTION 'refunds must be an array of objects' USING ERRCODE = '22023';
    ELSIF jsonb_array_length(refunds) > 100000 THEN
        RAISE EXCEPTION 'at most 100000 refunds can be made at once' USING ERRCODE = '54000', DETAIL = format('There are %s.', jsonb_array_length(refunds));
    END IF;
    -- Of so many arguments the request keeps the digest.
    v_first := claim_request('refund_orders', request, to_jsonb(encode(ktt.blake2b(convert_to(refunds::text, 'UTF8')), 'hex')));
    IF v_first IS NULL THEN
        SELECT array_agg(row(r.n, r.campaign, r.order, r.item, r.units, r.amount, coalesce(r.cause, 'other'), coalesce(r.reason, 'unspecified'))::refund_line
                         ORDER BY r.n) INTO v_lines
        FROM ROWS FROM (jsonb_to_recordset(refunds) AS (campaign bigint, "order" bigint, item bigint, units bigint, amount bigint, cause text, reason text))
             WITH ORDINALITY r(campaign, "order", item, units, amount, cause, reason, n);
        PERFORM require_cause(c.cause) FROM (SELECT DISTINCT l.cause FROM unnest(v_lines) l) c;
        v_done := ARRAY(SELECT t FROM take_back(v_lines, v_batch) t);
        PERFORM post_refunds(v_batch, (SELECT sum(d.amount) FROM unnest(v_done) d));
        v_first := finish_request('refund_orders', request,
                                  (SELECT coalesce(jsonb_agg(jsonb_build_array(d.outcome, d.refund_id, d.amount) ORDER BY d.n), '[]') FROM unnest(v_done) d));
    END IF;
    RETURN QUERY
    SELECT e.n::int, e.done->>0, (e.done->>1)::bigint, (e.done->>2)::bigint FROM jsonb_array_elements(v_first) WITH ORDINALITY e(done, n) ORDER BY e.n;
END
$$;
COMMENT ON FUNCTION refund_orders(jsonb, text) IS
    'Makes up to 100000 refunds in one transaction and returns an outcome for each, in the order given. Each is an object with campaign, order, item, units, and where '
    'wanted amount (minor units), cause and reason, as in refund_order(). Outcomes: refunded; no_such_order, not_paid, no_such_item, nothing (neither units nor an '
    'amount, or one below zero), too_much (more than is left of the line): these change nothing, the others are made all the same. One journal "refunds" posts them. '
    'Errors: 22004 null, 22023 no array or an unknown cause, 54000 more than 100000, KT010 same request key with other refunds.';
