#!/usr/bin/env bash
# Known vulnerabilities of what an image carries: scripts/scan-image.sh ROOT [PROJECT]
#
# ROOT is the image's root file system, PROJECT has package.json and package-lock.json. npm audit looks at the packages of the image, and fails
# from `high` on; debsecan looks at Debian's by the data of Debian's tracker, and fails where there is a version without the vulnerability, since
# building again repairs that. Where it has no data, apt says the same of Debian's archive of security updates. Where nothing can be reached, that
# is said, and is no failure.
#
# Environment, optional:
#   DEBSECAN_SOURCE  where debsecan's data are; Debian's tracker unless given
#   DEBIAN_SECURITY  the archive of security updates; Debian's own unless given
# Exit code: 0 nothing was found, 1 something was.

set -Eeuo pipefail
root=$1
project=${2:-.}
found=0
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# --- Packages of npm: those that the Dockerfile installs ---------------------------------------------------------------

report=$(cd "$project" && npm audit --omit=dev --omit=optional --package-lock-only --json 2>"$errors" || true)
counts=$(node -e '
  const report = JSON.parse(require("fs").readFileSync(0, "utf8").trim() || "{}");
  const counts = report.metadata?.vulnerabilities;
  if (counts === undefined) {
    console.log(report.message ?? report.error?.summary ?? "");
    process.exit(3);
  }
  console.log(Object.entries(counts).filter(([level, n]) => level !== "total" && n > 0).map(([level, n]) => `${n} ${level}`).join(", ") || "none");
  for (const { name, severity, range } of Object.values(report.vulnerabilities ?? {})) console.log(`      ${severity}: ${name} ${range}`);
  process.exit(counts.high + counts.critical > 0 ? 1 : 0);
' <<<"$report") && code=0 || code=$?
case $code in
  0) printf 'ok    npm audit: %s\n' "$counts" ;;
  1)
    printf 'FAIL  npm audit: %s\n' "$counts"
    found=1
    ;;
  *) printf 'NOT SCANNED: npm audit has no data: %s\n' "${counts:-$(head -n 2 "$errors" | tr '\n' ' ')}" ;;
esac

# --- Packages of Debian -------------------------------------------------------------------------------------------------

status=$root/var/lib/dpkg/status
# shellcheck disable=SC1091 # of the image
suite=$(. "$root/etc/os-release" 2>/dev/null && echo "${VERSION_CODENAME:-}") || suite=

# Both print the packages that have vulnerabilities which are fixed; its exit code is not 0 where it has no data, with the reason in `errors`.
by_debsecan() {
  if ! command -v debsecan >/dev/null; then
    echo 'it is not installed (apt-get install debsecan)' >"$errors"
    return 1
  fi
  debsecan --suite "$suite" --status "$status" --format packages --only-fixed ${DEBSECAN_SOURCE:+--source "$DEBSECAN_SOURCE"} 2>"$errors"
}

by_apt() {
  if ! command -v apt-get >/dev/null; then
    echo 'this machine has no apt' >"$errors"
    return 1
  fi
  local work keys options list
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  keys=$root/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keys] ${DEBIAN_SECURITY:-http://deb.debian.org/debian-security} $suite-security main" >"$work/sources.list"
  options=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache"
    -o Dir::State::status="$status" -o APT::Sandbox::User=root -o Acquire::Retries=1)
  if apt-get "${options[@]}" --error-on=any update >/dev/null 2>"$errors" && list=$(apt "${options[@]}" list --upgradable 2>"$errors"); then
    rm -rf "$work"
    sed 's,/.*,,' <<<"$list"
  else
    rm -rf "$work"
    return 1
  fi
}

if [ ! -s "$status" ] || [ -z "$suite" ]; then
  echo "NOT SCANNED: the image does not say which packages of which Debian it has ($status)"
else
  reasons=
  for scan in debsecan apt; do
    if list=$("by_$scan"); then
      if [ -z "$list" ]; then
        printf 'ok    %s: no package of Debian %s has a vulnerability that is fixed (%s packages)\n' "$scan" "$suite" "$(grep -c '^Package:' "$status")"
      else
        printf 'FAIL  %s: these packages have vulnerabilities that are fixed; build the image again: %s\n' "$scan" "$(tr '\n' ' ' <<<"$list")"
        found=1
      fi
      reasons=
      break
    fi
    reasons+="$scan: $(tr '\n' ' ' <"$errors")"
  done
  [ -z "$reasons" ] || printf 'NOT SCANNED: there are no data on vulnerabilities of Debian: %s\n' "$reasons"
fi
exit $found
