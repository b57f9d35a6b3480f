#!/usr/bin/env bash
# Installs the servers and the browser the tests use: with apt when root, otherwise names what is missing.
set -euo pipefail

missing=()
need() { # package, then commands or files any of which proves it is there
  local package=$1 proof; shift
  for proof in "$@"; do
    if command -v "$proof" >/dev/null 2>&1 || compgen -G "$proof" >/dev/null; then return; fi
  done
  missing+=("$package")
}
need postgresql initdb '/usr/lib/postgresql/*/bin/initdb'
need rabbitmq-server /usr/lib/rabbitmq/bin/rabbitmq-server
need redis-server redis-server
need poppler-utils pdftotext
need chromium chromium chromium-browser google-chrome
need fonts-noto-cjk '/usr/share/fonts/opentype/noto/*CJK*'

[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing ${missing[*]} with apt" >&2
  apt-get update -qq
  # RUNLEVEL: tests start servers of their own, so none is started now
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "Not installed: ${missing[*]}. Tests that need them are skipped and say so." >&2
fi
