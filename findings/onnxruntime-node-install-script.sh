#!/usr/bin/env bash
# onnxruntime-node 1.30.0: on Linux x64 its install script fetches CUDA libraries from NuGet, whether or not there is a GPU.
#
# The package has the libraries for the processor. Its postinstall looks for three files of the CUDA provider, which the package does not have, and asks
# NuGet for them; it does not look for CUDA or a GPU. An install behind a proxy that only lets the npm registry through therefore fails, although nothing of
# what is missing would be used. ONNXRUNTIME_NODE_INSTALL=skip turns it off.
#
# Installs without scripts, runs the script with every request answered by an error, and prints what it asked for. Fails if that is not as described.
set -euo pipefail
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'needs Linux on x64'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"name":"outer","private":true}' > package.json
npm install --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0 >/dev/null
cat > deny.cjs <<'JS'
const { appendFileSync } = require('node:fs');
const https = require('node:https');
for (const name of ['get', 'request']) {
  https[name] = (url) => {
    appendFileSync(process.env.ASKED, `${url.href ?? url}\n`);
    throw new Error('denied');
  };
}
JS
export ASKED="$folder/asked"
: > "$ASKED"
cd node_modules/onnxruntime-node
ONNXRUNTIME_NODE_INSTALL=skip node --require "$folder/deny.cjs" script/install.js
skipped=$(wc -l < "$ASKED")
node --require "$folder/deny.cjs" script/install.js >/dev/null 2>&1 && status=0 || status=$?
echo "onnxruntime-node 1.30.0 asked for: $(sort -u "$ASKED" | tr '\n' ' ')(exit $status); with ONNXRUNTIME_NODE_INSTALL=skip $skipped requests"
grep -q 'api.nuget.org' "$ASKED" && [ "$skipped" = 0 ]
