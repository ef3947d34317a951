#!/usr/bin/env bash
# Sets up, builds and runs every test: the release build, then AddressSanitizer with UBSan, then
# ThreadSanitizer with clang's thread-safety analysis (both of everything without LibTorch).
#
#   scripts/test.sh            all of it
#   scripts/test.sh release    only the named builds (release, asan, tsan) and the source checks
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '\033[1m==>\033[0m %s (%ss)\n' "$*" "$SECONDS"; }

presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(asan tsan release)

scripts/setup.sh --tests
say "Checking the layers and the format"
scripts/check_layers.py
scripts/format.sh --check

for preset in "${presets[@]}"; do
  say "Building $preset"
  scripts/build.sh "$preset"
  say "Testing $preset"
  ctest --preset "$preset" --parallel 2
done
say "All tests passed: ${presets[*]}"
