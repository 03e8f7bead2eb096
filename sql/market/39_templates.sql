/*
 * Recurring campaigns: a template that opens the next one.
 */

CREATE TABLE template_gate ();
COMMENT ON TABLE template_gate IS
    'Always empty. Who opens campaigns of templates holds SHARE UPDATE EXCLUSIVE on it: openings queue, and cannot wait for each other in a ring.';

CREATE TABLE campaign_templates (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint NOT NULL REFERENCES members,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 240),
    wave            text NOT NULL CHECK (octet_length(wave) BETWEEN 1 AND 240),
    every_days      int NOT NULL CHECK (every_days BETWEEN 1 AND 366),
    next_on         date NOT NULL CHECK (isfinite(next_on)),
    opens_at        time NOT NULL,
    closes_at       time NOT NULL,
    closes_after_days int NOT NULL CHECK (closes_after_days BETWEEN 0 AND 366),
    delivery_after_days int CHECK (delivery_after_days BETWEEN closes_after_days AND 732),
    hold            interval CHECK (hold BETWEEN interval '0' AND interval '1 year'),
    grace           interval CHECK (grace BETWEEN interval '0' AND interval '1 day'),
    ended           boolean NOT NULL DEFAULT false,
    CONSTRAINT campaign_templates_time_check CHECK (closes_after_days > 0 OR opens_at < closes_at)
);
COMMENT ON TABLE campaign_templates IS 'Campaigns that come again and again, with the same items at the same local hours.';
COMMENT ON COLUMN campaign_templates.reference IS 'Its campaigns are called by it and their day, as "reference YYYY-MM-DD".';
COMMENT ON COLUMN campaign_templates.wave IS 'Their waves in the same way; templates with the same one share their waves.';
COMMENT ON COLUMN campaign_templates.next_on IS 'The day of the next campaign, in the market''s time zone like all days and times here.';
COMMENT ON COLUMN campaign_templates.closes_after_days IS 'Days from that of a campaign to that on which it closes.';
COMMENT ON COLUMN campaign_templates.delivery_after_days IS 'Days from that of a campaign to its delivery; NULL when that is not known, or the wave''s own.';
COMMENT ON COLUMN campaign_templates.hold IS 'NULL: as the market has it when a campaign opens. So with grace.';

CREATE TABLE template_items (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template_id         bigint NOT NULL REFERENCES campaign_templates,
    sku_id              bigint NOT NULL REFERENCES skus,
    distribution_price  bigint NOT NULL,
    sale_price          bigint NOT NULL,
    stock               bigint CHECK (stock >= 0),
    buyer_limit         bigint CHECK (buyer_limit > 0),
    CONSTRAINT template_items_sku_key UNIQUE (template_id, sku_id, sale_price),
    CONSTRAINT template_items_price_check
        CHECK (0 <= distribution_price AND distribution_price <= sale_price AND sale_price > 0 AND sale_price <= 1000000000000)
);
COMMENT ON TABLE template_items IS 'What every campaign of a template sells; supply price and split are those in force when it opens.';
COMMENT ON COLUMN template_items.stock IS 'Units in each campaign, NULL is no limit; so is the limit per buyer.';

CREATE TABLE template_campaigns (
    template_id bigint NOT NULL REFERENCES campaign_templates,
    day         date NOT NULL,
    campaign_id bigint NOT NULL UNIQUE REFERENCES campaigns,
    PRIMARY KEY (template_id, day)
);
COMMENT ON TABLE template_campaigns IS 'The campaigns that templates opened: one a day, by primary key.';

