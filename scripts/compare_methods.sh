#!/usr/bin/env bash
# Distils a student by every method and without each part, at equal budget, and writes EVALUATION.md.
#
#   scripts/compare_methods.sh [directory]
#
# The directory (default out/one-shape) is that of train_student.sh, whose teacher is distilled. What
# is there already is not made again; a run that was cut off goes on. STROBE_THREADS limits the CPU
# threads, STROBE_RECIPE (default one-shape) chooses the recipe of the students, STROBE_DEVICE=cuda:0
# a GPU and its batches.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
directory=${1:-out/one-shape}
strobe_model=${STROBE_MODEL_BINARY:-build/release/bin/strobe-model}
recipe=${STROBE_RECIPE:-one-shape}
threads=${STROBE_THREADS:-0}
device=${STROBE_DEVICE:-cpu}
overrides=()
[ "$device" = cpu ] || overrides=(--overrides scripts/gpu_student.json)

distil() {
  local name=$1
  shift
  [ -f "$directory/$name/model_index.json" ] && return
  "$strobe_model" distill --recipe "$recipe" --threads "$threads" --device "$device" "${overrides[@]}" \
    --teacher "$directory/teacher" --output "$directory/$name" "$@"
}

distil imagine-flash
distil step --method step
distil add --method add
distil lcm --method lcm
distil no-discriminator --no-discriminator
distil no-backward --no-backward
distil no-srl --no-srl
domain=simple
[ "$recipe" = rich ] && domain=rich
"$strobe_model" evaluate --runs "$directory" --domain "$domain" --threads "$threads" --device "$device" \
  --output "$directory/evaluation"
