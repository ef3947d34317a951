#!/usr/bin/env bash
# From nothing to a few-step student of the one-shape domain: trains a teacher, then distils it.
#
#   scripts/train_student.sh [directory]
#
# Everything lands in the directory (default out/one-shape): teacher and student in the diffusers
# layout, and beside each a .work folder with checkpoints, metrics.jsonl and sample sheets. What is
# there already is not made again; a run that was cut off (Ctrl-C saves) goes on when the same
# command is given again. STROBE_RECIPE=smoke makes a useless student in half a minute, to see that
# everything runs; STROBE_THREADS limits the CPU threads. STROBE_DEVICE=cuda:0 trains on that GPU,
# with the batches of gpu_*.json.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
directory=${1:-out/one-shape}
strobe_model=${STROBE_MODEL_BINARY:-build/release/bin/strobe-model}
device=${STROBE_DEVICE:-cpu}
flags=(--recipe "${STROBE_RECIPE:-one-shape}" --threads "${STROBE_THREADS:-0}" --device "$device")
teacher=()
student=()
if [ "$device" != cpu ] && [ "${STROBE_RECIPE:-one-shape}" != smoke ]; then
  teacher=(--overrides scripts/gpu_teacher.json)
  student=(--overrides scripts/gpu_student.json)
fi
[ -x "$strobe_model" ] || { echo "train_student: no $strobe_model: run scripts/build.sh" >&2; exit 1; }

mkdir -p "$directory"
[ -f "$directory/teacher/model_index.json" ] ||
  "$strobe_model" train "${flags[@]}" "${teacher[@]}" --output "$directory/teacher"
[ -f "$directory/student/model_index.json" ] ||
  "$strobe_model" distill "${flags[@]}" "${student[@]}" --teacher "$directory/teacher" --output "$directory/student"
echo "student: $directory/student"
