# shellcheck shell=sh disable=SC2034,SC2154
# Follower: sends what the script says, from byte offsets, and how it ended.

# attach OUT_OFFSET ERR_OFFSET: follows a run that another channel started; one without a receipt is not started any more.
attach() {
  exec 3<&0
  if take_receipt; then fail void; fi
  mkfifo "$ctrl/follow.$$" || { say_flat 'fail gone'; exit 0; }
  exec 4<>"$ctrl/follow.$$"
  follow "$1" "$2"
}

# follow OUT_OFFSET ERR_OFFSET: its FIFO is open on 4 beforehand, so that an early end is not missed.
follow() {
  out_at=$1 err_at=$2 nap=0.1
  until [ -s "$ctrl/result" ]; do
    alarm "$nap" tick >&4 2>/dev/null </dev/null 3<&- &
    alarm_pid=$!
    read -r word <&4
    [ "$word" = tick ] || kill "$alarm_pid" 2>/dev/null
    send_new
    supervised || break
    case $nap in 0.1) nap=0.3 ;; *) nap=1 ;; esac
  done
  send_new
  send_result
  await_bye
}

supervised() {
  [ -s "$ctrl/supervisor" ] || return 0
  read -r pid <"$ctrl/supervisor"
  kill -0 "$pid" 2>/dev/null || [ -s "$ctrl/result" ]
}

send_new() {
  [ -s "$ctrl/out" ] && send out "$out_at" && out_at=$((out_at + sent))
  [ -s "$ctrl/err" ] && send err "$err_at" && err_at=$((err_at + sent))
  return 0
}

# send STREAM OFFSET: `out OFFSET LENGTH`, then LENGTH bytes.
send() {
  sent=$(($(wc -c <"$ctrl/$1") - $2))
  [ "$sent" -gt 0 ] || return 1
  say "$1 $2 $sent"
  if [ "$2" -eq 0 ]; then head -c "$sent" "$ctrl/$1"; else tail -c "+$(($2 + 1))" "$ctrl/$1" | head -c "$sent"; fi
}

send_result() {
  [ -s "$ctrl/result" ] || say 'result unsupervised'
  while read -r line; do say "result $line"; done <"$ctrl/result"
}

# Until the client has it all, it stays: a client that is gone can come back for it.
await_bye() {
  say end
  read -r word <&3
  [ "$word" != bye ] || { rm -rf "$ctrl" && say cleaned; }
  exit 0
}
