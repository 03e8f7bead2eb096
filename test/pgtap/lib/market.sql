-- A small market to test against, and the words that the tests use. Included at the top of a test, inside its transaction.
--
-- Everybody and everything has a name, id('name') is its id. One wave, one campaign of "leader": apples of "orchard"
-- (cost 700, sold at 990, 100 in stock, 5 per buyer) and rice of "mill" (cost 2000, sold at 2999, no limits). "seller" has
-- joined it. "garden" is a community with the steward "steward" and the points "gate" and "shed" (2 parcels).
-- Nobody keeps the community "meadow" with its point "barn". Due at once: the campaign holds nothing back.
SET client_min_messages = warning;
SELECT ktt.create_market() \g /dev/null
CREATE SCHEMA fixture;
SET search_path = market, ktt, fixture, public;

CREATE TABLE fixture.names (name text PRIMARY KEY, id bigint NOT NULL);

CREATE FUNCTION fixture.id(name text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT n.id FROM fixture.names n WHERE n.name = id.name);
END
$$;

CREATE FUNCTION fixture.name(name text, id bigint) RETURNS bigint
LANGUAGE sql AS $$
    INSERT INTO fixture.names AS n VALUES (name.name, name.id)
    ON CONFLICT ON CONSTRAINT names_pkey DO UPDATE SET id = excluded.id RETURNING n.id
$$;

