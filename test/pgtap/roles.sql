-- Who is what: roles that are kept, roles that somebody has because he acts in them, and all of them together.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(50);
\ir lib/market.sql

-- Beginning.
SELECT begin_role(id('buyer'), 'driver') AS driver \gset
SELECT is(r, ROW(id('buyer'), 'driver', NULL::bigint, true, true)::text, 'a role begins now and stands')
FROM (SELECT ROW(member_id, role, employer_id, upper_inf(period), lower(period) BETWEEN transaction_timestamp() AND clock_timestamp())::text AS r FROM roles WHERE id = :driver) x;
SELECT answers('SELECT begin_role(id(''buyer''), ''driver'')', :'driver', 'the standing one is given again');
SELECT begin_role(id('buyer'), 'driver', id('orchard')) AS for_orchard, begin_role(id('buyer'), 'driver', id('mill')) AS for_mill,
       begin_role(id('buyer'), 'staff', id('orchard')) AS staff, begin_role(id('buyer'), 'supplier') AS supplier, begin_role(id('buyer'), 'supply_leader') AS leader \gset
SELECT is((SELECT count(DISTINCT id) FROM roles WHERE member_id = id('buyer') AND upper_inf(period)), 6::bigint, 'a member plays any number of roles, for any number of employers');
SELECT answers('SELECT begin_role(id(''buyer''), ''driver'', id(''orchard''))', :'for_orchard', 'each of them once');
SELECT throws_ok(format('SELECT begin_role(%s)', a), c, m, coalesce(m, a))
FROM (VALUES ('NULL, ''driver''', '22004', 'member must not be null'), ('id(''buyer''), NULL', '22004', 'role must not be null'),
             ('999999, ''driver''', 'KT303', 'member 999999 does not exist'), ('id(''buyer''), ''driver'', 999999', 'KT303', 'employer 999999 does not exist'),
             ('id(''buyer''), ''steward''', '22023', 'role must be supplier, supply_leader, driver or staff'), ('id(''buyer''), ''''', '22023', NULL),
             ('id(''buyer''), ''Driver''', '22023', NULL), ('id(''buyer''), ''driver'''' OR true --''', '22023', NULL),
             ('id(''buyer''), ''supplier'', id(''mill'')', '22023', 'a supplier has no employer'),
             ('id(''buyer''), ''supply_leader'', id(''mill'')', '22023', 'a supply leader has no employer')) v(a, c, m);

-- Ending.
SELECT is(end_role(id('buyer'), 'driver', id('orchard')), true, 'a role ends');
SELECT answers('SELECT end_role(id(''buyer''), ''driver'', id(''orchard''))', 'false', 'once');
SELECT is((SELECT upper_inf(period) FROM roles WHERE id = :driver), true, 'that of another employer stands');
SELECT is((SELECT upper(period) BETWEEN lower(period) AND clock_timestamp() FROM roles WHERE id = :for_orchard), true, 'the period says when');
SELECT isnt(begin_role(id('buyer'), 'driver', id('orchard')), :for_orchard::bigint, 'and begins anew');
SELECT is((SELECT count(*) FROM roles WHERE member_id = id('buyer') AND role = 'driver' AND employer_id = id('orchard')), 2::bigint, 'as a period of its own');
SELECT answers('SELECT end_role(id(''seller''), ''driver'')', 'false', 'who never had it');
SELECT is(end_role(id('buyer'), 'driver'), true, 'that of the platform ends too');
SELECT throws_ok(format('SELECT end_role(%s)', a), c, m, m)
FROM (VALUES ('NULL, ''driver''', '22004', 'member must not be null'), ('id(''buyer''), NULL', '22004', 'role must not be null'),
             ('999999, ''driver''', 'KT303', 'member 999999 does not exist'), ('id(''buyer''), ''king''', '22023', 'role must be supplier, supply_leader, driver or staff'),
             ('id(''buyer''), ''supplier'', id(''mill'')', '22023', 'a supplier has no employer')) v(a, c, m);

