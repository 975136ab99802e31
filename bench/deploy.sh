#!/bin/sh
# What every host runs: 49 lines of output, and a last one by which the output is known to be complete.
set -eu

line=1
while [ "$line" -lt 50 ]; do
  echo "line $line: configuring step $line of 49"
  line=$((line + 1))
done
echo "DONE $(find "$DEPLOY_FILES_DIR" -type f | wc -l)"
