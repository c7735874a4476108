#!/bin/sh
# Makes the secrets that docker-compose.yml reads and that are not there yet; those that are stay.
# The folder is for its owner only. A file in it is readable, since each container has another user
# and sees only the files that it is given.
set -eu
umask 077
folder=${1:-$(dirname "$0")/../secrets}
mkdir -p "$folder"
chmod 0700 "$folder"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

keep() { # NAME CONTENT
  [ -s "$folder/$1" ] && return
  printf '%s\n' "$2" >"$folder/$1.new"
  chmod 0444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "已生成 (made)：$folder/$1"
}

for name in postgres_admin grafana_admin prometheus_client; do
  keep "$name" "$(random)"
done
for service in identity catalogue cases exchange portal; do
  database=tongban_$service
  keep "${service}_owner" "postgresql://${database}_owner:$(random)@postgres/$database"
  keep "${service}_database" "postgresql://$database:$(random)@postgres/$database"
done
