/*
 * The market's own settings, one row; request keys; small helpers.
 */

CREATE TABLE settings (
    singleton           boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    market              uuid NOT NULL DEFAULT gen_random_uuid(),
    version             text NOT NULL,
    currency            text NOT NULL DEFAULT 'CNY' CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone           text NOT NULL DEFAULT 'Asia/Shanghai',
    max_levels          int NOT NULL DEFAULT 2 CHECK (max_levels BETWEEN 1 AND 2),
    hold                interval NOT NULL DEFAULT '7 days' CHECK (hold BETWEEN interval '0' AND interval '1 year'),
    stock_slots         int NOT NULL DEFAULT 16 CHECK (stock_slots BETWEEN 1 AND 64),
    max_code_failures   int NOT NULL DEFAULT 20 CHECK (max_code_failures > 0),
    grace               interval NOT NULL DEFAULT '0' CHECK (grace BETWEEN interval '0' AND interval '1 day'),
    attribution         text NOT NULL DEFAULT 'link' CHECK (attribution IN ('link', 'first', 'last')),
    attribution_window  interval NOT NULL DEFAULT '30 days' CHECK (attribution_window BETWEEN interval '0' AND interval '10 years'),
    own_purchase        boolean NOT NULL DEFAULT true,
    books_closed_at     timestamptz
);
COMMENT ON TABLE settings IS 'What holds for the whole market, in one row; change it with configure().';
COMMENT ON COLUMN settings.market IS 'Random id of this market; every code and digest depends on it.';
COMMENT ON COLUMN settings.version IS 'Version of ktt that made or last upgraded the market.';
COMMENT ON COLUMN settings.currency IS 'ISO 4217 code; every amount is in its minor unit.';
COMMENT ON COLUMN settings.time_zone IS 'Local days and hours are computed in this zone, never in the session''s.';
COMMENT ON COLUMN settings.max_levels IS 'Levels of distribution below the supplier: supply leader, sales leader.';
COMMENT ON COLUMN settings.hold IS 'Time between completion and settlement of an order, unless its campaign says otherwise.';
COMMENT ON COLUMN settings.stock_slots IS 'At most so many rows hold the stock of one item, one per hundred units, so that a hot item does not queue on one.';
COMMENT ON COLUMN settings.max_code_failures IS 'Wrong pickup codes that a point may take on one day before it is locked.';
COMMENT ON COLUMN settings.grace IS 'How long after its announced end a campaign still takes orders, unless it says otherwise.';
COMMENT ON COLUMN settings.attribution IS
    'Whose buyer somebody is who comes without a link: nobody''s (link), the first sales leader''s whose link he used, or the last one''s.';
COMMENT ON COLUMN settings.attribution_window IS 'How long a link that was used counts for orders without one.';
COMMENT ON COLUMN settings.own_purchase IS 'Whether a sales leader earns his commission on what he buys himself.';
COMMENT ON COLUMN settings.books_closed_at IS 'End of the latest statement: no journal is written before it, also when the clock steps back.';

INSERT INTO settings (version) VALUES (ktt.library_version());

-- A constant where it is called, as it never changes: an order need not read the settings for it.
DO $do$
BEGIN
    EXECUTE format('CREATE FUNCTION market_id() RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %L::uuid', (SELECT s.market FROM settings s));
END
$do$;
COMMENT ON FUNCTION market_id() IS 'Internal. The random id of this market, as settings has it.';

CREATE FUNCTION configure(
    currency text DEFAULT NULL, time_zone text DEFAULT NULL, max_levels int DEFAULT NULL,
    hold interval DEFAULT NULL, stock_slots int DEFAULT NULL, max_code_failures int DEFAULT NULL,
    grace interval DEFAULT NULL, attribution text DEFAULT NULL, attribution_window interval DEFAULT NULL, own_purchase boolean DEFAULT NULL)
