# shellcheck shell=sh disable=SC2034,SC2154
# Interruption: looks whether the instance is about to be taken back, and tells the script and the followers. It asks the
# metadata service as IMDSv2 wants it, with a token; busybox wget cannot. What it says is in `imds`, how it went in `answer`.

# Every 5 s, as AWS advises; not at once, so that a script has set its traps and a short one costs nothing. Ends where nobody
# answers, and with its supervisor, whose id is $pid.
look_out() {
  nap 5
  for tool in curl wget python3; do
    if command -v "$tool" >/dev/null && renew_token; then break; fi
  done
  [ -n "$token" ] || return 0
  until look; do
    nap 5
    kill -0 "$pid" || return 0
  done
  announce
}

# For six hours, the longest there is; renewed after one or two.
renew_token() {
  token='' looks=0
  ask PUT 'X-aws-ec2-metadata-token-ttl-seconds: 21600' api/token
  [ "$status" = 200 ] && read -r token <"$ctrl/imds"
  [ -n "$token" ]
}

# 404 is the usual answer; any other one may be about the token.
look() {
  looks=$((looks + 1))
  { [ -n "$token" ] && [ "$looks" -lt 720 ]; } || renew_token || return
  ask GET "X-aws-ec2-metadata-token: $token" meta-data/spot/instance-action
  case $status in
    200) read_notice ;;
    404) return 1 ;;
    *)
      token=
      return 1
      ;;
  esac
}

# ask METHOD HEADER PATH: the status of the answer in $status; '' or 000 where there is none.
ask() {
  set -- "$1" "$2" "$job_imds/latest/$3"
  case $tool in
    curl) set -- -q -s -m 2 --noproxy '*' -X "$1" -H "$2" -o "$ctrl/imds" -w 'HTTP/1.1 %{http_code}\n' "$3" ;;
    wget) set -- -S -T 2 -t 1 --no-proxy --method="$1" --header="$2" -O "$ctrl/imds" "$3" ;;
    *) set -- -c "$in_python" "$1" "$2" "$3" "$ctrl/imds" ;;
  esac
  take_along "$tool" "$@" >"$ctrl/answer" 2>&1
  while read -r word status rest; do
    case $word in HTTP/*) return ;; esac
  done <"$ctrl/answer"
  status=
}

in_python='import sys,urllib.request as u
m,h,l,f=sys.argv[1:]
try: a=u.build_opener(u.ProxyHandler({})).open(u.Request(l,method=m,headers=dict([h.split(": ")])),timeout=2)
except u.HTTPError as e: a=e
open(f,"wb").write(a.read())
print("HTTP/1.1",a.code)'

# {"action": "terminate", "time": "2026-11-21T12:03:04Z"}
read_notice() {
  body=$(cat "$ctrl/imds")
  action=${body#*'"action"'*:*'"'} time=${body#*'"time"'*:*'"'}
  action=${action%%'"'*} time=${time%%'"'*}
  case $action in terminate | stop | hibernate) ;; *) return 1 ;; esac
  case $time in
    20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z) ;;
    *) return 1 ;;
  esac
}

# Only the script itself gets the signal: its helpers may know nothing of it, and would die.
announce() {
  mv "$ctrl/imds" "$ctrl/interruption.json"
  [ -z "$job_signal" ] || { read -r session <"$ctrl/session" && signal "$job_signal" "$session"; }
  echo "$action $time" >"$ctrl/notice"
}
