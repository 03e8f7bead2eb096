/*
 * Traffic: what suppliers and supply leaders pay the platform for buyers, by how many orders, units or views it brought them in a period.
 * A percentage of sales, by category or without, is no matter of this: the split rules of set_rate() take it from every sale.
 */

CREATE TABLE tariffs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id   bigint NOT NULL REFERENCES members,
    role        text NOT NULL CHECK (role IN ('supplier', 'supply_leader')),
    account_id  bigint NOT NULL REFERENCES accounts,
    measure     text NOT NULL CHECK (measure IN ('orders', 'units', 'views')),
    community_id bigint REFERENCES communities,
    category    text CHECK (octet_length(category) BETWEEN 1 AND 256),
    per         bigint NOT NULL CHECK (per BETWEEN 1 AND 1000000),
    steps       bigint[] NOT NULL,
    prices      bigint[] NOT NULL,
    whole       boolean NOT NULL,
    days        daterange NOT NULL CHECK (NOT isempty(days) AND isfinite(lower(days)) AND isfinite(upper(days))),
    CONSTRAINT tariffs_steps_check CHECK (cardinality(steps) = cardinality(prices) AND cardinality(steps) BETWEEN 1 AND 64 AND steps[1] = 0),
    CONSTRAINT tariffs_views_check CHECK (measure <> 'views' OR community_id IS NULL),
    CONSTRAINT tariffs_days_excl EXCLUDE USING gist (member_id WITH =, role WITH =, measure WITH =, (coalesce(community_id, 0)) WITH =,
                                                     (coalesce(category, '')) WITH =, days WITH &&)
);
COMMENT ON TABLE tariffs IS 'Who pays what for which traffic, and for sales of which days.';
COMMENT ON COLUMN tariffs.role IS 'Whether his goods count, or his campaigns.';
COMMENT ON COLUMN tariffs.account_id IS 'His goods as a supplier, his commission as a supply leader.';
COMMENT ON COLUMN tariffs.measure IS 'Orders or units that were handed over, less what was refunded; or views.';
COMMENT ON COLUMN tariffs.community_id IS 'Only what was handed out there; NULL is everywhere.';
COMMENT ON COLUMN tariffs.category IS 'Only goods of this category; NULL is all.';
COMMENT ON COLUMN tariffs.per IS 'Prices are for so many.';
COMMENT ON COLUMN tariffs.steps IS 'From how many on a price counts.';
COMMENT ON COLUMN tariffs.whole IS 'Whether the price of the step reached is for all of them, or each for its own slice.';

CREATE FUNCTION tariff_price(volume bigint, steps bigint[], prices bigint[], per bigint, whole boolean)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    SELECT round(CASE WHEN whole THEN volume * (array_agg(s.price ORDER BY s.start DESC))[1]::numeric
                      ELSE sum((least(volume, s.ends) - s.start) * s.price::numeric) END / per)::bigint
    FROM (SELECT u.start, u.price, lead(u.start, 1, volume) OVER (ORDER BY u.start) AS ends FROM unnest(steps, prices) u(start, price)) s
    WHERE s.start <= volume
$$;
COMMENT ON FUNCTION tariff_price(bigint, bigint[], bigint[], bigint, boolean) IS
    'Internal. What a volume costs by steps and prices, rounded once, half a unit up.';

