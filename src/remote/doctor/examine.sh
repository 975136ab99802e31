# shellcheck shell=sh disable=SC2034,SC2154
# Doctor: what earlier runs have left on an instance, and its removal. Stands behind common.sh, reaper.sh and folders.sh.
#
# What it says, a line each; times are seconds since the epoch, sizes KB:
#
#   now TIME
#   control NAME STATE TIME SIZE   STATE: running starting ended dead unstarted
#   orphan NAME PID COMMAND        of a script whose supervisor is dead, or of a files folder in use
#   files NAME used|unused TIME SIZE   a files folder of which no run and no record knows
#   removed NAME KILLED | kept NAME WHY
#   done

examine() {
  say "now $(date +%s)"
  for ctrl in /tmp/.spot_*; do
    is_own "$ctrl" || continue
    find_state
    # from within: another doctor would take whoever names it for its runner
    say "control ${ctrl##*/} $state $(cd "$ctrl" && measure . %Y)"
    [ "$state" != dead ] || list_orphans
  done
  for folder in /tmp/deploy_files_*; do
    is_own "$folder" || continue
    is_forgotten "$folder" || continue
    use=unused
    in_use "$folder" && use=used
    say "files ${folder##*/} $use $(measure "$folder" %Z)"
    [ "$use" = unused ] || list_users
  done
  say 'done'
}

# fix NAME…: looks again before it removes anything.
fix() {
  for name in "$@"; do
    folder=/tmp/$name
    is_own "$folder" || continue
    case $name in
      .spot_*) fix_control ;;
      *) if in_use "$folder"; then say "kept $name used"; else drop "$folder"; fi ;;
    esac
  done
  say 'done'
}

fix_control() {
  ctrl=$folder killed=0 other=
  find_state
  { read -r other <"$ctrl/as/user"; } 2>/dev/null
  case $state in
    running | starting)
      say "kept $name running"
      return
      ;;
    dead)
      end_orphans || { say "kept ${folder##*/} unconfirmed"; return; }
      end_runner
      ;;
  esac
  # the files of a script that has ended are kept until a later success; see folders.sh
  [ "$state" = ended ] || clear_away "$job_deploy"
  clear_away "/tmp/.spot_$stamp.as"
  # what is not gone is found again as long as its control directory is there
  for rest in "/tmp/.spot_$stamp.as" "$job_deploy"; do
    [ "$state" != ended ] || [ "$rest" != "$job_deploy" ] || continue
    [ ! -e "$rest" ] || { say "kept $name of-another-user"; return; }
  done
  drop "$ctrl"
}

# Of a script that ran as another user: as that one where sudo asks for no password.
clear_away() {
  [ -e "$1" ] && ! remove "$1" && [ -n "$other" ] && sudo -n -u "$other" rm -rf "$1"
} >/dev/null 2>&1

# A process of theirs; see reaper.sh.
signal() {
  kill "-$1" "$2" 2>/dev/null || { [ -d "/proc/$2" ] && find_sudo && sudo -n ${other:+-u "$other"} kill "-$1" "$2" 2>/dev/null; }
}

find_sudo() { [ -n "$other" ] || may_sudo; }

drop() {
  if remove "$1"; then say "removed $name ${killed:-0}"; else say "kept $name not-removable"; fi
} 2>/dev/null

# A folder of this user's, no link, with a name that spot gives; what a control directory stands for goes with it.
is_own() {
  case ${1##*/} in *[!A-Za-z0-9_.]* | *.as) return 1 ;; esac
  # shellcheck disable=SC3067 # dash, bash and busybox know -O
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}

find_state() {
  stamp=${ctrl##*/.spot_}
  job_deploy=/tmp/deploy_files_${stamp%.void}
  if [ -s "$ctrl/result" ]; then
    state=ended
  elif supervised_now; then
    state=running
  elif [ -s "$ctrl/supervisor" ] || { [ -e "$ctrl/receipt" ] && ! is_named; }; then
    state=dead
  elif is_named; then
    state=starting
  else
    state=unstarted
  fi
  case $stamp in *.void) state=unstarted ;; esac
}

supervised_now() {
  { read -r pid <"$ctrl/supervisor"; } 2>/dev/null && is_ours "$pid"
}

# Some process has the directory in its command line. By stdin: this very one must not.
is_named() { say "$ctrl" | grep -q -F -f /dev/stdin -- /proc/[0-9]*/cmdline 2>/dev/null; }

find_orphans() {
  session=none
  { read -r session <"$ctrl/session"; } 2>/dev/null
  find_members
}

list_orphans() {
  find_orphans
  name_members
}

name_members() {
  for pid in $members; do
    { read -r command <"/proc/$pid/comm"; } 2>/dev/null && say "orphan ${ctrl##*/} $pid $command"
  done
}

# Those that a script has started: whatever else works in the folder is somebody's own business.
list_users() {
  ctrl=$folder job_deploy=$folder
  find_orphans
  name_members
}

end_orphans() {
  find_orphans
  [ "$members" != ' ' ] || return 0
  [ -s "$ctrl/session" ] || echo none >"$ctrl/session"
  job_grace=5
  reap
  [ "$members" = ' ' ]
}

# The alarms of a dead supervisor; a TERM takes their sleep along.
end_runner() {
  # shellcheck disable=SC2013 # no white space in these names
  for file in $(say "$ctrl" | grep -l -F -f /dev/stdin -- /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=${file#/proc/}
    kill "${pid%/cmdline}" 2>/dev/null
  done
}

is_forgotten() {
  [ ! -e "$HOME/.cache/spot/kept/${1##*/}" ] && [ ! -e "/tmp/.spot_${1##*/deploy_files_}" ]
}

# measure FOLDER TIME: when it was changed and how large it is. A files folder has the time of the archive as its own.
measure() {
  size=$(du -sk "$1" 2>/dev/null)
  say "$(stat -c "$2" "$1") ${size%%[!0-9]*}"
}
