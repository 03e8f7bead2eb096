-- Rows by key without a plan: what find_row(), has_row(), sum_lines() and take_stock() do is what statements do.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(103);
\ir lib/market.sql

-- One row.
SELECT place('first', 'buyer', '{apple,rice}', '{2,1}', 'seller') \g /dev/null
CREATE FUNCTION pg_temp.differ() RETURNS bigint LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM campaigns c WHERE find_row('campaigns_pkey', c.id)::text IS DISTINCT FROM c::text)
         + (SELECT count(*) FROM campaign_sellers c WHERE find_row('campaign_sellers_pkey', c.campaign_id, c.member_id)::text IS DISTINCT FROM c::text)
         + (SELECT count(*) FROM stock s WHERE find_row('stock_pkey', s.campaign_id, s.stock_id, s.slot)::text IS DISTINCT FROM s::text)
         + (SELECT count(*) FROM orders o WHERE find_row('orders_request_key', o.buyer_id, o.campaign_id, o.request)::text IS DISTINCT FROM o::text)
$$;
SELECT is(pg_temp.differ(), 0::bigint, 'every row is found by its key, of bigint, integer and text');
SELECT is(find_row('campaigns_pkey', 999999::bigint), NULL, 'no row');
SELECT is(find_row('campaigns_pkey', NULL::bigint), NULL, 'no key');
SELECT is(find_row(NULL, 1::bigint), NULL, 'no index');
SELECT ok(has_row('members_pkey', id('buyer')), 'there is a row');
SELECT ok(NOT has_row('members_pkey', 999999::bigint), 'there is none');
SELECT is(has_row('members_pkey', NULL::bigint), NULL, 'no key, no answer');
UPDATE waves SET delivery_on = '2026-12-24' WHERE id = id('wave');
ALTER TABLE waves ADD note text DEFAULT 'late';
ALTER TABLE waves ADD gone int DEFAULT 1;
ALTER TABLE waves DROP gone;
SELECT is(find_row('waves_pkey', id('wave'))::text, (SELECT w::text FROM waves w WHERE w.id = id('wave')), 'the newest of a row, with columns that came and went');
CREATE FUNCTION pg_temp.day(wave bigint) RETURNS date LANGUAGE plpgsql AS $$
DECLARE
    v_wave waves := find_row('waves_pkey', wave);
BEGIN
    RETURN v_wave.delivery_on;
