#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy:
#
#   scripts/tidy.sh              everything without LibTorch (half an hour on two cores)
#   scripts/tidy.sh BASE         the sources that differ from revision BASE, and are without LibTorch
#   scripts/tidy.sh FILE...      these sources
#
# Not part of test.sh. Needs the packages of setup.sh --tests and clang-tidy-14; configures
# build/tidy, where each source has a compile command of its own.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v clang-tidy-14 > /dev/null || { echo "tidy: needs the package clang-tidy-14" >&2; exit 1; }

mkdir -p build/tidy
cmake --preset debug -B build/tidy -DSTROBE_TORCH=OFF -DCMAKE_CXX_COMPILER=clang++-14 > build/tidy/configure.log ||
  { tail build/tidy/configure.log >&2; exit 1; }
# What is generated from the protos, which sources include.
ninja -C build/tidy -t targets all | sed -nE 's,^(proto/generated/.*\.pb\.h):.*,\1,p' |
  xargs ninja -C build/tidy > build/tidy/protos.log || { tail build/tidy/protos.log >&2; exit 1; }

compiled=$(python3 - <<'END'
import json, os
for entry in json.load(open("build/tidy/compile_commands.json")):
    name = os.path.relpath(entry["file"])
    if name.split("/")[0] in ("base", "workload", "model", "server", "client"):
        print(name)
END
)
if [ $# -eq 0 ]; then
  chosen=$compiled
elif [ -e "$1" ]; then
  chosen=$(printf '%s\n' "$@")
else
  chosen=$(git diff --name-only "$1" -- '*.cc' | grep -Fx -f <(printf '%s\n' "$compiled") || true)
fi
[ -n "$chosen" ] || { echo "tidy: nothing to look at"; exit 0; }
printf '%s\n' "$chosen" |
  xargs -P "$(nproc)" -n 4 nice clang-tidy-14 -p build/tidy --quiet 2> build/tidy/counts.log
printf 'tidy: %s sources are clean\n' "$(printf '%s\n' "$chosen" | wc -l)"
