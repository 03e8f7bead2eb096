-- A market with :orders completed orders, as complete_wave() would leave them. :due is the due time of each, an expression of d.id.

SELECT ktt.create_market() \g /dev/null
SET search_path = market, ktt, public;

-- People and goods by the market's own functions: 150 suppliers, 40 supply leaders, 10,000 sales leaders, 300 stewards.
SELECT count(register_member('supplier ' || n)) FROM generate_series(1, 150) n \g /dev/null
SELECT count(register_member('supply leader ' || n)) FROM generate_series(0, 39) n \g /dev/null
SELECT count(register_member('sales leader ' || n)) FROM generate_series(1, 10000) n \g /dev/null
SELECT count(register_member('steward ' || n)) FROM generate_series(1, 300) n \g /dev/null
INSERT INTO members (reference) SELECT 'buyer ' || n FROM generate_series(1, :buyers) n;
CREATE TABLE bench.people AS
SELECT id, substring(reference FROM '^[a-z ]*[a-z]') AS kind, substring(reference FROM '[0-9]+$')::int AS n FROM members;
ALTER TABLE bench.people ADD PRIMARY KEY (kind, n);
ANALYZE bench.people;

SELECT count(add_pickup_point(add_community('community ' || p.n), 'point ' || p.n, ktt.location(121.4 + 0.01 * (p.n % 20), 24.9 + 0.01 * (p.n / 20)))),
       count(appoint_steward(add_community('community ' || p.n), p.id))
FROM bench.people p WHERE p.kind = 'steward' \g /dev/null

SELECT count(offer_sku(add_sku(s.id, format('item %s', i.id)), l.id, i.supply_price))
FROM bench.items i JOIN bench.people s ON s.kind = 'supplier' AND s.n = i.supplier
JOIN bench.people l ON l.kind = 'supply leader' AND l.n = i.supplier % 40 \g /dev/null
SELECT count(set_rate(p.id, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest'))
FROM bench.people p WHERE p.kind = 'supply leader' \g /dev/null

-- A campaign for every supplier, by his supply leader; the leader's own 250 sales leaders spread it.
SELECT count(create_campaign(open_wave('wave'), l.id, 'supplier ' || s.n, clock_timestamp() + interval '1 day', hold => '0'))
FROM bench.people s JOIN bench.people l ON l.kind = 'supply leader' AND l.n = s.n % 40 WHERE s.kind = 'supplier' \g /dev/null
CREATE TABLE bench.listed AS
SELECT c.id AS campaign, c.supply_leader_id, k.supplier_id, i.supplier,
       row_number() OVER (PARTITION BY c.id ORDER BY i.id) AS place, count(*) OVER (PARTITION BY c.id) AS places, i.id AS item,
       list_item(c.id, k.id, i.distribution_price, i.sale_price) AS listed
FROM bench.items i JOIN campaigns c ON c.reference = 'supplier ' || i.supplier JOIN skus k ON k.reference = format('item %s', i.id);
ALTER TABLE bench.listed ADD PRIMARY KEY (campaign, place);
CREATE UNIQUE INDEX ON bench.listed (item);
SELECT count(*) FROM campaigns c CROSS JOIN LATERAL publish_campaign(c.id) \g /dev/null
SELECT count(form_partnership(l.id, p.id))
FROM bench.people p JOIN bench.people l ON l.kind = 'supply leader' AND l.n = p.n % 40 WHERE p.kind = 'sales leader' \g /dev/null
SELECT count(join_campaign(c.id, p.id))
FROM bench.people p JOIN bench.people l ON l.kind = 'supply leader' AND l.n = p.n % 40
JOIN campaigns c ON c.supply_leader_id = l.id WHERE p.kind = 'sales leader' \g /dev/null

-- Orders of 2.2 lines on average from the goods of one supplier; 7 % go through no sales leader.
CREATE UNLOGGED TABLE bench.draws AS
SELECT o.id, c.campaign, c.places, least(c.places, bench.lines(o.id, 53, 2.2)) AS lines, c.place AS first,
       CASE WHEN bench.uniform(o.id, 54) >= 0.07 THEN s.id END AS seller,
       bench.people.id AS buyer, h.point
FROM generate_series(1, :orders) o(id)
JOIN bench.listed c ON c.item = 1 + width_bucket(bench.uniform(o.id, 51), (SELECT b.items FROM bench.bounds b))
-- A leader of the same size who sells for this supply leader.
CROSS JOIN LATERAL (SELECT 1 + width_bucket(bench.uniform(o.id, 52), (SELECT b.leaders FROM bench.bounds b))) d(drawn)
JOIN bench.people s ON s.kind = 'sales leader' AND s.n = (d.drawn - 1) / 40 * 40 + CASE c.supplier % 40 WHEN 0 THEN 40 ELSE c.supplier % 40 END
JOIN bench.leaders h ON h.id = s.n
JOIN bench.people ON bench.people.kind = 'buyer' AND bench.people.n = 1 + (hashint8extended(o.id, 55) & 1048575) % :buyers;

-- Straight into the table, as complete_wave() would leave them: every check of the table holds, only payments are missing.
INSERT INTO orders (campaign_id, buyer_id, point_id, amount, seller_account_id, steward_account_id, placed_at, paid_at, due_at,
                    state, chain, basket, shares, request)
SELECT d.campaign, d.buyer, p.id, sum(l.amount), s.account_id, w.account_id, now(), now(), :due,
       'completed', coalesce(s.chain, ktt.chain(ARRAY[min(l.supply_leader_id)])), ktt.basket_agg(l.listed, l.units, l.amount),
       sum(ktt.allocate(l.rule, l.amount, l.units * l.supply_price, l.units,
                        array_replace(array_replace(l.payees, -1, s.account_id), -2, w.account_id))), format('bench %s', d.id)
FROM bench.draws d
JOIN pickup_points p ON p.reference = format('point %s', d.point)
JOIN stewardships w ON w.community_id = p.community_id
LEFT JOIN campaign_sellers s ON s.campaign_id = d.campaign AND s.member_id = d.seller
CROSS JOIN LATERAL (
    SELECT c.listed, c.supply_leader_id, u.units::bigint, u.units * i.sale_price AS amount, i.supply_price, i.rule, i.payees
    FROM generate_series(1, d.lines) n
    JOIN bench.listed c ON c.campaign = d.campaign AND c.place = 1 + (d.first + n) % d.places
    JOIN campaign_items i ON i.id = c.listed
    CROSS JOIN LATERAL (SELECT bench.units(d.id * 64 + n, 56) AS units) u) l
GROUP BY d.id, d.campaign, d.buyer, p.id, s.account_id, s.chain, w.account_id
ORDER BY d.id;
DROP TABLE bench.draws;
VACUUM (FREEZE, ANALYZE);
