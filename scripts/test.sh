#!/usr/bin/env bash
# Sets up, builds and runs every test: the release build, then AddressSanitizer with UBSan, then
# ThreadSanitizer with clang's thread-safety analysis (both of everything without LibTorch).
#
#   scripts/test.sh            all of it; a sanitizer build whose programs and tests have not changed
#                              since they passed is not run again
#   scripts/test.sh release    only the named builds (release, asan, tsan) and the source checks
#
# Goes on with the next build when one fails. The last lines say what failed and how to run it alone.
set -uo pipefail
case "${1:-}" in -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
failures=()

say() { printf '\033[1m==>\033[0m %s (%ss)\n' "$*" "$SECONDS"; }

# Runs a step; notes its command line when it fails.
step() {
  "$@" || { failures+=("$*"); return 1; }
}

# Programs and test files of a preset that are newer than a file.
changed_since() {
  find "build/$1/bin" "build/$1/tests" tests -type f -newer "$2" \
    -not -path '*/Testing/*' -not -name '*.pyc' -print -quit
}

# Notes each test that the last run of a preset failed, as the command that runs it alone.
note_failed_tests() {
  local log=build/$1/Testing/Temporary/LastTestsFailed.log name
  if [ ! -s "$log" ]; then
    failures+=("ctest --preset $1")
    return
  fi
  while IFS=: read -r _ name; do
    failures+=("ctest --preset $1 -R '^${name//+/\\+}\$'")
  done < "$log"
}

run_tests() {
  local preset=$1 passed=build/$1/tests-passed started
  if [ "$preset" != release ] && [ -e "$passed" ] && [ -z "$(changed_since "$preset" "$passed")" ]; then
    say "Testing $preset: nothing has changed since it passed"
    return
  fi
  say "Testing $preset"
  started=$(mktemp)
  rm -f "build/$preset/Testing/Temporary/LastTestsFailed.log"
  # The longest tests wait for a server more than they work.
  if ctest --preset "$preset" --parallel $((2 * $(nproc))); then
    mv "$started" "$passed"
  else
    rm -f "$started"
    note_failed_tests "$preset"
  fi
}

presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(asan tsan release)

scripts/setup.sh --tests || exit 1
say "Checking the layers and the format"
step scripts/check_layers.py
step scripts/format.sh --check

for preset in "${presets[@]}"; do
  say "Building $preset"
  step scripts/build.sh "$preset" && run_tests "$preset"
done

if [ ${#failures[@]} -gt 0 ]; then
  say "FAILED: ${#failures[@]} of the steps and tests above. Each alone:"
  printf '    %s\n' "${failures[@]}"
  exit 1
fi
say "All tests passed: ${presets[*]}"
