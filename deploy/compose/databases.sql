-- psql -v ON_ERROR_STOP=1 -f THIS postgres
\set ON_ERROR_STOP on

-- identity
\connect postgres
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_identity_owner') THEN CREATE ROLE tongban_identity_owner; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_identity_owner' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_identity_owner is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_identity_owner LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5;
ALTER ROLE tongban_identity_owner SET search_path = public;
ALTER ROLE tongban_identity_owner SET lock_timeout = '5s';
ALTER ROLE tongban_identity_owner SET idle_in_transaction_session_timeout = '30s';
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_identity') THEN CREATE ROLE tongban_identity; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_identity' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_identity is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_identity LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60;
ALTER ROLE tongban_identity SET search_path = public;
ALTER ROLE tongban_identity SET lock_timeout = '5s';
ALTER ROLE tongban_identity SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE tongban_identity SET statement_timeout = '30s';
SELECT $create$CREATE DATABASE tongban_identity TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'$create$ WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tongban_identity')\gexec
\connect tongban_identity
BEGIN;
GRANT tongban_identity_owner TO CURRENT_USER;
REVOKE ALL ON DATABASE tongban_identity FROM PUBLIC, tongban_identity_owner, tongban_identity;
GRANT CONNECT ON DATABASE tongban_identity TO tongban_identity_owner, tongban_identity;
REVOKE ALL ON SCHEMA public FROM PUBLIC, tongban_identity;
GRANT USAGE, CREATE ON SCHEMA public TO tongban_identity_owner;
GRANT USAGE ON SCHEMA public TO tongban_identity;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, tongban_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tongban_identity;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tongban_identity;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_identity_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tongban_identity;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_identity_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO tongban_identity;
REVOKE tongban_identity_owner FROM CURRENT_USER;
COMMIT;

-- catalogue
\connect postgres
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_catalogue_owner') THEN CREATE ROLE tongban_catalogue_owner; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_catalogue_owner' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_catalogue_owner is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_catalogue_owner LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5;
ALTER ROLE tongban_catalogue_owner SET search_path = public;
ALTER ROLE tongban_catalogue_owner SET lock_timeout = '5s';
ALTER ROLE tongban_catalogue_owner SET idle_in_transaction_session_timeout = '30s';
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_catalogue') THEN CREATE ROLE tongban_catalogue; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_catalogue' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_catalogue is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_catalogue LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60;
ALTER ROLE tongban_catalogue SET search_path = public;
ALTER ROLE tongban_catalogue SET lock_timeout = '5s';
ALTER ROLE tongban_catalogue SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE tongban_catalogue SET statement_timeout = '30s';
SELECT $create$CREATE DATABASE tongban_catalogue TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'$create$ WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tongban_catalogue')\gexec
\connect tongban_catalogue
BEGIN;
GRANT tongban_catalogue_owner TO CURRENT_USER;
REVOKE ALL ON DATABASE tongban_catalogue FROM PUBLIC, tongban_catalogue_owner, tongban_catalogue;
GRANT CONNECT ON DATABASE tongban_catalogue TO tongban_catalogue_owner, tongban_catalogue;
REVOKE ALL ON SCHEMA public FROM PUBLIC, tongban_catalogue;
GRANT USAGE, CREATE ON SCHEMA public TO tongban_catalogue_owner;
GRANT USAGE ON SCHEMA public TO tongban_catalogue;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, tongban_catalogue;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tongban_catalogue;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tongban_catalogue;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_catalogue_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tongban_catalogue;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_catalogue_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO tongban_catalogue;
REVOKE tongban_catalogue_owner FROM CURRENT_USER;
COMMIT;

-- cases
\connect postgres
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_cases_owner') THEN CREATE ROLE tongban_cases_owner; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_cases_owner' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_cases_owner is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_cases_owner LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5;
ALTER ROLE tongban_cases_owner SET search_path = public;
ALTER ROLE tongban_cases_owner SET lock_timeout = '5s';
ALTER ROLE tongban_cases_owner SET idle_in_transaction_session_timeout = '30s';
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_cases') THEN CREATE ROLE tongban_cases; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_cases' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_cases is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_cases LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60;
ALTER ROLE tongban_cases SET search_path = public;
ALTER ROLE tongban_cases SET lock_timeout = '5s';
ALTER ROLE tongban_cases SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE tongban_cases SET statement_timeout = '30s';
SELECT $create$CREATE DATABASE tongban_cases TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'$create$ WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tongban_cases')\gexec
\connect tongban_cases
BEGIN;
GRANT tongban_cases_owner TO CURRENT_USER;
REVOKE ALL ON DATABASE tongban_cases FROM PUBLIC, tongban_cases_owner, tongban_cases;
GRANT CONNECT ON DATABASE tongban_cases TO tongban_cases_owner, tongban_cases;
REVOKE ALL ON SCHEMA public FROM PUBLIC, tongban_cases;
GRANT USAGE, CREATE ON SCHEMA public TO tongban_cases_owner;
GRANT USAGE ON SCHEMA public TO tongban_cases;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, tongban_cases;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tongban_cases;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tongban_cases;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_cases_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tongban_cases;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_cases_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO tongban_cases;
REVOKE tongban_cases_owner FROM CURRENT_USER;
COMMIT;

