-- A million seats of sellers below their leaders, two levels deep and six, each five times: as chains, as ltree,
-- as a closure table, as a parent column, and as a column for every level.

CREATE EXTENSION ltree;

-- Seats of one level lie behind each other; who is above is drawn so that few leaders have very many below them.
-- A leader holds one seat. A tenth of the last level's seats are held by members who have a seat elsewhere.
CREATE FUNCTION bench.draw_seats(into_table text, sizes bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_first bigint := 1;
    v_above bigint := 0;
    v_last bigint := cardinality(sizes);
BEGIN
    EXECUTE format('CREATE UNLOGGED TABLE %s (id bigint, parent_id bigint, member_id bigint, sales bigint, path bigint[])', into_table);
    FOR k IN 1 .. v_last LOOP
        EXECUTE format($sql$
            INSERT INTO %1$s
            SELECT d.id, p.id, CASE WHEN d.other = ANY (p.path) THEN d.id ELSE d.other END, 1 + (hashint8extended(d.id, 57) & 65535),
                   p.path || CASE WHEN d.other = ANY (p.path) THEN d.id ELSE d.other END
            FROM (SELECT n AS id,
                         CASE WHEN $5 AND bench.uniform(n, 52) < 0.1 THEN 1 + floor(power(bench.uniform(n, 53), 2) * n)::bigint ELSE n END AS other,
                         $3 - $4 + floor(power(bench.uniform(n, 51), 1.5) * $4)::bigint AS above
                  FROM generate_series($1::bigint, $2::bigint) n) d
            LEFT JOIN %1$s p ON p.id = d.above $sql$, into_table)
        USING v_first, v_first + sizes[k] - 1, v_first, v_above, k = v_last;
        v_above := sizes[k];
        v_first := v_first + sizes[k];
    END LOOP;
    -- Nobody holds two seats below the same leader.
    EXECUTE format('UPDATE %1$s s SET member_id = s.id, path = s.path[1:$1 - 1] || s.id '
                   'FROM (SELECT id, row_number() OVER (PARTITION BY path ORDER BY id) AS n FROM %1$s) d WHERE d.id = s.id AND d.n > 1', into_table)
    USING v_last::int;
    EXECUTE format('ALTER TABLE %1$s ADD PRIMARY KEY (id)', into_table);
END
$$;

-- The five forms of one tree, each with the indexes that serve it best, in an order on disk that says nothing of
-- who is above whom.
CREATE FUNCTION bench.make_forms(seats text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_depth int;
BEGIN
    EXECUTE format('SELECT max(cardinality(path)) FROM %s', seats) INTO v_depth;
    EXECUTE format('CREATE UNLOGGED TABLE %1$s_ours AS SELECT id, path::ktt.chain AS chain, sales FROM %1$s ORDER BY hashint8extended(id, 56)', seats);
    EXECUTE format('CREATE UNLOGGED TABLE %1$s_ltree AS SELECT id, array_to_string(path, ''.'')::ltree AS path, sales FROM %1$s ORDER BY hashint8extended(id, 56)', seats);
    EXECUTE format('CREATE UNLOGGED TABLE %1$s_parent AS SELECT id, parent_id, member_id, sales FROM %1$s ORDER BY hashint8extended(id, 56)', seats);
    EXECUTE format('CREATE UNLOGGED TABLE %1$s_plain AS SELECT id, member_id, cardinality(path) AS depth, sales, %2$s FROM %1$s ORDER BY hashint8extended(id, 56)', seats,
                   (SELECT string_agg(format('path[%s] AS l%s', k, k), ', ') FROM generate_series(1, v_depth) k));
    EXECUTE format($sql$
        CREATE UNLOGGED TABLE %1$s_closure AS
        WITH RECURSIVE up(ancestor, descendant, steps) AS (
            SELECT id, id, 0 FROM %1$s UNION ALL SELECT s.parent_id, u.descendant, u.steps + 1 FROM up u JOIN %1$s s ON s.id = u.ancestor WHERE s.parent_id IS NOT NULL)
        SELECT * FROM up $sql$, seats);
    -- Sales stand in every index that can hold them beside its key, so that a team's sales need not read the table.
    EXECUTE format('CREATE UNIQUE INDEX ON %s_ours (id)', seats);
    EXECUTE format('CREATE UNIQUE INDEX ON %s_ltree (id)', seats);
    EXECUTE format('CREATE UNIQUE INDEX ON %s_parent (id) INCLUDE (sales)', seats);
    EXECUTE format('CREATE UNIQUE INDEX ON %s_plain (id) INCLUDE (sales)', seats);
    EXECUTE format('CREATE INDEX ON %s_ours USING btree (chain) INCLUDE (sales)', seats);
    EXECUTE format('CREATE INDEX ON %s_ours USING gin (chain)', seats);
    EXECUTE format('CREATE INDEX ON %s_ltree USING gist (path)', seats);
    EXECUTE format('CREATE INDEX ON %s_parent (parent_id) INCLUDE (id, sales)', seats);
    EXECUTE format('CREATE INDEX ON %s_parent (member_id)', seats);
    FOR k IN 1 .. v_depth LOOP
        EXECUTE format('CREATE INDEX ON %s_plain (l%s) INCLUDE (sales)', seats, k);
    END LOOP;
    EXECUTE format('CREATE UNIQUE INDEX ON %s_closure (ancestor, descendant)', seats);
    EXECUTE format('CREATE INDEX ON %s_closure (descendant, steps, ancestor)', seats);
END
$$;

-- Who is asked about: leaders of one level with so many below them, sellers of the last level, members of so many chains.
CREATE FUNCTION bench.pick_leaders(levels text, size text, depth int, low int, high int, howmany int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($sql$
        CREATE TABLE bench.%1$s_%2$s AS
        SELECT s.id FROM bench.%1$s s JOIN (SELECT ancestor, count(*) AS below FROM bench.%1$s_closure GROUP BY 1) c ON c.ancestor = s.id
        WHERE cardinality(s.path) = $1 ORDER BY c.below NOT BETWEEN $2 AND $3, hashint8extended(s.id, 58) LIMIT $4 $sql$, levels, size)
    USING depth, low, high, howmany;
END
$$;
CREATE FUNCTION bench.pick_others(levels text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE bench.%1$s_sellers AS SELECT id FROM bench.%1$s WHERE cardinality(path) = (SELECT max(cardinality(path)) FROM bench.%1$s) '
                   'ORDER BY hashint8extended(id, 59) LIMIT 5000', levels);
    EXECUTE format('CREATE TABLE bench.%1$s_members AS SELECT m AS id FROM (SELECT unnest(path) AS m FROM bench.%1$s) x GROUP BY m '
                   'ORDER BY count(*) NOT BETWEEN 50 AND 200, hashint8extended(m, 60) LIMIT 50', levels);
END
$$;

-- Every question of every peer is a view: id asked about, number of rows, total.
CREATE FUNCTION bench.make_question(name text, query text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE VIEW bench.%s AS %s', name, query);
END
$$;
CREATE FUNCTION bench.make_subtree(levels text, size text, depth int, what text, question text) RETURNS void LANGUAGE sql AS $$
    SELECT bench.make_question(format('%s_%s_%s', levels, question, who),
                               format('SELECT p.id, x.* FROM bench.%s_%s p CROSS JOIN LATERAL (%s) x', levels, size,
                                      replace(format(query, what, 'bench.' || levels), '@depth', depth::text)))
    FROM (VALUES
        ('ours', 'SELECT %1$s FROM %2$s_ours m WHERE m.chain <@ (SELECT me.chain FROM %2$s_ours me WHERE me.id = p.id)'),
        ('ltree', 'SELECT %1$s FROM %2$s_ltree m WHERE m.path <@ (SELECT me.path FROM %2$s_ltree me WHERE me.id = p.id)'),
        ('closure', CASE what WHEN 'count(*) AS n, 0 AS total' THEN 'SELECT %1$s FROM %2$s_closure c WHERE c.ancestor = p.id'
                    ELSE 'SELECT %1$s FROM %2$s_closure c JOIN %2$s_parent m ON m.id = c.descendant WHERE c.ancestor = p.id' END),
        ('cte', 'WITH RECURSIVE down AS (SELECT s.id, s.sales FROM %2$s_parent s WHERE s.id = p.id '
                'UNION ALL SELECT s.id, s.sales FROM down d JOIN %2$s_parent s ON s.parent_id = d.id) SELECT %1$s FROM down m'),
        ('plain', 'SELECT %1$s FROM %2$s_plain m WHERE m.l@depth = p.id')) q(who, query)
$$;
CREATE FUNCTION bench.make_others(levels text, depth int) RETURNS void LANGUAGE sql AS $$
    SELECT bench.make_question(format('%s_%s_%s', levels, question, who),
                               format('SELECT p.id, x.* FROM bench.%s_%s p CROSS JOIN LATERAL (%s) x', levels, CASE question WHEN 'member' THEN 'members' ELSE 'sellers' END,
                                      replace(replace(format(query, 'bench.' || levels), '@columns', (SELECT string_agg('l' || k, ', ') FROM generate_series(1, depth) k)),
                                              '@any', (SELECT string_agg(format('m.l%s = p.id', k), ' OR ') FROM generate_series(1, depth) k))))
    FROM (VALUES
        -- Who is above, in order; the total is a checksum of the ids.
        ('upline', 'ours', 'SELECT depth(a) AS n, hash_array_extended(members(a), 0) AS total FROM (SELECT upline(s.chain) AS a FROM %1$s_ours s WHERE s.id = p.id OFFSET 0) y'),
        ('upline', 'ltree', 'SELECT cardinality(a) AS n, hash_array_extended(a, 0) AS total FROM '
                            '(SELECT string_to_array(subpath(s.path, 0, -1)::text, ''.'')::bigint[] AS a FROM %1$s_ltree s WHERE s.id = p.id OFFSET 0) y'),
        ('upline', 'closure', 'SELECT cardinality(a) AS n, hash_array_extended(a, 0) AS total FROM '
                              '(SELECT array_agg(c.ancestor ORDER BY c.steps DESC) AS a FROM %1$s_closure c WHERE c.descendant = p.id AND c.steps > 0 OFFSET 0) y'),
        ('upline', 'cte', 'SELECT cardinality(a) AS n, hash_array_extended(a, 0) AS total FROM '
                          '(WITH RECURSIVE up AS (SELECT s.parent_id, 1 AS steps FROM %1$s_parent s WHERE s.id = p.id '
                          'UNION ALL SELECT s.parent_id, u.steps + 1 FROM up u JOIN %1$s_parent s ON s.id = u.parent_id WHERE s.parent_id IS NOT NULL) '
                          'SELECT array_agg(parent_id ORDER BY steps DESC) AS a FROM up) y'),
        ('upline', 'plain', 'SELECT cardinality(a) AS n, hash_array_extended(a, 0) AS total FROM (SELECT (ARRAY[@columns])[1:s.depth - 1] AS a FROM %1$s_plain s WHERE s.id = p.id OFFSET 0) y'),
        -- The sales of everybody above and the seller's own.
        ('upline_rows', 'ours', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_ours m WHERE m.chain @> (SELECT me.chain FROM %1$s_ours me WHERE me.id = p.id)'),
        ('upline_rows', 'ltree', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_ltree m WHERE m.path @> (SELECT me.path FROM %1$s_ltree me WHERE me.id = p.id)'),
        ('upline_rows', 'closure', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_closure c JOIN %1$s_parent m ON m.id = c.ancestor WHERE c.descendant = p.id'),
        ('upline_rows', 'cte', 'WITH RECURSIVE up AS (SELECT s.id, s.parent_id, s.sales FROM %1$s_parent s WHERE s.id = p.id '
                               'UNION ALL SELECT s.id, s.parent_id, s.sales FROM up u JOIN %1$s_parent s ON s.id = u.parent_id) SELECT count(*) AS n, sum(sales) AS total FROM up'),
        ('upline_rows', 'plain', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_plain m WHERE m.id = ANY ('
                                 '(SELECT (ARRAY[@columns])[1:me.depth - 1] || me.id FROM %1$s_plain me WHERE me.id = p.id)::bigint[])'),
        -- The sales of all chains in which a member takes part, at whatever place.
        ('member', 'ours', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_ours m WHERE m.chain ? p.id'),
        ('member', 'ltree', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_ltree m WHERE m.path ~ format(''*.%%s.*'', p.id)::lquery'),
        ('member', 'closure', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_parent s JOIN %1$s_closure c ON c.ancestor = s.id '
                              'JOIN %1$s_parent m ON m.id = c.descendant WHERE s.member_id = p.id'),
        ('member', 'cte', 'WITH RECURSIVE down AS (SELECT s.id, s.sales FROM %1$s_parent s WHERE s.member_id = p.id '
                          'UNION ALL SELECT s.id, s.sales FROM down d JOIN %1$s_parent s ON s.parent_id = d.id) SELECT count(*) AS n, sum(sales) AS total FROM down'),
        ('member', 'plain', 'SELECT count(*) AS n, sum(m.sales) AS total FROM %1$s_plain m WHERE @any')) q(question, who, query)
$$;

SELECT bench.draw_seats('bench.two', ARRAY[:orders / 10000, :orders / 100, :orders - :orders / 10000 - :orders / 100]) \g /dev/null
SELECT bench.draw_seats('bench.six', ARRAY[2, :orders / 100000 + 2, :orders / 10000 + 2, :orders / 1000 + 2, :orders / 100 + 2, :orders / 10 + 2,
                                           :orders - :orders / 10 - :orders / 100 - :orders / 1000 - :orders / 10000 - :orders / 100000 - 12]) \g /dev/null
SELECT bench.make_forms('bench.two'), bench.make_forms('bench.six') \g /dev/null

SELECT bench.pick_leaders('two', 'small', 2, 50, 200, 200), bench.pick_leaders('two', 'middle', 1, 7000, 15000, 10), bench.pick_leaders('two', 'large', 1, 20000, 50000, 3),
       bench.pick_leaders('six', 'small', 5, 50, 200, 200), bench.pick_leaders('six', 'middle', 3, 5000, 15000, 10), bench.pick_leaders('six', 'large', 2, 80000, 120000, 2),
       bench.pick_others('two'), bench.pick_others('six') \g /dev/null
SELECT bench.make_subtree(v.levels, v.size, v.depth, 'count(*) AS n, sum(m.sales) AS total', v.size),
       bench.make_subtree(v.levels, v.size, v.depth, 'count(*) AS n, 0 AS total', v.size || '_count')
FROM (VALUES ('two', 'small', 2), ('two', 'middle', 1), ('two', 'large', 1), ('six', 'small', 5), ('six', 'middle', 3), ('six', 'large', 2)) v(levels, size, depth) \g /dev/null
SELECT bench.make_others('two', 3), bench.make_others('six', 7) \g /dev/null
DROP TABLE bench.two, bench.six;
VACUUM (FREEZE, ANALYZE);
SELECT pg_prewarm(c.oid) FROM pg_class c WHERE c.relnamespace = 'bench'::regnamespace AND c.relkind IN ('r', 'i') AND c.relname ~ '^(two|six)_' \g /dev/null
