-- pgbench: where a buyer of some city is
\set city (random(1, :points) - 1) / 300
\set longitude 108.366 + 0.6 * mod(:city, 20) + random_gaussian(-280000, 280000, 4) / 1000000.0
\set latitude 22.817 + 0.9 * (:city / 20) + random_gaussian(-280000, 280000, 4) / 1000000.0