-- exchange
\connect postgres
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_exchange_owner') THEN CREATE ROLE tongban_exchange_owner; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_exchange_owner' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_exchange_owner is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_exchange_owner LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5;
ALTER ROLE tongban_exchange_owner SET search_path = public;
ALTER ROLE tongban_exchange_owner SET lock_timeout = '5s';
ALTER ROLE tongban_exchange_owner SET idle_in_transaction_session_timeout = '30s';
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_exchange') THEN CREATE ROLE tongban_exchange; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_exchange' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_exchange is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_exchange LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60;
ALTER ROLE tongban_exchange SET search_path = public;
ALTER ROLE tongban_exchange SET lock_timeout = '5s';
ALTER ROLE tongban_exchange SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE tongban_exchange SET statement_timeout = '30s';
SELECT $create$CREATE DATABASE tongban_exchange TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'$create$ WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tongban_exchange')\gexec
\connect tongban_exchange
BEGIN;
GRANT tongban_exchange_owner TO CURRENT_USER;
REVOKE ALL ON DATABASE tongban_exchange FROM PUBLIC, tongban_exchange_owner, tongban_exchange;
GRANT CONNECT ON DATABASE tongban_exchange TO tongban_exchange_owner, tongban_exchange;
REVOKE ALL ON SCHEMA public FROM PUBLIC, tongban_exchange;
GRANT USAGE, CREATE ON SCHEMA public TO tongban_exchange_owner;
GRANT USAGE ON SCHEMA public TO tongban_exchange;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, tongban_exchange;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tongban_exchange;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tongban_exchange;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_exchange_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tongban_exchange;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_exchange_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO tongban_exchange;
REVOKE tongban_exchange_owner FROM CURRENT_USER;
COMMIT;

-- portal
\connect postgres
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_portal_owner') THEN CREATE ROLE tongban_portal_owner; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_portal_owner' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_portal_owner is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_portal_owner LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5;
ALTER ROLE tongban_portal_owner SET search_path = public;
ALTER ROLE tongban_portal_owner SET lock_timeout = '5s';
ALTER ROLE tongban_portal_owner SET idle_in_transaction_session_timeout = '30s';
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_portal') THEN CREATE ROLE tongban_portal; END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tongban_portal' AND (rolsuper OR rolreplication OR rolbypassrls)) THEN RAISE EXCEPTION 'tongban_portal is a superuser, or may replicate or pass row security: take that away first'; END IF; END $$;
ALTER ROLE tongban_portal LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60;
ALTER ROLE tongban_portal SET search_path = public;
ALTER ROLE tongban_portal SET lock_timeout = '5s';
ALTER ROLE tongban_portal SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE tongban_portal SET statement_timeout = '30s';
SELECT $create$CREATE DATABASE tongban_portal TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'$create$ WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tongban_portal')\gexec
\connect tongban_portal
BEGIN;
GRANT tongban_portal_owner TO CURRENT_USER;
REVOKE ALL ON DATABASE tongban_portal FROM PUBLIC, tongban_portal_owner, tongban_portal;
GRANT CONNECT ON DATABASE tongban_portal TO tongban_portal_owner, tongban_portal;
REVOKE ALL ON SCHEMA public FROM PUBLIC, tongban_portal;
GRANT USAGE, CREATE ON SCHEMA public TO tongban_portal_owner;
GRANT USAGE ON SCHEMA public TO tongban_portal;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, tongban_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tongban_portal;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tongban_portal;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_portal_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tongban_portal;
ALTER DEFAULT PRIVILEGES FOR ROLE tongban_portal_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO tongban_portal;
REVOKE tongban_portal_owner FROM CURRENT_USER;
COMMIT;

\password tongban_identity_owner
\password tongban_identity
\password tongban_catalogue_owner
\password tongban_catalogue
\password tongban_cases_owner
\password tongban_cases
\password tongban_exchange_owner
\password tongban_exchange
\password tongban_portal_owner
\password tongban_portal
