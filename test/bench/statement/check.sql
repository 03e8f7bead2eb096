SELECT format('statement: %s orders in ten months (%s with indexes; normalised %s and %s); in one month %s of a supply leader, %s of a sales leader',
              (SELECT count(*) FROM market.orders), pg_size_pretty(pg_total_relation_size('market.orders')),
              pg_size_pretty(pg_total_relation_size('plain.orders')), pg_size_pretty(pg_total_relation_size('plain.lines')), l.orders, s.orders)
FROM bench.asks l, bench.asks s WHERE l.size = 'large' AND s.size = 'small';
SELECT bench.expect((SELECT count(*) FILTER (WHERE (m.written_at, m.units, m.sale, m.rule, m.amount)
                                                   IS DISTINCT FROM (n.written_at, n.units, n.sale, n.rule, n.amount))
                            + (count(*) < a.orders)::int
                     FROM market.statement_orders(a.member, p.since, p.until) m
                     FULL JOIN plain.statement_orders(a.account, a.size = 'small', p.since, p.until) n USING (journal_id, campaign_id, order_id, item_id)),
                    format('statement: both give the same lines (%s)', a.size))
FROM bench.asks a, bench.period p;
SELECT bench.expect(count(*), 'statement: settlements come to the sums of the lines')
FROM bench.asks a CROSS JOIN bench.period p CROSS JOIN LATERAL (SELECT * FROM market.statement(a.member, p.since, p.until) WHERE kind = 'settlement') o
LEFT JOIN LATERAL plain.statement(a.account, p.since, p.until) t USING (journal_id)
WHERE a.size = 'large' AND o.amount IS DISTINCT FROM t.amount;
