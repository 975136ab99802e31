# shellcheck shell=sh
# Fetch: sends files. What is asked for comes as calls on stdin; each has one answer, in the same order, and nothing
# in it says where anything goes.
#
#   data SHA256     SIZE bytes follow, whatever becomes of the file meanwhile
#   same            it is what the client has
#   differs         it is not, and the client did not want it then
#   link            its target and a NUL follow
#   gone | denied | unsized
#   bundle          a line for each file, which begins with its SHA256, and then their bytes one after the other
#   apart           some of the bundle are not as they were: they are to be asked for one by one

LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }

# bundle BYTES PATH…: small files, all of whose contents are BYTES long, or only their digests where that is 0. A program
# for each file would take longer than they do. Names without backslashes and line breaks, which sha256sum would rewrite.
bundle() {
  bytes=$1
  shift
  if digests=$(sha256sum "$@" 2>/dev/null); then
    say bundle
    say "$digests"
    [ "$bytes" -eq 0 ] || cat "$@" /dev/zero 2>/dev/null | head -c "$bytes"
  else
    say apart
  fi
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
    digest=$(head -c "$2" "$1" | sha256sum)
    digest=${digest%% *}
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
