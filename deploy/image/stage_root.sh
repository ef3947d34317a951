#!/usr/bin/env bash
# Lays out the root of a container image in two folders that become two layers: STAGED/libraries,
# which changes with the packages, and STAGED/programs, which changes with the source.
#
#   deploy/image/stage_root.sh build/release STAGED [FOLDER...]
#
# Libraries are those that the programs link, followed to the end, and every one below each FOLDER,
# for what is opened by name at run time. Libraries of Debian keep their path, others go to
# /usr/local/lib/strobe, where the installed programs look.
set -euo pipefail
build=$1
staged=$2
shift 2
libraries=$staged/libraries
own=$libraries/usr/local/lib/strobe
mkdir -p "$own" "$staged/programs"

cmake --install "$build" --component runtime --prefix "$staged/programs/usr/local" --strip > /dev/null

keep() {
  local path=$1
  case $path in
    /lib/* | /lib64/* | /usr/lib/*)
      mkdir -p "$libraries/usr${path%/*}"
      cp -L "$path" "$libraries/usr$path"
      ;;
    *) cp -L "$path" "$own/" ;;
  esac
}

# Debian merges /lib into /usr/lib; the loader's path in the programs is the old one.
mkdir -p "$libraries/usr/lib64"
ln -sfn usr/lib "$libraries/lib"
ln -sfn usr/lib64 "$libraries/lib64"

linked=$(ldd "$build"/bin/strobe-server "$build"/bin/strobe-client |
  sed -nE 's/.*=> (\/[^ ]+) .*/\1/p; s/^\t(\/[^ ]+) .*/\1/p' | sed 's|^/usr/lib|/lib|' | sort -u)
for path in $linked; do keep "$path"; done
for folder in "$@"; do
  find "$folder" -name '*.so*' -type f -exec cp -L {} "$own/" \;
done

# What the C library and TLS look for, an owner for the processes, and room for scratch files.
mkdir -p "$libraries/etc/ssl/certs" "$libraries/tmp" "$libraries/usr/share/doc"
chmod 1777 "$libraries/tmp"
cp /etc/ssl/certs/ca-certificates.crt "$libraries/etc/ssl/certs/"
echo 'strobe:x:65532:65532:strobe:/:/sbin/nologin' > "$libraries/etc/passwd"
echo 'strobe:x:65532:' > "$libraries/etc/group"
echo 'hosts: files dns' > "$libraries/etc/nsswitch.conf"

# The licence of every package that a library comes from.
for path in $linked; do
  package=$({ dpkg-query -S "$path" || dpkg-query -S "/usr$path" || true; } 2> /dev/null | cut -d: -f1)
  [ -n "$package" ] || continue  # LibTorch is no package
  mkdir -p "$libraries/usr/share/doc/$package"
  cp -L "/usr/share/doc/$package/copyright" "$libraries/usr/share/doc/$package/"
done
