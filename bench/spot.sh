#!/bin/sh
# This program on the same work. The variables are those of compare.js.
set -eu

cd "$WORK"
exec node "$SPOT" upload-script "$STAGE/deploy.sh" --files "$STAGE/files" --concurrency "$COUNT" --json >"$OUT/result.json"
