# shellcheck shell=sh disable=SC2034,SC2154
# Reaper: ends everything the script started, and looks whether it worked.

# TERM, grace, KILL, and a look whether it worked: to everything the script started.
reap() {
  await "$ctrl/session"
  read -r session <"$ctrl/session"
  seen=' '
  uptime
  last=$((now + job_grace))
  find_members
  until [ "$members" = ' ' ] || [ "$now" -gt "$last" ]; do
    signal_new TERM
    pause 0.2
    find_members
    uptime
  done
  ticks=10
  until [ "$members" = ' ' ] || [ "$ticks" -eq 0 ]; do
    signal_all KILL
    pause 0.1
    ticks=$((ticks - 1))
    find_members
  done
  give_evidence
}

# Seconds since the machine was started, in $now: a clock that nobody sets.
uptime() {
  read -r now rest </proc/uptime
  now=${now%.*}
}

# Its session, all descendants of these, holders of its output, and carriers of its DEPLOY_FILES_DIR.
find_members() {
  members=' ' grew=yes
  # shellcheck disable=SC2013 # no white space in these names
  for dir in $(grep -lzxF "DEPLOY_FILES_DIR=$job_deploy" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${dir#/proc/}
    alive "${pid%/environ}" && members="$members${pid%/environ} "
  done
  while [ -n "$grew" ]; do
    grew=
    for dir in /proc/[0-9]*; do
      case $members in *" ${dir#/proc/} "*) continue ;; esac
      belongs "$dir" && members="$members${dir#/proc/} " grew=yes
    done
  done
}

# belongs /proc/PID; the words behind the name in stat: state parent group session
belongs() {
  { read -r stat <"$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # one word each
  set -- "$1" ${stat##*) }
  [ "$2" != Z ] || return 1
  [ "$5" != "$session" ] || return 0
  case $members in *" $3 "*) return 0 ;; esac
  # shellcheck disable=SC3013 # dash, bash and busybox know -ef
  [ "$1/fd/1" -ef "$ctrl/out" ] || [ "$1/fd/2" -ef "$ctrl/err" ]
}

alive() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case ${stat##*) } in Z*) return 1 ;; esac
}

# Each process gets one TERM, and a CONT in case it is stopped.
signal_new() {
  for pid in $members; do
    case $seen in *" $pid "*) continue ;; esac
    seen="$seen$pid "
    signal "$1" "$pid"
    signal CONT "$pid"
  done
}

signal_all() {
  for pid in $members; do
    case $seen in *" $pid "*) ;; *) seen="$seen$pid " ;; esac
    signal "$1" "$pid"
  done
}

signal() {
  kill "-$1" "$2" 2>/dev/null || { [ -d "/proc/$2" ] && may_sudo && sudo -n kill "-$1" "$2" 2>/dev/null; }
}

# Asked only of those who are likely to have it: elsewhere sudo writes to the administrator.
may_sudo() {
  case " $(id -Gn) " in *' sudo '* | *' wheel '* | *' admin '*) command -v sudo >/dev/null ;; *) return 1 ;; esac
}

give_evidence() {
  killed=0
  for pid in $seen; do
    case $members in *" $pid "*) ;; *) killed=$((killed + 1)) ;; esac
  done
  evidence="killed $killed"
  for pid in $members; do
    { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
    evidence="$evidence
unconfirmed $pid $(stat -c %U "/proc/$pid" 2>/dev/null) $name"
  done
}
