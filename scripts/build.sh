#!/usr/bin/env bash
# Configures and builds a preset, showing progress: scripts/build.sh release [target...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
shift
revision=${STROBE_REVISION:-$(git describe --always --dirty 2> /dev/null || echo unknown)}
log=build/$preset-configure.log
# Lets clones in other folders share the compiler cache.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
mkdir -p "build/$preset"
# A folder that was configured by other presets starts anew: CMake forgets the other variables when
# the compiler changes.
used=build/$preset/presets-used.json
fresh=
cmp --silent CMakePresets.json "$used" || fresh=--fresh
if ! cmake --preset "$preset" ${fresh:+"$fresh"} -DSTROBE_REVISION="$revision" \
  ${LIBTORCH_ROOT:+-DLIBTORCH_ROOT="$LIBTORCH_ROOT"} > "$log" 2>&1; then
  cat "$log" >&2
  printf 'build: configuring %s failed\n' "$preset" >&2
  exit 1
fi
cp CMakePresets.json "$used"
NINJA_STATUS="    [%f/%t %es] " ninja -C "build/$preset" "$@"
