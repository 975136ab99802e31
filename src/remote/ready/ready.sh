# shellcheck shell=sh disable=SC2034,SC2154
# Ready: waits until an instance can take a payload. Neither root nor anything beyond coreutils or busybox is needed.
#
# What it says, a line each:
#
#   locks | disk          this step begins, after the boot
#   wait TEXT             what is waited for, once a second: whoever speaks to a client that is gone ends
#   note TEXT             what the client should know, and nobody waits for
#   room KILOBYTES        free in /tmp
#   ready                 it can

say() { printf '%s\n' "$*"; }

# ready SECONDS FILE…: gives up after about so long; the files are locks of package managers.
ready() {
  left=$1 waiter=''
  shift
  trap 'quit' PIPE
  boot
  say locks
  await_locks "$@"
  say disk
  room
  say ready
}

quit() {
  [ -z "$waiter" ] || kill "$waiter" 2>/dev/null
  exit 0
}

# turn TEXT: a second passes.
turn() {
  say "wait $1" || quit
  left=$((left - 1))
  [ "$left" -ge 0 ] || quit
  sleep 1 >/dev/null 2>&1
}

# Where cloud-init has not begun by the time that a login is possible, it does not take part in this boot: --wait would
# never end.
boot() {
  command -v cloud-init >/dev/null || return 0
  ask_cloud_init
  while is_running; do
    await_cloud_init
    ask_cloud_init
  done
  case $report in *'status: error'*) complain ;; esac
}

ask_cloud_init() { report=$(cloud-init status --long 2>/dev/null </dev/null); }

# In a boot that has an error by now, the long form alone says that it goes on.
is_running() {
  case $report in
    *'status: running'* | *'status: error - running'* | *'status: degraded running'*) ;;
    *) return 1 ;;
  esac
}

await_cloud_init() {
  cloud-init status --wait </dev/null >/dev/null 2>&1 &
  waiter=$!
  while :; do
    stage=$(sed -n 's/.*"stage": *"\([^"]*\)".*/\1/p' /run/cloud-init/status.json 2>/dev/null)
    turn "cloud-init is not done yet${stage:+ ($stage)}"
    kill -0 "$waiter" 2>/dev/null || break
  done
  waiter=''
}

# Errors stand in the long form, as ('module', Error('…')).
complain() {
  why=$(say "$report" | sed -n "s/^[[:blank:]-]*\(('.*\)/\1/p" | head -n 1)
  say "note cloud-init ended with an error${why:+: $why}"
}

# await_locks FILE…: whoever has held one may take it again for the next step, so that free is what is found free twice.
await_locks() {
  for file in "$@"; do
    find_device "$file"
    set -- "$@" "$device" "$file"
    shift
  done
  held=''
  while :; do
    before=$held
    held=$(holder "$@")
    [ "$held$before" ] || return 0
    turn "${held:-$before}"
  done
}

# holder [DEVICE FILE]…: who holds one of these, in words. The kernel lists the locks of all processes by device and inode,
# and who waits for one behind an arrow.
holder() {
  while [ $# -gt 0 ]; do
    if inode=$(stat -c %i "$2"); then
      while read -r number kind advisory access pid place range; do
        case "$kind $access $place" in
          "POSIX WRITE $1:$inode" | "OFDLCK WRITE $1:$inode")
            name_holder "$2"
            return
            ;;
        esac
      done </proc/locks
    fi
    shift 2
  done
} 2>/dev/null

# Of a lock that belongs to an open file and not to a process, and of one in another container, the pid says nothing.
name_holder() {
  command=''
  { read -r command <"/proc/$pid/comm"; } 2>/dev/null
  if [ "$pid" -gt 0 ]; then
    say "${command:-somebody} (pid $pid) holds $1"
  else
    say "somebody holds $1"
  fi
}

# find_device FILE: of the file system that it is on, as /proc/locks has it. What stat says is another number on btrfs.
find_device() {
  device='' longest=-1
  while read -r id parent numbers root mount rest; do
    mount=${mount%/}
    case $1 in "$mount"/*) ;; *) continue ;; esac
    [ "${#mount}" -ge "$longest" ] || continue
    longest=${#mount}
    device=$(printf '%02x:%02x' "${numbers%:*}" "${numbers#*:}")
  done </proc/self/mountinfo
}

room() {
  # shellcheck disable=SC2046 # the words are wanted; the name of a file system may have blanks, so they count from the end
  set -- $(df -Pk /tmp 2>/dev/null | tail -n 1)
  [ $# -lt 6 ] || { shift $(($# - 3)); say "room $1"; }
}
