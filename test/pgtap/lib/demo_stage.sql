-- Stages the file DATA as the demo does, without its printed summaries.
\setenv DATA :DATA
\o /dev/null
\ir ../../demo/10_lines.sql
\ir ../../demo/11_orders.sql
\ir ../../demo/12_places.sql
\ir ../../demo/13_people.sql
\o