CREATE FUNCTION create_template(
    supply_leader bigint, reference text, every_days int, next_on date, opens_at time, closes_at time,
    closes_after_days int DEFAULT 0, delivery_after_days int DEFAULT NULL, hold interval DEFAULT NULL, grace interval DEFAULT NULL,
    wave text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET intervalstyle = 'postgres'
AS $$
DECLARE
    v_wave text := coalesce(wave, reference);
    v_first jsonb;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    v_first := claim_request('create_template', require_reference(reference, 'reference'), jsonb_build_object(
        'supply_leader', supply_leader, 'every_days', every_days, 'next_on', next_on, 'opens_at', opens_at, 'closes_at', closes_at,
        'closes_after_days', closes_after_days, 'delivery_after_days', delivery_after_days, 'hold', hold, 'grace', grace, 'wave', v_wave));
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_member(supply_leader, 'supply leader'), require_reference(v_wave, 'wave'),
            require_between(octet_length(reference), 1, 240, 'bytes of the reference'), require_between(octet_length(v_wave), 1, 240, 'bytes of the wave'),
            require_between(require(every_days, 'number of days'), 1, 366, 'number of days'),
            require_between(require(closes_after_days, 'days to the end'), 0, 366, 'days to the end'),
            require_between(delivery_after_days, closes_after_days, 732, 'days to the delivery'),
            require_interval(hold, '1 year', 'hold'), require_interval(grace, '1 day', 'grace');
    IF require(next_on, 'day') NOT BETWEEN '2000-01-01' AND '9999-12-31' THEN
        RAISE EXCEPTION 'day must be between 2000-01-01 and 9999-12-31' USING ERRCODE = '22023';
    ELSIF closes_after_days = 0 AND require(opens_at, 'opening time') >= require(closes_at, 'closing time') THEN
        RAISE EXCEPTION 'campaigns must close after they open'
            USING ERRCODE = '22023', DETAIL = format('They would open at %s and close at %s on the same day.', opens_at, closes_at);
    END IF;
    INSERT INTO campaign_templates AS t (supply_leader_id, reference, wave, every_days, next_on, opens_at, closes_at,
                                         closes_after_days, delivery_after_days, hold, grace)
    VALUES (supply_leader, create_template.reference, v_wave, create_template.every_days, create_template.next_on,
            require(create_template.opens_at, 'opening time'), require(create_template.closes_at, 'closing time'),
            create_template.closes_after_days, create_template.delivery_after_days, create_template.hold, create_template.grace)
    RETURNING t.id INTO v_id;
    PERFORM finish_request('create_template', reference, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION create_template(bigint, text, int, date, time, time, int, int, interval, interval, text) IS
    'Makes a template of campaigns of a supply leader and returns its id: every so many days from next_on on, opening and closing at these '
    'times of the market''s clocks (see local_time), closing so many days after the opening, delivered so many days after it. hold and grace are '
    'the market''s unless given. Campaigns are called "reference YYYY-MM-DD", their waves so after wave, which is the reference unless given: '
    'templates of several leaders can share waves. The reference is the request key. '
    'Errors: 22004 null, 22023 days, times, hold, grace or references out of bounds, KT010 same reference with other arguments, KT303 no such member.';

CREATE FUNCTION lock_template(template bigint)
RETURNS campaign_templates
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_template campaign_templates;
BEGIN
    SELECT * INTO v_template FROM campaign_templates t WHERE t.id = require(template, 'template') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'template % does not exist', template USING ERRCODE = 'KT303';
    END IF;
    RETURN v_template;
END
$$;
COMMENT ON FUNCTION lock_template(bigint) IS 'Internal. A template, which nobody else changes or opens until the transaction ends. Errors: KT303 no such template.';

CREATE FUNCTION add_template_item(
    template bigint, sku bigint, distribution_price bigint, sale_price bigint, stock bigint DEFAULT NULL, buyer_limit bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_template campaign_templates;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    v_template := lock_template(template);
    IF v_template.ended THEN
        RAISE EXCEPTION 'template % has ended', template USING ERRCODE = 'KT301';
    ELSIF NOT EXISTS (SELECT FROM skus s WHERE s.id = require(sku, 'sku')) THEN
        RAISE EXCEPTION 'sku % does not exist', sku USING ERRCODE = 'KT303';
    END IF;
    PERFORM require_between(stock, 0, 1000000000000, 'stock'), require_between(buyer_limit, 1, 1000000000000, 'limit per buyer');
    IF NOT (0 <= require(distribution_price, 'distribution price') AND distribution_price <= require(sale_price, 'sale price')
            AND sale_price BETWEEN 1 AND 1000000000000) THEN
        RAISE EXCEPTION 'price of sku % is out of bounds', sku
            USING ERRCODE = 'KT302', DETAIL = format('Distribution price is %s, sale price %s.', distribution_price, sale_price),
                  HINT = 'Prices rise from supply to distribution to sale, which is at most 1000000000000.';
    END IF;
    INSERT INTO template_items AS i (template_id, sku_id, distribution_price, sale_price, stock, buyer_limit)
    VALUES (template, sku, add_template_item.distribution_price, add_template_item.sale_price, add_template_item.stock, add_template_item.buyer_limit)
    ON CONFLICT ON CONSTRAINT template_items_sku_key DO NOTHING RETURNING i.id INTO v_id;
    IF NOT FOUND THEN
        SELECT i.id INTO v_id FROM template_items i
        WHERE i.template_id = template AND i.sku_id = sku AND i.sale_price = add_template_item.sale_price
          AND (i.distribution_price, i.stock, i.buyer_limit)
              IS NOT DISTINCT FROM (add_template_item.distribution_price, add_template_item.stock, add_template_item.buyer_limit);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'sku % is already at % in template % on other terms', sku, sale_price, template
                USING ERRCODE = 'KT010', HINT = 'Remove it with remove_template_item() first.';
        END IF;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION add_template_item(bigint, bigint, bigint, bigint, bigint, bigint) IS
    'Has every campaign that a template opens from now on sell a sku at a price, and returns the id of the line; the same terms give the same '
    'line again. Prices in minor units per unit; stock of each campaign and limit per buyer in units, NULL is no limit. Whether it is offered is '
    'asked when a campaign opens. '
    'Errors: 22004 null, 22023 stock or limit out of bounds, KT010 there on other terms, KT301 template ended, KT302 price out of bounds, KT303 no such template or sku.';

CREATE FUNCTION remove_template_item(template bigint, item bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM lock_template(template);
    DELETE FROM template_items i WHERE i.template_id = template AND i.id = require(item, 'item');
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION remove_template_item(bigint, bigint) IS
    'Takes a line out of a template; campaigns that are open keep it. Returns whether it was there. Errors: 22004 null, KT303 no such template.';

CREATE FUNCTION end_template(template bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_template campaign_templates;
BEGIN
    PERFORM read_committed();
    v_template := lock_template(template);
    UPDATE campaign_templates t SET ended = true WHERE t.id = template AND NOT t.ended;
    RETURN NOT v_template.ended;
END
$$;
COMMENT ON FUNCTION end_template(bigint) IS
    'Lets a template open no more campaigns; those that are open go on. Returns whether it still ran. Errors: 22004 null, KT303 no such template.';

CREATE FUNCTION next_round(template bigint, OUT day date, OUT opens_at timestamptz, OUT closes_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_template campaign_templates;
    v_now timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO v_template FROM campaign_templates t WHERE t.id = require(template, 'template');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'template % does not exist', template USING ERRCODE = 'KT303';
    ELSIF v_template.ended THEN
        RETURN;
    END IF;
    day := v_template.next_on + v_template.every_days
           * greatest(0, (local_day(v_now) - v_template.closes_after_days - 1 - v_template.next_on) / v_template.every_days);
    LOOP
        opens_at := local_time(day, v_template.opens_at);
        closes_at := local_time(day + v_template.closes_after_days, v_template.closes_at);
        -- Where the clocks skip the opening, it may come behind the end: then the campaign lasts as long as on other days.
        IF closes_at <= opens_at THEN
            closes_at := opens_at + v_template.closes_after_days * interval '24 hours' + (v_template.closes_at - v_template.opens_at);
        END IF;
        EXIT WHEN closes_at > v_now;
        day := day + v_template.every_days;
    END LOOP;
END
$$;
COMMENT ON FUNCTION next_round(bigint) IS
    'When the next campaign of a template is: its day, and the moments at which it opens and closes; nulls when the template has ended. Days '
    'on which nothing was opened in time, and that are over, are left out. Errors: 22004 null, KT303 no such template.';

CREATE FUNCTION open_next_campaign(template bigint, day date DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_template campaign_templates;
    v_round record;
    v_last template_campaigns;
    v_name text;
    v_wave bigint;
    v_item template_items;
    v_seller bigint;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    LOCK TABLE template_gate IN SHARE UPDATE EXCLUSIVE MODE;
    v_template := lock_template(template);
    SELECT c.* INTO v_last FROM template_campaigns c WHERE c.template_id = template ORDER BY c.day DESC LIMIT 1;
    IF open_next_campaign.day IS NULL AND v_last.day >= local_day(clock_timestamp()) THEN
        RETURN v_last.campaign_id;
    END IF;
    SELECT c.campaign_id INTO v_id FROM template_campaigns c WHERE c.template_id = template AND c.day = open_next_campaign.day;
    IF FOUND THEN
        RETURN v_id;
    ELSIF v_template.ended THEN
        RAISE EXCEPTION 'template % has ended', template USING ERRCODE = 'KT301';
    ELSIF NOT EXISTS (SELECT FROM template_items i WHERE i.template_id = template) THEN
        RAISE EXCEPTION 'template % has no items', template USING ERRCODE = 'KT301', HINT = 'Add them with add_template_item().';
    END IF;
    SELECT * INTO STRICT v_round FROM next_round(template);
    IF v_round.day <> open_next_campaign.day THEN
        RAISE EXCEPTION 'template % cannot open a campaign for %', template, to_char(open_next_campaign.day, 'YYYY-MM-DD')
            USING ERRCODE = 'KT301', DETAIL = format('Its next one is for %s.', to_char(v_round.day, 'YYYY-MM-DD'));
    END IF;

    v_name := format('%s %s', v_template.wave, to_char(v_round.day, 'YYYY-MM-DD'));
    SELECT w.id INTO v_wave FROM waves w WHERE w.reference = v_name AND v_template.delivery_after_days IS NULL;
    v_wave := coalesce(v_wave, open_wave(reference => v_name, delivery_on => v_round.day + v_template.delivery_after_days));
    v_id := create_campaign(
        wave => v_wave, supply_leader => v_template.supply_leader_id,
        reference => format('%s %s', v_template.reference, to_char(v_round.day, 'YYYY-MM-DD')),
        closes_at => v_round.closes_at, opens_at => v_round.opens_at, hold => v_template.hold, grace => v_template.grace);
    FOR v_item IN SELECT i.* FROM template_items i WHERE i.template_id = template ORDER BY i.id LOOP
        PERFORM list_item(campaign => v_id, sku => v_item.sku_id, distribution_price => v_item.distribution_price,
                          sale_price => v_item.sale_price, stock => v_item.stock, buyer_limit => v_item.buyer_limit);
    END LOOP;
    -- Nobody ends a partnership meanwhile.
    FOR v_seller IN
        SELECT s.member_id
        FROM campaign_sellers s JOIN partnerships p ON p.sales_leader_id = s.member_id JOIN settings g ON g.max_levels > 1
        WHERE s.campaign_id = v_last.campaign_id AND p.supply_leader_id = v_template.supply_leader_id AND upper_inf(p.period)
        ORDER BY s.member_id FOR SHARE OF p
    LOOP
        PERFORM join_campaign(campaign => v_id, sales_leader => v_seller);
    END LOOP;
    PERFORM publish_campaign(campaign => v_id);
    INSERT INTO template_campaigns (template_id, day, campaign_id) VALUES (template, v_round.day, v_id);
    UPDATE campaign_templates t SET next_on = v_round.day + t.every_days WHERE t.id = template;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION open_next_campaign(bigint, date) IS
    'Opens the next campaign of a template and returns its id: the wave if it is not there, the campaign with the template''s items at the '
    'offers and rates in force now, joined by everybody who sells in the template''s campaign before and is still a partner; published, so that it '
    'takes orders from its opening time on. All of it or nothing. Without a day, calls give the same campaign until the day on which it opens is '
    'over, also calls at the same time; then the next. With a day, which is the next one (see next_round) or one before: always the campaign of '
    'that day. Openings of all templates queue: commit at once. '
    'Errors: 0A000 not READ COMMITTED, 22004 null, KT010 wave or campaign of this name there with other arguments, KT301 not the next day, template '
    'ended or without items, wave closed, KT303 no such template, or a sku (named) without offer or rule, KT201 and KT302 as list_item.';

CREATE FUNCTION open_due_campaigns(at_most int DEFAULT 100, lead interval DEFAULT '0')
RETURNS TABLE (template bigint, day date, campaign bigint, error text)
LANGUAGE plpgsql SECURITY DEFINER ROWS 10 SET search_path FROM CURRENT
AS $$
DECLARE
    v_until timestamptz;
    v_last_day date;
    v_round record;
    v_opened int := 0;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(require(at_most, 'number of campaigns'), 0, 10000, 'number of campaigns'), require_interval(require(lead, 'lead'), '31 days', 'lead');
    LOCK TABLE template_gate IN SHARE UPDATE EXCLUSIVE MODE;
    -- Hours, not days: those of the session's zone may be longer.
    v_until := clock_timestamp() + make_interval(secs => extract(epoch FROM lead)::double precision);
    v_last_day := local_day(v_until);
    FOR template IN SELECT t.id FROM campaign_templates t WHERE NOT t.ended AND t.next_on <= v_last_day ORDER BY t.id LOOP
        PERFORM lock_template(template);
        error := NULL;
        WHILE error IS NULL AND v_opened < at_most LOOP
            SELECT * INTO STRICT v_round FROM next_round(template);
            EXIT WHEN v_round.opens_at IS NULL OR v_round.opens_at > v_until;
            day := v_round.day;
            -- One that cannot be opened stands in nobody else's way.
            BEGIN
                campaign := open_next_campaign(template, day);
                v_opened := v_opened + 1;
            EXCEPTION WHEN SQLSTATE 'KT000' OR data_exception THEN
                campaign := NULL;
                error := SQLERRM;
            END;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION open_due_campaigns(int, interval) IS
    'Opens the campaigns of all templates whose opening time has come, or comes within lead (at most 31 days): one row for each, at most as many as '
    'asked. One that cannot be opened is a row with the error instead, is tried again by the next call, and stops no other. For a scheduler, who '
    'commits at once and may call it as often as he likes, also twice at a time. Errors: 0A000 not READ COMMITTED, 22004 null, 22023 number or lead out of bounds.';

CREATE VIEW upcoming_campaigns WITH (security_barrier) AS
SELECT t.id AS template_id, t.supply_leader_id, t.reference, r.day, r.opens_at, r.closes_at,
       (SELECT count(*) FROM template_items i WHERE i.template_id = t.id) AS items
FROM campaign_templates t CROSS JOIN LATERAL next_round(t.id) r WHERE NOT t.ended;
COMMENT ON VIEW upcoming_campaigns IS 'What each template that runs will open next, and when.';

CREATE FUNCTION verify_templates()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH c AS (
        SELECT o.template_id, o.day,
               c.supply_leader_id = t.supply_leader_id AND c.reference = format('%s %s', t.reference, to_char(o.day, 'YYYY-MM-DD'))
               AND c.state <> 'draft' AND o.day < t.next_on AND (t.next_on - o.day) % t.every_days = 0 AS ok
        FROM template_campaigns o JOIN campaign_templates t ON t.id = o.template_id JOIN campaigns c ON c.id = o.campaign_id)
    SELECT 'campaigns of templates are their leader''s, published, on the template''s days', count(*), count(*) FILTER (WHERE NOT c.ok),
           min(format('%s/%s', c.template_id, to_char(c.day, 'YYYY-MM-DD'))) FILTER (WHERE NOT c.ok)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_templates() IS 'The part of verify() about recurring campaigns.';
