#!/usr/bin/env bash
# Finds or installs uv and Python 3.10, then syncs the locked environment to .venv.
# Usage: scripts/setup.sh [--dev]      --dev adds what the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "✗ $*"; exit 1; }
works() { command -v "$1" >/dev/null 2>&1 && "$1" --version >/dev/null 2>&1; }

# Debian packages, only as root and only on Debian-like systems.
apt_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  say "  installing $* with apt"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null 2>&1
}

find_uv() {
  for candidate in uv .tools/bin/uv "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"; do
    if works "$candidate"; then echo "$candidate"; return; fi
  done
  local python
  for python in python3 python; do works "$python" && break; done
  works "$python" || { apt_install python3 python3-venv && python=python3; } ||
    fail "Python 3 is needed to install uv. Install python3, or uv itself: https://docs.astral.sh/uv/"
  say "  installing uv into .tools"
  { "$python" -m venv .tools >/dev/null 2>&1 || { apt_install python3-venv && "$python" -m venv --clear .tools; }; } &&
    .tools/bin/python -m pip install --quiet --disable-pip-version-check uv ||
    fail "uv could not be installed. Install it yourself: https://docs.astral.sh/uv/"
  echo .tools/bin/uv
}

is_310() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_python() {
  local candidate
  if candidate=$(command -v python3.10 2>/dev/null) && is_310 "$candidate"; then echo "$candidate"; return; fi
  if candidate=$("$UV" python find --no-project 3.10 2>/dev/null) && is_310 "$candidate"; then echo "$candidate"; return; fi
  for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python; do
    if [ -x "$candidate" ] && is_310 "$candidate"; then echo "$candidate"; return; fi
  done
  say "  installing Python 3.10 with uv"
  if "$UV" python install 3.10 >&2 && candidate=$("$UV" python find --no-project 3.10 2>/dev/null) && is_310 "$candidate"; then
    echo "$candidate"; return
  fi
  fail "Python 3.10 was not found (PATH, uv, pyenv) and could not be downloaded. Rasa 3.6 needs exactly 3.10: install it, e.g. with 'pyenv install 3.10'."
}

UV=$(find_uv)
if [ -x .venv/bin/python ] && is_310 .venv/bin/python; then PYTHON=.venv/bin/python; else PYTHON=$(find_python); fi
# The first start downloads about 300 MB; afterwards this takes a moment.
[ -d .venv ] && quiet=--quiet || { quiet=; say "  downloading packages, a minute or two the first time"; }
group=--no-dev
[ "${1:-}" = --dev ] && group=
# --inexact: `make run` after `make test` keeps the test tools
# shellcheck disable=SC2086
"$UV" sync --frozen --inexact --compile-bytecode $quiet $group --python "$PYTHON" >&2 || fail "The environment could not be built; see above."