CREATE FUNCTION set_tariff(
    member bigint, role text, measure text, steps bigint[], prices bigint[], since date, until date DEFAULT NULL,
    per bigint DEFAULT 1000, whole boolean DEFAULT false, community bigint DEFAULT NULL, category text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first tariffs;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require_one_of(require(role, 'role'), '{supplier,supply_leader}', 'role'),
            require_one_of(require(measure, 'measure'), '{orders,units,views}', 'measure'), require_between(require(per, 'per'), 1, 1000000, 'per'),
            require_between(octet_length(category), 1, 256, 'bytes of the category'), require(whole, 'whole');
    IF NOT isfinite(require(since, 'first day')) OR NOT isfinite(until) OR until <= since THEN
        RAISE EXCEPTION 'a tariff must end after it starts, on a finite day' USING ERRCODE = '22023', DETAIL = format('It would be from %s to %s.', since, until);
    ELSIF cardinality(require(steps, 'steps')) NOT BETWEEN 1 AND 64 OR cardinality(require(prices, 'prices')) <> cardinality(steps)
       OR array_position(steps, NULL) > 0 OR array_position(prices, NULL) > 0 OR steps[1] <> 0
       OR steps <> ARRAY(SELECT DISTINCT u.step FROM unnest(steps) u(step) ORDER BY 1)
       OR EXISTS (SELECT FROM unnest(prices) u(price) WHERE u.price NOT BETWEEN 0 AND 1000000000000) THEN
        RAISE EXCEPTION 'steps must rise from 0, at most 64 of them, with a price for each'
            USING ERRCODE = '22023', DETAIL = format('The steps are %s, the prices %s.', steps, prices), HINT = 'Prices are between 0 and 1000000000000.';
    ELSIF measure = 'views' AND community IS NOT NULL THEN
        RAISE EXCEPTION 'views are not counted by community' USING ERRCODE = '22023';
    ELSIF NOT EXISTS (SELECT FROM communities c WHERE c.id = community) AND community IS NOT NULL THEN
        RAISE EXCEPTION 'community % does not exist', community USING ERRCODE = 'KT303';
    END IF;
    LOCK TABLE period_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_first FROM tariffs t
    WHERE (t.member_id, t.role, t.measure, lower(t.days)) = (member, set_tariff.role, set_tariff.measure, since)
      AND (t.community_id, t.category) IS NOT DISTINCT FROM (community, set_tariff.category);
    IF FOUND THEN
        IF (v_first.steps, v_first.prices, v_first.per, v_first.whole, upper(v_first.days))
           IS DISTINCT FROM (set_tariff.steps, set_tariff.prices, set_tariff.per, set_tariff.whole, until) THEN
            RAISE EXCEPTION 'there is another tariff from this day on already' USING ERRCODE = 'KT010', DETAIL = format('It is tariff %s.', v_first.id);
        END IF;
        RETURN v_first.id;
    END IF;
    PERFORM end_tariff(t.id, since) FROM tariffs t
    WHERE (t.member_id, t.role, t.measure) = (member, set_tariff.role, set_tariff.measure)
      AND (t.community_id, t.category) IS NOT DISTINCT FROM (community, set_tariff.category) AND upper_inf(t.days) AND lower(t.days) < since;
    IF EXISTS (SELECT FROM tariffs t WHERE (t.member_id, t.role, t.measure) = (member, set_tariff.role, set_tariff.measure)
               AND (t.community_id, t.category) IS NOT DISTINCT FROM (community, set_tariff.category) AND t.days && daterange(since, until)) THEN
        RAISE EXCEPTION 'there is a tariff for some of these days already' USING ERRCODE = 'KT301', HINT = 'Let it end before them: end_tariff().';
    END IF;
    INSERT INTO tariffs AS t (member_id, role, account_id, measure, community_id, category, per, steps, prices, whole, days)
    VALUES (member, set_tariff.role, open_account(member, CASE set_tariff.role WHEN 'supplier' THEN 'goods' ELSE 'commission' END), set_tariff.measure, community,
            set_tariff.category, set_tariff.per, set_tariff.steps, set_tariff.prices, set_tariff.whole, daterange(since, until)) RETURNING t.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_tariff(bigint, text, text, bigint[], bigint[], date, date, bigint, boolean, bigint, text) IS
    'Lets a supplier or supply leader pay the platform for traffic from a day up to another (exclusive; until it is ended unless given), in place '
    'of an open tariff for the same from before, and returns it; the same again gives the same. Measures: orders and units that were handed over '
    '(of his goods as a supplier, in his campaigns as a supply leader), of one community and category or of all; views of his items in campaigns '
    'that were to close in the period. Steps are numbers of them, from 0; prices (minor units) are for per of them, each for its slice or, whole, '
    'that of the step reached for all. Errors: 22004 null, 22023 out of bounds, KT010 another one from that day, KT301 days that have one or are '
    'charged already, KT303 no such member or community.';

CREATE FUNCTION end_tariff(tariff bigint, until date)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_tariff tariffs;
BEGIN
    PERFORM read_committed();
    LOCK TABLE period_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_tariff FROM tariffs t WHERE t.id = require(tariff, 'tariff');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'tariff % does not exist', tariff USING ERRCODE = 'KT303';
    ELSIF NOT isfinite(require(until, 'day')) OR until <= lower(v_tariff.days) THEN
        RAISE EXCEPTION 'a tariff must end after it starts, on a finite day' USING ERRCODE = '22023';
    ELSIF until >= upper(v_tariff.days) THEN
        RETURN false;
    ELSIF EXISTS (SELECT FROM period_runs r JOIN period_lines l ON l.run_id = r.id WHERE r.kind = 'traffic' AND l.rule_id = tariff AND upper(r.period) > until) THEN
        RAISE EXCEPTION 'tariff % is charged beyond %', tariff, until USING ERRCODE = 'KT301';
    END IF;
    UPDATE tariffs t SET days = daterange(lower(t.days), until) WHERE t.id = tariff;
    RETURN true;
END
$$;
COMMENT ON FUNCTION end_tariff(bigint, date) IS
    'Lets a tariff end: the day given is the first that it does not count. Returns whether it went on until then. '
    'Errors: 22004 null, 22023 before its first day, KT301 charged beyond that day, KT303 no such tariff.';

CREATE FUNCTION count_traffic(period daterange)
RETURNS TABLE (tariff_id bigint, volume bigint)
LANGUAGE sql STABLE ROWS 100 SET search_path FROM CURRENT
AS $$
    -- Once over the sales, whatever the number of tariffs: every line counts for its supplier and for its supply leader.
    WITH tariff AS MATERIALIZED (SELECT t.* FROM tariffs t WHERE t.days @> period),
    line AS MATERIALIZED (
        SELECT o.campaign_id, o.order_id, p.community_id, s.category, b.units, r.role, r.member_id
        FROM period_sales(period) o JOIN pickup_points p ON p.id = o.point_id JOIN campaigns c ON c.id = o.campaign_id
        CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item JOIN skus s ON s.id = i.sku_id
        CROSS JOIN LATERAL (VALUES ('supplier', i.supplier_id), ('supply_leader', c.supply_leader_id)) r(role, member_id)
        WHERE b.units > 0),
    viewed AS MATERIALIZED (
        SELECT s.category, v.views, r.role, r.member_id
        FROM campaigns c JOIN item_views v ON v.campaign_id = c.id JOIN campaign_items i ON i.id = v.item_id JOIN skus s ON s.id = i.sku_id
        CROSS JOIN LATERAL (VALUES ('supplier', i.supplier_id), ('supply_leader', c.supply_leader_id)) r(role, member_id)
        WHERE c.closes_at >= local_time(lower(period), '00:00') AND c.closes_at < local_time(upper(period), '00:00'))
    SELECT t.id, CASE t.measure WHEN 'units' THEN sum(l.units)::bigint ELSE count(DISTINCT (l.campaign_id, l.order_id)) END
    FROM tariff t JOIN line l ON l.role = t.role AND l.member_id = t.member_id
    WHERE t.measure <> 'views' AND coalesce(l.community_id = t.community_id, true) AND (t.category IS NULL OR l.category = t.category)
    GROUP BY t.id, t.measure
    UNION ALL
    SELECT t.id, sum(v.views)::bigint
    FROM tariff t JOIN viewed v ON v.role = t.role AND v.member_id = t.member_id
    WHERE t.measure = 'views' AND (t.category IS NULL OR v.category = t.category) GROUP BY t.id
$$;
COMMENT ON FUNCTION count_traffic(daterange) IS 'Internal. What the tariffs that stand for all of a period count of it; no row for nothing.';

CREATE FUNCTION charge_traffic(since date, until date DEFAULT NULL)
RETURNS TABLE (tariff_id bigint, member_id bigint, volume bigint, total bigint, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    v_period daterange;
    v_found period_line[];
BEGIN
    PERFORM read_committed();
    v_period := begin_period_run(since, until);
    v_found := ARRAY(
        SELECT row(t.id, t.account_id, market_account('revenue'), n.volume, tariff_price(n.volume, t.steps, t.prices, t.per, t.whole))::period_line
        FROM count_traffic(v_period) n JOIN tariffs t ON t.id = n.tariff_id);
    RETURN QUERY
    SELECT l.rule_id, a.member_id, l.volume, l.total, l.amount FROM post_period('traffic', v_period, v_found) l JOIN accounts a ON a.id = l.payer_id ORDER BY 1;
END
$$;
COMMENT ON FUNCTION charge_traffic(date, date) IS
    'Charges the traffic of a period of days of the market''s time zone, a month unless its end (exclusive) is given, by one journal, by every '
    'tariff that stands for all of it. Called again it posts the differences that refunds, or views, have made since. Returns what it has posted: '
    'tariff, member, what was counted, the whole charge, and the difference (minor units); no row when nothing has changed. What a member cannot '
    'pay becomes his debt. Errors: 22004 null, 22023 empty period, KT301 not settled yet, or a tariff was charged for another period with some of '
    'these days.';

CREATE FUNCTION verify_traffic()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT l.run_id, l.total = tariff_price(l.volume, t.steps, t.prices, t.per, t.whole) AND l.payer_id = t.account_id AND t.days @> r.period AS ok
        FROM period_runs r JOIN period_lines l ON l.run_id = r.id LEFT JOIN tariffs t ON t.id = l.rule_id WHERE r.kind = 'traffic')
    SELECT 'traffic costs what its tariffs say', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.run_id) FILTER (WHERE c.ok IS NOT TRUE)::text FROM c
$$;
COMMENT ON FUNCTION verify_traffic() IS 'The line of verify() about traffic.';
