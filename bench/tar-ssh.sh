#!/bin/sh
# The yardstick: the fastest thing an expert would type by hand. One connection a host, the archive in, the output out,
# with the cheapest key exchange and cipher that OpenSSH has. The variables are those of compare.js.
set -eu

tar -C "$STAGE" -cf "$OUT/payload.tar" .
export CIPHERS='-o KexAlgorithms=curve25519-sha256 -c aes128-gcm@openssh.com'

# shellcheck disable=SC2016 # each host's own shell expands it
exec xargs -P "$COUNT" -I{} sh -c '
  dir=$REMOTE-{}
  ssh $CIPHERS -F "$SSH_CONFIG" {} \
    "mkdir -m 700 $dir && tar -C $dir -xpf - && DEPLOY_FILES_DIR=$dir/files $dir/deploy.sh" \
    <"$OUT/payload.tar" >"$OUT/{}.out" 2>"$OUT/{}.err"
' <"$HOSTS"
