/*
 * Payment channels: what each of them lets the market do, rule by rule and with the source of every figure; and how each payee
 * wants to be paid. A rule that nobody knows is no rule.
 */

CREATE TABLE payout_channels (
    channel     text PRIMARY KEY CHECK (channel ~ '^[a-z][a-z0-9_]{0,31}$'),
    account     text NOT NULL CHECK (account IN ('channel', 'bank')),
    main        boolean NOT NULL
);
CREATE UNIQUE INDEX payout_channels_main_idx ON payout_channels (account) WHERE main;
COMMENT ON TABLE payout_channels IS 'The ways by which money leaves the market.';
COMMENT ON COLUMN payout_channels.account IS 'Which of the market''s own accounts it pays from.';
COMMENT ON COLUMN payout_channels.main IS
    'Whether it is the one that every other movement of that account goes through: payments of buyers and their refunds.';
INSERT INTO payout_channels VALUES ('wechat', 'channel', true), ('alipay', 'channel', false), ('bank', 'bank', true);

CREATE TABLE rule_kinds (
    rule        text PRIMARY KEY,
    unit        text NOT NULL,
    least       bigint NOT NULL,
    most        bigint NOT NULL,
    meaning     text NOT NULL
);
COMMENT ON TABLE rule_kinds IS 'The rules that a payment channel may have, their units and bounds.';
INSERT INTO rule_kinds VALUES
    ('share_cap', 'ppm', 0, 1000000, 'How much of one payment may be passed on. A channel with this rule divides payments: every transfer is a part of one.'),
    ('receivers_per_request', 'receivers', 1, 1000000, 'How many transfers one request may hold.'),
    ('requests_per_order', 'requests', 1, 1000000, 'How many requests may divide one payment.'),
    ('requests_per_second', 'requests', 1, 1000000, 'How many requests may be sent within a second.'),
    ('earliest', 'seconds', 0, 315360000, 'How long after a payment it may first be divided.'),
    ('freeze', 'seconds', 0, 315360000, 'How long after a payment it can be divided; after that the channel has released it to the market.'),
    ('return_window', 'seconds', 0, 315360000, 'How long after a transfer was confirmed it can come back.'),
    ('hold', 'seconds', 0, 31622400, 'How long what was settled waits before it is paid out, unless the payee''s terms say otherwise.'),
    ('minimum', 'minor units', 1, 1000000000000000, 'The least that one transfer may be.'),
    ('maximum', 'minor units', 1, 1000000000000000, 'The most that one transfer may be; what is above it is paid next time.'),
    ('fee_ppm', 'ppm', 0, 1000000, 'What part of a transfer the payee bears as its fee, rounded up.'),
    ('fee_fixed', 'minor units', 0, 1000000000000000, 'What is added to that for every transfer.'),
    ('fee_minimum', 'minor units', 0, 1000000000000000, 'The least fee of a transfer.');

CREATE TABLE channel_rules (
    channel     text NOT NULL REFERENCES payout_channels,
    rule        text NOT NULL REFERENCES rule_kinds,
    value       bigint NOT NULL,
    source      text NOT NULL CHECK (octet_length(source) BETWEEN 1 AND 1024),
    set_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (channel, rule)
);
COMMENT ON TABLE channel_rules IS
    'What is known of the channels'' rules; change them with configure_channel(). They are checked before a channel is called.';
COMMENT ON COLUMN channel_rules.source IS 'Where the figure comes from: a document of the channel, or a contract.';
INSERT INTO channel_rules (channel, rule, value, source) VALUES
    ('wechat', 'share_cap', 300000, 'pay.weixin.qq.com, allocation.php, chapter 26_4: 30 % unless agreed otherwise'),
    ('wechat', 'receivers_per_request', 50, 'pay.weixin.qq.com, doc/v3/merchant/4014547102'),
    ('wechat', 'requests_per_order', 50, 'pay.weixin.qq.com, doc/v3/merchant/4014547102'),
    ('wechat', 'earliest', 60, 'pay.weixin.qq.com, doc/v3/merchant/4014547102: at least 1 minute after the payment'),
    ('wechat', 'freeze', 2592000, 'pay.weixin.qq.com, doc/v3/merchant/4014547102: 30 days for ordinary merchants; apiv3 partner chapter 8_1_3: 180 days for e-commerce'),
    ('wechat', 'return_window', 15552000, 'pay.weixin.qq.com, doc/v3/partner/4012525463: within 180 days'),
    ('alipay', 'share_cap', 300000, 'Alipay''s document on splitting, mirrored as apifox doc-3272472: 30 % unless agreed otherwise'),
    ('alipay', 'receivers_per_request', 5, 'Alipay''s document on splitting, mirrored as apifox doc-3272472: 5 in a request that is answered at once'),
    ('alipay', 'freeze', 2592000, 'Alipay''s document on splitting, mirrored as apifox doc-3272472: released by itself after 30 days');

