SELECT format('chain: %s sellers; two levels: chains %s, ltree %s, parents %s, closure %s, plain columns %s with their indexes; six levels: %s, %s, %s, %s, %s',
              (SELECT count(*) FROM bench.six_ours),
              pg_size_pretty(pg_total_relation_size('bench.two_ours')), pg_size_pretty(pg_total_relation_size('bench.two_ltree')),
              pg_size_pretty(pg_total_relation_size('bench.two_parent')), pg_size_pretty(pg_total_relation_size('bench.two_closure')),
              pg_size_pretty(pg_total_relation_size('bench.two_plain')),
              pg_size_pretty(pg_total_relation_size('bench.six_ours')), pg_size_pretty(pg_total_relation_size('bench.six_ltree')),
              pg_size_pretty(pg_total_relation_size('bench.six_parent')), pg_size_pretty(pg_total_relation_size('bench.six_closure')),
              pg_size_pretty(pg_total_relation_size('bench.six_plain')));

-- Every question has the same answer for every id that is asked about.
SELECT format($$SELECT bench.expect(count(*) FILTER (WHERE ((a.n, a.total) = (b.n, b.total) AND (a.n, a.total) = (c.n, c.total)
                                                             AND (a.n, a.total) = (d.n, d.total) AND (a.n, a.total) = (e.n, e.total)) IS NOT TRUE),
                                    format('chain: %1$s is the same for all; %%s asked, %%s rows', count(*), sum(a.n)))
              FROM bench.%1$s_ours a FULL JOIN bench.%1$s_ltree b USING (id) FULL JOIN bench.%1$s_closure c USING (id)
              FULL JOIN bench.%1$s_cte d USING (id) FULL JOIN bench.%1$s_plain e USING (id)$$, levels || '_' || question)
FROM unnest(ARRAY['two', 'six']) levels,
     unnest(ARRAY['small', 'middle', 'large', 'small_count', 'middle_count', 'large_count', 'upline', 'upline_rows', 'member']) question \gexec
