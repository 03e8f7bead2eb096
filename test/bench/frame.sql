-- What every benchmark uses: samples, the line that reports them, and numbers
-- that look random and are the same everywhere.

SET client_min_messages = warning;
CREATE EXTENSION ktt CASCADE;
CREATE EXTENSION pg_prewarm;
CREATE SCHEMA bench;

-- One process each, so that the figures compare work and not the number of cores.
ALTER DATABASE :"DBNAME" SET max_parallel_workers_per_gather = 0;
ALTER DATABASE :"DBNAME" SET max_parallel_maintenance_workers = 0;
ALTER DATABASE :"DBNAME" SET jit = off;
ALTER DATABASE :"DBNAME" SET random_page_cost = 1.1;
ALTER DATABASE :"DBNAME" SET search_path = public, ktt;

CREATE TABLE bench.samples (
    bench   text NOT NULL,
    who     text NOT NULL,
    ms      double precision,
    cpu_ms  double precision,
    wal     double precision,
    tps     double precision,
    km      double precision,
    rows    double precision
);

-- CPU time of this backend in milliseconds: the scheduler's nanoseconds, or clock ticks where it keeps none.
CREATE FUNCTION bench.cpu() RETURNS double precision LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(nullif(split_part(pg_read_file('/proc/self/schedstat', 0, 100, true), ' ', 1)::double precision, 0) / 1000000,
                    10 * (split_part(s.rest, ' ', 12)::double precision + split_part(s.rest, ' ', 13)::double precision))
    FROM (SELECT substring(pg_read_file('/proc/self/stat') FROM '\) (.*)$') AS rest) s
$$;

-- The same in all backends that have ended, in clock ticks of 10 ms.
CREATE FUNCTION bench.backends_cpu() RETURNS double precision LANGUAGE sql VOLATILE AS $$
    SELECT 10 * (split_part(s.rest, ' ', 14)::double precision + split_part(s.rest, ' ', 15)::double precision)
    FROM (SELECT substring(pg_read_file(format('/proc/%s/stat', split_part(pg_read_file('postmaster.pid'), E'\n', 1)))
                           FROM '\) (.*)$') AS rest) s
$$;

-- Both, for statements with parallel workers, which have ended when the statement has.
CREATE FUNCTION bench.all_cpu() RETURNS double precision LANGUAGE sql VOLATILE AS 'SELECT bench.cpu() + bench.backends_cpu()';

-- Memory of the largest hash table of a statement, as its plan reports it, in bytes; NULL when it has none in memory.
CREATE FUNCTION bench.hash_memory(statement text) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT json) ' || statement INTO plan;
    RETURN (SELECT max(m[1]::double precision) * 1024 FROM regexp_matches(plan::text, '"Peak Memory Usage": (\d+)', 'g') AS m);
END
$$;

-- The most memory that this backend had at any time, and what of its memory is shared buffers and libraries, in bytes.
CREATE FUNCTION bench.memory(OUT peak double precision, OUT shared double precision) LANGUAGE sql VOLATILE AS $$
    SELECT 1024 * substring(s FROM 'VmHWM:\s+(\d+)')::double precision,
           1024 * (substring(s FROM 'RssFile:\s+(\d+)')::double precision + substring(s FROM 'RssShmem:\s+(\d+)')::double precision)
    FROM pg_read_file('/proc/self/status') s
$$;

-- All rows of a schema, and the bytes of its tables and indexes: whatever tables it keeps things in.
CREATE FUNCTION bench.stored(schema name, OUT rows bigint, OUT bytes bigint) LANGUAGE sql VOLATILE AS $$
    SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass), false, true, '')))[1]::text::bigint),
           sum(pg_table_size(c.oid) + pg_indexes_size(c.oid))
    FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(schema)) AND c.relkind = 'r'
$$;

-- Uniform in [0, 1) and standard normal, by row number and a seed per column.
CREATE FUNCTION bench.uniform(n bigint, seed int) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((hashint8extended(n, seed) >> 11) & 9007199254740991)::double precision / 9007199254740992
$$;
CREATE FUNCTION bench.normal(n bigint, seed int) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sqrt(-2 * ln(1 - bench.uniform(n, seed))) * cos(2 * pi() * bench.uniform(n, seed + 1000))
$$;

-- 1 and a geometric number more, with this mean in all.
CREATE FUNCTION bench.lines(n bigint, seed int, mean double precision) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(60, 1 + floor(ln(1 - bench.uniform(n, seed)) / ln(1 - 1 / mean)))::int
$$;

