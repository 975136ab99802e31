#!/bin/sh
# Installs a little web site from files/ into ~/www, all at once or not at all.
#
#   cd examples/web && spot upload-script ./deploy.sh
#
# spot copies files/ to every instance and says in DEPLOY_FILES_DIR where they are. The new release is put together in a
# folder of its own and checked there; then ~/www, a link, is turned to it. A failure before that leaves the site as it is.
set -eu

www=$HOME/www
releases=$HOME/www-releases
release=$releases/$(date +%Y%m%dT%H%M%S).$$
previous=$(readlink "$www" || echo none)

main() {
  require_files
  trap discard EXIT
  step 'Copying the site' copy_files
  step 'Writing the configuration' write_config
  step 'Checking the new release' check "$release"
  step 'Going live' go_live
  trap - EXIT
  step 'Checking the live site' check "$www"
  step 'Removing old releases' remove_older
  echo "The site is in $www ($(basename "$release"))."
}

# step TEXT COMMAND…: says what happens, then does it. The pause stands in for the time real work takes, such as the
# restart of a service, so that there is something to watch; PAUSE_SECONDS=0 does without.
step() {
  echo "$1"
  shift
  "$@"
  sleep "${PAUSE_SECONDS:-0.3}"
}

require_files() {
  [ -f "$DEPLOY_FILES_DIR/site/index.html" ] && return
  echo "There is no site/index.html among the files: start spot in examples/web, or point --files at its files/." >&2
  exit 1
}

copy_files() {
  mkdir -p "$release"
  cp -R "$DEPLOY_FILES_DIR/." "$release/"
  find "$release" -type f | wc -l | sed 's/^ */  files: /'
}

write_config() {
  sed "s|@HOST@|$(uname -n)|; s|@ROOT@|$www/site|" "$release/conf/app.conf" >"$release/conf/app.conf.new"
  mv "$release/conf/app.conf.new" "$release/conf/app.conf"
  grep -v '^#' "$release/conf/app.conf" | sed 's/^/  /'
}

check() {
  "$1/bin/healthcheck.sh" "$1"
}

# A rename replaces the link in one stroke. It is made in a folder of its own, because mv would follow a link that is
# named as the target, but not one that has the same name in the target folder.
go_live() {
  mkdir "$release/live"
  ln -s "$release" "$release/live/www"
  mv -f "$release/live/www" "$HOME/"
  rmdir "$release/live"
}

# The release that was live until now is kept, to go back to.
remove_older() {
  for folder in "$releases"/*; do
    case $folder in "$release" | "$previous") continue ;; esac
    rm -rf "$folder"
    echo "  $(basename "$folder")"
  done
}

discard() {
  rm -rf "$release"
}

main
