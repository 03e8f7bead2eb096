-- The exact answer without a tree of ours: all points that the index finds within what the eighth candidate's distance allows, the
-- sphere being off by at most 1.02 %; the ellipsoid decides among them, then the id.
SELECT format('CREATE UNLOGGED TABLE bench.result_%1$s AS SELECT * FROM bench.ours_%1$s', name),
       format('CREATE UNLOGGED TABLE bench.exact_%1$s AS
               SELECT b.id, e.point, e.metres
               FROM bench.lateral_%1$s k JOIN bench.buyers_%1$s b USING (id)
               CROSS JOIN LATERAL (
                   SELECT p.id AS point, ST_Distance(p.location::geography, b.location::geography) AS metres FROM bench.points_%1$s p
                   WHERE ST_DWithin(p.location::geography, b.location::geography, k.metres * 1.0102 + 0.001)
                   ORDER BY metres, p.id LIMIT 1) e
               WHERE k.id <= least(20000, %2$s / 10)', name, :places)
FROM bench.sizes ORDER BY points \gexec

SELECT format('SELECT bench.expect((SELECT count(*) FROM bench.exact_%1$s e LEFT JOIN bench.result_%1$s o USING (id)
                                    WHERE (o.point, o.metres) IS DISTINCT FROM (e.point, e.metres))
                                   + abs((SELECT count(*) FROM bench.result_%1$s) - %2$s),
                                   ''nearest_batch: %3$s points: point and distance of every buyer of a sample are those of ST_Distance, to the bit'')',
              name, :places, points),
       format('SELECT bench.expect(count(*), ''nearest_batch: %2$s points: match_pickups() and nearest() name the same point for all buyers'')
               FROM bench.result_%1$s o FULL JOIN bench.rows_%1$s r USING (id) WHERE o.point IS DISTINCT FROM r.point', name, points),
       format('SELECT format(''nearest_batch: %2$s points: 8 candidates of the geography index name another point than ST_Distance for %%s of %%s buyers, the first candidate alone for %%s'',
                             count(*) FILTER (WHERE k.point <> e.point), count(*),
                             count(*) FILTER (WHERE e.point <> (SELECT p.id FROM bench.points_%1$s p ORDER BY p.location::geography <-> b.location::geography LIMIT 1)))
               FROM bench.exact_%1$s e JOIN bench.lateral_%1$s k USING (id) JOIN bench.buyers_%1$s b USING (id)
               WHERE e.id <= least(20000, %3$s / 10)', name, points, :places)
FROM bench.sizes ORDER BY points \gexec

-- Whether a sample stands for all: what the peer takes for each of 20,000 and of five times as many buyers.
SELECT bench.cpu() AS cpu \gset begin_
SELECT sum(point) FROM bench.lateral_middle WHERE id <= :places / 50 \g /dev/null
SELECT bench.cpu() AS cpu \gset middle_
SELECT sum(point) FROM bench.lateral_middle WHERE id <= :places / 10 \g /dev/null
SELECT format('nearest_batch: %s points: the peer takes %s us of CPU a buyer for %s buyers and %s for %s; its figures are those of the fewer, times 50',
              :middle, bench.digits(1000 * (:middle_cpu - :begin_cpu) / (:places / 50)), :places / 50,
              bench.digits(1000 * (bench.cpu() - :middle_cpu) / (:places / 10)), :places / 10);

\set bench nearest_batch_memory
\set who small
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_small'
\i :memory
\set who lateral_small
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.lateral_small WHERE id <= ' :places / 50
\i :memory
\set who middle
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_middle'
\i :memory
\set who lateral_middle
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.lateral_middle WHERE id <= ' :places / 50
\i :memory
\set who large
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_large'
\i :memory
\set who lateral_large
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.lateral_large WHERE id <= ' :places / 50
\i :memory
\set who rows_large
\set statement 'SELECT count(*), sum(point) FROM bench.rows_large'
\i :memory
