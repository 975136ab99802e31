#!/bin/sh
# healthcheck.sh FOLDER: is the release in this folder fit to be served?
set -eu

release=$1

fail() {
  echo "  not healthy: $1" >&2
  exit 1
}

grep -q '</html>' "$release/site/index.html" || fail 'site/index.html is cut off'
grep -q '^port = [0-9]' "$release/conf/app.conf" || fail 'conf/app.conf names no port'
if grep -q '@' "$release/conf/app.conf"; then fail 'conf/app.conf is not filled in'; fi

echo '  healthy'
