#!/usr/bin/env bash
# The figures of BENCHMARKS.md, as ratios of runs that alternate: bare pipeline loop, server, again.
#
#   scripts/bench.sh [rounds]                       default 3 rounds of about a minute
#
# With STROBE_BENCH_PYTHON=<python with torch, diffusers and transformers> the single-image time of
# diffusers is measured in the same run.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3}
model=model/students/tiny-shapes
scripts/build.sh release strobe-server strobe-client pipeline_benchmark serving_benchmark > /dev/null
bin=build/release/bin
work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || { kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; }
  rm -rf "$work"
}
trap cleanup EXIT

serve() {
  "$bin/strobe-server" --model "$model" --address 127.0.0.1:0 --metrics-address off \
    --prompt-cache-mb 0 2> "$work/server.log" &
  server=$!
  local port=
  until [ -n "$port" ]; do
    kill -0 "$server" || { cat "$work/server.log"; exit 1; }
    sleep 0.2
    port=$(sed -n 's/.*"msg":"serving".*"port":\([0-9]*\).*/\1/p' "$work/server.log")
  done
  "$bin/serving_benchmark" --address "127.0.0.1:$port" --callers 16 --seconds 8 >> "$work/served"
  kill "$server"
  wait "$server" || true
  server=
}

for round in $(seq "$rounds"); do
  echo "round $round of $rounds"
  for lanes in 1 $(nproc); do
    "$bin/pipeline_benchmark" --model "$model" --lanes "$lanes" --batch 1,2,4,8 --seconds 3 \
      >> "$work/bare"
  done
  serve
  [ -z "${STROBE_BENCH_PYTHON:-}" ] ||
    "$STROBE_BENCH_PYTHON" scripts/bench_diffusers.py --model "$model" --seconds 3 >> "$work/diffusers"
done

/usr/bin/python3 - "$work" << 'PYTHON'
import json, pathlib, statistics, sys
work = pathlib.Path(sys.argv[1])
read = lambda name: [json.loads(line) for line in (work / name).read_text().splitlines()]
bare = {}
for row in read("bare"):
    bare.setdefault((row["lanes"], row["batch"]), []).append(row["images_per_second"])
for (lanes, batch), rates in bare.items():
    print(f"bare loop, lanes {lanes}, batch {batch}: {statistics.median(rates):.1f} images/s")
best = [max(rates) for rates in zip(*bare.values())]
served = [row["images_per_second"] for row in read("served")]
ratios = [s / b for s, b in zip(served, best)]
print(f"server at saturation, 16 callers, PNG: {statistics.median(served):.1f} images/s")
print(f"server / bare loop at its best batch and lanes: {statistics.median(ratios):.3f} "
      f"(rounds {', '.join(f'{r:.3f}' for r in ratios)})")
if (work / "diffusers").exists():
    ratios = [1 / (d["images_per_second"] / b) for d, b in zip(read("diffusers"), bare[1, 1])]
    print(f"single image, diffusers' time / ours: {statistics.median(ratios):.2f} "
          f"(rounds {', '.join(f'{r:.2f}' for r in ratios)})")
PYTHON
