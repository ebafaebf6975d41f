-- The databases of the services and who may do what in them. The one definition: the local launcher, compose and Kubernetes run it.
--   psql -X -v secrets=FOLDER -f prepare.sql        as a superuser; FOLDER holds a file postgres-ROLE.password for each role
-- Makes what is missing and sets all passwords, so it is safe to run again, and after a password has changed.
\set ON_ERROR_STOP on

\set role audit
\ir role.sql

\set service ordering
\ir service.sql
\set service inventory
\ir service.sql
\set service payment
\ir service.sql