END
$$;
SELECT is(pg_temp.day(id('wave')), '2026-12-24'::date, 'a variable of the row''s type takes it');
SELECT is(pg_temp.day(999999), NULL, 'or is null');
CREATE TABLE fixture.long (id bigint PRIMARY KEY, body text NOT NULL);
ALTER TABLE fixture.long ALTER body SET STORAGE EXTERNAL;
INSERT INTO fixture.long SELECT n, repeat(n::text, 100000) FROM generate_series(1, 3) n;
CREATE FUNCTION pg_temp.body(id bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_long long := find_row('fixture.long_pkey', id);
BEGIN
    RETURN v_long.body;
END
$$;
SELECT is(md5(pg_temp.body(2)), md5(repeat('2', 100000)), 'a value that is stored out of line');
SELECT is(length(find_row('fixture.long_pkey', 3::bigint)::text), 100004, 'also where a whole row is asked for');

-- Whatever is asked for, it is refused or answered.
CREATE TABLE fixture.odd (id bigint PRIMARY KEY, part bigint, small smallint UNIQUE, name text, free bigint);
CREATE INDEX odd_part ON fixture.odd (part);
CREATE UNIQUE INDEX odd_partial ON fixture.odd (part) WHERE part > 0;
CREATE UNIQUE INDEX odd_lower ON fixture.odd (lower(name));
CREATE UNIQUE INDEX odd_name ON fixture.odd (name) INCLUDE (free);
ALTER TABLE fixture.odd ADD CONSTRAINT odd_later UNIQUE (id, part) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE fixture.parts (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
INSERT INTO fixture.odd VALUES (1, 1, 1, 'Ann', 7);
SELECT is(find_row('odd_name', 'Ann'::text)::text, '(1,1,1,Ann,7)', 'by text, beside other columns');
SELECT is(find_row('odd_name', 'ann'::text), NULL, 'another text');
SELECT throws_ok($$SELECT find_row('odd', 1::bigint)$$, '42809', NULL, 'a table');
SELECT throws_ok($$SELECT find_row(0, 1::bigint)$$, '42809', 'relation with OID 0 is not an index', 'nothing at all');
SELECT throws_ok($$SELECT find_row('parts_pkey', 1::bigint)$$, '42809', '"parts" is not a plain table', 'a partitioned table');
SELECT throws_ok($$SELECT find_row('odd_part', 1::bigint)$$, '55000', 'index "odd_part" cannot find rows by a key of 1 columns', 'not unique');
SELECT throws_ok($$SELECT find_row('odd_partial', 1::bigint)$$, '55000', NULL, 'of some rows only');
SELECT throws_ok($$SELECT find_row('odd_lower', 'ann'::text)$$, '55000', NULL, 'of an expression');
SELECT throws_ok($$SELECT find_row('odd_later', 1::bigint, 1::bigint)$$, '55000', NULL, 'unique at the end only');
SELECT throws_ok($$SELECT find_row('pickup_points_location_idx', 1::bigint)$$, '55000', NULL, 'no B-tree');
CREATE TABLE fixture.young (id bigint);
INSERT INTO fixture.young VALUES (1);
UPDATE fixture.young SET id = 2;
CREATE UNIQUE INDEX young_id ON fixture.young (id);
SELECT throws_ok($$SELECT find_row('young_id', 2::bigint)$$, '55000', NULL, 'younger than versions of rows that others may see still');
SELECT throws_ok($$SELECT find_row('odd_pkey', 1::bigint, 2::bigint)$$, '55000', NULL, 'too many keys');
SELECT throws_ok($$SELECT find_row('stock_pkey', 1::bigint)$$, '55000', NULL, 'too few');
SELECT throws_ok($$SELECT find_row('odd_pkey', 1::bigint, 2, 3, 4, 5, 6, 7)$$, '55000', NULL, 'far too many');
SELECT throws_ok($$SELECT find_row('odd_pkey', 1)$$, '42804', 'key 1 of index "odd_pkey" cannot be looked up by a value of type integer', 'an integer for a bigint');
SELECT throws_ok($$SELECT find_row('odd_name', 'Ann')$$, '42804', NULL, 'a literal without a type');
SELECT throws_ok($$SELECT find_row('odd_small_key', 1::smallint)$$, '42804', NULL, 'a type that no key has');
SELECT throws_ok($$SELECT find_row('odd_pkey', VARIADIC ARRAY[1::bigint])$$, '42804', NULL, 'an array of keys');
CREATE ROLE nosy;
GRANT USAGE ON SCHEMA market, fixture TO nosy;
GRANT SELECT ON fixture.odd TO nosy;
CREATE FUNCTION pg_temp.as_nosy(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_answer text;
BEGIN
    SET LOCAL ROLE nosy;
    EXECUTE query INTO v_answer;
    RESET ROLE;
    RETURN v_answer;
END
$$;
SELECT is(pg_temp.as_nosy($$SELECT ktt.find_row('odd_pkey', 1::bigint)$$), '(1,1,1,Ann,7)', 'who may read it');
SELECT throws_ok($$SELECT pg_temp.as_nosy('SELECT ktt.find_row(''campaigns_pkey'', 1::bigint)')$$, '42501', 'permission denied for table campaigns', 'who may not');
SELECT throws_ok(format($$SELECT pg_temp.as_nosy('SELECT ktt.take_stock(''stock_pkey'', %s, ''{%s}'', ''{1}'', ''{1}'')')$$, id('campaign'), id('apple')),
                 '42501', 'permission denied for table stock', 'who may not take');
ALTER TABLE fixture.odd ENABLE ROW LEVEL SECURITY;
SELECT throws_ok($$SELECT pg_temp.as_nosy('SELECT ktt.find_row(''odd_pkey'', 1::bigint)')$$, '0A000', NULL, 'row security');

-- Lines of an order, beside the statement that says what they are.
CREATE FUNCTION pg_temp.sums(campaign bigint, items bigint[], units bigint[], seller bigint, steward bigint) RETURNS line_sums LANGUAGE sql AS $$
    SELECT array_agg(o.id), array_agg(o.units), array_agg(o.slots), bool_and(o.plain), basket_agg(o.id, o.units, o.units * o.sale_price),
           sum(divide_line(o.rule, o.payees, o.units * o.sale_price, o.units * o.supply_price, o.units, seller, steward))
    FROM (SELECT i.*, l.units FROM unnest(items, units) l(item, units) JOIN campaign_items i ON i.id = l.item AND i.campaign_id = campaign ORDER BY i.id) o
$$;
SELECT name('big', create_campaign(id('wave'), id('leader'), 'big', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT name('big ' || n, list_item(id('big'), id(CASE WHEN n % 2 = 0 THEN 'apple sku' ELSE 'rice sku' END), 2500, 2999 + n,
                                   CASE WHEN n % 3 > 0 THEN 150 * n END, CASE WHEN n % 7 = 0 THEN 2 END))
FROM generate_series(1, 40) n WHERE n % 2 = 1 \g /dev/null
SELECT publish_campaign(id('big')) \g /dev/null
CREATE TEMP TABLE drawn AS
SELECT n, (SELECT array_agg(i.id ORDER BY (i.id * 7919 + n * 104729) % 101) FROM campaign_items i WHERE i.campaign_id = id('big') AND (i.id + n) % (1 + n % 5) = 0) AS items,
       CASE WHEN n % 2 = 0 THEN account('seller', 'commission') END AS seller, CASE WHEN n % 3 > 0 THEN account('steward', 'commission') END AS steward
FROM generate_series(1, 200) n;
ALTER TABLE drawn ADD units bigint[];
UPDATE drawn d SET units = (SELECT array_agg(1 + (x.item * d.n) % 20) FROM unnest(d.items) x(item));
SELECT cmp_ok((SELECT count(*) FROM drawn WHERE cardinality(items) > 2), '>', 100::bigint, 'orders of many lines');
SELECT is_empty($$SELECT d.n FROM drawn d WHERE sum_lines('campaign_items_pkey', id('big'), d.items, d.units, d.seller, d.steward)::text
                                     IS DISTINCT FROM pg_temp.sums(id('big'), d.items, d.units, d.seller, d.steward)::text$$, 'come to what the statement says');
SELECT is(sum_lines('campaign_items_pkey', id('big'), l.items, l.units, NULL, NULL), NULL, l.what)
FROM (VALUES ('an item of another campaign', ARRAY[id('apple')], '{1}'::bigint[]), ('no such item', '{999999}', '{1}'), ('no line', '{}', '{}'),
             ('a NULL', '{NULL}', '{1}'), ('an item twice', ARRAY[id('big 1'), id('big 1')], '{1,1}'), ('no units', ARRAY[id('big 1')], '{0}'),
             ('too many units', ARRAY[id('big 1')], '{1000001}'), ('unlike arrays', ARRAY[id('big 1')], '{1,1}'), ('no arrays', NULL, NULL),
             ('1001 lines', ARRAY(SELECT generate_series(1, 1001)), array_fill(1::bigint, '{1001}'))) l(what, items, units);
SELECT throws_ok($$SELECT sum_lines('members_pkey', 1, '{1}', '{1}', NULL, NULL)$$, '42703', NULL, 'a table of something else');

-- Stock, beside UPDATE on a copy.
CREATE TABLE fixture.shelf (note text DEFAULT 'kept', free bigint NOT NULL, slot int, stock_id bigint, campaign_id bigint, PRIMARY KEY (campaign_id, stock_id, slot));
INSERT INTO fixture.shelf (campaign_id, stock_id, slot, free) SELECT 1, n, s, 10 + n FROM generate_series(1, 30) n, generate_series(0, n % 3) s;
CREATE INDEX shelf_free ON fixture.shelf (free);
ALTER TABLE fixture.shelf ADD gone text;
UPDATE fixture.shelf SET gone = repeat('gone', 100);
CREATE TABLE fixture.copy AS TABLE fixture.shelf;
ALTER TABLE fixture.shelf DROP gone;
ALTER TABLE fixture.copy DROP gone;
CREATE FUNCTION pg_temp.wants(n bigint, OUT items bigint[], OUT units bigint[], OUT slots int[]) LANGUAGE sql AS $$
    SELECT array_agg(i ORDER BY i), array_agg(1 + (i * n) % 4 ORDER BY i), array_agg(CASE WHEN i % 11 > 0 THEN 1 + i % 3 END ORDER BY i)
    FROM generate_series(1, 31) i WHERE (i + n) % 6 = 0 AND (i < 31 OR n % 10 = 5)
$$;
CREATE FUNCTION pg_temp.take(rounds bigint, OUT taken bigint, OUT refused bigint) LANGUAGE plpgsql AS $$
DECLARE
    w record;
    v_count bigint;
    v_taken boolean;
BEGIN
    taken := 0;
    refused := 0;
    FOR n IN 1 .. rounds LOOP
        w := pg_temp.wants(n);
        BEGIN
            v_taken := take_stock('shelf_pkey', 1, w.items, w.units, w.slots);
            IF NOT v_taken THEN
                RAISE EXCEPTION USING ERRCODE = 'KT999';
            END IF;
        EXCEPTION WHEN SQLSTATE 'KT999' THEN
        END;
        BEGIN
            UPDATE fixture.copy s SET free = s.free - l.units FROM unnest(w.items, w.units, w.slots) l(item, units, slots)
            WHERE s.campaign_id = 1 AND s.stock_id = l.item AND s.slot = pg_backend_pid() % l.slots AND s.free >= l.units;
            GET DIAGNOSTICS v_count = ROW_COUNT;
            IF v_count < num_nonnulls(VARIADIC w.slots) THEN
                RAISE EXCEPTION USING ERRCODE = 'KT999';
            END IF;
            taken := taken + 1;
            IF NOT v_taken THEN
                RAISE EXCEPTION 'round % was refused', n;
            END IF;
        EXCEPTION WHEN SQLSTATE 'KT999' THEN
            refused := refused + 1;
            IF v_taken THEN
                RAISE EXCEPTION 'round % was not refused', n;
            END IF;
        END;
    END LOOP;
END
$$;
CREATE TEMP TABLE result AS SELECT * FROM pg_temp.take(120);
SELECT ok(taken > 10 AND refused > 10, format('%s orders took stock, %s did not', taken, refused)) FROM result;
SELECT bag_eq('TABLE fixture.shelf', 'TABLE fixture.copy', 'what is left is what UPDATE leaves, column by column');
SELECT bag_eq('SELECT stock_id, slot, pg_column_size(s) FROM fixture.shelf s', 'SELECT stock_id, slot, pg_column_size(s) FROM fixture.copy s',
              'and of a column that was dropped no more');
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT is((SELECT array_agg(free ORDER BY free) FROM fixture.shelf WHERE free BETWEEN 0 AND 1000), (SELECT array_agg(free ORDER BY free) FROM fixture.copy), 'also by an index over what changed');
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT is(take_stock('shelf_pkey', 1, '{}', '{}', '{}'), true, 'nothing is always there');
SELECT is(take_stock('shelf_pkey', 1, '{999}', '{1}', '{NULL}'), true, 'stock without end needs no row');
SELECT is(take_stock('shelf_pkey', 1, '{999}', '{1}', '{1}'), false, 'no row, no stock');
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{2,1}', '{1,1}', '{1,1}')$$, '22023', 'items must be given once each, by rising id', 'falling ids');
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{1,1}', '{1,1}', '{1,1}')$$, '22023', NULL, 'one twice');
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{1}', '{0}', '{1}')$$, '22023', 'units must be above zero', 'no units');
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{3}', '{1}', '{0}')$$, '22023', 'number of slots must be above zero', 'no slots');
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{1}', '{1,2}', '{1}')$$, '22023', NULL, 'unlike arrays');
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{NULL}', '{1}', '{1}')$$, '22004', NULL, 'a NULL');
SELECT throws_ok($$SELECT take_stock('members_pkey', 1, '{1}', '{1}', '{1}')$$, '55000', NULL, 'a table of something else');
SELECT throws_ok($$SET LOCAL transaction_read_only = on; SELECT take_stock('shelf_pkey', 1, '{3}', '{1}', '{1}')$$, '25006', NULL, 'a transaction that reads only');
UPDATE fixture.shelf SET free = 9;
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{3}', '{1}', '{1}'), take_stock('shelf_pkey', 1, '{3}', '{1}', '{1}')$$,
                 '27000', 'stock was already changed by the same command', 'twice in one command');
SELECT is(take_stock('shelf_pkey', 1, ('{3,NULL}'::bigint[])[1:1], ('{1,NULL}'::bigint[])[1:1], '{1}'), true, 'an array that had a NULL has none');
ALTER TABLE fixture.shelf ADD CONSTRAINT enough CHECK (free > 7);
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{3}', '{2}', '{1}')$$, '23514', NULL, 'the owner''s own constraint holds');
CREATE TABLE fixture.heir () INHERITS (fixture.shelf);
SELECT is(take_stock('shelf_pkey', 1, '{3}', '{1}', '{1}'), NULL, 'a table with heirs needs UPDATE');
SELECT throws_ok($$SELECT has_row('shelf_pkey', 1::bigint, 3::bigint, 0)$$, '0A000', 'a look-up by key cannot see the tables that inherit from "shelf"', 'and SELECT');
DROP TABLE fixture.heir;
SELECT is(has_row('shelf_pkey', 1::bigint, 3::bigint, 0), true, 'until they are gone');
CREATE TABLE fixture.few (campaign_id bigint, stock_id bigint, slot int, free bigint, PRIMARY KEY (campaign_id, stock_id, slot, free)) PARTITION BY LIST (free);
CREATE TABLE fixture.few_5 PARTITION OF fixture.few FOR VALUES IN (5);
CREATE UNIQUE INDEX few_5_key ON fixture.few_5 (campaign_id, stock_id, slot);
INSERT INTO fixture.few VALUES (1, 3, 0, 5);
SELECT is(take_stock('few_5_key', 1, '{3}', '{1}', '{1}'), NULL, 'so does a partition, whose bounds hold');
ALTER TABLE fixture.shelf ADD twice bigint GENERATED ALWAYS AS (free * 2) STORED;
SELECT is(take_stock('shelf_pkey', 1, '{3}', '{1}', '{1}'), NULL, 'a generated column needs UPDATE');
ALTER TABLE fixture.shelf RENAME free TO rest;
SELECT throws_ok($$SELECT take_stock('shelf_pkey', 1, '{3}', '{1}', '{1}')$$, '42703', NULL, 'no column of the name');

-- Values out of line, indexes of every kind and the server's counts are as UPDATE leaves them.
CREATE TABLE fixture.one (campaign_id bigint, stock_id bigint, slot int, free bigint NOT NULL, note text, PRIMARY KEY (campaign_id, stock_id, slot)) WITH (fillfactor = 40);
ALTER TABLE fixture.one ALTER note SET STORAGE EXTERNAL;
CREATE TABLE fixture.other (LIKE fixture.one INCLUDING ALL);
INSERT INTO fixture.one SELECT 1, n, 0, 10 * n, repeat(n::text, 100000) FROM generate_series(1, 4) n;
INSERT INTO fixture.other TABLE fixture.one;
CREATE FUNCTION pg_temp.counts(of regclass) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s updates, %s of them in place, %s bytes', n_tup_upd, n_tup_hot_upd, pg_table_size(of)) FROM pg_stat_xact_user_tables WHERE relid = of
$$;
CREATE FUNCTION pg_temp.take_both(units bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE fixture.other o SET free = o.free - take_both.units WHERE o.stock_id < 3;
    RETURN take_stock('one_pkey', 1, '{1,2}', array_fill(units, '{2}'), '{1,1}');
END
$$;
SELECT ok(pg_temp.take_both(1), 'taken');
SELECT is(pg_temp.counts('one'), pg_temp.counts('other'), pg_temp.counts('other'));
CREATE INDEX one_odd ON fixture.one ((free % 2));
CREATE INDEX one_low ON fixture.one (stock_id) WHERE free < 9;
CREATE INDEX one_span ON fixture.one USING brin (free);
CREATE UNIQUE INDEX one_free ON fixture.one (free);
CREATE INDEX other_odd ON fixture.other ((free % 2));
SELECT ok(pg_temp.take_both(1), 'taken with indexes over what changes');
SELECT is(pg_temp.counts('one'), pg_temp.counts('other'), pg_temp.counts('other'));
SET LOCAL enable_seqscan = off;
SELECT is((SELECT array_agg(stock_id ORDER BY stock_id) FROM fixture.one WHERE free % 2 = 0), '{1,2,3,4}', 'an index over an expression has them');
SELECT is((SELECT array_agg(stock_id) FROM fixture.one WHERE free < 9), '{1}', 'one of some rows');
SELECT is((SELECT array_agg(stock_id) FROM fixture.one WHERE free = 18), '{2}', 'one that is unique, or one of blocks');
RESET enable_seqscan;
SELECT throws_ok($$SELECT take_stock('one_pkey', 1, '{3}', '{12}', '{1}')$$, '23505', NULL, 'and what is unique stays so');
SELECT bag_eq('SELECT stock_id, free, md5(note) FROM fixture.one', 'SELECT stock_id, free, md5(note) FROM fixture.other', 'nothing else has changed');

-- An order checks itself, by its row.
SELECT throws_ok(format('UPDATE orders SET %s WHERE request = ''first''', c), '23514', NULL, 'no order has ' || c)
FROM unnest(ARRAY['amount = amount + 1', 'amount = 0', 'shares = shares - ktt.shares(7, 1)', 'basket = basket + ktt.basket(7, 1, 1)',
                  'refunded = basket + ktt.basket(7, 1, 1)', 'refunded = ktt.basket(7, 1, 1)', 'part_paid = 0', 'part_paid = amount',
                  'part_paid = 1, paid_at = now()', 'due_at = now()', 'state = ''completed''']) c;
SELECT lives_ok(format('UPDATE orders SET %s WHERE request = ''first''', c), 'but ' || c)
FROM unnest(ARRAY['refunded = basket', 'part_paid = 1, refunded = ''{}''', 'part_paid = NULL, paid_at = now(), due_at = now(), state = ''completed''',
                  'paid_at = NULL, due_at = NULL, state = ''placed''']) c;
SELECT throws_ok(format('SELECT adds_up(%s)', r), '42703', NULL, 'no order: ' || r)
FROM unnest(ARRAY['row()', 'row(1)', '(SELECT s FROM stock s LIMIT 1)', '(SELECT x FROM (SELECT 1::int AS amount) x)']) r;
SELECT is(adds_up(NULL), NULL, 'nothing');

-- A trigger of the owner's on stock fires as ever.
CREATE TABLE fixture.seen (item bigint, free bigint);
CREATE FUNCTION fixture.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO fixture.seen VALUES (NEW.stock_id, NEW.free); RETURN NEW; END $$;
CREATE TRIGGER see AFTER UPDATE ON stock FOR EACH ROW EXECUTE FUNCTION fixture.see();
SELECT is(take_stock('stock_pkey', id('campaign'), ARRAY[id('apple')], '{1}', '{1}'), NULL, 'a trigger needs UPDATE');
SELECT place('second', 'neighbour', '{apple}', '{3}') \g /dev/null
SELECT results_eq('TABLE fixture.seen', format('VALUES (%s::bigint, 95::bigint)', id('apple')), 'and an order gives it');
SELECT is_empty('SELECT violations()', 'the market is sound');
SELECT * FROM finish();
ROLLBACK;
