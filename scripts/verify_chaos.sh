#!/usr/bin/env bash
# The chaos test for minutes: clients that are killed, stopped, reset, deaf and wrong, an engine that fails,
# certificates that change, and SIGTERM at the end; first against the fake engine that takes faults from
# prompts, then, for as long again, against strobe-server with the shipped student.
#
#   scripts/verify_chaos.sh [minutes=10] [seed=1]
#
# Prints what clients and server say of each other and the server's memory minute by minute, and ends with 0
# when they agree to the request and nothing is left. Builds what it needs.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${1:-10}
seed=${2:-1}
scripts/build.sh release strobe-server strobe-fake-server strobe-client strobe_python_stubs
bin=$PWD/build/release/bin

export STROBE_TEST_SERVER=$bin/strobe-server STROBE_TEST_FAKE_SERVER=$bin/strobe-fake-server
export STROBE_TEST_CLIENT=$bin/strobe-client STROBE_TEST_STUBS=$PWD/build/release/tests/integration/stubs
export STROBE_TEST_MODEL=$PWD/model/students/scenes STROBE_CHAOS_SEED=$seed
STROBE_CHAOS_SECONDS=$(awk "BEGIN { print $minutes * 60 }")
export STROBE_CHAOS_SECONDS

chaos() { /usr/bin/python3 -B tests/integration/chaos_test.py; }

printf '==> %s minutes with the fake engine\n' "$minutes"
chaos
printf '==> %s minutes with the shipped student\n' "$minutes"
STROBE_CHAOS_SERVER=$STROBE_TEST_SERVER STROBE_CHAOS_MODEL=$STROBE_TEST_MODEL \
  STROBE_CHAOS_SIZES=64 STROBE_CHAOS_MAX_STEPS=3 chaos
printf '==> Clients, log and counters agree, and nothing is left\n'