-- Units of a line: 1 (70 %), 2 (18 %), 3 to 5 (10 %), 6 to 20 (2 %).
CREATE FUNCTION bench.units(n bigint, seed int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN u < 0.70 THEN 1 WHEN u < 0.88 THEN 2 WHEN u < 0.98 THEN 3 + floor((u - 0.88) * 30)::int
                ELSE 6 + floor((u - 0.98) * 750)::int END
    FROM (SELECT bench.uniform(n, seed)) r(u)
$$;

-- 700 items: popularity near Zipf's law with 8 % of the lines on the first, in no order of ids; prices in fen, log-normal
-- around 6 yuan; supply price 65 to 80 %, distribution price 80 to 92 % of the sale price; 1 to 2 % for the platform,
-- 5 to 10 % of the margin for the steward, 10 to 15 % for the sales leader.
CREATE TABLE bench.items AS
SELECT i.id, 1 + i.id % 150 AS supplier, p.sale_price,
       floor(p.sale_price * (0.65 + 0.15 * bench.uniform(i.id, 12)))::bigint AS supply_price,
       ceil(p.sale_price * (0.80 + 0.12 * bench.uniform(i.id, 13)))::bigint AS distribution_price,
       10000 + 5000 * floor(3 * bench.uniform(i.id, 14))::int AS platform_ppm,
       50000 + 5000 * floor(11 * bench.uniform(i.id, 15))::int AS steward_ppm,
       100000 + 5000 * floor(11 * bench.uniform(i.id, 16))::int AS sales_ppm,
       1.0::double precision / (1 + i.id * 379 % 701) AS popularity
FROM generate_series(1, 700) i(id)
CROSS JOIN LATERAL (SELECT least(19900, greatest(190, floor(600 * exp(0.9 * bench.normal(i.id, 11)))))::bigint AS sale_price) p;
ALTER TABLE bench.items ADD PRIMARY KEY (id);

-- 10,000 sales leaders, 40 of each of 250 sizes that are log-normal with sigma 1.1; each at one of 300 points.
CREATE TABLE bench.leaders AS
SELECT l.id, 1 + (hashint8extended(l.id, 21) & 1048575) % 300 AS point, exp(1.1 * bench.normal((l.id - 1) / 40, 22)) AS size
FROM generate_series(1, 10000) l(id);
ALTER TABLE bench.leaders ADD PRIMARY KEY (id);

-- Where the ids from 2 on begin when [0, 1) is shared out by weight: 1 + width_bucket(u, them) picks one.
-- A view, because the arrays of a table would be decompressed for every row.
CREATE VIEW bench.bounds AS
SELECT (SELECT array_agg(x.bound ORDER BY x.id) FILTER (WHERE x.id < 700)
        FROM (SELECT id, sum(popularity) OVER (ORDER BY id) / sum(popularity) OVER () AS bound FROM bench.items) x) AS items,
       (SELECT array_agg(x.bound ORDER BY x.id) FILTER (WHERE x.id < 10000)
        FROM (SELECT id, sum(size) OVER (ORDER BY id) / sum(size) OVER () AS bound FROM bench.leaders) x) AS leaders;

-- Stop everything when a benchmark's methods do not agree.
CREATE FUNCTION bench.expect(violations bigint, what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF violations IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION 'not so: % (% violations)', what, violations;
    END IF;
    RETURN 'checked: ' || what;
END
$$;

-- Three digits are more than such figures have.
CREATE FUNCTION bench.digits(value double precision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value = 0 THEN '0' ELSE round(value::numeric, greatest(0, 2 - floor(log(abs(value)))::int))::text END
$$;

-- One line: medians of one figure of ours and of a peer. Transactions are better when more, everything else when less.
CREATE FUNCTION bench.line(name text, bench text, peer text, figure text, against text, aim numeric DEFAULT NULL,
                           ours text DEFAULT 'ours')
RETURNS text LANGUAGE sql STABLE AS $$
    WITH f AS (
        SELECT s.who, count(*) AS n,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY v.value) AS value, min(v.value) AS low, max(v.value) AS high,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY s.cpu_ms) AS cpu,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY s.tps) AS tps
        FROM bench.samples s
        CROSS JOIN LATERAL (SELECT CASE figure WHEN 'ms' THEN s.ms WHEN 'bytes' THEN s.wal WHEN 'km' THEN s.km WHEN 'rows' THEN s.rows
                                          WHEN 'cpu_us' THEN 1000 * s.cpu_ms ELSE s.tps END AS value) v
        WHERE s.bench = line.bench AND s.who IN (line.ours, line.peer)
        GROUP BY s.who)
    SELECT format('bench %s ours=%s peer=%s ratio=%s unit=%s against=%s ours_range=%s..%s peer_range=%s..%s%s%s',
                  name, bench.digits(o.value), bench.digits(p.value),
                  bench.digits(CASE figure WHEN 'tps' THEN o.value / p.value ELSE p.value / nullif(o.value, 0) END), figure, against,
                  bench.digits(o.low), bench.digits(o.high), bench.digits(p.low), bench.digits(p.high),
                  CASE figure WHEN 'ms' THEN format(' ours_cpu=%s peer_cpu=%s cpu_ratio=%s', bench.digits(o.cpu), bench.digits(p.cpu), bench.digits(p.cpu / o.cpu))
                              WHEN 'cpu_us' THEN format(' ours_tps=%s peer_tps=%s', bench.digits(o.tps), bench.digits(p.tps))
                              WHEN 'tps' THEN format(' ours_cpu_us=%s peer_cpu_us=%s', bench.digits(1000 * o.cpu), bench.digits(1000 * p.cpu)) END,
                  ' aim=' || aim)
    FROM f o, f p WHERE o.who = line.ours AND p.who = line.peer
$$;
