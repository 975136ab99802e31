# shellcheck shell=sh disable=SC2034,SC2154,SC2317,SC2329
# As another user (`--sudo`): sent in the header where it is asked for, and then takes the place of parts of the runner.
#
#   deputy      under sudo, as that user: starts the script, ends it, and does what only this user may
#
# Its working directory is `as` in the control directory: nobody else gets there, and what is in it is for both users.
# What the supervisor wants comes through the pipe `in`, and the answers go to the supervisor's stdin:
#
#   take                   the script and its files through `cargo` into folders of this user's: `taken` | `refused WHY`
#   run SCRIPT             starts it; later `exit CODE` | `signal NUMBER`, which decides like any other line
#   signal NAME            to the script itself
#   notice JSON            the instance is taken back
#   reap                   ends the script: `killed COUNT`, `unconfirmed …`, `reaped`
#   close yes|no           what was rescued goes home, and the files folder, too, if yes: `left PATH`, `closed`
#   drop FOLDER            an older files folder that nobody uses: `dropped`, whatever came of it
#   end
#
# `gone` says that there is no deputy (any more). The password goes from the channel to sudo through one pipe, and only where
# sudo wants one; it is in no variable, no file, no argument and no environment.

deliver_as() {
  command -v sudo >/dev/null || fail sudo 'sudo: command not found'
  why=$(furnish 2>&1) || fail no-space "$why"
  tidy=$job_cleanup job_cleanup=no
  take_over
  # a pipeline and not `&`, as for the supervisor
  raise 9<&- | {
    # a subshell has no trap of its own
    trap 'fail gone' PIPE
    exec 5<>"$ctrl/as/in"
    meet && deliver
  }
}

# The script may open its outputs anew by /dev/stdout and the like: so they are for all who can get there.
furnish() {
  mkdir "$ctrl/as" && chmod 755 "$ctrl/as" && cd "$ctrl/as" && mkfifo in cargo || return
  if [ -f ../env ]; then mv ../env . || return; fi
  true >>"env" && true >out && true >err && true >session && true >fate && true >rescued || return
  {
    if [ -f ../runner ]; then grep -vxF ". $ctrl/runner" ../run && cat ../runner; else cat ../run; fi
  } >agent || return
  say "$job_sudo" >user
  chmod 666 in cargo env out err session fate rescued && chmod 644 agent && ln out err session ..
}

# Asks without a password first, so that one is never sent to who would not read it.
raise() {
  cd "$ctrl/as" || return
  raise_with -n </dev/null || {
    case $(cat "$ctrl/refusal") in
      *[Pp]assword*required* | *authentication*required*)
        if [ "$job_password_size" -gt 0 ]; then
          say asking
          take 1 "$job_password_size" | raise_with -S
        fi
        ;;
    esac
  }
  say gone
}

# raise_with -n|-S: its end is the end of the deputy. In English, as its words are read.
# shellcheck disable=SC2097,SC2098 # the old value is meant
raise_with() {
  LC_ALL=C sudo "$1" -H -u "$job_sudo" -- sh -c 'cd "$1/as" 2>/dev/null; set -- deputy . "$2"; . ./agent; deputy' \
    spot "$ctrl" "${LC_ALL-}" 2>"$ctrl/refusal"
}

# The password that nobody wanted is still on stdin.
meet() {
  asked=free
  read -r word
  [ "$word" != asking ] || { asked=asked && read -r word; }
  [ "$word" = up ] || fail sudo "$(tail -c 2000 "$ctrl/refusal" | tr '\n' ' ')"
  [ "$asked" = asked ] || [ "$job_password_size" -eq 0 ] || take 1 "$job_password_size" >/dev/null
  say "sudo $asked"
}

# What is done in another way than without a deputy.
take_over() {
  # nothing stays of the deputy's, either: it removes what it has made when nobody speaks to it any more
  fail() {
    trap '' PIPE
    exec 5>&-
    while read -r word; do [ "$word" != gone ] || break; done
    [ -d "$ctrl" ] || [ "$1" = void ] || set -- taken
    remove "$ctrl" "$job_deploy" 2>/dev/null
    say "fail $1 $(say "${2-}" | head -n 1)"
    exit 0
  }

  run() {
    [ -z "$job_room" ] || hand_over
    take_receipt || fail taken
    echo 0 >"$ctrl/lease"
    echo "run $script" >&5
    {
      watch
      echo end >&5
    } 3<&- >/dev/null 2>&1 | relay 5>&- | {
      exec 5>&-
      tell_kept
      say started
      follow 0 0
    }
  }

  alarm() {
    exec 5>&-
    nap "$job_timeout"
    echo deadline
  }

  # The deputy is gone and has not proved anything: then what there is to be seen is said.
  reap() {
    echo reap >&5
    if expect reaped "$((job_grace + 15))"; then
      evidence=$answer
      return
    fi
    session=none seen=''
    read -r session <"$ctrl/session"
    find_members
    give_evidence
  }

  write_result() {
    [ -z "$tidy" ] || settle
    printf '%s\n' "$verdict" ${evidence:+"$evidence"} >"$ctrl/result"
  }

  discard() {
    echo "drop $1" >&5
    expect dropped 20
    [ ! -e "$1" ]
  }

  announce() {
    if [ -n "$job_room" ]; then
      echo "notice $(tr -d '\n' <"$ctrl/imds")" >&5
    else
      mv "$ctrl/imds" "$ctrl/interruption.json"
    fi
    [ -z "$job_signal" ] || echo "signal $job_signal" >&5
    echo "$action $time" >"$ctrl/notice"
  }

  [ -z "$job_room" ] || place() { script=$ctrl/$job_entrypoint; }
}

