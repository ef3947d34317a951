#!/usr/bin/env bash
# Installs what strobe needs on Debian 12: packages, LibTorch, google/rpc protos. Does nothing twice.
#
#   scripts/setup.sh                    what the programs need
#   scripts/setup.sh --tests            and what the tests need: 32 MB of Triton's client, 10 MB that draw
#   scripts/setup.sh --illustrations    only what scripts/make_illustrations.py draws with
#
# LibTorch (545 MB) goes to ${XDG_CACHE_HOME:-~/.cache}/strobe. Set LIBTORCH_ROOT to use an unpacked
# LibTorch of your own instead. Runs as root or with sudo.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/strobe
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    die "packages are missing and this is neither root nor is there a sudo: $*"
  fi
}

# Prints a line every few seconds while a quiet command runs; shows its output only if it fails.
quietly() {
  local what=$1 log start pid
  shift
  log=$(mktemp)
  start=$SECONDS
  "$@" > "$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2> /dev/null; do
    sleep 1
    if [ $(((SECONDS - start) % 5)) -eq 3 ]; then
      printf '    %s ... %ss\n' "$what" $((SECONDS - start))
    fi
  done
  if ! wait "$pid"; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "$what failed (above are its last lines)"
  fi
  rm -f "$log"
}

wanted_packages() {
  cat "$scripts/packages.txt"
  [ "${1:-}" != --tests ] || cat "$scripts/test-packages.txt"
}

install_packages() {
  command -v dpkg-query > /dev/null ||
    die "this is not a Debian system; install the libraries of scripts/packages.txt by hand, then build with cmake --preset release"
  local missing=() package
  for package in $(wanted_packages "${1:-}" | sed 's/#.*//'); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  quietly "apt-get update" as_root apt-get update
  quietly "apt-get install" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}

# fetch NAME REQUIREMENTS [MEMBERS...]: unpacks the members of the wheels (none named: all) into
# $cache/NAME, all or nothing.
fetch() {
  local name=$1 requirements=$2 work
  shift 2
  [ ! -e "$cache/$name/.complete" ] || return 0
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.$name.XXXXXX")
  say "Downloading $name"
  /usr/bin/python3 -m pip download --disable-pip-version-check --no-deps --require-hashes \
    --python-version 3.11 --abi cp311 --only-binary=:all: \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
    -d "$work/wheels" -r "$scripts/$requirements" ||
    { rm -rf "$work"; die "could not download $name: is PyPI reachable?"; }
  say "Unpacking $name into $cache/$name"
  quietly "unpacking" /usr/bin/python3 "$scripts/unpack_wheels.py" "$work/wheels" "$work/tree" "$@"
  touch "$work/tree/.complete"
  rm -rf "${cache:?}/$name"
  mv "$work/tree" "$cache/$name"
  rm -rf "$work"
}

# The folder's name changes with the versions: scripts/illustrations/packages.py looks for the same.
fetch_illustrations() {
  fetch "illustrations-$(sha256sum "$scripts/illustrations-requirements.txt" | cut -c1-12)" \
    illustrations-requirements.txt
}

if [ "${1:-}" = --illustrations ]; then
  fetch_illustrations
  exit 0
fi
install_packages "${1:-}"
fetch googleapis-common-protos-1.76.0 protos-requirements.txt google/
if [ "${1:-}" = --tests ]; then
  fetch tritonclient-2.73.0 triton-requirements.txt
  fetch_illustrations
fi
if [ -z "${LIBTORCH_ROOT:-}" ]; then
  [ "$(uname -m)" = x86_64 ] ||
    die "the pinned LibTorch is for x86_64; set LIBTORCH_ROOT to an unpacked LibTorch for $(uname -m)"
  fetch libtorch-2.11.0 libtorch-requirements.txt torch/lib/ torch/include/ nvidia/
fi
