#!/bin/bash
# Run once by the database image of compose.yaml: roles with passwords, extensions, the owner of the database.
set -euo pipefail
here=${CITYLAB_SQL:-/citylab}
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"; }
run --dbname postgres --file "$here/roles.sql"
run --dbname postgres --set owner="$CITYLAB_OWNER_PASSWORD" --set app="$CITYLAB_APP_PASSWORD" <<'SQL'
ALTER ROLE citylab_owner PASSWORD :'owner';
ALTER ROLE citylab_app PASSWORD :'app';
ALTER DATABASE citylab OWNER TO citylab_owner;
SQL
run --dbname citylab --file "$here/extensions.sql"
