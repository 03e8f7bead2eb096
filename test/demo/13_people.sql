-- Everybody who takes part, one row each, whatever roles they play.  The orders say who buys; who sells, supplies and keeps
-- the points is not in the data and follows fixed rules, so that every run has the same people in the same roles.
\set ON_ERROR_STOP on

CREATE TABLE demo.people (
    external_ref text PRIMARY KEY,            -- 'customer 17850', 'walk-in 536414', 'supplier 3', 'shop TPS0001', 'supply leader'
    label        text NOT NULL,               -- what a screen would show; nobody's name is made up
    member_id    bigint
);

-- Sales leaders: the 40 customers that come first by the remainder of their number over 97.  The first ten of them also
-- keep a pickup point: the shops TPS0100, TPS0200 and so on.
CREATE TABLE demo.sales_leaders (
    leader_no  bigint PRIMARY KEY,
    leader_ref text NOT NULL UNIQUE,
    point_ref  text UNIQUE REFERENCES demo.points (point_ref)
);
CREATE TABLE demo.buyers (
    buyer_ref        text PRIMARY KEY,
    number           bigint NOT NULL,         -- the customer's number, or of a walk-in the invoice's
    address_no       bigint NOT NULL REFERENCES demo.addresses,
    sales_leader_ref text REFERENCES demo.sales_leaders (leader_ref)   -- null: buys from the supply leader
);

-- An address each, by number over all addresses in file order, and from a bad address on to the next good one.
INSERT INTO demo.buyers (buyer_ref, number, address_no)
    SELECT b.buyer_ref, b.number, a.use_no
    FROM (SELECT buyer_ref, coalesce(nullif(regexp_replace(buyer_ref, '[^0-9]', '', 'g'), ''), '0')::bigint AS number
          FROM demo.orders GROUP BY buyer_ref) b
    JOIN demo.addresses a ON a.address_no = 1 + b.number % (SELECT count(*) FROM demo.addresses);

INSERT INTO demo.sales_leaders
    SELECT ranked.leader_no, ranked.buyer_ref, p.point_ref
    FROM (SELECT row_number() OVER (ORDER BY number % 97, number, buyer_ref COLLATE "C") AS leader_no, buyer_ref
          FROM demo.buyers WHERE buyer_ref LIKE 'customer %') ranked
    LEFT JOIN demo.points p ON ranked.leader_no <= 10 AND p.point_ref = 'TPS' || lpad((ranked.leader_no * 100)::text, 4, '0')
    WHERE ranked.leader_no <= 40;

UPDATE demo.points p
    SET steward_ref = l.leader_ref
    FROM demo.sales_leaders l WHERE l.point_ref = p.point_ref;

-- Numbers that end in 00 to 06 buy from the supply leader.  All others have a sales leader, by number; a sales leader
-- who would be his own buys from the next one.
UPDATE demo.buyers b
    SET sales_leader_ref = nullif(CASE WHEN own.leader_ref = b.buyer_ref THEN next.leader_ref ELSE own.leader_ref END, b.buyer_ref)
    FROM (SELECT count(*) AS leaders FROM demo.sales_leaders) n,
         demo.sales_leaders own,
         demo.sales_leaders next
    WHERE own.leader_no = 1 + b.number % n.leaders
      AND next.leader_no = 1 + own.leader_no % n.leaders
      AND b.number % 100 >= 7;

INSERT INTO demo.people (external_ref, label)
    SELECT 'supply leader', 'supply leader'
    UNION ALL
    SELECT ref, ref FROM (SELECT DISTINCT supplier_ref AS ref FROM demo.skus) s
    UNION ALL
    SELECT b.buyer_ref, b.buyer_ref || coalesce(', shop ' || l.point_ref, '')
    FROM demo.buyers b LEFT JOIN demo.sales_leaders l ON l.leader_ref = b.buyer_ref
    UNION ALL
    SELECT steward_ref, steward_ref FROM demo.points WHERE steward_ref LIKE 'shop %';

ALTER TABLE demo.orders ADD FOREIGN KEY (buyer_ref) REFERENCES demo.buyers;
ALTER TABLE demo.buyers ADD FOREIGN KEY (buyer_ref) REFERENCES demo.people;
ALTER TABLE demo.points ADD FOREIGN KEY (steward_ref) REFERENCES demo.people;
ALTER TABLE demo.skus   ADD FOREIGN KEY (supplier_ref) REFERENCES demo.people;
ANALYZE demo.people;
ANALYZE demo.buyers;

-- Who plays what.
CREATE VIEW demo.roles AS
    SELECT external_ref, array_agg(role ORDER BY role) AS roles
    FROM (SELECT 'supply leader' AS external_ref, 'supply leader' AS role
          UNION SELECT supplier_ref, 'supplier' FROM demo.skus
          UNION SELECT steward_ref, 'steward' FROM demo.points
          UNION SELECT leader_ref, 'sales leader' FROM demo.sales_leaders
          UNION SELECT buyer_ref, 'buyer' FROM demo.buyers) r
    GROUP BY external_ref;

SELECT array_to_string(roles, ' + ') AS roles, count(*) AS people FROM demo.roles GROUP BY roles ORDER BY people DESC;
