#!/usr/bin/env bash
# A server that speaks MongoDB's protocol, for tests on a Debian machine without Docker:
# FerretDB in front of PostgreSQL with the documentdb extension.
#
#   bash test/engines/mongodb-server.sh install          once; safe to repeat, seconds when already done
#   eval "$(bash test/engines/mongodb-server.sh start)"  an EMPTY server; sets MONGODB_URL
#   bash test/engines/mongodb-server.sh status           exit 0 and MONGODB_URL=... when it answers, else exit 3
#   bash test/engines/mongodb-server.sh stop             ends it and deletes its data
#
# Standard output carries the MONGODB_URL line only; everything else goes to standard error.
#
#   ROLEBOOK_ENGINES_CACHE   where everything is kept (default ${XDG_CACHE_HOME:-$HOME/.cache}/rolebook-engines)
#   MONGODB_PORT             loopback port (default 27117); each port is a server of its own
#   ROLEBOOK_DEBIAN_MIRROR   Debian mirror (default: the one apt uses here)
#
# Never for anything but tests: data lies in a temporary folder, fsync is off, nobody signs in.

# shellcheck disable=SC2015,SC2016
set -euo pipefail

readonly FERRETDB_VERSION=v2.7.0
readonly SUITE=forky
readonly PG_VERSION=18
readonly PG_BIN=/usr/lib/postgresql/$PG_VERSION/bin
# Raise this when anything below changes what `install` makes: older caches are then rebuilt.
readonly LAYOUT=1

readonly SELF=${BASH_SOURCE[0]}
readonly CACHE=${ROLEBOOK_ENGINES_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rolebook-engines}
readonly HOME_DIR=$CACHE/mongodb
readonly ROOT=$HOME_DIR/root
readonly ROOT_STAMP="suite=$SUITE postgresql=$PG_VERSION layout=$LAYOUT"
readonly FERRETDB=$HOME_DIR/bin/ferretdb-$FERRETDB_VERSION
readonly PORT=${MONGODB_PORT:-27117}
readonly URL=mongodb://127.0.0.1:$PORT/
readonly STATE=$HOME_DIR/state-$PORT
# Inside the root: the running server's folder, and the cluster that each start copies.
readonly RUN_MOUNT=/srv/rolebook
readonly TEMPLATE=/var/lib/rolebook-template
readonly PG_URL="postgres://postgres@/postgres?host=$RUN_MOUNT/socket&pool_max_conns=50"

exec 3>&1 1>&2 # descriptor 3 is the caller's standard output; only emit_url writes there

say() { printf 'mongodb-server: %s\n' "$*"; }
fail() {
  printf 'mongodb-server: ERROR: %s\n' "$*"
  exit 1
}
emit_url() { printf 'MONGODB_URL=%s\n' "$URL" >&3; }

# fail_with_log LOG SENTENCE
fail_with_log() {
  if [[ -s $1 ]]; then
    say "last lines of $1:"
    tail -n 25 -- "$1"
  fi
  fail "$2"
}

