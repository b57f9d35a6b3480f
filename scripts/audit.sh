#!/usr/bin/env bash
# Known weaknesses of the locked libraries (pip-audit, with docs/advisories.txt as the exceptions that were judged) and
# a list of all of them in CycloneDX. Without a way to an advisory database the first is skipped, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p var
requirements=$(mktemp)
trap 'rm -f "$requirements"' EXIT
uv=$(command -v uv || echo .tools/bin/uv)
"$uv" export --quiet --frozen --no-dev --no-emit-project --no-emit-local --format requirements-txt > "$requirements"

# the list needs nobody's answer
"$uv" export --quiet --frozen --no-dev --preview --format cyclonedx1.5 > var/sbom.json
echo "Libraries: var/sbom.json (CycloneDX, $(grep -c '"purl"' var/sbom.json) components)"

ignored=()
while read -r advisory _; do
    [[ -z $advisory || $advisory == \#* ]] || ignored+=(--ignore-vuln "$advisory")
done < docs/advisories.txt

if ! .venv/bin/python -c "
import urllib.request
urllib.request.urlopen('${ADVISORY_DATABASE:-https://pypi.org/pypi/pip/25.0/json}', timeout=10).read(1)" 2> /dev/null; then
    echo "Advisories: skipped, no advisory database can be reached from here"
    exit 0
fi
# in an environment of its own: one of its libraries (cachecontrol) would make Rasa look for channels it lacks
"$uv" tool run "pip-audit@2.10.1" --disable-pip --require-hashes --requirement "$requirements" "${ignored[@]}"
