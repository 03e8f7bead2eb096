-- Who sells for whom: partnerships, applications for them, and invitations.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(112);
\ir lib/market.sql

-- Forming and ending.
SELECT ok(form_partnership(id('leader'), id('rival')) > 0, 'a partnership is formed');
SELECT is(form_partnership(id('leader'), id('rival')), form_partnership(id('leader'), id('rival')), 'once');
SELECT ok(form_partnership(id('rival'), id('leader')) > 0, 'it has a direction');
SELECT ok(form_partnership(id('other leader'), id('rival')) > 0, 'a sales leader can sell for two');
SELECT throws_ok('SELECT form_partnership(id(''leader''), id(''leader''))', 'KT102', NULL, 'nobody is his own partner');
SELECT throws_ok('SELECT form_partnership(id(''leader''), 999999)', 'KT303', 'sales leader 999999 does not exist', 'a partner exists');
SELECT throws_ok('SELECT form_partnership(999999, id(''leader''))', 'KT303', 'supply leader 999999 does not exist', 'so does the other');
SELECT throws_ok('SELECT form_partnership(NULL, id(''leader''))', '22004', 'supply leader must not be null', 'not null');
SELECT throws_ok('SELECT form_partnership(id(''leader''), NULL)', '22004', 'sales leader must not be null', 'neither of them');

SELECT is(end_partnership(id('leader'), id('rival')), true, 'a partnership ends');
SELECT answers($$SELECT end_partnership(id('leader'), id('rival'))$$, 'false', 'once');
SELECT ok(form_partnership(id('leader'), id('rival')) > 0, 'and begins anew');
SELECT is((SELECT count(*) FROM partnerships WHERE supply_leader_id = id('leader') AND sales_leader_id = id('rival')), 2::bigint,
          'as a period of its own');
SELECT throws_ok($$INSERT INTO partnerships (supply_leader_id, sales_leader_id, period)
                   VALUES (id('leader'), id('rival'), '[2020-01-01,)')$$, '23P01', NULL, 'periods cannot overlap');
SELECT throws_ok('SELECT end_partnership(NULL, id(''rival''))', '22004', 'supply leader must not be null', 'ending needs both');

-- The standing ones, from both sides.
SELECT results_eq('SELECT sales_leader FROM partners WHERE supply_leader_id = id(''leader'')', ARRAY['seller', 'rival'], 'the partners of a supply leader');
SELECT results_eq('SELECT supply_leader FROM partners WHERE sales_leader_id = id(''rival'')', ARRAY['leader', 'other leader'], 'those of a sales leader');
SELECT results_eq('SELECT sales_leader FROM partners WHERE supply_leader_id = id(''leader'') AND sales_leader_id > id(''seller'') ORDER BY sales_leader_id LIMIT 1',
                  ARRAY['rival'], 'the next page');
SELECT ok((SELECT bool_and(since = lower(p.period) AND upper_inf(p.period)) FROM partners JOIN partnerships p ON p.id = partnership_id), 'since when they stand');
SELECT form_partnership(id('steward'), id('buyer')) \g /dev/null
SELECT end_partnership(id('steward'), id('buyer')) \g /dev/null
SELECT is_empty('SELECT * FROM partners WHERE supply_leader_id = id(''steward'')', 'without those that ended');

-- What a page costs: with many partners it is read from an index, from both sides, and nothing is sorted.
INSERT INTO members (reference) SELECT 'many ' || n FROM generate_series(1, 4000) n;
INSERT INTO partnerships (supply_leader_id, sales_leader_id, period)
SELECT id('other leader'), m.id, tstzrange '[2020-01-01,)' FROM members m WHERE m.reference LIKE 'many %'
UNION ALL SELECT m.id, id('seller'), tstzrange '[2020-01-01,)' FROM members m WHERE m.reference LIKE 'many %';
ANALYZE members, partnerships;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_line text;
    v_plan text := '';
BEGIN
    FOR v_line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        v_plan := v_plan || v_line || e'\n';
    END LOOP;
    RETURN v_plan;
END
$$;
SELECT ok(p ~ 'Index Scan using partnerships_' AND p !~ 'Sort|Seq Scan|Bitmap', 'a page of them comes from an index: ' || side)
FROM (SELECT side, pg_temp.plan_of(format('SELECT * FROM partners WHERE %s_id = %s AND %s_id > 100 ORDER BY %3$s_id LIMIT 50', side, id(name), other)) AS p
      FROM (VALUES ('supply_leader', 'sales_leader', 'other leader'), ('sales_leader', 'supply_leader', 'seller')) v(side, other, name)) x;
