-- Years of orders below a campaign that is open: a tenth of them are its own, the others belong to a thousand campaigns before it.
-- Bulk copies of orders that were placed, with their baskets and shares; the old ones completed, the campaign's still unpaid.
\i :here/trade.sql

CREATE PROCEDURE bench.store_orders(wanted bigint) LANGUAGE plpgsql AS $f$
DECLARE
    v_columns text;
    v_values text;
    t bench.trade;
BEGIN
    SELECT * INTO t FROM bench.trade;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
           string_agg(CASE a.attname
               WHEN 'campaign_id' THEN format('CASE WHEN m.old THEN -1 - m.n / %s ELSE o.campaign_id END', greatest(1, wanted / 1000))
               WHEN 'buyer_id' THEN format('%s + (hashint8extended(m.n, 1) & 1048575) %% %s', t.first_buyer, t.last_buyer - t.first_buyer + 1)
               WHEN 'request' THEN '''stored '' || m.n'
               WHEN 'placed_at' THEN 'o.placed_at - interval ''1 second'' * m.n'
               WHEN 'paid_at' THEN 'CASE WHEN m.old THEN o.placed_at - interval ''1 second'' * m.n END'
               WHEN 'due_at' THEN 'CASE WHEN m.old THEN o.placed_at - interval ''1 second'' * m.n END'
               WHEN 'state' THEN format('CASE WHEN m.old THEN ''completed'' ELSE ''placed'' END::%s', a.atttypid::regtype)
               ELSE 'o.' || quote_ident(a.attname) END, ', ' ORDER BY a.attnum)
      INTO v_columns, v_values
    FROM pg_attribute a WHERE a.attrelid = 'market.orders'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '';
    CREATE TEMP TABLE models AS SELECT row_number() OVER () AS model, o.* FROM market.orders o;
    CREATE INDEX ON models (model);
    -- By rising campaign, as they came, and a million in a transaction.
    FOR part IN 0 .. (wanted - 1) / 1000000 LOOP
        EXECUTE format('INSERT INTO market.orders (%s) SELECT %s
                        FROM (SELECT n, n > %s AS old FROM generate_series(%s, %s, -1) n) m JOIN models o ON o.model = 1 + m.n %% 10000 ORDER BY m.n DESC',
                       v_columns, v_values, wanted / 10, wanted - 1000000 * part, greatest(1, wanted - 1000000 * (part + 1) + 1));
        COMMIT;
    END LOOP;
END
$f$;
CALL bench.store_orders(:stored);
VACUUM (FREEZE, ANALYZE);
