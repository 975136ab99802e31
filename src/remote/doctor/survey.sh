# shellcheck shell=sh disable=SC2034,SC2154
# Doctor: whether an instance has what a run needs. Stands behind common.sh. What it says, a line each:
#
#   clock SECONDS              since the epoch
#   login PATH                 the login shell
#   sh PATH                    what sh really is
#   bash PATH                  unless there is none
#   lacks PROGRAM              that a run needs: those of runner/starter.sh
#   tar WORDS                  its first line about itself
#   writable | sticky          of /tmp
#   options WORDS              /tmp is mounted with, separated by commas
#   free FOLDER KILOBYTES      /tmp, and the home
#   inodes COUNT               free in /tmp
#   sudo                       works without a password

survey() {
  say "clock $(date +%s)"
  say "login ${SHELL-}"
  say "sh $(readlink -f "/proc/$$/exe")"
  command -v bash >/dev/null && say "bash $(command -v bash)"
  for program in tar gzip sha256sum mv rm head tail wc sleep cat grep; do
    command -v "$program" >/dev/null || say "lacks $program"
  done
  say "tar $(tar --version 2>&1 | head -n 1)"
  survey_tmp
  free_in tmp /tmp
  free_in home "$HOME"
  can_sudo </dev/null >/dev/null 2>&1 && say sudo
}

# A run begins with a folder there.
survey_tmp() {
  { mkdir "/tmp/spot-doctor.$$" && rmdir "/tmp/spot-doctor.$$"; } 2>/dev/null && say writable
  [ -k /tmp ] && say sticky
  folder=/tmp/ longest=-1 options=''
  while read -r id parent numbers root mount words rest; do
    mount=${mount%/}
    case $folder in "$mount"/*) ;; *) continue ;; esac
    [ "${#mount}" -lt "$longest" ] || { longest=${#mount} options=$words; }
  done </proc/self/mountinfo 2>/dev/null
  say "options $options"
  # shellcheck disable=SC2046 # the words are wanted; the name of a file system may have blanks, so they count from the end
  set -- $(df -Pi /tmp 2>/dev/null | tail -n 1)
  [ $# -lt 6 ] || { shift $(($# - 3)); say "inodes $1"; }
}

free_in() {
  name=$1
  # shellcheck disable=SC2046 # as above
  set -- $(df -Pk "$2" 2>/dev/null | tail -n 1)
  [ $# -lt 6 ] || { shift $(($# - 3)); say "free $name $1"; }
}

# Whoever asks a directory for rights may wait for it.
can_sudo() {
  command -v sudo || return
  if command -v timeout; then timeout 5 sudo -n true; else sudo -n true; fi
}
