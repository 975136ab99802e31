#!/bin/sh
# Works through so many parts (10 if nobody says), a second each. On the notice that the instance is taken back it puts
# what it has into the rescue folder and ends.
#
#   spot upload-script work.sh -- 20
#
set -eu

parts=${1:-10}
part=1
: >~/work/result.txt

while [ "$part" -le "$parts" ]; do
  if [ -e "${SPOT_INTERRUPTION_FILE:-/nonexistent}" ]; then
    cp ~/work/result.txt "$SPOT_RESCUE_DIR"
    echo "taken back after $((part - 1)) of $parts parts"
    exit 75
  fi
  sleep 1
  echo "part $part by ${SPOT_INSTANCE_ID:-nobody}" >>~/work/result.txt
  echo "part $part of $parts"
  part=$((part + 1))
done
