-- For one balance.
UPDATE bench.samples SET ms = ms / n.times, cpu_ms = cpu_ms / n.times
FROM (VALUES ('balance_at', NULL, 20), ('balance_now', 'ours', 1000)) n(bench, who, times)
WHERE samples.bench LIKE n.bench || '.%' AND samples.who = coalesce(n.who, samples.who);
INSERT INTO bench.samples (bench, who, ms, cpu_ms)
SELECT 'balance_at', CASE bench WHEN 'balance_at.3' THEN 'many' ELSE 'few' END, ms, cpu_ms
FROM bench.samples WHERE who = 'ours' AND bench IN ('balance_at.1', 'balance_at.3');
SELECT bench.line('balance_at.' || a.postings, 'balance_at.' || a.size, 'sums', 'ms', format('sum_of_the_postings_before,_of_%s_in_the_account', a.postings))
FROM bench.asked a ORDER BY a.size;
SELECT bench.line('balance_at.' || a.postings || '.running', 'balance_at.' || a.size, 'running', 'ms', 'the_balance_kept_in_every_posting')
FROM bench.asked a WHERE a.size = 3;
SELECT bench.line('balance_at.growth', 'balance_at', 'few', 'ms',
                  format('itself_with_%s_postings_instead_of_%s', min(a.postings), max(a.postings)), 1, 'many') FROM bench.asked a;
SELECT bench.line('balance_now.' || a.postings, 'balance_now.' || a.size, 'sums', 'ms', format('sum_of_all_postings,_%s_of_the_account', a.postings))
FROM bench.asked a ORDER BY a.size;
