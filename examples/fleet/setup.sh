#!/bin/sh
# Makes a new instance ready for work.sh.
set -eu

mkdir -p ~/work
echo "ready at $(date -u +%H:%M:%S)"
