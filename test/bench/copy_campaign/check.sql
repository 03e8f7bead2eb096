-- A copy sells what the campaign sells: ours by an order of it, the peer's by its rows.
BEGIN;
SELECT c.id AS campaign, s.id AS seller FROM bench.campaigns c JOIN bench.sellers s USING (round) WHERE round = 1 AND n = 1 \gset
SELECT market.join_campaign(:campaign, :seller), plain.copy_campaign(:campaign, :seller) \g /dev/null
SELECT market.add_pickup_point(market.add_community('check'), 'check', ktt.location(121.4, 24.9)) AS point \gset
SELECT bench.expect(count(*) FILTER (WHERE (o.outcome, o.amount) IS DISTINCT FROM ('placed', i.price)) + abs(count(*) - 700), 'copy_campaign: every item of a copy can be ordered at its price')
FROM plain.copied_items i
CROSS JOIN LATERAL market.place_order(campaign => :campaign, buyer => :seller, items => ARRAY[i.item_id], units => ARRAY[1::bigint],
                                      request => i.item_id::text, seller => :seller, point => :point) o
WHERE i.seller_id = :seller;
ROLLBACK;
SELECT 'copy_campaign: each of ' || :sellers || ' sales leaders copies 700 items for the first time; ours opens his account too; one transaction each side';
