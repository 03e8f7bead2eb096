-- Every ordered pair of the calls of :area.
\ir pair_calls.sql
INSERT INTO fixture.calls SELECT l.name, l.area, l.call, l.name IN ('expire') FROM fixture.all_calls l WHERE l.area = :'area';
INSERT INTO fixture.pairs SELECT row_number() OVER (ORDER BY a.name, b.name), a.name, b.name FROM fixture.calls a, fixture.calls b;
