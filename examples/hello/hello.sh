#!/bin/sh
# A first script: every running instance says who it is.
#
#   spot upload-script examples/hello/hello.sh --no-files -- from me
#
set -eu

echo "Hello from $(uname -n), known to spot as ${SPOT_INSTANCE_ID:-nobody yet}."
echo "Kernel: $(uname -s) $(uname -r) on $(uname -m)"

if [ -r /proc/uptime ]; then
  read -r seconds _ </proc/uptime
  seconds=${seconds%%.*}
  echo "Up for: $((seconds / 86400)) days $((seconds % 86400 / 3600)) hours $((seconds % 3600 / 60)) minutes"
fi

echo "Arguments: $#"
for argument in "$@"; do
  echo "  - $argument"
done
