-- Everybody registers; what they do then makes them a supplier, a leader, a steward or a buyer.
\set ON_ERROR_STOP on

UPDATE demo.people SET member_id = market.register_member(external_ref);
CREATE VIEW demo.members AS SELECT external_ref AS ref, member_id AS id FROM demo.people;
SELECT id AS leader FROM demo.members WHERE ref = 'supply leader' \gset

-- Communities with a pickup point each, kept by their steward.  A point serves buyers up to 10 km away.
-- They are added in the order of the file: of two points at the same distance the one with the lower id is nearest.
UPDATE demo.points SET community_id = market.add_community(point_ref);
UPDATE demo.points p SET point_id = added.point_id
FROM (SELECT q.point_no, a.point_id
      FROM (SELECT * FROM demo.points ORDER BY point_no) q,
           LATERAL market.add_pickup_point(q.community_id, q.point_ref, q.location, radius => 10000) a(point_id)) added
WHERE added.point_no = p.point_no;
SELECT count(market.appoint_steward(p.community_id, m.id)) AS stewards
FROM demo.points p JOIN demo.members m ON m.ref = p.steward_ref;

-- Drivers leave a warehouse in the east of the city with up to 60 parcels each.
SELECT warehouse IS NOT NULL AS warehouse, capacity, departs, deadline, speed, detour
FROM market.configure_runs(warehouse => ktt.location(121.6100, 25.0550), capacity => 60);

-- Suppliers add their articles; sales leaders become partners of the supply leader.
UPDATE demo.skus s SET sku_id = market.add_sku(m.id, s.stock_code)
FROM demo.members m WHERE m.ref = s.supplier_ref;
SELECT count(market.form_partnership(:leader, m.id)) AS partners
FROM demo.sales_leaders l JOIN demo.members m ON m.ref = l.leader_ref;

-- Who gets what part of a sale.  The rule in force when an item is listed is frozen in the item.
SELECT market.set_rate(:leader,
    'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 10% of sale, supply_leader rest') AS rate;

-- What the waves leave behind, for the steps that follow.
CREATE TABLE demo.placed (
    order_no bigint PRIMARY KEY, outcome text NOT NULL, order_id bigint, amount bigint, pickup_point bigint, code text
);
CREATE TABLE demo.refused (order_no bigint, step text, outcome text);
