#!/bin/sh
# Brings the databases, roles and passwords to what databases.sql and the secrets say; as often as
# one likes. A changed secret is so the new password.
set -eu
secrets=${SECRETS:-/run/secrets}
here=$(dirname "$0")
PGHOST=${PGHOST:-postgres} PGUSER=${PGUSER:-postgres} PGPASSWORD=$(cat "$secrets/postgres_admin")
export PGHOST PGUSER PGPASSWORD

run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres; }

# Where psql would ask for a password: they come from the secrets, below.
grep -v '^\\password ' "$here/databases.sql" | run
echo 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;' | run
for file in "$secrets"/*_owner "$secrets"/*_database; do
  login=$(sed 's|^postgresql://||; s|@.*||' "$file")
  # A statement with a password stays out of the server's log, even when it is slow or fails.
  run <<SQL
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
\set role '${login%%:*}'
\set password '${login#*:}'
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
echo "databases and roles are as they should be"
