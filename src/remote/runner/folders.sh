# shellcheck shell=sh disable=SC2034,SC2154
# What outlives a run: its files folder, for the script and for the next one of its name, and the runner.

# One line per files folder of an ended run in ~/.cache/spot/kept: the payload's name. A success removes the older ones.
remember() {
  kept=$HOME/.cache/spot/kept
  { [ -d "$kept" ] || mkdir -p "$kept"; } 2>/dev/null || return 0
  if [ "$verdict" = 'exit 0' ]; then
    for record in "$kept"/deploy_files_*; do
      { [ -f "$record" ] && read -r name <"$record" && [ "$name" = "$job_name" ]; } || continue
      old=${job_deploy%/*}/${record##*/}
      ! discard "$old" || rm -f "$record"
    done
  fi
  say "$job_name" >"$kept/${job_deploy##*/}"
}

discard() { ! in_use "$1" && remove "$1"; }

# in_use FOLDER: a process was started with it, works in it, runs from it or has a file of it open.
in_use() {
  [ -d "$1" ] || return 1
  as_root=
  may_sudo && sudo -n true 2>/dev/null && as_root='sudo -n'
  # shellcheck disable=SC2086 # no words or two
  $as_root grep -qzxF "DEPLOY_FILES_DIR=$1" /proc/[0-9]*/environ 2>/dev/null && return 0
  # shellcheck disable=SC2012,SC2086 # links of /proc; no words or two
  $as_root ls -l /proc/[0-9]*/cwd /proc/[0-9]*/exe /proc/[0-9]*/fd 2>/dev/null | grep -q -F -- "-> $1"
}

# For the next run, which then need not send it: it stands behind the header, from that line on; 0 where it came from here.
keep_runner() {
  [ "$job_runner_at" -gt 0 ] || return 0
  cache=$HOME/.cache/spot
  { [ -d "$cache" ] || mkdir -p "$cache"; } && tail -n "+$job_runner_at" "$ctrl/run" >"$cache/runner.$$" &&
    mv "$cache/runner.$$" "$cache/runner" && return
  rm -f "$cache/runner.$$"
} 2>/dev/null
