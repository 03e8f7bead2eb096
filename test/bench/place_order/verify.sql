-- After all runs: every order that a client was told of is there, and the stock adds up.
SELECT bench.expect(
    abs((SELECT count(*) FROM market.orders) - :ours_placed) + abs((SELECT count(*) FROM plain.orders) - :plain_placed)
    + (SELECT count(*)
       FROM market.campaign_items i
       LEFT JOIN (SELECT stock_id AS item_id, sum(free) AS free FROM market.stock GROUP BY 1) s ON s.item_id = i.id
       LEFT JOIN (SELECT b.item, b.units FROM (SELECT sum(basket) AS basket FROM market.orders) x CROSS JOIN ktt.items(x.basket) b) o ON o.item = i.id
       WHERE i.stock <> s.free + coalesce(o.units, 0))
    + (SELECT count(*)
       FROM market.campaign_items i LEFT JOIN plain.stock s ON s.item_id = i.id
       LEFT JOIN (SELECT item_id, sum(units) AS units FROM plain.lines GROUP BY 1) o ON o.item_id = i.id
       WHERE i.stock <> s.free + coalesce(o.units, 0)),
    format('place_order: %s and %s orders are all there, sold and free units are the stock', :ours_placed, :plain_placed));
