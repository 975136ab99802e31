# shellcheck shell=sh disable=SC2154
# Fetch: names what matches a pattern on an instance. The pattern is data: its segments come as arguments, and nothing but
# the expansion of a file name is ever done with one.
#
# What it says are records, each behind a line break and the nonce, which no name can hold: names come as they are,
# line breaks and all, and the one behind `problem` and `refused` is the rest of the record.
#
#   base FOLDER              what the pattern begins at; '' for /
#   MODE SIZE PATH           an entry: st_mode in hex, bytes, the whole path
#   problem TEXT             what could not be looked at, a line each
#   refused WHY WORD         nothing was looked at
#   done

say() { printf '%s\n' "$*"; }

# list NONCE BASE [KIND SEGMENT]…: BASE is ~, / or a folder of this user's; KIND is name, pattern or deep.
list() {
  LC_ALL=C
  export LC_ALL
  nonce=$1 base=$2
  shift 2
  case $base in
    '~') base=$(CDPATH='' cd -- "$HOME" && pwd -P) || refuse no-home ;;
    /) ;;
    *) is_own "$base" || refuse no-folder ;;
  esac
  base=${base%/}
  for tool in find xargs stat head sha256sum; do
    command -v "$tool" >/dev/null || refuse no-tool "$tool"
  done
  say "$nonce base $base"
  number=0
  while [ $# -gt 0 ]; do
    number=$((number + 1))
    eval "kind_$number=\$1 segment_$number=\$2"
    shift 2
  done
  IFS=
  { problems=$({ match "$base" 1 | describe >&3; } 2>&1); } 3>&1
  [ -z "$problems" ] || say "$nonce problem $(say "$problems" | head -n 20)"
  say "$nonce done"
}

refuse() {
  say "$nonce refused $*"
  say "$nonce done"
  exit 0
}

# A folder of this user's, and no link: anybody may make one of that name in /tmp.
is_own() {
  # shellcheck disable=SC3067 # dash, bash and busybox know -O
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}

# match PATH NUMBER: what below PATH matches from that segment on, each ended by NUL. A loop's list is made before its
# first turn, so that the calls within it may use the same variables.
match() {
  eval "kind=\${kind_$2-} segment=\${segment_$2-}"
  case $kind in
    '') printf '%s\0' "$1" ;;
    name)
      if [ -e "$1/$segment" ] || [ -L "$1/$segment" ]; then
        match "$1/$segment" $(($2 + 1))
      elif [ -d "$1" ] && [ ! -x "$1" ]; then
        complain "$1"
      fi
      ;;
    pattern)
      may_read "$1" || return 0
      # shellcheck disable=SC2086 # the expansion is what is wanted
      for entry in "$1"/$segment; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then match "$entry" $(($2 + 1)); fi
      done
      ;;
    deep)
      match "$1" $(($2 + 1))
      may_read "$1" || return 0
      for entry in "$1"/*; do
        if [ -d "$entry" ] && [ ! -L "$entry" ]; then match "$entry" "$2"; fi
      done
      ;;
  esac
}

# may_read FOLDER: its names, and what they stand for.
may_read() {
  [ -d "$1/" ] || return 1
  if [ -r "$1/" ] && [ -x "$1/" ]; then return 0; fi
  complain "$1"
  return 1
}

complain() { say "$1: permission denied" >&2; }

# Of each path on stdin, and of all that is below it; the words in quotes are those of another shell.
# shellcheck disable=SC2016
describe() {
  xargs -0 -r sh -c 'format=$1; shift; exec find "$@" -exec stat -c "$format" "{}" +' sh "$nonce %f %s %n"
}
