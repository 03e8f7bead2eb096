-- Both sides give the same answers: to an order, to the same once more, to one that is sold out.
SELECT * FROM bench.trade \gset
BEGIN;
SELECT market.create_campaign(:wave, :leader, 'check', clock_timestamp() + interval '1 day') AS check \gset
CREATE TEMP TABLE checked AS
SELECT market.list_item(:check, market.add_sku(:supplier, format('item %s', i.id)), i.distribution_price, i.sale_price, stock => 6) AS item, i.sale_price
FROM bench.items i WHERE i.id IN (1, 7, 350);
SELECT array_agg(item ORDER BY sale_price, item) AS items FROM checked \gset
SELECT market.publish_campaign(:check), market.join_campaign(:check, :first_seller) \g /dev/null
INSERT INTO plain.campaigns SELECT :check, 'open', clock_timestamp(), clock_timestamp() + interval '1 day';
INSERT INTO plain.sellers VALUES (:check, :first_seller);
INSERT INTO plain.items SELECT item, :check, sale_price FROM checked;
INSERT INTO plain.stock SELECT item, 6 FROM checked;
SELECT bench.expect(count(*) FILTER (WHERE (o.outcome, o.amount) IS DISTINCT FROM (p.outcome, p.amount)
                                        OR o.outcome <> CASE step WHEN 3 THEN 'sold_out' ELSE 'placed' END),
                    'place_order: both sides answer alike')
FROM (VALUES (1, 'first', 3), (2, 'first', 3), (3, 'second', 4)) s(step, key, units)
CROSS JOIN LATERAL market.place_order(campaign => :check, buyer => :first_buyer, items => :'items', units => ARRAY[1, 2, s.units],
                                      request => s.key, seller => :first_seller, point => 1) o
CROSS JOIN LATERAL plain.place_order(campaign => :check, buyer => :first_buyer, items => :'items', units => ARRAY[1, 2, s.units],
                                     request => s.key, seller => :first_seller, point => 1) p;
ROLLBACK;
SELECT CASE WHEN ktt.has_key('code') THEN 'place_order: there is a key file, so ktt draws a pickup code for every order; the peer draws none'
            ELSE 'place_order: there is no key file, no pickup codes are drawn' END;
SELECT 'place_order: ktt divides every order and writes a row of 3 lines, the peer writes 4 rows and divides nothing; synchronous_commit='
       || current_setting('synchronous_commit') || ' fsync=' || current_setting('fsync');
