-- One service's database. Its owner runs migrations; the user of the running service changes rows, but no table; the auditor reads.
-- None of them may enter another service's database.
\set owner :service _owner
\set role :owner
\ir role.sql
\set role :service
\ir role.sql
-- Nobody waits long for a lock that somebody else holds, and a process that stands still, or has lost its power, keeps none of its own.
-- The running service only: a migration waits for the one before it.
alter role :"service" set lock_timeout = '2s';
alter role :"service" set idle_in_transaction_session_timeout = '10s';
alter role :"service" set tcp_keepalives_idle = '5s';
alter role :"service" set tcp_keepalives_interval = '3s';
alter role :"service" set tcp_keepalives_count = '3';
alter role :"service" set tcp_user_timeout = '15s';
select format('create database %I owner %I', :'service', :'owner') where not exists (select from pg_database where datname = :'service') \gexec
\connect :service
revoke all on database :"service" from public;
grant connect on database :"service" to :"service", audit;
-- The audit puts what all databases say side by side in temporary tables.
grant temporary on database :"service" to audit;
revoke all on schema public from public;
create schema if not exists :"service" authorization :"owner";
grant usage on schema :"service" to :"service", audit;
alter default privileges for role :"owner" in schema :"service" grant select, insert, update, delete on tables to :"service";
alter default privileges for role :"owner" in schema :"service" grant usage on sequences to :"service";
alter default privileges for role :"owner" in schema :"service" grant select on tables to audit;
