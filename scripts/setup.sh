#!/usr/bin/env bash
# Finds or installs uv and a supported Python, then syncs the locked environment to .venv.
# Usage: scripts/setup.sh [--dev]      --dev adds what the tests need.
# PYTHON_VERSION=3.12 VENV=.venv-3.12 scripts/setup.sh makes an environment of another Python beside the usual one.
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

# The newest of pyenv's Pythons that begins with this version; pyenv's own shims fail where .python-version names another.
pyenv_python() {
  local python found=
  for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do [ -x "$python" ] && found=$python; done
  echo "${found:-none}"
}

find_uv() {
  for candidate in uv .tools/bin/uv "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"; do
    if works "$candidate"; then echo "$candidate"; return; fi
  done
  local python
  for python in python3 python /usr/bin/python3 "$(pyenv_python 3)"; do works "$python" && break; done
  works "$python" || { apt_install python3 python3-venv && python=python3; } ||
    fail "Python 3 is needed to install uv. Install python3, or uv itself: https://docs.astral.sh/uv/"
  say "  installing uv into .tools"
  { "$python" -m venv .tools >/dev/null 2>&1 || { apt_install python3-venv && "$python" -m venv --clear .tools; }; } &&
    .tools/bin/python -m pip install --quiet --disable-pip-version-check uv ||
    fail "uv could not be installed. Install it yourself: https://docs.astral.sh/uv/"
  echo .tools/bin/uv
}

# Tells where a Python is (behind pyenv's shims too) when it has one of our versions; fails otherwise.
supported() {
  "$1" -c 'import sys
if "%d.%d" % sys.version_info[:2] not in sys.argv[1].split(): sys.exit(1)
print(sys.executable)' "$VERSIONS" 2>/dev/null
}

find_python() {
  local version candidate
  for version in $VERSIONS; do
    if candidate=$(supported "python$version"); then echo "$candidate"; return; fi
    if candidate=$("$UV" python find --no-project --no-python-downloads "$version" 2>/dev/null) &&
      candidate=$(supported "$candidate"); then echo "$candidate"; return; fi
    if candidate=$(supported "$(pyenv_python "$version")"); then echo "$candidate"; return; fi
  done
  for version in $VERSIONS; do
    say "  installing Python $version with uv"
    if "$UV" python install "$version" >&2 && candidate=$("$UV" python find --no-project "$version" 2>/dev/null) &&
      candidate=$(supported "$candidate"); then echo "$candidate"; return; fi
  done
  fail "Python ${VERSIONS// / or } was not found (PATH, uv, pyenv) and could not be downloaded: install one, e.g. with 'pyenv install ${VERSIONS%% *}'."
}

VERSIONS=${PYTHON_VERSION:-3.13 3.12}
export UV_PROJECT_ENVIRONMENT=${VENV:-.venv}
UV=$(find_uv)
PYTHON=$UV_PROJECT_ENVIRONMENT/bin/python
supported "$PYTHON" >/dev/null || PYTHON=$(find_python)
[ -d "$UV_PROJECT_ENVIRONMENT" ] || say "  downloading packages (about 430 MB), a minute or two the first time"
group=--no-dev
[ "${1:-}" = --dev ] && group=
# --inexact: `make run` after `make test` keeps the test tools
# shellcheck disable=SC2086
"$UV" sync --frozen --inexact --compile-bytecode --quiet $group --python "$PYTHON" >&2 || fail "The environment could not be built; see above."
