# shellcheck shell=sh disable=SC2034,SC2154
# The door: `sh run WORD CONTROL_DIRECTORY ...`.

own_session=
command -v setsid >/dev/null && own_session=setsid
ctrl=$2
case $1 in
  start) mask=$3 && start ;;
  supervise) mask=$3 script=$4 && supervise ;;
  script) mask=$3 script=$4 && script ;;
  attach) say "SPOT1 $3" && attach "$4" "$5" ;;
  cancel) [ ! -p "$ctrl/events" ] || echo "cancel $3" 1<>"$ctrl/events" ;;
esac
