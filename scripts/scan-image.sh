#!/usr/bin/env bash
# Known vulnerabilities of what an image carries: scripts/scan-image.sh ROOT [PROJECT]
#
# ROOT is the image's root file system, PROJECT has package.json and package-lock.json. npm audit looks at the packages of the image, and fails
# from `high` on; debsecan looks at Debian's, and fails where there is a version without the vulnerability, since building again repairs that.
# Where one of them cannot reach its data, that is said, and is no failure.
#
# Environment, optional:
#   DEBSECAN_SOURCE  where debsecan's data are; Debian's tracker unless given
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
  const report = JSON.parse(require("fs").readFileSync(0, "utf8") || "{}");
  const counts = report.metadata?.vulnerabilities;
  if (counts === undefined) process.exit(3);
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
  *) printf 'NOT SCANNED: npm audit has no data: %s\n' "$(head -n 2 "$errors" | tr '\n' ' ')" ;;
esac

# --- Packages of Debian -------------------------------------------------------------------------------------------------

status=$root/var/lib/dpkg/status
# shellcheck disable=SC1091 # of the image
suite=$(. "$root/etc/os-release" 2>/dev/null && echo "${VERSION_CODENAME:-}") || suite=
if ! command -v debsecan >/dev/null; then
  echo 'NOT SCANNED: the packages of Debian need debsecan (apt-get install debsecan)'
elif [ ! -s "$status" ] || [ -z "$suite" ]; then
  echo "NOT SCANNED: the image does not say which packages of which Debian it has ($status)"
elif list=$(debsecan --suite "$suite" --status "$status" --format packages --only-fixed \
  ${DEBSECAN_SOURCE:+--source "$DEBSECAN_SOURCE"} 2>"$errors"); then
  if [ -z "$list" ]; then
    printf 'ok    debsecan: no package of Debian %s has a vulnerability that is fixed (%s packages)\n' "$suite" "$(grep -c '^Package:' "$status")"
  else
    printf 'FAIL  debsecan: these packages have vulnerabilities that are fixed; build the image again: %s\n' "$(tr '\n' ' ' <<<"$list")"
    found=1
  fi
else
  printf "NOT SCANNED: debsecan has no data: %s\n" "$(tr '\n' ' ' <"$errors")"
fi
exit $found
