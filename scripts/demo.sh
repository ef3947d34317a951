#!/usr/bin/env bash
# From a fresh clone to pictures: sets up, builds, serves the shipped student, draws your prompts.
#
#   scripts/demo.sh [prompt...]
#
# Pictures go to out/demo (or $STROBE_DEMO_OUTPUT). The server listens on a free loopback port and is
# stopped at the end.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

prompts=("$@")
if [ ${#prompts[@]} -eq 0 ]; then
  prompts=(
    "a large red circle on a white background"
    "a small blue star to the left of a large orange heart on a cyan background"
    "three green rings on a black background"
    "a large striped pink square in the middle, gray background"
    "a dotted yellow triangle above a checkered purple diamond on a blue background"
    "a small white cross at the top on a green background"
  )
fi
model=model/students/scenes
output=${STROBE_DEMO_OUTPUT:-out/demo}
bin=build/release/bin

scripts/setup.sh
say "Building the release preset (the first time takes minutes, later runs seconds)"
scripts/build.sh release strobe-server strobe-client strobe-model

mkdir -p "$output"
log=$output/server.log
server=
stop_server() {
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2> /dev/null || true
  wait "$server" 2> /dev/null || true
  server=
}
trap stop_server EXIT
trap 'exit 130' INT TERM

say "Starting strobe-server with $model on a free port (log: $log)"
"$bin/strobe-server" --model "$model" --address 127.0.0.1:0 --metrics-address 127.0.0.1:0 \
  2> "$log" &
server=$!

# The port is in the server's first log line; readiness is gRPC's own health protocol.
port=
for _ in $(seq 300); do
  port=$(sed -n 's/.*"msg":"listening".*"port":\([0-9]*\).*/\1/p' "$log" | head -n 1)
  [ -z "$port" ] || break
  kill -0 "$server" 2> /dev/null || { server=; die "the server did not start: $(tail -n 1 "$log")"; }
  sleep 0.1
done
[ -n "$port" ] || die "the server did not open its port within 30 s; see $log"
address=127.0.0.1:$port
"$bin/strobe-client" health --address "$address" --wait 120s ||
  die "the server did not become ready; see $log"

say "Drawing ${#prompts[@]} prompts"
preview=blocks
[ ! -t 1 ] || preview=auto
"$bin/strobe-client" generate "${prompts[@]}" --address "$address" --seed 7 --preview "$preview" \
  --output "$output"
stop_server

say "The pictures are in $output. What to try next:"
cat << NEXT
  Serve on 127.0.0.1:50051, and call it from another terminal:
    $bin/strobe-server --model $model
    $bin/strobe-client generate "a small red heart on a white background" --steps 1
    $bin/strobe-client generate "a blue star" --num-images 4 --format webp
    curl -s 127.0.0.1:9464/metrics | grep strobe_
  Without a server:
    $bin/strobe-model generate --model $model --prompt "a yellow ring" --seed 3 --output ring.png
    $bin/strobe-model inspect $model
  All tests:
    scripts/test.sh
NEXT
