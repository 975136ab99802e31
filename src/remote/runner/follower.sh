# shellcheck shell=sh disable=SC2034,SC2154
# Follower: sends what the script says, from byte offsets, and how it ended.

# attach OUT_OFFSET ERR_OFFSET: follows a run that another channel started; one without a receipt is not started any more.
attach() {
  exec 3<&0
  if take_receipt; then
    # under another name at once: else the receipt would be gone for a moment before the directory is
    mv -T "$ctrl" "$ctrl.void" && ctrl=$ctrl.void
    fail void
  fi
  say started
  relay | follow "$1" "$2"
}

# The client's lines, one by one: `tick`, `release`, `cancel WHO`, `bye`. It ends with the client, and so does the follower.
relay() {
  while read -r line <&3; do
    say "$line"
    [ "$line" != bye ] || break
  done
}

# follow OUT_OFFSET ERR_OFFSET: reads the client's lines, and the supervisor's `end` in between.
follow() {
  out_at=$1 err_at=$2
  own_pid
  told='' renewals=0 mark=$ctrl/follow.$pid
  echo >"$mark"
  until [ -s "$ctrl/result" ]; do
    read -r word who || exit 0
    case $word in
      end) break ;;
      cancel) tell_supervisor "cancel $who" ;;
      release) true >"$ctrl/released" ;;
      *)
        renew_lease
        send_new
        tell_notice
        ;;
    esac
    supervised || break
  done
  send_new
  tell_notice
  ! rescued || say rescue
  send_result
  # not `:`, with which a failed redirection ends the shell
  true >"$mark"
  await_bye
}

# In place: a full disk does not end a script whose client is there.
renew_lease() {
  [ "$job_lease" -gt 0 ] || return 0
  renewals=$((renewals + 1))
  echo "$pid.$renewals" 1<>"$ctrl/lease"
}

# Not where its supervisor, or the control directory itself, is gone without a result.
supervised() {
  [ -s "$ctrl/supervisor" ] || { [ -d "$ctrl" ] && return; }
  [ -s "$ctrl/result" ] || { read -r pid <"$ctrl/supervisor" && is_ours "$pid"; }
} 2>/dev/null

tell_supervisor() {
  await "$ctrl/supervisor"
  read -r pid <"$ctrl/supervisor" && tell "$pid" "$1"
} 2>/dev/null

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

# Once to each client.
tell_notice() {
  [ -n "$told" ] || [ ! -s "$ctrl/notice" ] || { read -r told <"$ctrl/notice" && say "notice $told"; }
}

# Something is in the rescue folder.
rescued() {
  for entry in "$ctrl"/rescue/* "$ctrl"/rescue/.[!.]* "$ctrl"/rescue/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then return 0; fi
  done
  return 1
}

send_result() {
  [ -s "$ctrl/result" ] || { say 'result unsupervised'; return; }
  while read -r line; do say "result $line"; done <"$ctrl/result"
}

# Until the client has it all, it stays: a client that is gone can come back for it.
await_bye() {
  say end
  while read -r word; do
    [ "$word" = bye ] || continue
    await_others
    remove "$ctrl" && say cleaned
    return
  done
  return 1
}

# Another client may be about to get the same; a follower whose client is gone may never be done.
await_others() {
  tries=50
  while others_busy && [ "$tries" -gt 0 ]; do
    pause 0.1
    tries=$((tries - 1))
  done
}

others_busy() {
  for file in "$ctrl"/follow.*; do
    [ -s "$file" ] && is_ours "${file##*.}" && return
  done
  return 1
}
