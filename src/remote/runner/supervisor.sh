# shellcheck shell=sh disable=SC2034,SC2154
# Supervisor: starts the script, holds the deadline, says how it ended. It outlives the channel.

# The shell's own words about a signal death go to `fate`; so `exit 137` is told from a SIGKILL.
launch() {
  (script >>"$ctrl/out" 2>>"$ctrl/err")
  code=$?
  if [ "$code" -gt 128 ] && [ -s "$ctrl/fate" ]; then say "signal $((code - 128))"; else say "exit $code"; fi
}

# Runs in a subshell, which becomes the script: its process id, from /proc, is the id of the script's session. What is
# needed to the end stands in positional parameters, as the user's variables may have any name.
script() {
  own_pid
  echo "$pid" >"$ctrl/session"
  # the lock ends with its supervisor
  exec 9<&-
  set -- "$own_session" "$script"
  if [ -s "$ctrl/env" ]; then
    # they may name another PATH
    set -- "$(command -v setsid)" "$script" "$(cat "$ctrl/env")"
    rm -f "$ctrl/env"
    eval "$3"
  fi
  job_exec "$1" "$2"
}

# Its stdin is a pipe: the launcher, the alarm and `cancel` write to it, and the first line decides.
watch() {
  trap '' HUP PIPE
  own_pid
  alarm 9<&- >"/proc/$pid/fd/0" 2>/dev/null &
  alarms=$!
  if [ "$job_lease" -gt 0 ]; then
    lease 9<&- >"/proc/$pid/fd/0" 2>/dev/null &
    alarms="$alarms $!"
  fi
  if [ -n "$job_imds" ]; then
    look_out 9<&- &
    alarms="$alarms $!"
  fi
  echo "$pid" >"$ctrl/supervisor"
  keep_runner
  read -r verdict
  evidence=
  case $verdict in deadline | cancel* | disconnect) reap ;; esac
  # shellcheck disable=SC2086 # one word each
  kill $alarms 2>/dev/null
  [ "$job_cleanup" = no ] || remove "$job_deploy"
  write_result || { rm -f "$ctrl/payload.tar.gz" && write_result; }
  wake_followers
  [ "$job_cleanup" = yes ] || remember
}

alarm() {
  nap "$job_timeout"
  echo deadline
}

# Ends the script where no client has renewed the lease for a while: looks three times in that while. One that a client
# has released on leaving ends nothing any more.
lease() {
  missed=0 last=
  until [ "$missed" -eq 3 ]; do
    nap "$(((job_lease + 2) / 3))"
    [ ! -e "$ctrl/released" ] || exit 0
    read -r now <"$ctrl/lease"
    if [ "$now" = "$last" ]; then missed=$((missed + 1)); else missed=0 last=$now; fi
  done
  echo disconnect
}

# Where the script has filled the disk, the archive makes room for it.
write_result() { printf '%s\n' "$verdict" ${evidence:+"$evidence"} >"$ctrl/result"; }

wake_followers() {
  for file in "$ctrl"/follow.*; do
    [ -f "$file" ] && tell "${file##*.}" end
  done
}