SELECT is((SELECT count(*) FROM partners WHERE supply_leader_id = id('other leader')), 4001::bigint, 'a supply leader may have thousands');
SELECT is((SELECT count(*) FROM partners WHERE sales_leader_id = id('seller')), 4001::bigint, 'a sales leader too');

-- Applications.
SELECT apply_for_partnership(id('leader'), id('neighbour'), 'I know everybody here; DROP TABLE members; --') AS a1 \gset
SELECT is(a, ROW(id('leader'), id('neighbour'), 'I know everybody here; DROP TABLE members; --', 'applied', NULL, NULL, NULL)::text, 'an application is kept as it came')
FROM (SELECT ROW(supply_leader_id, sales_leader_id, note, state, decided_at, decided_by, partnership_id)::text AS a FROM applications WHERE id = :a1) x;
SELECT answers('SELECT apply_for_partnership(id(''leader''), id(''neighbour''), ''please'')', :'a1', 'there is one open application a pair');
SELECT isnt(apply_for_partnership(id('other leader'), id('neighbour')), :a1::bigint, 'of each pair');
SELECT throws_ok($$INSERT INTO applications (supply_leader_id, sales_leader_id) VALUES (id('leader'), id('neighbour'))$$, '23505', NULL, 'by constraint');
SELECT throws_ok('SELECT apply_for_partnership(id(''leader''), id(''leader''))', 'KT102', NULL, 'nobody applies to himself');
SELECT throws_ok('SELECT apply_for_partnership(id(''leader''), id(''seller''))', 'KT301', format('member %s already sells for supply leader %s', id('seller'), id('leader')), 'nor a partner again');
SELECT throws_ok(format('SELECT apply_for_partnership(%s)', a), '22004', m, m)
FROM (VALUES ('NULL, id(''buyer'')', 'supply leader must not be null'), ('id(''leader''), NULL', 'sales leader must not be null')) v(a, m);
SELECT throws_ok(format('SELECT apply_for_partnership(%s)', a), 'KT303', m, m)
FROM (VALUES ('999999, id(''buyer'')', 'supply leader 999999 does not exist'), ('id(''leader''), 999999', 'sales leader 999999 does not exist')) v(a, m);
SELECT throws_ok('SELECT apply_for_partnership(id(''leader''), id(''buyer''), repeat(''x'', 4001))', '22023', 'note must not be longer than 4000 bytes', 'a note has an end');

SELECT throws_ok(format('SELECT decide_application(%s)', a), c, m, m)
FROM (VALUES ('NULL, true, id(''leader'')', '22004', 'application must not be null'), (:'a1' || ', NULL, id(''leader'')', '22004', 'approve must not be null'),
             (:'a1' || ', true, NULL', '22004', 'decider must not be null'), ('999999, true, id(''leader'')', 'KT303', 'application 999999 does not exist'),
             (:'a1' || ', true, 999999', 'KT303', 'decider 999999 does not exist'),
             (:'a1' || ', true, id(''leader''), repeat(''x'', 4001)', '22023', 'note must not be longer than 4000 bytes'),
             (:'a1' || ', true, id(''neighbour'')', 'KT404', format('application %s must be decided by another member than the applicant', :a1))) v(a, c, m);
SELECT is((SELECT state FROM applications WHERE id = :a1), 'applied', 'none of that decided it');

SELECT throws_ok(format('SELECT decide_application(%s, true, id(''chief''))', :a1), '42501', format('member %s does not act for member %s', id('chief'), id('leader')), 'nor can a stranger');
SELECT begin_role(id('chief'), 'staff') \g /dev/null
SELECT outcome, partnership AS formed FROM decide_application(:a1, true, id('leader'), 'welcome') \gset
SELECT is(:'outcome'::text, 'approved', 'an application is approved');
SELECT is((SELECT ROW(p.supply_leader_id, p.sales_leader_id, upper_inf(p.period))::text FROM partnerships p WHERE p.id = :formed),
          ROW(id('leader'), id('neighbour'), true)::text, 'which forms the partnership');
