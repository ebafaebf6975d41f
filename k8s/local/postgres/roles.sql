-- Who may do what in PostgreSQL: an owner for each database, who runs migrations; a user for the running service, who
-- changes rows but no table and enters no other database; and an auditor, who reads. Runs once, with psql, when the server
-- is made. The passwords are files beside the secrets.
\set ordering_owner `cat /etc/shop/passwords/ordering_owner`
\set ordering `cat /etc/shop/passwords/ordering`
\set inventory_owner `cat /etc/shop/passwords/inventory_owner`
\set inventory `cat /etc/shop/passwords/inventory`
\set payment_owner `cat /etc/shop/passwords/payment_owner`
\set payment `cat /etc/shop/passwords/payment`
\set audit `cat /etc/shop/passwords/audit`

create role audit login password :'audit';

create role ordering_owner login password :'ordering_owner';
create role ordering login password :'ordering';
create database ordering owner ordering_owner;
\connect ordering
revoke all on database ordering from public;
grant connect on database ordering to ordering, audit;
grant temporary on database ordering to audit;
revoke all on schema public from public;
create schema ordering authorization ordering_owner;
grant usage on schema ordering to ordering, audit;
alter default privileges for role ordering_owner in schema ordering grant select, insert, update, delete on tables to ordering;
alter default privileges for role ordering_owner in schema ordering grant usage on sequences to ordering;
alter default privileges for role ordering_owner in schema ordering grant select on tables to audit;

create role inventory_owner login password :'inventory_owner';
create role inventory login password :'inventory';
create database inventory owner inventory_owner;
\connect inventory
revoke all on database inventory from public;
grant connect on database inventory to inventory, audit;
grant temporary on database inventory to audit;
revoke all on schema public from public;
create schema inventory authorization inventory_owner;
grant usage on schema inventory to inventory, audit;
alter default privileges for role inventory_owner in schema inventory grant select, insert, update, delete on tables to inventory;
alter default privileges for role inventory_owner in schema inventory grant usage on sequences to inventory;
alter default privileges for role inventory_owner in schema inventory grant select on tables to audit;

create role payment_owner login password :'payment_owner';
create role payment login password :'payment';
create database payment owner payment_owner;
\connect payment
revoke all on database payment from public;
grant connect on database payment to payment, audit;
grant temporary on database payment to audit;
revoke all on schema public from public;
create schema payment authorization payment_owner;
grant usage on schema payment to payment, audit;
alter default privileges for role payment_owner in schema payment grant select, insert, update, delete on tables to payment;
alter default privileges for role payment_owner in schema payment grant usage on sequences to payment;
alter default privileges for role payment_owner in schema payment grant select on tables to audit;
