-- Who bears refunds: by cause, as rules; the shares go back as ever, another may pay.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(48);
\ir lib/market.sql

CREATE FUNCTION pg_temp.refund(request text, amount bigint, cause text, of text DEFAULT 'a', item text DEFAULT 'apple') RETURNS bigint
LANGUAGE sql AS $$ SELECT refund_order(id('campaign'), id(of), id(item), 0, request, amount, 'told', cause) $$;
CREATE FUNCTION pg_temp.borne(refund bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_object_agg(coalesce(n.name, 'platform'), e.amount)
    FROM refunds r CROSS JOIN LATERAL entries(r.borne) e JOIN accounts a ON a.id = e.account LEFT JOIN fixture.names n ON n.id = a.member_id AND n.name IN
        ('orchard', 'mill', 'leader', 'seller', 'steward') WHERE r.id = refund
$$;

-- Bad rules.
SELECT throws_ok(format('SELECT set_liability(%s)', a), c, m, d)
FROM (VALUES ('NULL, NULL, ''supplier rest''', '22004', 'cause must not be null', 'a rule is for a cause'),
             ('NULL, ''late'', NULL', '22004', 'rule must not be null', 'and says something'),
             ('NULL, ''rain'', ''supplier rest''', '22023', 'cause must be shortage, catch_weight, spoilage, late, lost or other', 'causes are known'),
             ('NULL, ''late'', ''driver 10% of sale, supplier rest''', 'KT202', 'split names party "driver", which the market does not know', 'so are parties'),
             ('NULL, ''late'', ''steward 100% of sale''', 'KT203', 'split has nobody to take the part of an absent party', 'who is absent needs a stated party'),
             ('NULL, ''late'', ''sales_leader rest''', 'KT203', NULL, 'and cannot be it'),
             ('NULL, ''late'', ''supplier 5 per unit, platform rest''', '22023', 'liability must divide by percentages of the sale and a rest', 'amounts do not add up over parts'),
             ('NULL, ''late'', ''supplier cost, platform rest''', '22023', NULL, 'nor does the cost'),
             ('NULL, ''late'', ''supplier 10% of margin, platform rest''', '22023', NULL, 'nor a margin'),
             ('NULL, ''late'', ''supplier 10% of sale min 5, platform rest''', '22023', NULL, 'nor a bound'),
             ('999999, ''late'', ''supplier rest''', 'KT303', 'supply leader 999999 does not exist', 'a leader exists')) v(a, c, m, d);
SELECT throws_ok('SELECT end_liability(NULL)', '22004', 'liability must not be null', 'what is ended is named');
SELECT throws_ok('SELECT end_liability(999999)', 'KT303', 'liability 999999 does not exist', 'and exists');

SELECT name('spoilt', set_liability(NULL, 'spoilage', 'supplier rest')), name('lost', set_liability(NULL, 'lost', 'steward 100% of sale, platform rest')),
       name('late', set_liability(NULL, 'late', 'supplier 80% of sale, platform rest')) \g /dev/null
SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'rival', '{rice}', '{2}', NULL, 'barn') \g /dev/null
SELECT pg_temp.refund('r1', 101, 'spoilage') AS r1, pg_temp.refund('r2', 200, 'lost') AS r2, pg_temp.refund('r3', 333, 'late') AS r3,
       pg_temp.refund('r4', 50, 'other') AS r4, pg_temp.refund('r5', 400, 'lost', 'b', 'rice') AS r5 \gset
SELECT is(pg_temp.borne(:r1), '{"orchard": 101}', 'what spoils is the supplier''s');
SELECT is(pg_temp.borne(:r2), '{"steward": 200}', 'what is lost at the point is the steward''s');
SELECT is(pg_temp.borne(:r3), '{"orchard": 266, "platform": 67}', 'four fifths and one fifth');
SELECT is((SELECT borne FROM refunds WHERE id = :r4), NULL, 'without a rule everybody gives back his part');
SELECT is(pg_temp.borne(:r5), '{"platform": 400}', 'where there is no steward it falls to whom the rule states');
SELECT is_empty('SELECT FROM refunds WHERE total(shares) <> amount OR total(borne) <> amount', 'both sum to the amount');
SELECT results_eq('SELECT cause, reason, liability_id FROM refunds ORDER BY id',
                  $$VALUES ('spoilage', 'told', id('spoilt')), ('lost', 'told', id('lost')), ('late', 'told', id('late')), ('other', 'told', NULL), ('lost', 'told', id('lost'))$$,
                  'cause, reason and rule are kept');
