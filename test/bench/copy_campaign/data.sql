-- A campaign of 700 items and new sales leaders for each round, and the same in a plain schema, where a copy has a row for every item.
SELECT ktt.create_market() \g /dev/null
SET search_path = market, ktt, public;

SELECT register_member('supplier') AS supplier, register_member('supply leader') AS leader \gset
SELECT set_rate(:leader, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest') \g /dev/null
CREATE TABLE bench.sellers AS
SELECT r AS round, n, register_member(format('sales leader %s of round %s', n, r)) AS id FROM generate_series(0, :rounds) r, generate_series(1, :sellers) n;
SELECT count(form_partnership(:leader, s.id)) FROM bench.sellers s \g /dev/null
CREATE TABLE bench.campaigns AS
SELECT r AS round, create_campaign(w.id, :leader, 'campaign ' || r, clock_timestamp() + interval '1 day') AS id
FROM open_wave('wave') w(id), generate_series(0, :rounds) r;
CREATE TEMP TABLE listed AS SELECT i.*, add_sku(:supplier, format('item %s', i.id)) AS sku FROM (SELECT * FROM bench.items ORDER BY id) i;
SELECT count(offer_sku(l.sku, :leader, l.supply_price)) FROM listed l \g /dev/null
CREATE TEMP TABLE items AS
SELECT c.id AS campaign, l.sale_price, list_item(c.id, l.sku, l.distribution_price, l.sale_price) AS id FROM bench.campaigns c, listed l;
SELECT count(publish_campaign(c.id)) FROM bench.campaigns c \g /dev/null

CREATE SCHEMA plain;
CREATE TABLE plain.campaigns (id bigint PRIMARY KEY, state text NOT NULL);
INSERT INTO plain.campaigns SELECT id, 'open' FROM bench.campaigns;
CREATE TABLE plain.items (id bigint PRIMARY KEY, campaign_id bigint NOT NULL, price bigint NOT NULL);
INSERT INTO plain.items SELECT id, campaign, sale_price FROM items;
CREATE INDEX ON plain.items (campaign_id);
CREATE TABLE plain.copies (campaign_id bigint, seller_id bigint, joined_at timestamptz NOT NULL, PRIMARY KEY (campaign_id, seller_id));
CREATE TABLE plain.copied_items (campaign_id bigint, seller_id bigint, item_id bigint, price bigint NOT NULL, PRIMARY KEY (campaign_id, seller_id, item_id));

-- Nothing is asked but whether the campaign is open: no partnership, no levels, no chain.
CREATE FUNCTION plain.copy_campaign(campaign bigint, seller bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM plain.campaigns c WHERE c.id = campaign AND c.state = 'open';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % is not open', campaign;
    END IF;
    INSERT INTO plain.copies VALUES (campaign, seller, clock_timestamp());
    INSERT INTO plain.copied_items SELECT campaign, seller, i.id, i.price FROM plain.items i WHERE i.campaign_id = campaign;
END
$$;
CREATE SEQUENCE bench.round;

-- Some have copied before: a plan made for empty tables would scan them for as long as its session lasts.
SELECT count(join_campaign(c.id, s.id)) FROM bench.campaigns c JOIN bench.sellers s USING (round) WHERE round = 0 AND s.n <= 1000 \g /dev/null
VACUUM (FREEZE, ANALYZE);
