#!/usr/bin/env bash
# Installs the tools that check the browser code (package.json), if they are not there as locked.
# Finds Node in PATH, or installs it with apt as root. Exit status 3: there is no Node, and the reason is on stderr.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
major() { node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p'; }
usable() { command -v npm >/dev/null 2>&1 && [ "$(major)" -ge 18 ]; }

if ! usable && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  say "  installing nodejs and npm with apt"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } \
    >/dev/null 2>&1 || true
fi
usable || { say "Node 18 or later with npm is not installed (Debian: apt-get install nodejs npm)"; exit 3; }

# npm keeps a copy of what it installed; package-lock.json newer than that means another set of tools
installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ] || [ package.json -nt "$installed" ]; then
  say "  installing the tools for the browser code"
  npm ci --silent --no-audit --no-fund >&2
  touch "$installed"
fi
