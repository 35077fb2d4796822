#!/bin/sh
# Makes a cluster in a directory, starts and stops its server as it is told by lines on its input, and removes all of
# it when the input ends: whoever started this may be killed, and nothing stays behind.
directory=$1
binaries=$2
trap 'rm -rf "$directory"' EXIT
trap '' INT TERM HUP

cluster=$directory/cluster
"$binaries/initdb" --pgdata="$cluster" --username=postgres --auth=scram-sha-256 \
  --pwfile="$directory/password" --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en \
  --no-sync --no-instructions >"$directory/initdb.log" 2>&1 || { echo failed; exit 1; }
echo made

start() {
  "$binaries/pg_ctl" start --pgdata="$cluster" --log="$directory/server.log" --silent --wait --timeout=120 \
    --options="-p $1 -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100 \
      -c shared_buffers=64MB -c logging_collector=off" >/dev/null 2>&1
}

stop() {
  "$binaries/pg_ctl" stop --pgdata="$cluster" --silent --wait --timeout=120 --mode="$1" >/dev/null 2>&1
}

while read -r command argument; do
  if "$command" "$argument"; then echo done; else echo failed; fi
done
stop immediate
