# shellcheck shell=sh disable=SC2034,SC2154
# Starter: receives, verifies and unpacks the payload, takes the receipt.

start() {
  # whoever speaks to a client that is gone would die of it, and leave the folders behind
  trap 'fail gone' PIPE
  for tool in tar gzip sha256sum mv rm head tail wc sleep cat grep; do
    command -v "$tool" >/dev/null || fail no-tool "$tool"
  done
  [ -z "$job_interpreter" ] || command -v "$job_interpreter" >/dev/null || fail no-interpreter "$job_interpreter"
  exec 3<&0
  [ -z "$job_holder" ] || lock
  [ "$job_env_size" -eq 0 ] || why=$(take 1 "$job_env_size" 2>&1 >"$ctrl/env") || fail no-space "$why"
  "$job_deliver"
}

deliver() {
  obtain
  [ -z "$job_remote_path" ] || keep_script
  if [ "$job_mode" = copy ]; then copied; else run; fi
}

# One run at a time of those who ask for it: a lock of the kernel's, which ends with its last holder, on a file that names
# the one who has it. By host name, as a home may be shared by several instances. The script does not inherit it.
lock() {
  command -v flock >/dev/null || fail no-tool flock
  read -r host </proc/sys/kernel/hostname
  file=$HOME/.cache/spot/exclusive.$host
  why=$({ [ -d "${file%/*}" ] || mkdir -p "${file%/*}"; } 2>&1 && : 2>&1 >>"$file") || fail no-lock "$why"
  exec 9<>"$file"
  flock -n 9 || fail locked "$(cat "$file")"
  say "$job_holder since $(date -u '+%Y-%m-%d %H:%M:%S UTC')" >"$file"
}

# After `ready` the client says `stream`, and the archive follows, or `stored`, once it is there by SFTP. With `delta` an
# archive of what is missing follows, and where that does not do, `whole` asks for all of it.
obtain() {
  say ready
  read -r word <&3
  if [ "$word" = delta ]; then
    receive "$job_delta_size"
    verify "$job_delta_size" "$job_delta_digest"
    unpack
    if reuse; then
      place
      return
    fi
    remove "$ctrl/files"
    say whole
    read -r word <&3
  fi
  case $word in
    stream) receive "$job_size" ;;
    stored) ;;
    *) fail gone ;;
  esac
  verify "$job_size" "$job_digest"
  unpack
  place
}

# receive SIZE
receive() {
  if [ "$1" -le 1048576 ]; then
    why=$(dd bs="$1" count=1 iflag=fullblock <&3 2>&1 >"$ctrl/payload.tar.gz")
  else
    why=$({
      take "$(($1 / 1048576))" 1048576 && take 1 "$(($1 % 1048576))"
    } 2>&1 >"$ctrl/payload.tar.gz")
  fi || fail no-space "$why"
}

# take COUNT SIZE: so many blocks of so many bytes of the client's; fewer where it is gone.
take() { [ "$1" -eq 0 ] || [ "$2" -eq 0 ] || dd bs="$2" count="$1" iflag=fullblock <&3; }

# openssl takes longer to start, and a quarter of the time for a large archive: it uses the CPU's own instructions.
# verify SIZE DIGEST
verify() {
  if [ "$1" -gt 8388608 ] && command -v openssl >/dev/null; then
    sum=$(openssl dgst -sha256 -r <"$ctrl/payload.tar.gz")
  else
    sum=$(sha256sum <"$ctrl/payload.tar.gz")
  fi || fail no-payload
  [ "${sum%% *}" = "$2" ] || fail digest-mismatch "${sum%% *}"
}

# umask 0: busybox takes it off the permission bits. mv -T: a rename over our own empty folder, never into someone else's.
unpack() {
  why=$(umask 0 && exec tar -xzpo -f "$ctrl/payload.tar.gz" -C "$ctrl" 2>&1) || fail unpack "$why"
}

place() {
  why=$(mv -T "$ctrl/files" "$job_deploy" 2>&1) || fail unpack "$why"
  script=$ctrl/$job_entrypoint
}

# The rest comes from the files folder of an earlier run. Digests are compared last, of the copies, which nobody else has
# in hand: whatever became of that folder, what is not the same is not used. `reuse/MODE` lists paths that are where they
# were, `reuse/moved` has three lines for each of the others, and `reuse/sums` is for sha256sum.
reuse() (
  for list in "$ctrl"/reuse/[0-7]*; do
    [ -f "$list" ] || continue
    # shellcheck disable=SC2016 # these are of that shell
    cd "$job_base" && tr '\n' '\0' <"$list" | xargs -0 sh -c 'tar -chf - "$@" | tar -xof - -C "$0"' "$ctrl/files" &&
      cd "$ctrl/files" && tr '\n' '\0' <"$list" | xargs -0 chmod "${list##*/}" || exit
  done
  while IFS= read -r mode && IFS= read -r from && IFS= read -r to; do
    { cp "$job_base/$from" "$ctrl/files/$to" && chmod "$mode" "$ctrl/files/$to"; } || exit
  done <"$ctrl/reuse/moved"
  cd "$ctrl/files" && sha256sum -c "$ctrl/reuse/sums"
) >/dev/null 2>&1

keep_script() {
  # shellcheck disable=SC2088 # the text, not the expansion
  case $job_remote_path in
    '~/'*) path=$HOME/${job_remote_path#'~/'} ;;
    *) path=$job_remote_path ;;
  esac
  [ -d "${path%/*}/" ] || fail remote-path "there is no folder ${path%/*}; make it first"
  why=$({ cp "$script" "$path.$$" && chmod 700 "$path.$$" && mv -T "$path.$$" "$path"; } 2>&1) || {
    rm -f "$path.$$"
    fail remote-path "$why"
  }
  script=$path
}

# A client that is gone has nothing to come back for.
copied() {
  keep_runner
  relay | {
    tell_kept
    say 'result copied'
    await_bye
  } || remove "$ctrl"
}

# The first two are the supervisor. It holds nothing of the channel, and where there is no terminal nobody sends a HUP: it
# needs no session of its own. A pipeline and not `&`: an asynchronous list would leave the script deaf to SIGINT and
# SIGQUIT. Nothing is said before it is on its way: the follower dies with the client.
run() {
  take_receipt || fail taken
  : >"$ctrl/out"
  : >"$ctrl/err"
  echo 0 >"$ctrl/lease"
  launch 3<&- </dev/null 2>"$ctrl/fate" | watch 3<&- >/dev/null 2>&1 | relay | {
    tell_kept
    say started
    follow 0 0
  }
}

tell_kept() { [ -z "$job_remote_path" ] || say "kept $script"; }

# Whoever makes this file may start the script, and no one ever again. `set -C` makes it with O_EXCL.
take_receipt() {
  taken=1
  set -C
  { echo "$$" >"$ctrl/receipt"; } 2>/dev/null && taken=0
  set +C
  return "$taken"
}
