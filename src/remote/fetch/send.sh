# shellcheck shell=sh
# Fetch: sends files. What is asked for comes as calls of `offer` and `tell_link` on stdin; each has one answer, in the same
# order, and no answer holds a name.
#
#   data SHA256     SIZE bytes follow, whatever becomes of the file meanwhile
#   same            it is what the client has
#   differs         it is not, and the client did not want it then
#   link            its target and a NUL follow
#   gone | denied | unsized

LC_ALL=C
export LC_ALL

digests='' sizes='' nl='
'

say() { printf '%s\n' "$*"; }

# count PATH…: the digests of small files at once, for the offers that follow; names without line breaks and backslashes.
# It has no answer.
count() {
  digests=$(sha256sum "$@" 2>/dev/null)$nl
  sizes=$(stat -c '%s  %n' "$@" 2>/dev/null)$nl
}

# find_digest PATH SIZE: of its first bytes, as counted before, if it has not changed its size since it was listed.
find_digest() {
  digest=${digests%%"$nl"*} size=${sizes%%"$nl"*}
  if [ "${digest#*  }" = "$1" ] && [ "$size" = "$2  $1" ]; then
    digests=${digests#*"$nl"} sizes=${sizes#*"$nl"}
  else
    digest=$(head -c "$2" "$1" | sha256sum)
  fi
  digest=${digest%% *}
}

# offer PATH SIZE SHA256 yes|no: the digest of what the client has, or -; whether it wants what differs from that.
offer() {
  if [ ! -f "$1" ] || [ -L "$1" ]; then
    say gone
  elif [ ! -r "$1" ]; then
    say denied
  elif [ "$2" -eq 0 ] && [ "$(head -c 1 "$1" | wc -c)" -ne 0 ]; then
    say unsized
  else
    find_digest "$1" "$2"
    if [ "$digest" = "$3" ]; then
      say same
    elif [ "$4" = no ]; then
      say differs
    else
      say "data $digest"
      # a file that has become shorter must not bring the answers out of step: its digest will tell
      cat "$1" /dev/zero 2>/dev/null | head -c "$2"
    fi
  fi
}

tell_link() {
  if [ -L "$1" ]; then
    target=$(readlink -n "$1"; echo .)
    say link
    printf '%s\0' "${target%.}"
  else
    say gone
  fi
}
