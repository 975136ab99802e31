# shellcheck shell=sh disable=SC2034,SC2154
# The runner: what happens on an instance. POSIX sh with coreutils or busybox; Linux /proc.
#
# A job header (`job_*` variables and the function `job_exec`) made by src/remote/job.ts stands in front of this text.
# The processes of one attempt:
#
#   starter     on the SSH channel: receives, verifies and unpacks the payload, takes the receipt
#   follower    on the SSH channel: sends stdout and stderr from byte offsets, then the result; waits for `bye`
#   supervisor  outlives the channel: starts the script, holds the deadline, kills, says how it ended
#   watcher     beside the supervisor: asks the metadata service whether the instance is taken back
#   script      in a session of its own, whose id is in the file `session`
#
# Supervisor and follower each sleep in one `read` on a pipe: what the client, the script's end, the alarm and others have
# to say are lines in it. Who is no parent of the pipe writes to /proc/PID/fd/0. The first line that ends a run decides.
#
#   running --exit CODE | signal NUMBER--> ended
#   running --deadline | cancel WHO | disconnect--> reaping --all gone or not to be killed--> ended
#
# `result` is written once; a run without it is running, or its supervisor was killed. The words on stdout are those of
# src/remote/protocol.ts. Control directory: run runner env payload.tar.gz receipt lease released supervisor session follow.PID out err
# fate result reuse rescue imds answer interruption.json notice, and the unpacked payload.

say() { printf '%s\n' "$*"; }

# fail CODE MESSAGE: nothing was started, nothing stays. A tool may have said several lines; the first one is the cause.
# Where another client has come to make sure that nothing is started, that is the cause.
fail() {
  trap '' PIPE
  [ -d "$ctrl" ] || [ "$1" = void ] || set -- taken
  remove "$ctrl" "$job_deploy"
  say "fail $1 $(say "${2-}" | head -n 1)"
  exit 0
}

# A folder of the user's may be read-only.
remove() {
  rm -rf "$@" 2>/dev/null && return
  chmod -R u+rwx "$@" 2>/dev/null
  rm -rf "$@"
}

# nap SECONDS, in a subshell. Not every sleep knows fractions of a second: then it is one second.
nap() { take_along sleep "$1" >/dev/null 2>&1 || take_along sleep 1 >/dev/null; }

# take_along COMMAND..., in a subshell: a TERM takes it along. $! is the caller's until it forks, and it is a KILL, as a TERM
# between fork and exec would be caught by the shell that it still is.
take_along() {
  before=$!
  trap '[ "$!" = "$before" ] || kill -KILL "$!" 2>/dev/null; exit 0' TERM
  "$@" &
  wait "$!"
}

# own_pid: of this very process, a subshell or not; in $pid.
own_pid() { read -r pid rest </proc/self/stat; }

# is_ours PID: it belongs to this attempt, and is not somebody else's by now.
is_ours() {
  words=
  read -r words <"/proc/$1/cmdline"
  case $words in *"$ctrl"*) ;; *) return 1 ;; esac
} 2>/dev/null

# tell PID LINE: its lines come through a pipe that has no name but this one.
tell() {
  is_ours "$1" && echo "$2" >>"/proc/$1/fd/0"
} 2>/dev/null

# await FILE: another process is about to write it.
await() {
  tries=50
  until [ -s "$1" ] || [ "$tries" -eq 0 ]; do
    pause 0.1
    tries=$((tries - 1))
  done
}

pause() { sleep "$1" 2>/dev/null || sleep 1; }
