#!/usr/bin/env bash
# Packs the project and tries the package as a user would: installed into an empty folder, without this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$(node -p 'require("./package.json").version')

npm pack --silent --pack-destination "$folder" >"$folder/pack.log"
cd "$folder"
echo '{ "private": true }' >package.json
npm install --omit=dev --no-audit --no-fund --prefer-offline --loglevel=error ./spot-*.tgz

spot=$folder/node_modules/.bin/spot
[ "$("$spot" --version)" = "$version" ]
"$spot" --help >help.txt
grep -q upload-script help.txt
HOME=$folder "$spot" demo </dev/null >demo.log 2>&1 || {
  cat demo.log >&2
  exit 1
}
# the thread that asks PostgreSQL is a file of its own, and its packages are not in the bundle
SPOT_DATABASE=postgres://nobody@127.0.0.1:1/none "$spot" list 2>database.log && exit 1
grep -q 'cannot be reached (nobody listens there)' database.log || {
  cat database.log >&2
  exit 1
}
echo "The package $version works from an empty folder."