SELECT throws_ok('SELECT pg_temp.refund(''r6'', 1, ''rain'')', '22023', 'cause must be shortage, catch_weight, spoilage, late, lost or other', 'a refund has a known cause');
SELECT throws_ok('SELECT pg_temp.refund(''r6'', 1, NULL)', '22004', 'cause must not be null', 'or the one by default');
SELECT throws_ok('SELECT pg_temp.refund(''r1'', 101, ''late'')', 'KT010', NULL, 'the cause belongs to the request');
SELECT throws_ok('UPDATE refunds SET borne = ktt.shares(1, 1) WHERE id = ' || :r1, '23514', NULL, 'by constraint too');

-- A leader's own rule, periods, what is frozen.
SELECT name('own', set_liability(id('leader'), 'late', 'supply_leader rest')) \g /dev/null
SELECT pg_temp.refund('r7', 10, 'late') AS r7 \gset
SELECT is(pg_temp.borne(:r7), '{"leader": 10}', 'a supply leader''s own rule goes first');
SELECT is(set_liability(id('other leader'), 'late', 'platform rest') > 0, true, 'that of another');
SELECT pg_temp.refund('r8', 10, 'late') AS r8 \gset
SELECT is(pg_temp.borne(:r8), '{"leader": 10}', 'does not matter here');
SELECT ok(end_liability(id('own')), 'ended');
SELECT ok(NOT end_liability(id('own')), 'once');
SELECT pg_temp.refund('r9', 7, 'late') AS r9 \gset
SELECT is((SELECT liability_id FROM refunds WHERE id = :r9), id('late'), 'the market''s counts again');
SELECT is((SELECT sum(borne) FROM refunds WHERE liability_id = id('late')), shares(account('orchard', 'goods'), 272) + shares(account(NULL, 'revenue'), 68),
          'in two parts as in one');
SELECT is(set_liability(NULL, 'late', 'platform rest') > 0, true, 'another rule takes its place');
SELECT is((SELECT upper(period) FROM liabilities WHERE id = id('late')), (SELECT lower(period) FROM liabilities WHERE cause = 'late' AND rule = 'platform rest' AND supply_leader_id IS NULL),
          'where it ends');
SELECT is((SELECT liability_id FROM refunds WHERE id = :r9), id('late'), 'refunds keep theirs');

-- Settlement takes from who bears it.
SELECT deliver(), complete() \g /dev/null
SELECT (settle()).journal_id AS journal \gset
SELECT is(balance('orchard', 'goods'), 3 * 700 - 101 - 272 - (SELECT amount(shares, account('orchard', 'goods')) FROM refunds WHERE id = :r4), 'the supplier of the apples pays his liabilities');
SELECT is(balance('steward', 'pickup'), (SELECT sum(amount(shares, account('steward', 'pickup')))::bigint FROM orders) - 200
          - coalesce((SELECT amount(shares, account('steward', 'pickup')) FROM refunds WHERE id = :r4), 0) + coalesce((SELECT -b.balance FROM balances b WHERE b.account_id = account('steward', 'debt')), 0),
          'the steward pays for what was lost, with a debt for what he has not earned');
SELECT is_empty(format($$SELECT e.account, e.amount, x.amount FROM journals j CROSS JOIN LATERAL entries(j.entries) e
                         CROSS JOIN LATERAL (SELECT sum(p.amount) AS amount FROM explain(j.id, e.account) p) x WHERE j.id = %s AND x.amount IS DISTINCT FROM e.amount$$, :journal),
                'every posting is explained by who bears what');
SELECT ok((SELECT holds FROM conservation), 'no cent is lost');
SELECT is_empty('SELECT violations()', 'all is well');

-- Pain: who bears the commission on a refund. The leader keeps his when the supplier bears all of it.
SELECT is(balance('seller', 'commission'), (SELECT sum(amount(shares, account('seller', 'commission')))::bigint FROM orders)
          - (SELECT amount(shares, account('seller', 'commission')) FROM refunds WHERE id = :r4), 'the seller gives back only for causes without a rule');