check_machine() {
  [[ $CACHE == /* ]] || fail "ROLEBOOK_ENGINES_CACHE is '$CACHE': give an absolute path."
  if ! [[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
    fail "MONGODB_PORT is '$PORT': give a port number from 1 to 65535."
  fi
  local elsewhere="or point MONGODB_URL at a MongoDB that already runs (docker compose up mongodb)"
  [[ $(uname -s) == Linux ]] || fail "this needs Linux: use a Linux machine, $elsewhere."
  ((EUID == 0)) || fail "this needs root for chroot and mounts: run it again with sudo, $elsewhere."
  command -v apt-get >/dev/null || fail "this needs Debian's apt-get: use a Debian or Ubuntu machine, $elsewhere."
  local tool
  for tool in flock setsid unshare chroot; do
    command -v "$tool" >/dev/null || fail "the command $tool is missing: apt-get install util-linux coreutils."
  done
  unshare --mount true 2>/dev/null ||
    fail "mounting is not allowed here: run in a container with the capability SYS_ADMIN (--privileged), $elsewhere."
  mkdir -p -- "$HOME_DIR" || fail "cannot make $HOME_DIR: set ROLEBOOK_ENGINES_CACHE to a folder that root can write."
}

# take_lock SECONDS: one install, start or stop at a time; released when this script ends.
take_lock() {
  exec 9>"$HOME_DIR/lock"
  flock -w "$1" 9 || fail "another mongodb-server.sh holds $HOME_DIR/lock: wait for it to finish or end it, then run this again."
}

# in_root ROOT COMMAND...: runs COMMAND (it replaces the calling process) inside ROOT with /proc there.
# The mounts live in a namespace of their own, so they vanish with the process. RUN_DIR, when set, is
# mounted at RUN_MOUNT.
in_root() {
  local root=$1
  shift
  exec unshare --mount --propagation private -- bash -euc '
    root=$1 run=$2 at=$3 proxy=$4
    shift 4
    mount -t proc proc "$root/proc"
    if [ -n "$run" ]; then mount --bind "$run" "$root$at"; fi
    set -- env -i ${proxy:+"http_proxy=$proxy"} PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TZ=UTC \
      DEBIAN_FRONTEND=noninteractive "$@"
    cd /
    exec chroot "$root" "$@"
  ' in_root "$root" "${RUN_DIR:-}" "$RUN_MOUNT" "${http_proxy:-}" "$@"
}

# as_postgres ROOT COMMAND...: the same, as the root's own user postgres.
as_postgres() {
  local root=$1
  shift
  in_root "$root" setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
}

# ---------------------------------------------------------------------------------------------- install

install_debootstrap() {
  local packages=()
  command -v debootstrap >/dev/null || packages+=(debootstrap)
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || packages+=(debian-archive-keyring)
  command -v gpgv >/dev/null || packages+=(gpgv)
  ((${#packages[@]})) || return 0
  say "installing ${packages[*]} with apt-get"
  local log=$HOME_DIR/apt.log
  # A failing third-party source must not stop us: only the install itself has to work.
  apt-get update >"$log" 2>&1 </dev/null || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" >>"$log" 2>&1 </dev/null ||
    fail_with_log "$log" "apt-get could not install ${packages[*]}: repair apt's sources or its network, then run '$SELF install' again."
}

debian_mirror() {
  if [[ -n ${ROLEBOOK_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "$ROLEBOOK_DEBIAN_MIRROR"
    return
  fi
  # Nothing printed (a machine whose apt knows no Debian archive): debootstrap's own default is used.
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" && $3 ~ /^http:/ && !done { print $3; done = 1 }' || true
}

postgres_settings() {
  cat <<CONF
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
documentdb_core.enableCollation = on
# documentdb connects back to itself to make a collection.
documentdb.localhost_connection_string = 'host=$RUN_MOUNT/socket'
# The newer index class (on by default) crashes the server on \$elemMatch in a compound index.
documentdb.defaultUseCompositeOpClass = off
cron.database_name = 'postgres'
cron.use_background_workers = on
cron.log_run = off
cron.log_statement = off
listen_addresses = ''
max_connections = 100
max_worker_processes = 32
shared_buffers = 256MB
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_min_error_statement = panic
jit = off
deadlock_timeout = 100ms
# A test server: its data need not outlive the machine.
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
CONF
}

# Everything here happens in ROOT.new, renamed at the end: a broken run leaves no half-made root.
make_root() {
  local new=$ROOT.new log=$HOME_DIR/root.log mirror
  local again="check the network and the free space (1.5 GB) in $CACHE, or set ROLEBOOK_DEBIAN_MIRROR, then run '$SELF install' again."
  rm -rf -- "$new" "$ROOT" "$HOME_DIR/debootstrap"
  : >"$log"

  # A debootstrap older than the suite has no script for it; sid's is the same.
  if [[ ! -e /usr/share/debootstrap/scripts/$SUITE ]]; then
    cp -a /usr/share/debootstrap "$HOME_DIR/debootstrap"
    ln -s sid "$HOME_DIR/debootstrap/scripts/$SUITE"
    export DEBOOTSTRAP_DIR=$HOME_DIR/debootstrap
  fi
  mirror=$(debian_mirror)
  say "making a Debian $SUITE root (about a minute)"
  # shellcheck disable=SC2086 # an empty mirror must vanish
  debootstrap --variant=minbase --force-check-gpg --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    "$SUITE" "$new" $mirror >>"$log" 2>&1 </dev/null ||
    fail_with_log "$log" "debootstrap failed: $again"
  rm -rf -- "$HOME_DIR/debootstrap"
  unset DEBOOTSTRAP_DIR

  say "installing PostgreSQL $PG_VERSION with documentdb into it (under a minute)"
  printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d" # no service may start by itself
  chmod 755 "$new/usr/sbin/policy-rc.d"
  mkdir -p "$new/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$new/etc/postgresql-common/createcluster.conf"
  echo force-unsafe-io >"$new/etc/dpkg/dpkg.cfg.d/rolebook"
  printf 'path-exclude=%s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' >>"$new/etc/dpkg/dpkg.cfg.d/rolebook"
  (in_root "$new" sh -ec "
    install='apt-get install -y --no-install-recommends postgresql-$PG_VERSION-documentdb'
    \$install || { apt-get update && \$install; }
    apt-get clean
    rm -rf /var/lib/apt/lists/*
  ") >>"$log" 2>&1 </dev/null || fail_with_log "$log" "apt-get inside the root failed: $again"

  say "making the database cluster"
  mkdir -p "$new$RUN_MOUNT"
  install -d -m 700 -o "$(root_id "$new" 3)" -g "$(root_id "$new" 4)" "$new$TEMPLATE"
  local cluster_failed="the database cluster could not be made: $again"
  (as_postgres "$new" "$PG_BIN/initdb" -D "$TEMPLATE" --no-sync --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --username=postgres) >>"$log" 2>&1 </dev/null || fail_with_log "$log" "$cluster_failed"
  postgres_settings >>"$new$TEMPLATE/postgresql.conf"
  (as_postgres "$new" bash -euc '
    bin=$1 data=$2
    "$bin/pg_ctl" -D "$data" -w -t 60 -l /tmp/template.log -o "-k /tmp" start || { cat /tmp/template.log; exit 1; }
    "$bin/psql" -X -v ON_ERROR_STOP=1 -h /tmp -U postgres -d postgres -c "CREATE EXTENSION documentdb CASCADE"
    "$bin/pg_ctl" -D "$data" -w -t 60 -m fast stop
  ' cluster "$PG_BIN" "$TEMPLATE") >>"$log" 2>&1 </dev/null || fail_with_log "$log" "$cluster_failed"

  printf '%s\n' "$ROOT_STAMP" >"$new/.rolebook-stamp"
  mv -- "$new" "$ROOT"
}

# root_id ROOT FIELD: the numeric user (3) or group (4) of the root's user postgres.
root_id() { awk -F: -v field="$2" '$1 == "postgres" { print $field }' "$1/etc/passwd"; }

root_is_made() { [[ -e $ROOT/.rolebook-stamp && $(<"$ROOT/.rolebook-stamp") == "$ROOT_STAMP" ]]; }

cmd_install() {
  take_lock 1800
  local build_log=$HOME_DIR/ferretdb-build.log gobin=$HOME_DIR/bin/.new
  BUILD_PID=
  if root_is_made && [[ -x $FERRETDB ]]; then
    say "already installed in $HOME_DIR"
    return 0
  fi
  if [[ ! -x $FERRETDB ]]; then
    command -v go >/dev/null ||
      fail "Go is missing: install Go 1.25 or newer and put it on PATH (FerretDB is built from source), then run '$SELF install' again."
    say "building FerretDB $FERRETDB_VERSION (one to three minutes, beside the rest)"
    rm -rf -- "$gobin"
    mkdir -p -- "$gobin"
    GOBIN=$gobin CGO_ENABLED=0 GOFLAGS=-buildvcs=false \
      go install -trimpath "github.com/FerretDB/FerretDB/v2/cmd/ferretdb@$FERRETDB_VERSION" \
      >"$build_log" 2>&1 </dev/null 3>&- 9>&- &
    BUILD_PID=$!
    trap 'kill "$BUILD_PID" 2>/dev/null || true' EXIT
  fi
  if ! root_is_made; then
    [[ -z $(running_ports) ]] ||
      fail "the installed root is out of date and servers still run from it (port $(running_ports)): stop them with 'MONGODB_PORT=... $SELF stop', then run '$SELF install' again."
    install_debootstrap
    make_root
  fi
  if [[ -n $BUILD_PID ]]; then
    wait "$BUILD_PID" ||
      fail_with_log "$build_log" "go install of FerretDB $FERRETDB_VERSION failed: check that 'go version' is 1.25 or newer and that the Go module proxy is reachable, then run '$SELF install' again."
    trap - EXIT
    mv -f -- "$gobin/ferretdb" "$FERRETDB"
    rmdir -- "$gobin"
  fi
  say "installed in $HOME_DIR"
}

# ------------------------------------------------------------------------------------------------ start

# A pid file holds the pid and, on a second line, its start time: a reused pid is not taken for ours.
start_time() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086 # split into fields; the 20th after the name is the start time
  set -- $stat
  [[ $1 != Z ]] || return 1
  printf '%s\n' "${20}"
}
write_pid() { printf '%s\n%s\n' "$2" "$(start_time "$2" || echo gone)" >"$1"; }
alive() { # alive PIDFILE: prints the pid
  local -a lines=()
  [[ -e $1 ]] || return 1
  mapfile -t lines <"$1"
  [[ ${#lines[@]} -eq 2 && $(start_time "${lines[0]}" || true) == "${lines[1]}" ]] || return 1
  printf '%s\n' "${lines[0]}"
}

running_ports() {
  local dir
  for dir in "$HOME_DIR"/state-*; do
    if alive "$dir/postgres.pid" >/dev/null || alive "$dir/ferretdb.pid" >/dev/null; then printf '%s ' "${dir##*-}"; fi
  done
}

ping_server() {
  timeout 10 "$FERRETDB" ping --listen-addr="127.0.0.1:$PORT" --postgresql-url="$(host_pg_url)" \
    --telemetry=disable --no-auth --debug-addr=- --state-dir="$(<"$STATE/dir")/state" --log-level=ERROR \
    >"$STATE/ping.log" 2>&1 </dev/null
}
host_pg_url() { printf 'postgres://postgres@/postgres?host=%s/socket' "$(<"$STATE/dir")"; }

is_running() { alive "$STATE/postgres.pid" >/dev/null && alive "$STATE/ferretdb.pid" >/dev/null && ping_server; }

# end_process PIDFILE SIGNAL
end_process() {
  local pid i
  if pid=$(alive "$1"); then
    kill -s "$2" "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
      alive "$1" >/dev/null || break
      sleep 0.1
    done
    if alive "$1" >/dev/null; then
      say "process $pid did not end on SIG$2: killing it"
      kill -s KILL "$pid" 2>/dev/null || true
    fi
  fi
  rm -f -- "$1"
}

end_server() {
  local dir
  end_process "$STATE/ferretdb.pid" TERM
  end_process "$STATE/postgres.pid" QUIT # at once: the data is thrown away
  if [[ -e $STATE/dir ]]; then
    dir=$(<"$STATE/dir")
    if [[ $dir == /*/rolebook-mongodb-* ]]; then rm -rf -- "$dir"; fi
  fi
  rm -rf -- "$STATE"
}

