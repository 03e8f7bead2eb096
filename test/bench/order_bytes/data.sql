-- Orders of 3 lines, and the same information in normalised tables: buyer, seller, point, times, state, request key and the MAC of the
-- pickup code with the order, a row for every line, and the shares of the payees as rows (shares) or as columns (lines, orders).
-- The same indexes: by id, by request key, of what is unpaid and of what is due; and the same room for updates of an order.
\i :here/trade.sql

CREATE FUNCTION bench.normalise(schema name, columns boolean) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
    EXECUTE format($$
        CREATE SCHEMA %1$I;
        CREATE TABLE %1$I.orders (
            campaign_id bigint NOT NULL,
            id          bigint PRIMARY KEY,
            buyer_id    bigint NOT NULL,
            seller_id   bigint,
            point_id    bigint NOT NULL,
            amount      bigint NOT NULL,
            placed_at   timestamptz NOT NULL,
            paid_at     timestamptz,
            due_at      timestamptz,
            state       text NOT NULL,
            request     text NOT NULL,
            code_mac    bytea,
            UNIQUE (campaign_id, buyer_id, request)
        ) WITH (fillfactor = 80);
        CREATE INDEX ON %1$I.orders (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX ON %1$I.orders (placed_at) WHERE state = 'placed';
        CREATE TABLE %1$I.lines (order_id bigint, item_id bigint, units bigint NOT NULL, amount bigint NOT NULL, PRIMARY KEY (order_id, item_id));
        CREATE TABLE %1$I.shares (order_id bigint, account_id bigint, amount bigint NOT NULL, PRIMARY KEY (order_id, account_id));
        CREATE TABLE %1$I.stock (item_id bigint PRIMARY KEY, free bigint NOT NULL) WITH (fillfactor = 40);
        INSERT INTO %1$I.stock SELECT item_id, free FROM plain.stock $$, schema);
    IF columns THEN
        EXECUTE format($$
            DROP TABLE %1$I.shares;
            ALTER TABLE %1$I.lines ADD supplier_id bigint NOT NULL, ADD supplier_share bigint NOT NULL;
            ALTER TABLE %1$I.orders ADD steward_id bigint, ADD platform_share bigint NOT NULL, ADD steward_share bigint NOT NULL,
                ADD seller_share bigint NOT NULL, ADD leader_share bigint NOT NULL $$, schema);
    END IF;
END
$f$;
SELECT bench.normalise('shares_in_rows', false), bench.normalise('shares_in_columns', true) \g /dev/null

-- What the market keeps of an order, laid out for the others. Of what remains for the supply leader both have the same.
CREATE VIEW bench.placed_orders AS
SELECT o.campaign_id, o.id, o.buyer_id, o.seller_account_id AS seller_id, o.point_id, o.amount, o.placed_at, o.state::text AS state, o.request, o.code_mac,
       o.steward_account_id AS steward_id, l.items, l.units, l.amounts, e.accounts, e.shares
FROM market.orders o
CROSS JOIN LATERAL (SELECT array_agg(item ORDER BY item) AS items, array_agg(units ORDER BY item) AS units, array_agg(amount ORDER BY item) AS amounts FROM ktt.items(o.basket)) l
CROSS JOIN LATERAL (SELECT array_agg(account ORDER BY account) AS accounts, array_agg(amount ORDER BY account) AS shares FROM ktt.entries(o.shares)) e;

CREATE PROCEDURE bench.place_ours(orders int) LANGUAGE plpgsql AS $$
DECLARE
    t bench.trade;
BEGIN
    SELECT * INTO t FROM bench.trade;
    FOR n IN 1 .. orders LOOP
        PERFORM market.place_order(
            campaign => t.campaign, buyer => t.first_buyer + floor(random() * (t.last_buyer - t.first_buyer + 1))::bigint,
            items => ARRAY[1 + floor(random() * 233), 234 + floor(random() * 233), 467 + floor(random() * 234)]::bigint[], units => ARRAY[1, 1, 2]::bigint[],
            request => gen_random_uuid()::text, seller => t.first_seller + floor(random() * 1000)::bigint, point => 1 + floor(random() * 300)::bigint);
        COMMIT;
    END LOOP;
END
$$;

-- The orders after one id, each in its own transaction, with its stock.
CREATE PROCEDURE bench.place_in_rows(after bigint) LANGUAGE plpgsql AS $$
DECLARE
    o record;
BEGIN
    FOR o IN SELECT * FROM bench.placed_orders p WHERE p.id > after ORDER BY p.id LOOP
        FOR n IN 1 .. cardinality(o.items) LOOP
            UPDATE shares_in_rows.stock s SET free = s.free - o.units[n] WHERE s.item_id = o.items[n] AND s.free >= o.units[n];
        END LOOP;
        INSERT INTO shares_in_rows.orders
        VALUES (o.campaign_id, o.id, o.buyer_id, o.seller_id, o.point_id, o.amount, o.placed_at, NULL, NULL, o.state, o.request, o.code_mac);
        INSERT INTO shares_in_rows.lines SELECT o.id, l.* FROM unnest(o.items, o.units, o.amounts) l;
        INSERT INTO shares_in_rows.shares SELECT o.id, s.* FROM unnest(o.accounts, o.shares) s;
        COMMIT;
    END LOOP;
END
$$;
CREATE PROCEDURE bench.place_in_columns(after bigint) LANGUAGE plpgsql AS $$
DECLARE
    o record;
BEGIN
    FOR o IN SELECT * FROM bench.placed_orders p WHERE p.id > after ORDER BY p.id LOOP
        FOR n IN 1 .. cardinality(o.items) LOOP
            UPDATE shares_in_columns.stock s SET free = s.free - o.units[n] WHERE s.item_id = o.items[n] AND s.free >= o.units[n];
        END LOOP;
        INSERT INTO shares_in_columns.orders
        VALUES (o.campaign_id, o.id, o.buyer_id, o.seller_id, o.point_id, o.amount, o.placed_at, NULL, NULL, o.state, o.request, o.code_mac,
                o.steward_id, o.shares[1], o.shares[2], o.shares[3], o.shares[4]);
        INSERT INTO shares_in_columns.lines SELECT o.id, l.*, 1, l.amounts FROM unnest(o.items, o.units, o.amounts) l(items, units, amounts);
        COMMIT;
    END LOOP;
END
$$;

-- The first orders have no seller and stay out of it all.
CREATE TABLE bench.first AS SELECT max(id) AS id, pg_table_size('market.orders') + pg_indexes_size('market.orders') AS bytes FROM bench.placed_orders;
CREATE FUNCTION bench.size(schema text) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_table_size(c.oid) + pg_indexes_size(c.oid))::bigint FROM pg_class c
    WHERE c.relnamespace = schema::regnamespace AND c.relkind = 'r' AND c.relname IN ('orders', 'lines', 'shares')
$$;
