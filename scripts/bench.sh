#!/usr/bin/env bash
# The figures of docs/benchmarks.md, as ratios of runs that alternate, on loopback.
#
#   scripts/bench.sh [--rounds N] [figure...]      default: all, 3 rounds each; --help lists them
#
# Those that compare with diffusers need STROBE_BENCH_PYTHON=<python with torch, diffusers, transformers, fastapi,
# uvicorn and litserve>. Run it on a quiet machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0" ;; esac
scripts/build.sh release strobe-server strobe-client strobe-fake-server pipeline_benchmark decision_benchmark ablation_benchmark >&2
exec /usr/bin/python3 -B tests/benchmarks/figures.py "$@"