RETURNS settings
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settings settings;
BEGIN
    PERFORM read_committed();
    IF configure.currency !~ '^[A-Z]{3}$' THEN
        RAISE EXCEPTION 'currency must be three capital letters' USING ERRCODE = '22023', DETAIL = format('It is "%s".', left(configure.currency, 64));
    END IF;
    PERFORM require_between(configure.max_levels, 1, 2, 'levels of distribution'),
            require_between(configure.stock_slots, 1, 64, 'stock slots'),
            require_between(configure.max_code_failures, 1, 1000000, 'code failures'),
            require_interval(configure.hold, '1 year', 'hold'), require_interval(configure.grace, '1 day', 'grace'),
            require_interval(configure.attribution_window, '10 years', 'attribution window'),
            require_one_of(configure.attribution, '{link,first,last}', 'attribution');
    IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = configure.time_zone)
       AND configure.time_zone IS NOT NULL THEN
        RAISE EXCEPTION 'time zone "%" not recognized', configure.time_zone USING ERRCODE = '22023';
    ELSIF configure.time_zone IN ('CET', 'EET', 'EST', 'HST', 'MET', 'MST', 'WET') THEN
        -- AT TIME ZONE takes them for abbreviations, of which a setting of the session's decides.
        RAISE EXCEPTION 'time zone "%" is also an abbreviation', configure.time_zone
            USING ERRCODE = '22023', HINT = 'Name the zone of a place, such as Europe/Berlin.';
    END IF;
    IF configure.currency IS NOT NULL AND EXISTS (SELECT FROM journals)
       AND configure.currency <> (SELECT s.currency FROM settings s) THEN
        RAISE EXCEPTION 'currency cannot change once the ledger has a journal' USING ERRCODE = 'KT301';
    END IF;
    IF EXISTS (SELECT FROM limit_uses u WHERE u.day > '-infinity')
       AND configure.time_zone <> (SELECT s.time_zone FROM settings s) THEN
        RAISE EXCEPTION 'time zone cannot change once orders count against limits by day' USING ERRCODE = 'KT301';
    END IF;
    UPDATE settings s
       SET currency = coalesce(configure.currency, s.currency),
           time_zone = coalesce(configure.time_zone, s.time_zone),
           max_levels = coalesce(configure.max_levels, s.max_levels),
           hold = coalesce(configure.hold, s.hold),
           stock_slots = coalesce(configure.stock_slots, s.stock_slots),
           max_code_failures = coalesce(configure.max_code_failures, s.max_code_failures),
           grace = coalesce(configure.grace, s.grace),
           attribution = coalesce(configure.attribution, s.attribution),
           attribution_window = coalesce(configure.attribution_window, s.attribution_window),
           own_purchase = coalesce(configure.own_purchase, s.own_purchase)
    RETURNING s.* INTO v_settings;
    RETURN v_settings;
END
$$;
COMMENT ON FUNCTION configure(text, text, int, interval, int, int, interval, text, interval, boolean) IS
    'Changes the settings that are given and returns all of them; NULL leaves a setting as it is. '
    'Errors: 22023 unrecognized time zone or value out of bounds, KT301 other currency after the first journal, other time zone after the first order with a limit by day.';

CREATE TABLE requests (
    kind        text NOT NULL,
    key         text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 512),
    arguments   jsonb NOT NULL,
    result      jsonb,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, key)
);
COMMENT ON TABLE requests IS
    'One row per write call that a client may retry: the same key and arguments give the first result again. '
    'Placed orders carry their key themselves.';