-- Parts come to the same as all at once, in any order, whoever bears it: two orders of the same line.
SELECT set_liability(NULL, 'late', 'supplier 33.3333% of sale, supply_leader 33.3333% of sale, steward 8.5% of sale, platform rest') \g /dev/null
SELECT name('next', create_campaign(open_wave('next'), id('leader'), 'next', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('bread', list_item(id('next'), id('apple sku'), 850, 991)) \g /dev/null
SELECT publish_campaign(id('next')), join_campaign(id('next'), id('seller')) \g /dev/null
CREATE TEMP TABLE twin AS
SELECT n, g.how, (place_order(id('next'), id('buyer'), ARRAY[id('bread')], ARRAY[1 + n % 4], g.how || n, id('seller'), id('gate'))).order_id AS id
FROM generate_series(1, 30) n, unnest('{whole,parts,shuffled}'::text[]) g(how);
SELECT count(pay_order(id('next'), o.id, o.amount, 'pay ' || o.id)) FROM orders o WHERE o.campaign_id = id('next') \g /dev/null
SELECT count(refund_rest(id('next'), t.id, 'all ' || t.id, cause => 'late')) FROM twin t WHERE t.how = 'whole' \g /dev/null
-- Five parts of each, cut at places that the number draws; the third kind takes them from the end.
CREATE TEMP TABLE part AS
SELECT t.id, t.n, t.how, p, o.amount * p / 5 + (t.n * 7 * p) % 11 * (p % 5 > 0)::int - (o.amount * (p - 1) / 5 + (t.n * 7 * (p - 1)) % 11 * ((p - 1) % 5 > 0)::int) AS amount
FROM twin t JOIN orders o ON o.campaign_id = id('next') AND o.id = t.id CROSS JOIN generate_series(1, 5) p WHERE t.how <> 'whole';
SELECT count(refund_order(id('next'), x.id, id('bread'), 0, format('part %s %s', x.id, x.p), x.amount, cause => 'late'))
FROM (SELECT * FROM part ORDER BY id, CASE how WHEN 'parts' THEN p ELSE -p END) x \g /dev/null
SELECT is_empty($$SELECT t.n FROM twin t JOIN refunds r ON r.order_id = t.id GROUP BY t.n, t.how HAVING sum(r.amount) <> 991 * (1 + t.n % 4)$$, 'all of every order went back');
SELECT is_empty($$SELECT n FROM (SELECT t.n, t.how, sum(r.shares) AS shares, sum(r.borne) AS borne FROM twin t JOIN refunds r ON r.order_id = t.id GROUP BY 1, 2) x
                  GROUP BY n HAVING count(DISTINCT shares) <> 1 OR count(DISTINCT borne) <> 1$$, 'in parts, in the other order, or at once: the same');
SELECT is_empty($$SELECT t.id FROM twin t JOIN orders o ON o.campaign_id = id('next') AND o.id = t.id
                  WHERE o.shares <> (SELECT sum(r.shares) FROM refunds r WHERE r.order_id = t.id)$$, 'and the shares are all back');
SELECT is((SELECT count(*) FROM part), 300::bigint, 'of 60 orders in 300 parts');
SELECT is_empty('SELECT FROM refunds r CROSS JOIN LATERAL entries(r.borne) e WHERE e.amount < 0', 'nobody gains by any part');
SELECT is_empty('SELECT violations()', 'all is well');
SELECT is((SELECT count(*) FROM verify() WHERE invariant LIKE 'refunds are borne%' AND checked > 90), 1::bigint, 'and was looked at');

-- A rule is looked at again when somebody tampers with it.
UPDATE refunds SET borne = shares(account(NULL, 'revenue'), amount) WHERE id = :r1;
SELECT bag_eq('SELECT violations()', format($$VALUES ('refunds are borne by whom their liability names: %s/%s item %s'::text),
              ('settlements have no gaps and pay every due share once: ' || (SELECT min(id) FROM settlements)::text)$$, id('campaign'), id('a'), id('apple')), 'who bears what is proved');

SELECT * FROM finish();
ROLLBACK;
