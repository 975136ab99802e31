# shellcheck shell=sh disable=SC2034,SC2154
# The door: `sh run WORD CONTROL_DIRECTORY ...`.

# As `sh -c`, bash keeps silent about signal deaths in POSIX mode.
# shellcheck disable=SC3040 # only bash gets here
[ -z "${BASH_VERSION:-}" ] || set +o posix
own_session=
command -v setsid >/dev/null && own_session=setsid
ctrl=$2
case $1 in
  start) start ;;
  attach) say "SPOT1 $3" && attach "$4" "$5" ;;
esac
