# shellcheck shell=sh disable=SC2034,SC2154
# Supervisor: starts the script, holds the deadline, says how it ended. It outlives the channel.

# A pipeline and not `&`: an asynchronous list would leave the script deaf to SIGINT and SIGQUIT.
supervise() {
  exec 5<>"$ctrl/events"
  echo "$$" >"$ctrl/supervisor"
  launch 2>"$ctrl/fate" | watch
}

# The shell's own words about a signal death go to `fate`; so `exit 137` is told from a SIGKILL.
launch() {
  (exec $own_session sh "$ctrl/run" script "$ctrl" "$mask" "$script" >>"$ctrl/out" 2>>"$ctrl/err" 5<&-)
  code=$?
  if [ "$code" -gt 128 ] && [ -s "$ctrl/fate" ]; then echo "signal $((code - 128))" >&5; else echo "exit $code" >&5; fi
}

script() {
  echo "$$" >"$ctrl/session"
  if [ -s "$ctrl/env" ]; then
    text=$(cat "$ctrl/env")
    rm -f "$ctrl/env"
    eval "$text"
  fi
  umask "$mask"
  job_exec "$script"
}

watch() {
  trap '' HUP PIPE
  alarm "$job_timeout" deadline >&5 2>/dev/null &
  alarm_pid=$!
  read -r verdict <&5
  evidence=
  case $verdict in deadline | cancel*) reap ;; esac
  kill "$alarm_pid" 2>/dev/null
  [ "$job_cleanup" = no ] || rm -rf "$job_deploy"
  printf '%s\n' "$verdict" ${evidence:+"$evidence"} >"$ctrl/result"
  for fifo in "$ctrl"/follow.*; do
    [ -p "$fifo" ] && echo end 1<>"$fifo"
  done
  [ "$job_cleanup" = yes ] || remember
}
