-- After all runs: every order that a client was told of is there, and sold and free units are the stock.
SELECT bench.expect(
    abs(bench.placed() - :ours_placed) + abs((SELECT count(*) FROM plain.orders) - :plain_placed) + (SELECT sum(violations)::bigint FROM market.verify())
    + (SELECT count(*)
       FROM plain.stock s LEFT JOIN (SELECT item_id, sum(units) AS units FROM plain.lines GROUP BY 1) o ON o.item_id = s.item_id
       WHERE 1000000000 <> s.free + coalesce(o.units, 0)),
    format('place_order: %s and %s orders are all there, verify() finds nothing, sold and free units are the stock', :ours_placed, :plain_placed));
