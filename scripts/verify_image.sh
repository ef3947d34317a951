#!/usr/bin/env bash
# Builds the container image for real and runs it: start, health, one picture, SIGTERM, exit 0, with a
# read-only root, as its own user, without a capability.
#
#   scripts/verify_image.sh            about 20 minutes the first time, needs 12 GB under $WORK
#
# BASE_IMAGE=debian:12-slim takes the base from a registry; without it debootstrap makes one. WORK
# (default /var/tmp/strobe-image) keeps the base and buildah's storage between runs. debootstrap takes
# Debian from MIRROR, by default the one of this machine's apt sources. Needs root and the Debian
# packages buildah and debootstrap. Prints one JSON line with what it found.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=${WORK:-/var/tmp/strobe-image}
cache=${XDG_CACHE_HOME:-$HOME/.cache}
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
export CONTAINERS_STORAGE_CONF=/dev/null
mkdir -p "$work" "$cache/strobe" "$cache/ccache"
say() { printf '\033[1m==>\033[0m %s (%ss)\n' "$*" "$SECONDS"; }
die() { printf 'verify_image: %s\n' "$*" >&2; exit 1; }
in_storage() { buildah --root "$work/storage" --runroot "$work/run" "$@"; }

[ "$(id -u)" -eq 0 ] || die "needs root"
for tool in buildah debootstrap; do
  command -v "$tool" > /dev/null || die "needs the Debian package $tool"
done

# Where the base comes from: MIRROR, or what this machine installs Debian from.
mirror() {
  local found=${MIRROR:-$(apt-cache policy | sed -nE 's,^ *[0-9]+ (https?://[^ ]+) bookworm/main .*,\1,p' | sed '1!d')}
  [ -n "$found" ] || die "no mirror of Debian 12 among this machine's apt sources: set MIRROR"
  printf '%s\n' "$found"
}

make_base() {
  [ ! -e "$work/base/.complete" ] || return 0
  local from
  from=$(mirror)
  say "Making a base image with debootstrap"
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" \
    "$from" > "$work/debootstrap.log" 2>&1 ||
    { tail -n 5 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
  touch "$work/base/.complete"
}

import_base() {
  ! in_storage inspect --type image localhost/strobe-base > /dev/null 2>&1 || return 0
  local container
  container=$(in_storage from scratch)
  in_storage add --quiet "$container" "$work/base" / > /dev/null
  in_storage commit --quiet --rm "$container" localhost/strobe-base > /dev/null
}

base=${BASE_IMAGE:-localhost/strobe-base}
if [ -z "${BASE_IMAGE:-}" ]; then
  make_base
  import_base
fi

say "Building the image"
in_storage bud --quiet --format docker --target cpu --build-arg BASE="$base" \
  --build-arg REVISION="$(git describe --always --dirty 2> /dev/null || echo unknown)" \
  --volume "$cache/strobe:/root/.cache/strobe" --volume "$cache/ccache:/root/.cache/ccache" \
  --tag localhost/strobe:cpu . > "$work/build.log" 2>&1 ||
  { tail -n 30 "$work/build.log" >&2; die "the build failed"; }

say "Running it"
container=$(in_storage from localhost/strobe:cpu)
trap 'in_storage rm "$container" > /dev/null' EXIT
root=$(in_storage mount "$container")
in_storage inspect --type image localhost/strobe:cpu > "$work/image.json"
python3 scripts/verify_image.py "$root" "$work/image.json"
say "The image works"
