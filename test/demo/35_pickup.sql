-- The last wave once more as a set: who would fetch where, who lives how near, and what each driver does.
\set ON_ERROR_STOP on

SELECT max(wave_id) AS last_wave FROM demo.waves \gset
CREATE TEMP TABLE last_order AS
SELECT o.id, o.point_id, o.location FROM market.orders o JOIN market.campaigns c ON c.id = o.campaign_id
WHERE c.wave_id = :last_wave AND o.state <> 'cancelled';

\echo Orders of the last wave, matched all at once: metres to the point; then if no point took more than 3 parcels
CREATE TEMP TABLE matched AS
SELECT v.line, v.rule, m.id, m.point, m.metres
FROM (VALUES (1, 'nearest', NULL::int, 'nearest'), (2, 'stable, at most 3', 3, 'stable'), (3, 'least total, at most 3', 3, 'least_total')) v(line, rule, capacity, method),
     LATERAL (SELECT ktt.pickup_index(p.id, p.location, v.capacity, p.radius, p.area) AS points FROM market.pickup_points p WHERE p.state = 'open') i,
     LATERAL (SELECT array_agg(o.id ORDER BY o.id) AS ids, array_agg(o.location ORDER BY o.id) AS locations FROM last_order o) o,
     LATERAL ktt.match_pickups(i.points, o.ids, o.locations, v.method) m;
SELECT m.rule, count(m.point) AS matched, count(*) - count(m.point) AS unmatched, count(DISTINCT m.point) AS points,
       round(avg(m.metres)::numeric, 1) AS metres_each, round(max(m.metres)::numeric) AS farthest,
       count(*) FILTER (WHERE m.point IS DISTINCT FROM o.point_id) AS elsewhere
FROM matched m JOIN last_order o USING (id) GROUP BY m.line, m.rule ORDER BY m.line;

\echo Buyers by what lies within so many metres of them
SELECT d.metres, count(*) AS buyers, count(*) FILTER (WHERE near.points > 0) AS with_a_point,
       round(100.0 * count(*) FILTER (WHERE near.points > 0) / count(*), 1) AS percent, round(avg(near.points), 1) AS points_each
FROM (VALUES (100), (250), (500), (1000)) d(metres),
     (SELECT ktt.pickup_index(p.id, p.location) AS points FROM market.pickup_points p WHERE p.state = 'open') i,
     demo.buyers b JOIN demo.addresses a USING (address_no), LATERAL (SELECT ktt.points_within(i.points, a.location, d.metres)) near(points)
GROUP BY d.metres ORDER BY d.metres;

\echo Where new points would bring most of the buyers near who have 500 m or more to go
SELECT w.rank, a.address_ref AS at_address, w.households AS buyers_near, w.gained
FROM (SELECT ktt.pickup_index(p.id, p.location) AS points FROM market.pickup_points p WHERE p.state = 'open') i,
     (SELECT array_agg(n.address_no ORDER BY n.address_no) AS ids, array_agg(n.location ORDER BY n.address_no) AS locations,
             array_agg(n.buyers ORDER BY n.address_no) AS buyers
      FROM (SELECT a.address_no, a.location, count(*) AS buyers FROM demo.buyers b JOIN demo.addresses a USING (address_no) GROUP BY 1, 2) n) l,
     LATERAL ktt.white_spots(i.points, l.ids, l.locations, l.buyers, 500, 5) w JOIN demo.addresses a ON a.address_no = w.id
ORDER BY w.rank;

\echo Runs of the last wave
SELECT r.run, r.stops, r.parcels, round((r.metres / 1000)::numeric, 1) AS km_to_last, r.ends_at - r.departs_at AS takes
FROM market.runs r WHERE r.wave_id = :last_wave ORDER BY r.run;
SELECT count(*) AS points_not_served, min(reason) AS reason FROM market.run_sheet WHERE wave_id = :last_wave AND run IS NULL;

DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM matched m JOIN last_order o USING (id) WHERE m.line = 1 AND m.point IS DISTINCT FROM o.point_id),
           'the set is not matched as one by one';
    ASSERT (SELECT sum(metres) FILTER (WHERE line = 3) <= sum(metres) FILTER (WHERE line = 2) FROM matched), 'the least total is not the least';
END
$$;
