-- Pickup points and street addresses, both real places in Taipei, and which of the addresses can be used.
-- abs_srcdir (environment or psql variable) is the root of the project.
\set ON_ERROR_STOP on
\if :{?abs_srcdir}
\setenv abs_srcdir :abs_srcdir
\endif

CREATE TEMP TABLE shops (
    pickup_id text, name_zh text, name_en text, address_zh text, district text, lon float8, lat float8, area text,
    file_order bigint GENERATED ALWAYS AS IDENTITY
);
\copy shops (pickup_id, name_zh, name_en, address_zh, district, lon, lat, area) FROM PROGRAM 'gzip -dc < "${abs_srcdir:?is not set}/test/data/geo_taipei_pickups.csv.gz"' (FORMAT csv, HEADER match, ENCODING 'UTF8')

CREATE TEMP TABLE streets (
    buyer_id text, address_zh text, district text, village_published text, lon float8, lat float8,
    file_order bigint GENERATED ALWAYS AS IDENTITY
);
\copy streets (buyer_id, address_zh, district, village_published, lon, lat) FROM PROGRAM 'gzip -dc < "${abs_srcdir:?is not set}/test/data/geo_taipei_buyers.csv.gz"' (FORMAT csv, HEADER match, ENCODING 'UTF8')

-- Every shop is a pickup point with a community of its own, and keeps it.  Thirty lie far outside Taipei; they are real.
CREATE TABLE demo.points (
    point_no     bigint PRIMARY KEY,          -- in file order
    point_ref    text NOT NULL UNIQUE,        -- TPS0001
    name         text NOT NULL,
    address      text,
    district     text,
    location     ktt.location NOT NULL,
    steward_ref  text NOT NULL,               -- demo.people
    community_id bigint,
    point_id     bigint
);
CREATE TABLE demo.addresses (
    address_no  bigint PRIMARY KEY,           -- in file order
    address_ref text NOT NULL UNIQUE,         -- TPB0001
    address     text,
    district    text,
    location    ktt.location,                 -- null where it was refused
    good        boolean NOT NULL,             -- a location, and a pickup point within reach
    use_no      bigint REFERENCES demo.addresses   -- itself when good, else the next good one, going round
);
CREATE TABLE demo.rejected_places (
    place_ref text PRIMARY KEY,
    longitude float8,
    latitude  float8,
    reason    text NOT NULL CHECK (reason IN ('refused', 'out_of_reach')),
    message   text NOT NULL,
    hint      text
);

-- ktt.location() says what is a location and what is not.  One at a time, so that one bad row does not cost the others.
DO $$
DECLARE
    place   record;
    spot    ktt.location;
    message text;
    hint    text;
BEGIN
    FOR place IN SELECT * FROM shops ORDER BY file_order LOOP
        BEGIN
            spot := ktt.location(place.lon, place.lat);
            INSERT INTO demo.points (point_no, point_ref, name, address, district, location, steward_ref)
                VALUES (place.file_order, place.pickup_id, place.name_zh, place.address_zh, place.district, spot,
                        'shop ' || place.pickup_id);
        EXCEPTION WHEN invalid_parameter_value OR null_value_not_allowed THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
            INSERT INTO demo.rejected_places VALUES (place.pickup_id, place.lon, place.lat, 'refused', message, nullif(hint, ''));
        END;
    END LOOP;

    FOR place IN SELECT * FROM streets ORDER BY file_order LOOP
        spot := NULL;
        BEGIN
            spot := ktt.location(place.lon, place.lat);
        EXCEPTION WHEN invalid_parameter_value OR null_value_not_allowed THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
            INSERT INTO demo.rejected_places VALUES (place.buyer_id, place.lon, place.lat, 'refused', message, nullif(hint, ''));
        END;
        INSERT INTO demo.addresses (address_no, address_ref, address, district, location, good)
            VALUES (place.file_order, place.buyer_id, place.address_zh, place.district, spot, false);
    END LOOP;
END
$$;
DROP TABLE shops, streets;

-- Within reach is 10 km.  A location can be well formed and still be 9,000 km away.
CREATE INDEX ON demo.points USING gist (location);
ANALYZE demo.points;

UPDATE demo.addresses a
    SET good = EXISTS (SELECT FROM demo.points p WHERE ktt.within(p.location, a.location, 10000))
    WHERE a.location IS NOT NULL;

INSERT INTO demo.rejected_places
    SELECT a.address_ref, ktt.longitude(a.location), ktt.latitude(a.location), 'out_of_reach',
           format('the nearest pickup point, %s, is %s km away', near.point_ref, round(near.metres / 1000)), NULL
    FROM demo.addresses a,
         LATERAL (SELECT p.point_ref, ktt.distance(p.location, a.location) AS metres
                  FROM demo.points p ORDER BY metres, p.point_no LIMIT 1) near
    WHERE a.location IS NOT NULL AND NOT a.good;

UPDATE demo.addresses a
    SET use_no = coalesce((SELECT min(b.address_no) FROM demo.addresses b WHERE b.good AND b.address_no >= a.address_no),
                          (SELECT min(b.address_no) FROM demo.addresses b WHERE b.good));
ANALYZE demo.addresses;

SELECT (SELECT count(*) FROM demo.points) AS pickup_points, count(*) AS addresses, count(*) FILTER (WHERE good) AS good,
       (SELECT count(*) FROM demo.rejected_places WHERE reason = 'refused') AS refused,
       (SELECT count(*) FROM demo.rejected_places WHERE reason = 'out_of_reach') AS out_of_reach
FROM demo.addresses;