cmd_start() {
  take_lock 300
  root_is_made && [[ -x $FERRETDB ]] || fail "nothing is installed in $HOME_DIR: run '$SELF install' first."
  if is_running; then
    say "already running on port $PORT"
    emit_url
    return 0
  fi
  end_server
  if (exec 4<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
    fail "another program already listens on 127.0.0.1:$PORT: end it, or choose another port with MONGODB_PORT."
  fi

  # In /tmp itself, since the path of a Unix socket must stay short.
  RUN_DIR=$(mktemp -d "/tmp/rolebook-mongodb-$PORT.XXXXXX")
  local uid gid
  uid=$(root_id "$ROOT" 3) gid=$(root_id "$ROOT" 4)
  mkdir -p -- "$STATE"
  printf '%s\n' "$RUN_DIR" >"$STATE/dir"
  trap 'end_server' EXIT
  cp -a -- "$ROOT$TEMPLATE" "$RUN_DIR/data"
  ln -f -- "$FERRETDB" "$ROOT/usr/local/bin/ferretdb"
  install -d -m 700 -o "$uid" -g "$gid" "$RUN_DIR/socket" "$RUN_DIR/state"
  chown "$uid:$gid" "$RUN_DIR"

  local pg_log=$HOME_DIR/postgres-$PORT.log ferret_log=$HOME_DIR/ferretdb-$PORT.log i
  as_postgres "$ROOT" setsid "$PG_BIN/postgres" -D "$RUN_MOUNT/data" -k "$RUN_MOUNT/socket" \
    >"$pg_log" 2>&1 </dev/null 3>&- 9>&- &
  write_pid "$STATE/postgres.pid" $!
  for ((i = 0; ; i++)); do
    alive "$STATE/postgres.pid" >/dev/null && ((i < 600)) ||
      fail_with_log "$pg_log" "PostgreSQL did not start: free some memory and disk, or run '$SELF install' again after deleting $HOME_DIR."
    (in_root "$ROOT" "$PG_BIN/pg_isready" -q -U postgres -h "$RUN_MOUNT/socket") 2>/dev/null && break
    sleep 0.1
  done
  # A ping writes nothing; making a collection is what fails when documentdb cannot connect back to itself.
  (in_root "$ROOT" "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$RUN_MOUNT/socket" -U postgres -d postgres \
    -c "SELECT documentdb_api.insert_one('rolebook_probe', 'probe', '{\"_id\": 1}')" \
    -c "SELECT documentdb_api.drop_database('rolebook_probe')") >>"$pg_log" 2>&1 </dev/null ||
    fail_with_log "$pg_log" "PostgreSQL runs but documentdb cannot write: run '$SELF install' again after deleting $HOME_DIR."

  as_postgres "$ROOT" setsid /usr/local/bin/ferretdb --listen-addr="127.0.0.1:$PORT" --postgresql-url="$PG_URL" \
    --no-auth --telemetry=disable --debug-addr=- --state-dir="$RUN_MOUNT/state" --log-level=WARN \
    >"$ferret_log" 2>&1 </dev/null 3>&- 9>&- &
  write_pid "$STATE/ferretdb.pid" $!
  for ((i = 0; ; i++)); do
    alive "$STATE/ferretdb.pid" >/dev/null && ((i < 300)) ||
      fail_with_log "$ferret_log" "FerretDB did not answer on 127.0.0.1:$PORT: choose another port with MONGODB_PORT, or run '$SELF install' again after deleting $HOME_DIR."
    if (exec 4<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && ping_server; then break; fi
    sleep 0.1
  done
  trap - EXIT
  say "running on port $PORT; logs: $pg_log $ferret_log"
  emit_url
}

cmd_stop() {
  take_lock 300
  if [[ ! -e $STATE ]]; then
    say "not running on port $PORT"
    return 0
  fi
  end_server
  say "stopped on port $PORT"
}

cmd_status() {
  if is_running; then
    say "running on port $PORT"
    emit_url
    return 0
  fi
  say "not running on port $PORT"
  exit 3
}

case "${1:-}" in
  install | start | stop | status)
    check_machine
    "cmd_$1"
    ;;
  *)
    say "usage: bash $SELF install | start | stop | status"
    exit 2
    ;;
esac