-- A clock that steps back: the next period is behind the last one all the same.
UPDATE roles SET period = tstzrange(lower(period), clock_timestamp() + interval '1 day') WHERE id = :driver;
SELECT begin_role(id('buyer'), 'driver') AS next \gset
SELECT is((SELECT lower(n.period) = upper(d.period) FROM roles n, roles d WHERE n.id = :next AND d.id = :driver), true, 'begins where the last one ended, though the clock says less');
SELECT is(end_role(id('buyer'), 'driver'), true, 'and ends');
SELECT is((SELECT upper(period) - lower(period) FROM roles WHERE id = :next), interval '1 us', 'a moment later');
SELECT throws_ok(format('INSERT INTO roles (member_id, role, employer_id, period) VALUES (id(''buyer''), %s, ''[2020-01-01,)'')', r), '23P01', NULL, 'periods cannot overlap: ' || r)
FROM unnest(ARRAY['''driver'', id(''mill'')', '''supplier'', NULL']) r;
SELECT throws_ok('INSERT INTO roles (member_id, role, employer_id, period) VALUES (id(''chief''), ''supplier'', id(''mill''), ''[2020-01-01,)'')', '23514', NULL, 'nor suppliers have employers');

-- Who acts in a role has it.
SELECT results_eq('SELECT DISTINCT member_id FROM roles WHERE role = ''supplier'' AND member_id <> id(''buyer'') ORDER BY 1', 'SELECT id(n) FROM unnest(''{orchard,mill}''::text[]) n', 'suppliers have goods');
SELECT results_eq('SELECT member_id FROM roles WHERE role = ''supply_leader'' AND member_id <> id(''buyer'')', ARRAY[id('leader')], 'supply leaders lead');
SELECT is((SELECT count(*) FROM roles WHERE member_id = id('orchard')), 1::bigint, 'once');
SELECT add_sku(id('orchard'), 'pear') \g /dev/null
SELECT is((SELECT count(*) FROM roles WHERE member_id = id('orchard')), 1::bigint, 'however many');
SELECT end_role(id('orchard'), 'supplier') \g /dev/null
SELECT add_sku(id('orchard'), 'plum') \g /dev/null
SELECT is((SELECT array_agg(upper_inf(period) ORDER BY id) FROM roles WHERE member_id = id('orchard')), '{f,t}', 'who acts in it again has it again');
SELECT end_role(id('leader'), 'supply_leader') \g /dev/null
SELECT create_campaign(id('wave'), id('leader'), 'campaign 2', '2999-01-01') \g /dev/null
SELECT is((SELECT array_agg(upper_inf(period) ORDER BY id) FROM roles WHERE member_id = id('leader')), '{f,t}', 'a supply leader too');
SELECT throws_ok('SELECT add_sku(id(''rival''), '''')', '22023', NULL, 'an article that is refused');
SELECT is_empty('SELECT * FROM roles WHERE member_id = id(''rival'')', 'makes no supplier');
SELECT add_sku(id('buyer'), 'jam') \g /dev/null
SELECT is((SELECT count(*) FROM roles WHERE member_id = id('buyer') AND role = 'supplier'), 1::bigint, 'who was named one stays the same');

-- All seven.
SELECT place('o1', 'neighbour', '{apple}', '{1}', 'seller'), place('o2', 'neighbour', '{rice}', '{1}'), place('o3', 'chief', '{rice}', '{1}') \g /dev/null
SELECT cancel_order(id('campaign'), id('o3')) \g /dev/null
SELECT form_partnership(id('leader'), id('rival')), end_partnership(id('leader'), id('rival')), begin_role(id('neighbour'), 'staff', id('mill')) \g /dev/null
SELECT set_eq($$SELECT m.reference, r.role, r.of_id, r.until IS NULL FROM member_roles r JOIN members m ON m.id = r.member_id WHERE m.reference <> 'buyer'$$,
              $$VALUES ('orchard', 'supplier', NULL, false), ('orchard', 'supplier', NULL, true), ('mill', 'supplier', NULL, true),
                       ('leader', 'supply_leader', NULL, false), ('leader', 'supply_leader', NULL, true), ('steward', 'steward', id('garden'), true),
                       ('seller', 'sales_leader', id('leader'), true), ('rival', 'sales_leader', id('leader'), false),
                       ('neighbour', 'buyer', id('leader'), true), ('neighbour', 'staff', id('mill'), true)$$, 'every role of everybody');
SELECT is((SELECT since FROM member_roles WHERE role = 'buyer'), (SELECT min(placed_at) FROM orders WHERE id IN (id('o1'), id('o2'))), 'a buyer is one since his first order');
SELECT is_empty('SELECT * FROM member_roles WHERE since IS NULL OR until <= since', 'with the times');

-- What verify_people() finds.
SELECT is_empty('SELECT * FROM verify_people() WHERE violations <> 0', 'all of that is sound');
SELECT is((SELECT checked FROM verify_people() WHERE invariant = 'who supplies or leads a sale has had the role'), 4::bigint, 'and was looked at');
DELETE FROM roles WHERE member_id = id('mill');
SELECT results_eq('SELECT first FROM verify_people() WHERE violations > 0', ARRAY[format('member %s, supplier', id('mill'))], 'a supplier who never had the role');

SELECT throws_ok($$SELECT begin_role(id('buyer'), 'staff', id('buyer'))$$, '22023', format('member %s cannot be his own employer', id('buyer')), 'nobody is his own staff');
SELECT throws_ok($$INSERT INTO roles (member_id, role, employer_id, period) VALUES (id('buyer'), 'driver', id('buyer'), '[2999-01-01,)')$$, '23514', NULL, 'by constraint');

SELECT * FROM finish();
ROLLBACK;