SELECT is(a, ROW('approved', id('leader'), 'welcome', :formed, true)::text, 'who decided is kept, and when and why')
FROM (SELECT ROW(state, decided_by, decision_note, partnership_id, decided_at BETWEEN applied_at AND clock_timestamp())::text AS a FROM applications WHERE id = :a1) x;
SELECT answers(format('SELECT decide_application(%s, true, id(''leader''))', :a1), format('(approved,%s)', :formed), 'again says the same');
SELECT answers(format('SELECT decide_application(%s, false, id(''chief''))', :a1), format('(approved,%s)', :formed), 'another decision is too late');
SELECT answers(format('SELECT withdraw_application(%s)', :a1), 'approved', 'so is taking it back');

SELECT apply_for_partnership(id('leader'), id('buyer')) AS a2 \gset
SELECT is(decide_application(:a2, false, id('chief'))::text, '(rejected,)', 'an application is rejected');
SELECT is_empty('SELECT * FROM partners WHERE supply_leader_id = id(''leader'') AND sales_leader_id = id(''buyer'')', 'which forms nothing');
SELECT answers(format('SELECT decide_application(%s, true, id(''leader''))', :a2), '(rejected,)', 'for good');
SELECT apply_for_partnership(id('leader'), id('buyer')) AS a3 \gset
SELECT isnt(:a3, :a2, 'who was rejected may apply again');
SELECT is(withdraw_application(:a3), 'withdrawn', 'and take it back');
SELECT answers(format('SELECT withdraw_application(%s)', :a3), 'withdrawn', 'twice is once');
SELECT answers(format('SELECT decide_application(%s, true, id(''leader''))', :a3), '(withdrawn,)', 'then nobody can approve it');
SELECT is(a, ROW(true, NULL, NULL)::text, 'nobody decided') FROM (SELECT ROW(decided_at IS NOT NULL, decided_by, partnership_id)::text AS a FROM applications WHERE id = :a3) x;
SELECT throws_ok('SELECT withdraw_application(NULL)', '22004', 'application must not be null', 'which one');
SELECT throws_ok('SELECT withdraw_application(999999)', 'KT303', 'application 999999 does not exist', 'an unknown one');
SELECT apply_for_partnership(id('leader'), id('cashier')) AS a4, form_partnership(id('leader'), id('cashier')) AS formed \gset
SELECT is(decide_application(:a4, true, id('leader'))::text, format('(approved,%s)', :formed), 'who has become a partner meanwhile stays it');
SELECT throws_ok(format('UPDATE applications SET %s WHERE id = %s', u, :a4), c, NULL, u)
FROM (VALUES ('partnership_id = NULL', '23514'), ('decided_by = NULL', '23514'), ('decided_by = sales_leader_id', '23514'), ('state = ''rejected''', '23514'), ('state = ''x''', '23514'),
             ('partnership_id = (SELECT min(id) FROM partnerships)', '23503'), ('decided_at = NULL', '23514')) v(u, c);

-- Invitations.
SELECT invitation AS i1, token AS t1 FROM invite_sales_leader(id('leader')) \gset
SELECT invitation AS i2, token AS t2 FROM invite_sales_leader(id('leader'), '1 hour') \gset
SELECT invitation AS i3, token AS t3 FROM invite_sales_leader(id('leader'), '0') \gset
SELECT ok(:'t1' <> :'t2' AND octet_length(:'t1') = 36, 'every invitation has a token of its own');
SELECT is((SELECT expires_at - invited_at FROM invitations WHERE id = :i1), interval '7 days', 'it holds for a week');
SELECT is((SELECT expires_at - invited_at FROM invitations WHERE id = :i2), interval '1 hour', 'or as long as is said');
SELECT is((SELECT digest FROM invitations WHERE id = :i1), ktt.blake2b(convert_to(:'t1', 'UTF8')), 'what is kept is the digest');
SELECT is_empty(format('SELECT * FROM invitations i WHERE i::text LIKE ''%%%s%%''', :'t1'), 'and not the token');
SELECT throws_ok(format('SELECT invite_sales_leader(%s)', a), c, m, a)
FROM (VALUES ('NULL', '22004', 'supply leader must not be null'), ('999999', 'KT303', 'supply leader 999999 does not exist'),
             ('id(''leader''), NULL', '22004', 'validity must not be null'), ('id(''leader''), ''-1 us''', '22023', 'validity must be between nothing and 1 year'),
             ('id(''leader''), ''367 days''', '22023', 'validity must be between nothing and 1 year')) v(a, c, m);

