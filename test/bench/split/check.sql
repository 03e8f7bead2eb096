SELECT format('split: %s orders, %s different rules of 5 parties such as "%s"; the same join to the rules on every side',
              (SELECT count(*) FROM bench.sales), count(DISTINCT rule), min(rule::text))
FROM bench.rules;

SELECT bench.expect(count(*), 'split: plpgsql with numeric gives the parts of ktt to the cent')
FROM bench.split_ours o JOIN bench.sales s USING (id) LEFT JOIN bench.split_plpgsql_numeric p USING (id)
WHERE o.shares <> ktt.shares(s.payees, ARRAY[p.supplier, p.platform, p.steward, p.sales, p.rest]) IS NOT FALSE;

SELECT bench.expect(count(*), 'split: plpgsql with integers gives the parts of ktt to the cent')
FROM bench.split_ours o JOIN bench.sales s USING (id) LEFT JOIN bench.split_plpgsql_int8 p USING (id)
WHERE o.shares <> ktt.shares(s.payees, ARRAY[p.supplier, p.platform, p.steward, p.sales, p.rest]) IS NOT FALSE;

SELECT bench.expect(count(*), 'split: windows with numeric give the parts of ktt to the cent')
FROM bench.split_ours o JOIN bench.sales s USING (id) LEFT JOIN bench.split_window_numeric p USING (id)
WHERE o.shares <> ktt.shares(s.payees, ARRAY[p.supplier, p.platform, p.steward, p.sales, p.rest]) IS NOT FALSE;

SELECT bench.expect(count(*), 'split: windows with integers give the parts of ktt to the cent')
FROM bench.split_ours o JOIN bench.sales s USING (id) LEFT JOIN bench.split_window_int8 p USING (id)
WHERE o.shares <> ktt.shares(s.payees, ARRAY[p.supplier, p.platform, p.steward, p.sales, p.rest]) IS NOT FALSE;

SELECT bench.expect(count(*) FILTER (WHERE c.total <> s.sale), 'split: cumulative differences sum to the sale')
       || format('; they are not largest remainder: %s %% of the orders differ from it', round(100.0 * count(*) FILTER (WHERE c.shares <> o.shares) / count(*), 1))
FROM (SELECT x.id, sum(x.part) AS total, ktt.shares_agg(s.payees[x.party], x.part) AS shares
      FROM bench.split_cumulative x JOIN bench.sales s USING (id) GROUP BY x.id) c
JOIN bench.split_ours o USING (id) JOIN bench.sales s USING (id);

SELECT bench.expect(count(*), 'split: cumulative differences of the fixed rule are those of any rule')
FROM bench.split_fixed_rule f JOIN bench.split_cumulative c USING (id)
WHERE CASE c.party WHEN 1 THEN f.supplier WHEN 2 THEN f.platform WHEN 3 THEN f.steward WHEN 4 THEN f.sales ELSE f.rest END <> c.part;
