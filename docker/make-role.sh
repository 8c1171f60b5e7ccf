#!/bin/sh
# Makes the ordinary role and its database, or brings them up to date; may run any number of times.
# Reads PGHOST, PGPORT and PGPASSWORD (the superuser's) as psql does, and DATABASE_PASSWORD for the new role.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\getenv password DATABASE_PASSWORD
SELECT 'CREATE ROLE socialcare' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'socialcare') \gexec
ALTER ROLE socialcare LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
SELECT 'CREATE DATABASE socialcare OWNER socialcare'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'socialcare') \gexec
SQL
