#!/bin/bash
# Raises N real OpenSSH hosts on the loopback of a Linux machine, as the user who calls it; root is not needed.
#
#   bench/fleet.sh up N FOLDER     127.9.0.1 … 127.9.0.N, port 2200 (PORT=…), everything they need in FOLDER
#   bench/fleet.sh down FOLDER     ends them and removes FOLDER
#
# FOLDER/hosts lists the addresses, FOLDER/ssh_config is for `ssh -F` and for `ssh.config_file` of spot. Every host has
# a host key and a home of its own; /tmp and the processor are shared by all of them and by the client.
set -euo pipefail

port=${PORT:-2200}

main() {
  case ${1-}/$# in
    up/3) up "$2" "$3" ;;
    down/2) down "$2" ;;
    *) usage ;;
  esac
}

usage() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 64
}

up() {
  mkdir -m 700 "$2"
  folder=$(realpath "$2")
  # sshd of root insists on this folder
  [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -C bench -f "$folder/id_ed25519"
  client_config >"$folder/ssh_config"
  for ((number = 1; number <= $1; number++)); do
    raise "127.9.0.$number"
  done
  echo "$1 hosts: $folder/hosts, $folder/ssh_config"
}

# raise ADDRESS
raise() {
  local host=$folder/$1
  mkdir -p "$host/home"
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$host/host_key"
  echo "[$1]:$port $(cut -d' ' -f1,2 "$host/host_key.pub")" >>"$folder/known_hosts"
  server_config "$1" "$host" >"$host/sshd_config"
  "$(sshd_path)" -f "$host/sshd_config" -E "$host/log"
  await_pid "$host"
  echo "$1" >>"$folder/hosts"
}

# await_pid HOST_FOLDER: sshd goes into the background before it listens, and writes its number when it does.
await_pid() {
  for ((tries = 0; tries < 100; tries++)); do
    if [ -s "$1/pid" ]; then return; fi
    sleep 0.05
  done
  cat "$1/log" >&2
  exit 1
}

# server_config ADDRESS HOST_FOLDER. All hosts are one account: HOME tells them apart, and sshd starts in the account's.
server_config() {
  cat <<CONFIG
ListenAddress $1:$port
HostKey $2/host_key
PidFile $2/pid
AuthorizedKeysFile $folder/id_ed25519.pub
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
MaxStartups 1000
SetEnv HOME=$2/home
ForceCommand cd "\$HOME" && exec "\$SHELL" -c "\$SSH_ORIGINAL_COMMAND"
Subsystem sftp $(sftp_server_path)
CONFIG
}

client_config() {
  cat <<CONFIG
Host 127.9.0.*
  Port $port
  User $(id -un)
  IdentityFile $folder/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile $folder/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
CONFIG
}

# A full path, which sshd wants to be called by; Debian keeps it out of the PATH of ordinary users.
sshd_path() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd; }

sftp_server_path() {
  for path in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec; do
    if [ -x "$path/sftp-server" ]; then echo "$path/sftp-server" && return; fi
  done
}

down() {
  folder=$(realpath "$1")
  [ -f "$folder/hosts" ] || { echo "$1 is no fleet" >&2; exit 66; }
  for file in "$folder"/*/pid; do
    pid=$(cat "$file")
    # the number may belong to somebody else by now
    if grep -qsF "$folder/" "/proc/$pid/cmdline"; then kill "$pid"; fi
  done
  rm -rf "$folder"
}

main "$@"
