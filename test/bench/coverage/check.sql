SELECT format('coverage: %s households; %s', :places / 10, string_agg(format('%s within 800 m of one of %s points', covered, points), ', ' ORDER BY points))
FROM (SELECT :small AS points, count(*) AS covered FROM bench.exists_small UNION ALL
      SELECT :middle, count(*) FROM bench.exists_middle UNION ALL
      SELECT :large, count(*) FROM bench.exists_large) c;

SELECT bench.expect((SELECT count(*) FROM bench.exists_small e FULL JOIN bench.ours_small o USING (id) WHERE e.id IS NULL OR o.id IS NULL)
                    + (SELECT count(*) FROM bench.exists_middle e FULL JOIN bench.ours_middle o USING (id) WHERE e.id IS NULL OR o.id IS NULL)
                    + (SELECT count(*) FROM bench.exists_large e FULL JOIN bench.ours_large o USING (id) WHERE e.id IS NULL OR o.id IS NULL),
                    'coverage: points_within() and EXISTS with ST_DWithin find the same households');

\set bench coverage_memory
\set who small
\set statement 'SELECT count(*) FROM bench.ours_small'
\i :memory
\set who exists_small
\set statement 'SELECT count(*) FROM bench.exists_small'
\i :memory
\set who middle
\set statement 'SELECT count(*) FROM bench.ours_middle'
\i :memory
\set who exists_middle
\set statement 'SELECT count(*) FROM bench.exists_middle'
\i :memory
\set who large
\set statement 'SELECT count(*) FROM bench.ours_large'
\i :memory
\set who exists_large
\set statement 'SELECT count(*) FROM bench.exists_large'
\i :memory
