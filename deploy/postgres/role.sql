-- A login role with the password from its file. A statement with a password in it must not reach the server's log, should it fail.
select rolsuper as is_superuser from pg_roles where rolname = current_user \gset
\if :is_superuser
    set log_min_error_statement = panic;
    set log_statement = 'none';
    set log_min_duration_statement = -1;
\endif
\set file :secrets '/postgres-' :role '.password'
\set password `cat :'file'`
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
\unset password
