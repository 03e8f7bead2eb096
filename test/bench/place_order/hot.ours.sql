-- pgbench: an order of 3 items, of which one is in every order
\set buyer random(:first_buyer, :last_buyer)
\set seller random(:first_seller, :last_seller)
\set point random(1, 300)
\set a random(1, 233)
\set b 350
\set c random(467, 700)
\set request random(1, 9000000000000000000)
SELECT * FROM market.place_order(campaign => :campaign, buyer => :buyer, items => ARRAY[:a::bigint, :b::bigint, :c::bigint], units => ARRAY[1, 1, 2]::bigint[], request => :request::bigint::text, seller => :seller, point => :point);
