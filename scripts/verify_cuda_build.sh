#!/usr/bin/env bash
# Builds the `cuda` preset and runs on it, without a GPU, all that needs none: a CUDA build that only
# compiles has never been started.
#
#   LIBTORCH_ROOT=<site-packages>/torch scripts/verify_cuda_build.sh
#
# LIBTORCH_ROOT is the CUDA LibTorch of `pip install torch==2.11.0`, with its NVIDIA libraries beside
# it (3 GB of downloads; without LIBTORCH_ROOT they are installed into ${XDG_CACHE_HOME:-~/.cache}/strobe).
# Needs the CUDA toolkit 13.0. ARCHITECTURES (default 90-real) are the GPUs compiled for.
#   1. builds everything
#   2. runs every suite but those labelled gpu: tests of processes serve with --device cpu
#   3. lays out the root of the image's `cuda` target and, as root, runs it: start, health, a picture
#      with --device cpu, metrics, SIGTERM. Layout and start alone: scripts/verify_cuda_build.sh image
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m==>\033[0m %s (%ss)\n' "$*" "$SECONDS"; }
die() { printf 'verify_cuda_build: %s\n' "$*" >&2; exit 1; }

what=${1:-all}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/strobe
if [ -z "${LIBTORCH_ROOT:-}" ]; then
  if [ ! -d "$cache/cuda-python/torch" ]; then
    say "Installing the CUDA LibTorch into $cache/cuda-python"
    python3 -m pip install --quiet --disable-pip-version-check --target "$cache/cuda-python.new" torch==2.11.0
    mv "$cache/cuda-python.new" "$cache/cuda-python"
  fi
  LIBTORCH_ROOT=$cache/cuda-python/torch
fi
[ -e "$LIBTORCH_ROOT/lib/libtorch_cuda.so" ] || die "no CUDA LibTorch in $LIBTORCH_ROOT"
nvidia=$(cd "$LIBTORCH_ROOT/.." && pwd)/nvidia
export LIBTORCH_ROOT

programs=(strobe-server strobe-client)
[ "$what" = image ] || programs=()
say "Building"
mkdir -p build
cmake --preset cuda -DLIBTORCH_ROOT="$LIBTORCH_ROOT" \
  -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-90-real}" > build/cuda-configure.log 2>&1 ||
  { tail -n 20 build/cuda-configure.log >&2; die "configuring failed"; }
nice ninja -C build/cuda "${programs[@]}"

failed=()
if [ "$what" != image ]; then
  say "Testing, on the CPU"
  ctest --preset cuda -LE gpu --parallel "$(nproc)" || failed+=("suites (above)")
fi

say "Laying out the image's root"
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
deploy/image/stage_root.sh build/cuda "$staged" "$LIBTORCH_ROOT/lib" "$nvidia"
root=$staged/libraries
cp -a "$staged/programs/." "$root/"
mkdir -p "$root/models"
cp -a model/students/scenes "$root/models/"
if [ "$(id -u)" -eq 0 ]; then
  say "Running it"
  python3 scripts/verify_image.py "$root" - --device=cpu || failed+=("the image's root does not run")
else
  failed+=("the image's root was not run: that needs root")
fi

if [ ${#failed[@]} -gt 0 ]; then
  say "FAILED: ${#failed[@]}"
  printf '    %s\n' "${failed[@]}"
  exit 1
fi
say "The CUDA build works without a GPU"