CREATE FUNCTION rule_of(channel text, rule text)
RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT r.value FROM channel_rules r WHERE r.channel = rule_of.channel AND r.rule = rule_of.rule $$;
COMMENT ON FUNCTION rule_of(text, text) IS 'Internal. A rule of a channel in its unit; NULL when there is none.';

CREATE FUNCTION time_of(channel text, rule text)
RETURNS interval
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT make_interval(secs => rule_of(time_of.channel, time_of.rule)) $$;
COMMENT ON FUNCTION time_of(text, text) IS 'Internal. A rule of a channel that is a length of time; NULL when there is none.';

CREATE FUNCTION require_channel(channel text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payout_channels c WHERE c.channel = require(require_channel.channel, 'channel')) THEN
        RAISE EXCEPTION 'channel "%" does not exist', left(channel, 64) USING ERRCODE = 'KT303', HINT = 'Add it with add_channel().';
    END IF;
    RETURN channel;
END
$$;
COMMENT ON FUNCTION require_channel(text) IS 'Internal. Returns the channel, or refuses one that does not exist (KT303).';

CREATE FUNCTION add_channel(channel text, account text DEFAULT 'channel', main boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_channel payout_channels;
BEGIN
    PERFORM read_committed();
    PERFORM require_one_of(require(add_channel.account, 'account'), '{channel,bank}', 'account'), require(add_channel.main, 'main');
    IF require(add_channel.channel, 'channel') !~ '^[a-z][a-z0-9_]{0,31}$' THEN
        RAISE EXCEPTION 'name of a channel must be up to 32 small letters, digits and underscores'
            USING ERRCODE = '22023', DETAIL = format('It is "%s".', left(channel, 64));
    END IF;
    LOCK TABLE payout_channels IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO payout_channels AS c (channel, account, main) VALUES (add_channel.channel, add_channel.account, false) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT v_channel FROM payout_channels c WHERE c.channel = add_channel.channel;
    IF v_channel.account <> account THEN
        RAISE EXCEPTION 'channel "%" already pays from another account', channel USING ERRCODE = 'KT010', DETAIL = format('It is the %s.', v_channel.account);
    ELSIF main AND NOT v_channel.main THEN
        IF EXISTS (SELECT FROM postings p WHERE p.account_id = market_account(account)) THEN
            RAISE EXCEPTION 'money has already moved through another channel' USING ERRCODE = 'KT301', DETAIL = format('It moved on the account %s.', account);
        END IF;
        UPDATE payout_channels c SET main = false WHERE c.account = add_channel.account AND c.main;
        UPDATE payout_channels c SET main = true WHERE c.channel = add_channel.channel;
    END IF;
END
$$;
COMMENT ON FUNCTION add_channel(text, text, boolean) IS
    'Adds a way to pay out, from the market''s money at the payment channel or at the bank; it has no rules until configure_channel() sets some. '
    'The main one of an account is the one that everything else goes through, such as payments and their refunds: wechat and bank, unless said '
    'before money moves. Errors: 22004 null, 22023 no name of a channel or another account, KT010 same channel with another account, KT301 money '
    'has already moved.';

CREATE FUNCTION configure_channel(channel text, rule text, value bigint, source text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_kind rule_kinds;
BEGIN
    PERFORM read_committed();
    -- Who divides payments reads the rules behind this row.
    PERFORM require_channel(channel);
    PERFORM FROM payout_channels c WHERE c.channel = configure_channel.channel FOR NO KEY UPDATE;
    SELECT * INTO v_kind FROM rule_kinds k WHERE k.rule = require(configure_channel.rule, 'rule');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a channel has no rule "%"', left(rule, 64)
            USING ERRCODE = '22023', HINT = (SELECT 'Rules are ' || string_agg(k.rule, ', ' ORDER BY k.rule) || '.' FROM rule_kinds k);
    END IF;
    IF value IS NULL THEN
        DELETE FROM channel_rules r WHERE r.channel = configure_channel.channel AND r.rule = configure_channel.rule;
        RETURN;
    END IF;
    PERFORM require_between(value, v_kind.least, v_kind.most, rule);
    IF octet_length(require(source, 'source')) NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'source must be between 1 and 1024 bytes' USING ERRCODE = '22023';
    END IF;
    INSERT INTO channel_rules AS r (channel, rule, value, source)
    VALUES (configure_channel.channel, configure_channel.rule, configure_channel.value, configure_channel.source)
    ON CONFLICT ON CONSTRAINT channel_rules_pkey DO UPDATE SET value = excluded.value, source = excluded.source, set_at = clock_timestamp();
END
$$;
COMMENT ON FUNCTION configure_channel(text, text, bigint, text) IS
    'Sets a rule of a payment channel, in the unit that rule_kinds names, and says where the figure comes from; without a value the rule is '
    'removed. It holds for what is proposed and sent from then on. Errors: 22004 no source, 22023 no such rule or out of bounds, KT303 no such '
    'channel.';

CREATE FUNCTION transfer_fee(channel text, amount bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN greatest(coalesce(rule_of(channel, 'fee_minimum'), 0),
                    coalesce(rule_of(channel, 'fee_fixed'), 0) + ceil(amount::numeric * coalesce(rule_of(channel, 'fee_ppm'), 0) / 1000000)::bigint);
END
$$;
COMMENT ON FUNCTION transfer_fee(text, bigint) IS 'Internal. What a payee bears of an amount that is taken from his accounts.';

CREATE TABLE payout_terms (
    member_id   bigint PRIMARY KEY REFERENCES members,
    channel     text NOT NULL REFERENCES payout_channels,
    minimum     bigint NOT NULL,
    hold        interval,
    schedule    text CHECK (schedule IN ('daily', 'weekly', 'monthly')),
    day         int,
    CONSTRAINT payout_terms_day_check CHECK (CASE schedule WHEN 'weekly' THEN day BETWEEN 1 AND 7 WHEN 'monthly' THEN day BETWEEN 1 AND 31 ELSE day IS NULL END)
);
COMMENT ON TABLE payout_terms IS 'How a payee is paid. Who has no terms is paid by bank, whatever he is owed, whenever a batch is made.';
COMMENT ON COLUMN payout_terms.hold IS 'How long what was settled waits before it is paid out; NULL: as long as the channel''s rule says.';
COMMENT ON COLUMN payout_terms.schedule IS 'How often batches take him up; NULL: every one does.';
COMMENT ON COLUMN payout_terms.day IS 'Weekly: the day of the week, Monday is 1; monthly: the day of the month, or its last one when it is shorter.';

CREATE FUNCTION set_payout_terms(
    member bigint, channel text DEFAULT 'bank', minimum bigint DEFAULT 1, hold interval DEFAULT NULL, schedule text DEFAULT NULL, day int DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require_channel(channel), require_between(require(minimum, 'minimum'), 1, 1000000000000000, 'minimum'),
            require_interval(hold, '1 year', 'hold'), require_one_of(schedule, '{daily,weekly,monthly}', 'schedule');
    IF schedule IN ('weekly', 'monthly') THEN
        PERFORM require_between(require(day, 'day'), 1, CASE schedule WHEN 'weekly' THEN 7 ELSE 31 END, 'day');
    ELSIF day IS NOT NULL THEN
        RAISE EXCEPTION 'only a weekly or monthly schedule has a day' USING ERRCODE = '22023';
    END IF;
    INSERT INTO payout_terms AS t (member_id, channel, minimum, hold, schedule, day)
    VALUES (member, set_payout_terms.channel, set_payout_terms.minimum, set_payout_terms.hold, set_payout_terms.schedule, set_payout_terms.day)
    ON CONFLICT ON CONSTRAINT payout_terms_pkey DO UPDATE
       SET channel = excluded.channel, minimum = excluded.minimum, hold = excluded.hold, schedule = excluded.schedule, day = excluded.day;
END
$$;
COMMENT ON FUNCTION set_payout_terms(bigint, text, bigint, interval, text, int) IS
    'Says how a member is paid from now on, in the place of what was said before: by which channel, from which amount on (minor units), how long '
    'after its settlement, and how often batches take him up: daily, weekly on a day of the week (Monday is 1) or monthly on a day, by the '
    'market''s calendar. Errors: 22004 null, 22023 out of bounds, KT303 no such member or channel.';

CREATE FUNCTION scheduled_day(schedule text, day int, today date)
RETURNS date
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT
AS $$
    SELECT CASE schedule
        WHEN 'daily' THEN today
        WHEN 'weekly' THEN today - (extract(isodow FROM today)::int - day + 7) % 7
        WHEN 'monthly' THEN (SELECT max(d.on_day) FROM (
            SELECT least(m.first + day - 1, (m.first + interval '1 month')::date - 1) AS on_day
            FROM unnest(ARRAY[date_trunc('month', today::timestamp)::date, (date_trunc('month', today::timestamp) - interval '1 month')::date]) m(first)) d
            WHERE d.on_day <= today) END
$$;
COMMENT ON FUNCTION scheduled_day(text, int, date) IS 'Internal. The latest day, up to today, on which a schedule asks for a payout.';
