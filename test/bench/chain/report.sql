-- Against the best of ltree, closure table and recursive CTE, and against plain columns.
SELECT line
FROM (VALUES (1, 'chain_subtree.small', 'small'), (2, 'chain_subtree.middle', 'middle'), (3, 'chain_subtree.large', 'large'),
             (4, 'chain_subtree.small_count', 'small_count'), (5, 'chain_subtree.middle_count', 'middle_count'), (6, 'chain_subtree.large_count', 'large_count'),
             (7, 'chain_upline', 'upline'), (8, 'chain_upline.rows', 'upline_rows'), (9, 'chain_member', 'member')) q(place, name, question)
CROSS JOIN (VALUES (1, 'two'), (2, 'six')) l(depth, levels)
CROSS JOIN LATERAL (
    SELECT 1 AS which, s.who, 'best_of_three:_' || s.who AS against, 2.0 AS aim
    FROM bench.samples s WHERE s.bench = levels || '_' || question AND s.who IN ('ltree', 'closure', 'cte')
    GROUP BY s.who ORDER BY percentile_cont(0.5) WITHIN GROUP (ORDER BY s.ms) LIMIT 1) best
CROSS JOIN LATERAL (
    SELECT 1, bench.line(format('%s.%s', name, levels), levels || '_' || question, best.who, 'ms', best.against, best.aim)
    UNION ALL
    SELECT 2, bench.line(format('%s.%s.plain', name, levels), levels || '_' || question, 'plain', 'ms', 'plain_columns_with_btree', 1)) r(which, line)
ORDER BY place, depth, r.which;
