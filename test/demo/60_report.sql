-- The report: one page of HTML with its pictures inside, printed piece by piece.
\set ON_ERROR_STOP on

CREATE FUNCTION pg_temp.esc(value text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
CREATE FUNCTION pg_temp.money(pence bigint) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN to_char(pence / 100.0, 'FM999,999,999,990.00');
CREATE FUNCTION pg_temp.number(value bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN to_char(value, 'FM999,999,999,990');
CREATE FUNCTION pg_temp.cells(VARIADIC list text[]) RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT '<tr>' || string_agg('<td' || CASE WHEN c ~ '^-?[0-9][0-9,.]*$' THEN ' class="n"' ELSE '' END || '>'
                                        || coalesce(pg_temp.esc(c), '') || '</td>', '') || '</tr>' FROM unnest(list) c);

SELECT '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ktt: the main job</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #222; background: #fff }
h1 { font-size: 1.6em } h2 { font-size: 1.2em; margin-top: 2.2em; border-top: 1px solid #ddd; padding-top: 1em }
table { border-collapse: collapse; margin: .8em 0 } td, th { padding: .15em .9em .15em 0; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #999; font-weight: 600 } td:first-child { white-space: nowrap } .n { text-align: right; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto } svg text { font: 13px system-ui, sans-serif; fill: #222 } .key { color: #555 }
.pair { display: flex; flex-wrap: wrap; gap: 0 3em }
</style></head><body><h1>The main job: real orders in, settled money out</h1>';

SELECT format('<p>%s order lines became %s orders of %s buyers in %s waves; %s pickup points served them. Buyers paid %s; every penny is below.</p>',
              pg_temp.number((SELECT count(*) FROM demo.sold_lines)), pg_temp.number(count(*)), pg_temp.number(count(DISTINCT buyer_ref)),
              count(DISTINCT wave_no), (SELECT count(DISTINCT point_id) FROM market.orders WHERE state = 'completed'),
              (SELECT pg_temp.money(paid_by_buyers) FROM market.conservation))
FROM demo.orders;

-- Money: one bar in, a stream to each.
SELECT '<h2>Where every penny went</h2><svg viewBox="0 0 900 330" role="img" aria-label="Paid by buyers, divided">';
WITH parts AS (
    SELECT t.*, sum(amount) OVER (ORDER BY line) - amount AS before, sum(amount) OVER () AS total, line - 1 AS gaps
    FROM market.conservation c,
         LATERAL (VALUES (1, 'suppliers', c.suppliers, '#4472a8'), (2, 'leaders', c.leaders, '#5b9a68'), (3, 'stewards', c.stewards, '#c58b32'),
                         (4, 'platform', c.platform, '#8a6bb1'), (5, 'not yet settled', c.not_yet_settled, '#888888'),
                         (6, 'refunded to buyers', c.refunded_to_buyers, '#b65a5a')) t(line, name, amount, colour)
    WHERE t.amount > 0),
drawn AS (
    SELECT p.*, 30 + 240.0 * before / total AS y1, 30 + 240.0 * (before + amount) / total AS y2,
           8 + 240.0 * before / total + 22 * gaps * 0.55 AS z1, 8 + 240.0 * (before + amount) / total + 22 * gaps * 0.55 AS z2
    FROM parts p)
SELECT format('<path d="M170 %1$s C380 %1$s 380 %3$s 560 %3$s L560 %4$s C380 %4$s 380 %2$s 170 %2$s Z" fill="%5$s" fill-opacity=".75"/>'
              '<rect x="560" y="%3$s" width="14" height="%6$s" fill="%5$s"/>'
              '<text x="584" y="%7$s">%8$s %9$s (%10$s %%)</text>',
              round(y1, 1), round(y2, 1), round(z1, 1), round(z2, 1), colour, round(greatest(z2 - z1, 1), 1), round((z1 + z2) / 2 + 4, 1),
              name, pg_temp.money(amount), round(100.0 * amount / total, 2))
FROM drawn ORDER BY line;
SELECT format('<rect x="156" y="30" width="14" height="240" fill="#333"/><text x="146" y="145" text-anchor="end">paid by buyers</text>'
              '<text x="146" y="163" text-anchor="end">%s</text></svg>', pg_temp.money(paid_by_buyers))
FROM market.conservation;

-- Waves.
SELECT '<h2>Waves</h2><table><tr><th>wave</th><th class="n">orders</th><th class="n">units</th><th class="n">ordered</th><th class="n">cancelled</th>'
       '<th class="n">refunds in it</th><th class="n">points</th><th class="n">settled</th><th></th></tr>';
SELECT format('<tr><td>%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td>'
              '<td class="n">%s</td><td style="min-width:12em"><div style="background:#4472a8;height:.8em;width:%s%%"></div></td></tr>',
              pg_temp.esc(v.reference), pg_temp.number(o.orders), pg_temp.number(o.units), pg_temp.money(o.amount), o.cancelled, o.refunds,
              (SELECT count(*) FROM market.wave_lists l WHERE l.wave_id = w.wave_id AND l.kind = 'delivery'),
              pg_temp.money((SELECT s.amount FROM market.settlements s ORDER BY s.id OFFSET w.wave_no - 1 LIMIT 1)),
              round(100.0 * o.amount / max(o.amount) OVER ()))
FROM demo.waves w JOIN market.waves v ON v.id = w.wave_id,
     LATERAL (SELECT count(*) AS orders, coalesce(sum(units), 0)::bigint AS units, coalesce(sum(amount), 0)::bigint AS amount,
                     count(cancelled_at) AS cancelled, (SELECT count(*) FROM demo.refunds r WHERE r.wave_no = w.wave_no) AS refunds
              FROM demo.orders d WHERE d.wave_no = w.wave_no) o
ORDER BY w.wave_no;
SELECT '</table>';

-- The map of the last wave.
SELECT '<h2>Buyers, their pickup points and the drivers'' runs</h2><p class="key">Every order of the last wave is fetched at the nearest point that '
       'serves the buyer, by distance on the ellipsoid. Numbers show when a point or a run is pointed at.</p>';
SELECT market.pickup_map(max(wave_id)) FROM demo.waves;
SELECT '<table><tr><th class="n">run</th><th class="n">stops</th><th class="n">parcels</th><th class="n">km</th><th>leaves</th><th>done</th></tr>';
SELECT pg_temp.cells(r.run::text, r.stops::text, r.parcels::text, round((r.metres / 1000)::numeric, 1)::text, s.departs::text,
                     ((r.ends_at AT TIME ZONE z.time_zone)::time(0))::text)
FROM market.runs r, market.run_settings s, market.settings z WHERE r.wave_id = (SELECT max(wave_id) FROM demo.waves) ORDER BY r.run;
SELECT '</table>';

-- One order, line by line, and who got what of it.
SELECT '<h2>One order, divided</h2>';
CREATE TEMP TABLE chosen AS
SELECT o.* FROM market.orders o
WHERE o.state = 'completed' AND o.seller_account_id IS NOT NULL AND ktt.cardinality(o.basket) BETWEEN 3 AND 8 ORDER BY o.campaign_id, o.id LIMIT 1;
SELECT format('<p>Order %s/%s of %s, chain <code>%s</code>, rule <code>%s</code>.</p><table><tr><th>item</th><th class="n">units</th>'
              '<th class="n">sale</th><th class="n">supplier</th><th class="n">platform</th><th class="n">steward</th><th class="n">sales leader</th><th class="n">supply leader</th></tr>',
              c.campaign_id, c.id, pg_temp.money(c.amount), c.chain,
              (SELECT i.rule FROM market.campaign_items i WHERE i.campaign_id = c.campaign_id LIMIT 1))
FROM chosen c;
SELECT pg_temp.cells(VARIADIC ARRAY[k.name, b.units::text, pg_temp.money(b.amount)] || p.parts)
FROM chosen c, LATERAL ktt.items(c.basket) b JOIN market.campaign_items i ON i.id = b.item JOIN market.skus s ON s.id = i.sku_id
JOIN demo.skus k ON k.stock_code = s.reference,
     LATERAL (SELECT array_agg(pg_temp.money(a.amount) ORDER BY array_position('{supplier,platform,steward,sales_leader,supply_leader}', a.party)) AS parts
              FROM ktt.allocate(i.rule, b.amount, b.units * i.supply_price, b.units) a) p
ORDER BY b.item;
SELECT format('</table><p class="key">Basket <code>%s</code>, shares <code>%s</code>.</p>', c.basket, c.shares) FROM chosen c;

-- Lists.
SELECT '<h2>Lists of the last wave</h2><div class="pair"><div><h3>Demand per supplier</h3><table><tr><th>supplier</th><th class="n">items</th><th class="n">units</th><th class="n">he is paid</th></tr>';
SELECT pg_temp.cells(m.ref, pg_temp.number(count(*)), pg_temp.number(sum(d.units)::bigint), pg_temp.money(sum(d.amount)::bigint))
FROM market.demand d JOIN demo.members m ON m.id = d.supplier_id
WHERE d.wave_id = (SELECT max(wave_id) FROM market.demand) GROUP BY m.ref, m.id ORDER BY m.id;
SELECT '</table></div><div><h3>A delivery list</h3><table><tr><th>item</th><th class="n">units</th></tr>';
SELECT pg_temp.cells(k.name, d.units::text)
FROM market.delivery_list d JOIN demo.skus k ON k.stock_code = d.sku
WHERE (d.wave_id, d.point_id) = (SELECT wave_id, point_id FROM market.delivery_list WHERE wave_id = (SELECT max(wave_id) FROM market.delivery_list)
                                 GROUP BY 1, 2 HAVING count(*) BETWEEN 5 AND 14 ORDER BY 2 LIMIT 1)
ORDER BY k.name;
SELECT '</table></div><div><h3>Sales leaders</h3><table><tr><th>seller</th><th class="n">orders</th><th class="n">buyers</th><th class="n">sold</th></tr>';
SELECT pg_temp.cells(m.ref, sum(l.orders)::text, sum(l.buyers)::text, pg_temp.money(sum(l.amount)::bigint))
FROM market.leaderboard l JOIN demo.members m ON m.id = l.seller_id GROUP BY m.ref ORDER BY sum(l.amount) DESC LIMIT 10;
SELECT '</table></div></div>';

SELECT '<h2>What the loader did with the lines</h2><table><tr><th>fate</th><th>as what</th><th class="n">lines</th><th class="n">units</th></tr>';
SELECT pg_temp.cells(fate, as_what, lines::text, units::text) FROM demo.fates;
SELECT '</table><h2>Proof</h2><table><tr><th>invariant, computed again from the rows</th><th class="n">checked</th><th class="n">violations</th></tr>';
SELECT pg_temp.cells(invariant, checked::text, violations::text) FROM demo.proof;
SELECT '</table></body></html>';
