#!/usr/bin/env bash
# Formats the C++ sources with clang-format 14: scripts/format.sh [--check]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(-i)
[ "${1:-}" != --check ] || mode=(--dry-run -Werror)
find base workload model server client tests -name '*.h' -o -name '*.cc' -o -name '*.cu' |
  xargs --no-run-if-empty clang-format-14 "${mode[@]}" ||
  { echo "format: run scripts/format.sh" >&2; exit 1; }
