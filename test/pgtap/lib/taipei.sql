-- Shops and street addresses of Taipei, as they are: 28 addresses have wrong coordinates. Expects ktt on the search path.
CREATE TEMP TABLE shop_file (pickup_id text, name_zh text, name_en text, address_zh text, district text, lon float8, lat float8, area text);
\copy shop_file FROM PROGRAM 'gzip -dc test/data/geo_taipei_pickups.csv.gz' (FORMAT csv, HEADER match, ENCODING 'UTF8')
CREATE TEMP TABLE street_file (buyer_id text, address_zh text, district text, village_published text, lon float8, lat float8);
\copy street_file FROM PROGRAM 'gzip -dc test/data/geo_taipei_buyers.csv.gz' (FORMAT csv, HEADER match, ENCODING 'UTF8')

CREATE TEMP TABLE shop AS SELECT substr(pickup_id, 4)::bigint AS id, location(lon, lat) AS location FROM shop_file;
-- What can be a place at all.
CREATE TEMP TABLE street AS
SELECT substr(buyer_id, 4)::bigint AS id, location(lon, lat) AS location FROM street_file WHERE abs(lon) <= 180 AND abs(lat) <= 90;
ANALYZE shop;
ANALYZE street;
