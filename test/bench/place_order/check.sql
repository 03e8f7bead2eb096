-- Both sides give the same answers: to an order, to the same once more, to one that is sold out.
SELECT min(id) AS buyer FROM market.members WHERE reference LIKE 'buyer %' \gset
SELECT min(member_id) AS seller, min(campaign_id) AS campaign FROM market.campaign_sellers \gset
CREATE TEMP TABLE asked AS
SELECT * FROM (VALUES (1, 'first', 3), (2, 'first', 3), (3, 'second', 4)) s(step, key, units);
BEGIN;
UPDATE market.stock SET free = (slot = 0)::int * 6 WHERE stock_id = 350;
UPDATE plain.stock SET free = 6 WHERE item_id = 350;
SELECT bench.expect(count(*) FILTER (WHERE (o.outcome, o.amount) IS DISTINCT FROM (p.outcome, p.amount)
                                        OR o.outcome <> CASE step WHEN 3 THEN 'sold_out' ELSE 'placed' END),
                    'place_order: both sides answer alike')
FROM asked
CROSS JOIN LATERAL market.place_order(:campaign, :buyer, ARRAY[7, 1, 350]::bigint[], ARRAY[1, 2, units], key, seller => :seller, point => 1) o
CROSS JOIN LATERAL plain.place_order(:campaign, :buyer, ARRAY[7, 1, 350]::bigint[], ARRAY[1, 2, units], key, :seller, 1) p;
ROLLBACK;
SELECT CASE WHEN ktt.has_key('code') THEN 'place_order: there is a key file, so ktt draws a pickup code for every order; the peer draws none'
            ELSE 'place_order: there is no key file, no pickup codes are drawn' END;
SELECT 'place_order: ktt divides every order and writes a row of 3 lines, the peer writes 4 rows and divides nothing; synchronous_commit='
       || current_setting('synchronous_commit') || ' fsync=' || current_setting('fsync');
