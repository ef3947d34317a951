#!/usr/bin/env bash
# Sets up, builds and runs every test: the release build, then AddressSanitizer with UBSan, then
# ThreadSanitizer with clang's thread-safety analysis (both of everything without LibTorch).
#
#   scripts/test.sh            all of it; a sanitizer build whose programs and tests have not changed
#                              since they passed is not run again
#   scripts/test.sh release    only the named builds (release, asan, tsan) and the source checks
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Programs and test files newer than a file.
changed_since() {
  find "build/$preset/bin" "build/$preset/tests" tests -type f -newer "$1" \
    -not -path '*/Testing/*' -not -name '*.pyc' -print -quit
}

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
  passed=build/$preset/tests-passed
  if [ "$preset" != release ] && [ -e "$passed" ] && [ -z "$(changed_since "$passed")" ]; then
    say "Testing $preset: nothing has changed since it passed"
    continue
  fi
  say "Testing $preset"
  started=$(mktemp)
  # The longest tests wait for a server more than they work.
  ctest --preset "$preset" --parallel $((2 * $(nproc)))
  mv "$started" "$passed"
done
say "All tests passed: ${presets[*]}"