CREATE FUNCTION claim_request(kind text, key text, arguments jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_first requests;
BEGIN
    IF key IS NULL OR octet_length(key) NOT BETWEEN 1 AND 512 THEN
        RAISE EXCEPTION 'request key must be between 1 and 512 bytes'
            USING ERRCODE = CASE WHEN key IS NULL THEN '22004' ELSE '22023' END;
    END IF;
    INSERT INTO requests (kind, key, arguments) VALUES (claim_request.kind, claim_request.key, claim_request.arguments)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    -- A twin that was in flight has committed by now: this statement sees it.
    SELECT * INTO STRICT v_first FROM requests r WHERE r.kind = claim_request.kind AND r.key = claim_request.key;
    IF v_first.arguments <> claim_request.arguments THEN
        RAISE EXCEPTION 'request key "%" was already used with different arguments', left(key, 64)
            USING ERRCODE = 'KT010', HINT = 'Use a new key for a new request.';
    END IF;
    RETURN v_first.result;
END
$$;
COMMENT ON FUNCTION claim_request(text, text, jsonb) IS
    'Internal. Takes a request key: NULL when it is new, else the first result. Errors: KT010 other arguments.';

CREATE FUNCTION finish_request(kind text, key text, result jsonb)
RETURNS jsonb
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    UPDATE requests r SET result = finish_request.result
    WHERE r.kind = finish_request.kind AND r.key = finish_request.key
    RETURNING r.result
$$;
COMMENT ON FUNCTION finish_request(text, text, jsonb) IS 'Internal. Keeps and returns the result of a claimed request.';

CREATE FUNCTION require(value anyelement, name text)
RETURNS anyelement
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
BEGIN
    IF value IS NULL THEN
        RAISE EXCEPTION '% must not be null', name USING ERRCODE = '22004';
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION require(anyelement, text) IS 'Internal. Returns the value, or refuses NULL with the name of the argument (22004).';

CREATE FUNCTION require_between(value numeric, low numeric, high numeric, name text)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF value NOT BETWEEN low AND high OR value = 'NaN' THEN
        RAISE EXCEPTION '% must be between % and %', name, low, high
            USING ERRCODE = '22023', DETAIL = format('It is %s.', value);
    END IF;
END
$$;
COMMENT ON FUNCTION require_between(numeric, numeric, numeric, text) IS
    'Internal. Refuses a value out of bounds (22023), naming the argument; NULL passes.';

CREATE FUNCTION require_interval(value interval, high interval, name text)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF value < interval '0' OR value > high THEN
        RAISE EXCEPTION '% must be between nothing and %', name, high
            USING ERRCODE = '22023', DETAIL = format('It is %s.', value);
    END IF;
END
$$;
COMMENT ON FUNCTION require_interval(interval, interval, text) IS
    'Internal. Refuses a time that is negative or too long (22023), naming the argument; NULL passes.';

CREATE FUNCTION require_date(value timestamptz, name text)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    -- Far from the ends of time, which nothing may be added to.
    IF value NOT BETWEEN '2000-01-01 00:00+00' AND '9999-12-31 00:00+00' THEN
        RAISE EXCEPTION '% must be between the years 2000 and 9999', name
            USING ERRCODE = '22023', DETAIL = format('It is %s.', value);
    END IF;
END
$$;
COMMENT ON FUNCTION require_date(timestamptz, text) IS 'Internal. Refuses a time out of bounds (22023), naming the argument; NULL passes.';

CREATE FUNCTION require_one_of(value text, options text[], name text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF value <> ALL (options) THEN
        RAISE EXCEPTION '% must be % or %', name, array_to_string(trim_array(options, 1), ', '), options[cardinality(options)]
            USING ERRCODE = '22023', DETAIL = format('It is "%s".', left(value, 64));
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION require_one_of(text, text[], text) IS
    'Internal. Returns a word that is one of several, or refuses it (22023), naming the argument; NULL passes.';

CREATE FUNCTION require_reference(reference text, name text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF octet_length(require(reference, name)) NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION '% must be between 1 and 256 bytes', name
            USING ERRCODE = '22023', DETAIL = format('It has %s bytes.', octet_length(reference));
    END IF;
    RETURN reference;
END
$$;
COMMENT ON FUNCTION require_reference(text, text) IS
    'Internal. Returns a key of the application''s, or refuses one that is NULL (22004), empty or longer than 256 bytes (22023).';

-- Without a path of its own, so that it becomes a part of the expression that calls it.
CREATE FUNCTION can_make_codes()
RETURNS boolean
LANGUAGE sql STABLE
RETURN ktt.has_key('code')
       AND has_function_privilege('ktt.pickup_mac(text, uuid)'::regprocedure, 'EXECUTE')
       AND has_function_privilege('ktt.pickup_macs(text, uuid)'::regprocedure, 'EXECUTE');
COMMENT ON FUNCTION can_make_codes() IS
    'Internal. Whether pickup codes can be made and checked: there is a key, and the owner of the market may use it.';

CREATE FUNCTION read_committed()
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    -- Behind a gate the state is read again in a new statement; an older snapshot would still show the gate open.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'market writes need isolation level READ COMMITTED'
            USING ERRCODE = '0A000',
                  DETAIL = format('The transaction runs at %s.', upper(current_setting('transaction_isolation'))),
                  HINT = 'Row locks and constraints keep every promise at READ COMMITTED.';
    END IF;
END
$$;
COMMENT ON FUNCTION read_committed() IS 'Internal. Refuses a transaction whose snapshot is older than its statements (0A000).';
