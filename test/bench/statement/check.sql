SELECT format('statement: %s orders in ten months (%s with indexes; normalised %s and %s); in one of them %s of a supply leader, %s of a sales leader',
              (SELECT count(*) FROM market.orders), pg_size_pretty(pg_total_relation_size('market.orders')), pg_size_pretty(pg_total_relation_size('plain.orders')),
              pg_size_pretty(pg_total_relation_size('plain.lines')), l.orders, s.orders)
FROM bench.asks l, bench.asks s WHERE l.size = 'large' AND s.size = 'small';
SELECT bench.expect((SELECT count(*) FROM ((SELECT r.written_at, r.journal_id, r.campaign_id, r.order_id, r.item_id, r.units, r.sale, r.rule, r.amount FROM market.statement_orders(a.member, p.since, p.until) r)
                                           EXCEPT ALL SELECT * FROM plain.statement_orders(a.account, a.size = 'small', p.since, p.until)) x)
                  + (SELECT count(*) FROM (SELECT * FROM plain.statement_orders(a.account, a.size = 'small', p.since, p.until)
                                           EXCEPT ALL (SELECT r.written_at, r.journal_id, r.campaign_id, r.order_id, r.item_id, r.units, r.sale, r.rule, r.amount FROM market.statement_orders(a.member, p.since, p.until) r)) x)
                  + (SELECT (count(*) < a.orders)::int FROM plain.statement_orders(a.account, a.size = 'small', p.since, p.until)),
                    format('statement: both give the same lines (%s)', a.size))
FROM bench.asks a, bench.period p;
SELECT bench.expect(count(*), 'statement: settlements come to the sums of the lines')
FROM bench.asks a CROSS JOIN bench.period p CROSS JOIN LATERAL (SELECT * FROM market.statement(a.member, p.since, p.until) WHERE kind = 'settlement') o
LEFT JOIN LATERAL plain.statement(a.account, p.since, p.until) t USING (journal_id)
WHERE a.size = 'large' AND o.amount IS DISTINCT FROM t.amount;