CREATE FUNCTION fixture.build_market() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
BEGIN
    FOREACH v_name IN ARRAY '{orchard,mill,leader,other leader,seller,rival,steward,buyer,neighbour,cashier,chief}'::text[] LOOP
        PERFORM name(v_name, register_member(v_name));
    END LOOP;
    PERFORM name('garden', add_community('garden', 200)), name('meadow', add_community('meadow'));
    PERFORM appoint_steward(id('garden'), id('steward'));
    PERFORM name('gate', add_pickup_point(id('garden'), 'gate', location(121.5, 25.05))),
            name('shed', add_pickup_point(id('garden'), 'shed', location(121.51, 25.05), capacity => 2)),
            name('barn', add_pickup_point(id('meadow'), 'barn', location(121.6, 25.1)));
    PERFORM name('apple sku', add_sku(id('orchard'), 'apple')), name('rice sku', add_sku(id('mill'), 'rice'));
    PERFORM offer_sku(id('apple sku'), id('leader'), 700, 900, 1500), offer_sku(id('rice sku'), id('leader'), 2000);
    PERFORM set_rate(id('leader'), 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest');
    PERFORM name('wave', open_wave('wave'));
    PERFORM name('campaign', create_campaign(id('wave'), id('leader'), 'campaign', clock_timestamp() + interval '1 hour', hold => '0'));
    PERFORM name('apple', list_item(id('campaign'), id('apple sku'), 850, 990, 100, 5)),
            name('rice', list_item(id('campaign'), id('rice sku'), 2500, 2999));
    PERFORM publish_campaign(id('campaign'));
    PERFORM form_partnership(id('leader'), id('seller'));
    PERFORM join_campaign(id('campaign'), id('seller'));
END
$$;

-- What an order of the campaign came to: its outcome, and its id under the name of its request.
CREATE FUNCTION fixture.place(
    request text, buyer text, items text[], units bigint[], seller text DEFAULT NULL, point text DEFAULT 'gate')
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
BEGIN
    SELECT * INTO v_order
    FROM place_order(id('campaign'), id(place.buyer), (SELECT array_agg(id(i.name) ORDER BY i.n) FROM unnest(items) WITH ORDINALITY i(name, n)),
                     place.units, place.request, id(place.seller), id(place.point));
    IF v_order.outcome = 'placed' THEN
        PERFORM name(place.request, v_order.order_id);
        PERFORM set_config('fixture.code', v_order.code, true);
    END IF;
    RETURN v_order.outcome;
END
$$;

CREATE FUNCTION fixture.pay(request text) RETURNS text
LANGUAGE sql AS $$
    SELECT pay_order(o.campaign_id, o.id, o.amount, 'payment of ' || pay.request) FROM orders o
    WHERE o.id = id(pay.request) AND o.campaign_id = id('campaign')
$$;

CREATE FUNCTION fixture.buy(request text, buyer text, items text[], units bigint[], seller text DEFAULT NULL, point text DEFAULT 'gate')
RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM place(buy.request, buy.buyer, buy.items, buy.units, buy.seller, buy.point);
    RETURN pay(buy.request);
END
$$;

-- From the cut-off to the points.
CREATE FUNCTION fixture.deliver(wave text DEFAULT 'wave') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM close_wave(id(deliver.wave));
    PERFORM freeze_wave(id(deliver.wave));
    PERFORM dispatch_wave(id(deliver.wave));
    PERFORM arrive(id(deliver.wave), p.id) FROM pickup_points p;
END
$$;

-- Everybody comes for his goods.
CREATE FUNCTION fixture.complete(wave text DEFAULT 'wave') RETURNS int
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hand_over_as_operator(p.campaign_id, p.order_id) FROM pickups p WHERE p.wave_id = id(complete.wave) AND p.picked_at IS NULL;
    RETURN complete_wave(id(complete.wave));
END
$$;

CREATE FUNCTION fixture.settle() RETURNS settlements
LANGUAGE plpgsql AS $$
BEGIN
    RETURN post_settlement(open_settlement());
END
$$;

CREATE FUNCTION fixture.account(member text, kind text) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT a.id FROM accounts a WHERE a.member_id IS NOT DISTINCT FROM id(account.member) AND a.kind = account.kind $$;

CREATE FUNCTION fixture.balance(member text, kind text) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT b.balance FROM balances b WHERE b.account_id = account(balance.member, balance.kind) $$;

CREATE FUNCTION fixture.state(request text) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT o.state FROM orders o WHERE o.campaign_id = id('campaign') AND o.id = id(state.request) $$;

CREATE FUNCTION fixture.violations() RETURNS SETOF text
LANGUAGE sql STABLE AS $$ SELECT v.invariant || ': ' || v.first FROM verify() v WHERE v.violations <> 0 $$;

-- Everything that a market says, as one value. Two things it says in more than one way: which slot free units lie in, and that
-- a buyer has used 0 units of a limit. Request keys are left out: a refusal keeps its own.
CREATE FUNCTION fixture.contents() RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_table text;
    v_rows text;
    v_all text := '';
BEGIN
    FOR v_table IN
        SELECT CASE c.relname
                   WHEN 'stock' THEN '(SELECT s.campaign_id, s.stock_id, sum(s.free) FROM market.stock s GROUP BY 1, 2)'
                   WHEN 'limit_uses' THEN '(SELECT * FROM market.limit_uses WHERE units <> 0)'
                   ELSE c.oid::regclass::text END
        FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'requests'
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT coalesce(string_agg(t::text, e''\n'' ORDER BY t::text), '''') FROM %s t', v_table) INTO v_rows;
        v_all := v_all || v_table || e'\n' || v_rows || e'\n';
    END LOOP;
    RETURN md5(v_all);
END
$$;

-- A call that is answered with an outcome and changes nothing.
CREATE FUNCTION fixture.answers(call text, answer text, description text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_before text := contents();
    v_answer text;
BEGIN
    EXECUTE call INTO v_answer;
    RETURN ok(v_answer IS NOT DISTINCT FROM answer AND contents() = v_before, description)
        || CASE WHEN v_answer IS DISTINCT FROM answer THEN e'\n' || diag(format('have: %s, want: %s', v_answer, answer))
                WHEN contents() <> v_before THEN e'\n' || diag('something has changed') ELSE '' END;
END
$$;

SELECT build_market() \g /dev/null
