-- Pickup points and buyers in cities that do not touch: the first is Nanning, each has 300 points, the last one what is left.

CREATE TABLE bench.sizes AS SELECT * FROM (VALUES ('small', :small), ('middle', :middle), ('large', :large)) s(name, points);

-- Normal around the centre of a city, so many degrees wide.
CREATE FUNCTION bench.place(n bigint, city bigint, width double precision, seed int) RETURNS ktt.location LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ktt.location(108.366 + 0.6 * (city % 20) + width * bench.normal(n, seed), 22.817 + 0.9 * (city / 20) + width * bench.normal(n, seed + 1))
$$;

-- 10 % of the points are closed, 20 % of the others full.
CREATE FUNCTION bench.points(wanted bigint) RETURNS TABLE (id bigint, location ktt.location, closed boolean, crowded boolean) LANGUAGE sql STABLE AS $$
    SELECT n, bench.place(n, (n - 1) / 300, 0.06, 51), bench.uniform(n, 53) < 0.1, bench.uniform(n, 54) < 0.2
    FROM generate_series(1, wanted) n
$$;

-- As many for each point, in no order.
CREATE FUNCTION bench.buyers(wanted bigint, points bigint) RETURNS TABLE (id bigint, city bigint, location ktt.location) LANGUAGE sql STABLE AS $$
    SELECT n, b.city, bench.place(n, b.city, 0.07, 55)
    FROM (SELECT n, floor(bench.uniform(n, 57) * points)::bigint / 300 AS city FROM generate_series(1, wanted) n OFFSET 0) b
$$;