# Both make their folders by `mkdir`, so that a folder which is there already is refused.
hand_over() {
  rmdir "$job_deploy"
  echo take >&5
  tar -cf - -C "$ctrl" ./files "./$job_entrypoint" >"$ctrl/as/cargo" 2>/dev/null 5>&- &
  packer=$!
  read -r word why
  [ "$word" = taken ] && return
  kill "$packer" 2>/dev/null
  fail sudo-files "${why:-the process of $job_sudo is gone}"
}

# Once, when the script has ended.
settle() {
  case $verdict in gone*) verdict=unsupervised ;; esac
  echo "close $tidy" >&5
  expect closed 60 || [ ! -e "$job_room" ] || answer="left $job_room"
  evidence="$evidence${evidence:+${answer:+
}}$answer"
  [ ! -s "$ctrl/as/rescued" ] || tar -xof "$ctrl/as/rescued" -C "$ctrl/rescue"
  job_cleanup=$tidy tidy=
}

# expect WORD SECONDS: what the deputy says until then in $answer; false where it is gone, or late.
expect() {
  own_pid
  late=late.$pid.$1
  {
    nap "$2"
    echo "$late"
  } >"/proc/$pid/fd/0" 2>/dev/null 5>&- 9<&- &
  timer=$! answer='' found=
  while [ -z "$found" ] && read -r word rest; do
    case $word in
      "$1") found=yes ;;
      gone | "$late") break ;;
      killed | unconfirmed | left)
        answer="$answer${answer:+
}$word $rest"
        ;;
    esac
  done
  kill "$timer" 2>/dev/null
  [ -n "$found" ]
}

# deputy . LC_ALL
deputy() {
  # a reader waits for a writer: it is one itself for a moment
  exec 4>&1 2>/dev/null 7<>./in
  exec 6<./in 7>&-
  if [ -n "$2" ]; then export LC_ALL="$2"; else unset LC_ALL; fi
  export USER="$job_sudo" LOGNAME="$job_sudo"
  made='' tries=3
  say up
  until read -r word rest <&6; do
    # nobody has opened the other end yet, or they have ended
    [ "$tries" -gt 0 ] || exit 0
    tries=$((tries - 1))
    pause 0.2
  done
  [ "$word" != take ] || { take_files && read -r word rest <&6; } || word=
  if [ "$word" != run ]; then
    # shellcheck disable=SC2086 # no words or two
    [ -z "$made" ] || remove $made
    exit 0
  fi
  script=${job_room:+$job_room/$job_entrypoint}
  script=${script:-$rest}
  as_deputy
  launch </dev/null >&4 2>./fate 4>&- 6<&- | obey <&6 4>&-
  # a supervisor that was killed has not asked for it
  [ ! -d "$job_room" ] || bring_home >/dev/null
  exit 0
}

take_files() {
  {
    why=$(mkdir -m 700 "$job_room" 2>&1) && made=$job_room &&
      why=$(mkdir -m 700 "$job_deploy" "$job_room/rescue" 2>&1) && made="$job_room $job_deploy" &&
      why=$(umask 0 && exec tar -xpof - -C "$job_room" 2>&1) &&
      why=$(mv -T "$job_room/files" "$job_deploy" 2>&1)
  } <./cargo && say taken && return
  say "refused $(say "$why" | head -n 1)"
  return 1
}

# In its own home, as after a login; the environment is in nobody's command line, and not in a file any more.
as_deputy() {
  script() {
    own_pid
    echo "$pid" >./session
    set -- "$(command -v setsid)" "$script" "$(cat ./env)"
    : >./env
    cd "$HOME" 2>/dev/null || cd /
    [ -z "$3" ] || eval "$3"
    job_exec "$1" "$2"
  }
}

# The script inherits nothing of what is ignored here.
obey() {
  trap '' HUP PIPE
  while read -r word rest; do
    case $word in
      signal) read -r session <./session && signal "$rest" "$session" ;;
      notice) say "$rest" >"$job_room/notice" && mv "$job_room/notice" "$job_room/interruption.json" ;;
      reap)
        reap
        say "$evidence"
        say reaped
        ;;
      close)
        bring_home
        [ "$rest" = no ] || remove "$job_deploy" || say "left $job_deploy"
        say closed
        ;;
      drop)
        ! may_drop "$rest" || in_use "$rest" || remove "$rest"
        say dropped
        ;;
      end) break ;;
    esac
  done
}

# What root has rescued is where it belongs, and becomes the login user's, who is to fetch it.
bring_home() {
  if [ -z "$job_room" ]; then
    chown -hR "$(stat -c %u .)" "$job_control/rescue"
  elif (ctrl=$job_room && rescued) && ! tar -cf ./rescued -C "$job_room/rescue" .; then
    say "left $job_room"
  else
    remove "$job_room" || say "left $job_room"
  fi
}

# A folder, no link, of one of the two users, with a name that spot gives.
may_drop() {
  case $1 in /tmp/deploy_files_*) ;; *) return 1 ;; esac
  case ${1#/tmp/} in *[!A-Za-z0-9_]*) return 1 ;; esac
  [ -d "$1" ] && [ ! -L "$1" ] || return 1
  owner=$(stat -c %u "$1")
  [ "$owner" = "$(id -u)" ] || [ "$owner" = "$(stat -c %u .)" ]
}
