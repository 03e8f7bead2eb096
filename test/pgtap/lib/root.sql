-- abs_srcdir, a variable of psql and its environment: the root of the project, from the caller, or where psql was started.
\if :{?abs_srcdir}
\else
\getenv abs_srcdir abs_srcdir
\if :{?abs_srcdir}
\else
\set abs_srcdir `pwd`
\endif
\endif
\setenv abs_srcdir :abs_srcdir
