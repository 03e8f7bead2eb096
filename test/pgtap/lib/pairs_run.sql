-- Runs what pairs.sql describes, and judges it.
SELECT dblink_connect(s, format('host=%s port=%s dbname=%s user=%s options=''-csearch_path=market,ktt,fixture,public -cclient_min_messages=warning''',
                                split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database(), current_user))
FROM unnest('{a,b}'::text[]) s \g /dev/null
CALL fixture.run();

SELECT is_empty($$SELECT c.a, c.b, c.first, c.second, c.outcome, s.first, s.second, s.outcome FROM beside c JOIN serial s USING (a, b) JOIN serial r ON r.a = c.b AND r.b = c.a
                  WHERE c.ends = 'COMMIT' AND (c.first, c.second, c.outcome) IS DISTINCT FROM (s.first, s.second, s.outcome)
                    AND (c.waited OR (c.second, c.first, c.outcome) IS DISTINCT FROM (r.first, r.second, r.outcome))$$, 'beside each other they do what they do one after the other');
SELECT is_empty($$SELECT c.a, c.b, c.second, c.outcome, s.second, s.outcome FROM beside c JOIN alone s USING (b)
                  WHERE c.ends = 'ROLLBACK' AND (c.second, c.outcome) IS DISTINCT FROM (s.second, s.outcome)$$, 'what is undone was never there');
SELECT is_empty($$SELECT a, b, ends, first, second FROM beside WHERE concat(first, ' ', second) ~ 'error (40|XX|55|57)'$$, 'no deadlock, nothing to be repeated');
SELECT is_empty($$SELECT b, second FROM alone WHERE second ~ '^error (?!KT)'$$, 'alone each works, or is refused for what it finds');
SELECT cmp_ok((SELECT 100 * count(*) FILTER (WHERE waited) / count(*) FROM beside), '>=', :waits::bigint, 'many waited');
SELECT cmp_ok((SELECT count(DISTINCT outcome) FROM serial), '>=', :outcomes::bigint, 'and it made a difference');
SELECT is_empty('SELECT * FROM verify() WHERE violations > 0', 'all of it is sound');

SELECT * FROM finish();
