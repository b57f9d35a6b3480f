#!/usr/bin/env bash
# Style and types of the browser code. Without Node it says so and is skipped; CI_REQUIRE_ALL=1 makes that a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
scripts/node-tools.sh || status=$?
if [ "$status" = 3 ] && [ "${CI_REQUIRE_ALL:-}" != 1 ]; then
  echo "skipped: the browser code was not checked"
  exit 0
fi
[ "$status" = 0 ] || exit "$status"
npm run --silent lint