SELECT throws_ok(format('SELECT accept_invitation(%s)', a), c, m, m)
FROM (VALUES ('NULL, id(''chief'')', '22004', 'token must not be null'), (format('%L, NULL', :'t1'), '22004', 'sales leader must not be null'),
             (format('%L, 999999', :'t1'), 'KT303', 'sales leader 999999 does not exist'),
             (format('%L, id(''leader'')', :'t1'), 'KT102', format('member %s cannot be his own sales leader', id('leader')))) v(a, c, m);
SELECT answers(format('SELECT accept_invitation(%L, id(''chief''))', t), '(unknown,)', 'an unknown token of ' || octet_length(t))
FROM unnest(ARRAY['', 'x', gen_random_uuid()::text, :'t1' || ' ', :'t1' || 'x', ''' OR true --', e'\u4f60\u597d', repeat('x', 1000000)]) t;
SELECT outcome, partnership AS formed FROM accept_invitation(:'t1', id('chief')) \gset
SELECT is(:'outcome'::text, 'accepted', 'an invitation is accepted');
SELECT is((SELECT ROW(p.supply_leader_id, p.sales_leader_id, upper_inf(p.period))::text FROM partnerships p WHERE p.id = :formed),
          ROW(id('leader'), id('chief'), true)::text, 'which forms the partnership');
SELECT answers(format('SELECT accept_invitation(%L, id(''chief''))', :'t1'), format('(accepted,%s)', :formed), 'the same sales leader again is told the same');
SELECT answers(format('SELECT accept_invitation(%L, id(''buyer''))', :'t1'), '(used,)', 'nobody else is let in');
SELECT answers(format('SELECT accept_invitation(%L, id(''leader''))', :'t1'), '(used,)', 'not even the supply leader');
SELECT answers(format('SELECT revoke_invitation(%s)', :i1), 'used', 'it cannot be revoked any more');
UPDATE invitations SET invited_at = invited_at - interval '8 days', expires_at = expires_at - interval '8 days' WHERE id = :i1;
SELECT answers(format('SELECT accept_invitation(%L, id(''chief''))', :'t1'), format('(accepted,%s)', :formed), 'nor does it expire for him');
SELECT end_partnership(id('leader'), id('chief')) \g /dev/null
SELECT answers(format('SELECT accept_invitation(%L, id(''chief''))', :'t1'), format('(accepted,%s)', :formed), 'a partnership that has ended stays ended');

SELECT is(revoke_invitation(:i2), 'revoked', 'an invitation is revoked');
SELECT answers(format('SELECT revoke_invitation(%s)', :i2), 'revoked', 'twice is once');
SELECT answers(format('SELECT accept_invitation(%L, id(''buyer''))', :'t2'), '(revoked,)', 'and lets nobody in');
SELECT answers(format('SELECT accept_invitation(%L, id(''buyer''))', :'t3'), '(expired,)', 'one that has expired neither');
SELECT is(revoke_invitation(:i3), 'revoked', 'it can still be revoked');
SELECT throws_ok('SELECT revoke_invitation(NULL)', '22004', 'invitation must not be null', 'which one');
SELECT throws_ok('SELECT revoke_invitation(999999)', 'KT303', 'invitation 999999 does not exist', 'an unknown one');
SELECT is_empty('SELECT * FROM partners WHERE supply_leader_id = id(''leader'') AND sales_leader_id = id(''buyer'')', 'and nobody came in by one of them');
SELECT token AS t4 FROM invite_sales_leader(id('leader')) \gset
SELECT is((accept_invitation(:'t4', id('seller'))).partnership, (SELECT partnership_id FROM partners WHERE supply_leader_id = id('leader') AND sales_leader_id = id('seller')),
          'who is a partner already keeps his partnership');
SELECT answers(format('SELECT accept_invitation(%L, id(''buyer''))', :'t4'), '(used,)', 'and has used it up');
SELECT throws_ok(format('UPDATE invitations SET %s WHERE id = %s', u, :i1), c, NULL, u)
FROM (VALUES ('accepted_by = NULL', '23514'), ('revoked_at = now()', '23514'), ('partnership_id = (SELECT min(id) FROM partnerships)', '23503'), ('digest = ''x''', '23514')) v(u, c);

SELECT * FROM finish();
ROLLBACK;
