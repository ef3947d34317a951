#!/usr/bin/env bash
# The long run behind the tables of docs/training/evaluation.md: scenes whose captions leave much open.
#
#   scripts/open_scenes.sh [directory]
#
# Trains a teacher of clean latents and one of noise, distils every row of the comparison three times,
# each baseline at the best of three rates, and evaluates on open, named and sparse prompts. About a
# day and a half of one thread. Everything lands in the directory (default out/open-scenes). A run that
# was cut off (Ctrl-C or a signal saves) goes on when the same command is given again.
# STROBE_THREADS limits the CPU threads (default 1). STROBE_RECIPE=smoke shows in a minute that
# everything runs.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
directory=${1:-out/open-scenes}
strobe_model=${STROBE_MODEL_BINARY:-build/release/bin/strobe-model}
recipe=${STROBE_RECIPE:-rich}
export STROBE_RECIPE=$recipe STROBE_CAPTIONS=open STROBE_SEEDS=${STROBE_SEEDS:-3}
export STROBE_THREADS=${STROBE_THREADS:-1} STROBE_RATES=${STROBE_RATES:-4e-4 2e-4 8e-4}
if [ "$recipe" = smoke ]; then
  export STROBE_PROMPTS=${STROBE_PROMPTS:-40}
else
  export STROBE_STEPS=${STROBE_STEPS:-1875} STROBE_PROMPTS=${STROBE_PROMPTS:-3000}
fi

# teacher NAME OVERRIDES [flag...]
teacher() {
  [ -f "$directory/$1/model_index.json" ] && return
  mkdir -p "$directory/overrides"
  echo "$2" > "$directory/overrides/$1.json"
  "$strobe_model" train --recipe "$recipe" --threads "$STROBE_THREADS" \
    --overrides "$directory/overrides/$1.json" --output "$directory/$1" "${@:3}"
}

teacher teacher '{"data": {"captions": "open"}}'
# The first training of every row, without those of the epsilon teacher, which comes next.
STROBE_SEEDS=1 scripts/compare_methods.sh "$directory"
# Text encoder and autoencoder are the first teacher's. Noise is predicted worst where there is nothing
# else: more samples there.
if [ ! -d "$directory/epsilon-teacher.work" ]; then
  mkdir -p "$directory/epsilon-teacher.work"
  cp "$directory"/teacher.work/{text,autoencoder,decoder}.safetensors "$directory/epsilon-teacher.work"
fi
teacher epsilon-teacher \
  '{"data": {"captions": "open"}, "prediction_type": "epsilon", "pure_noise_share": 0.15}'
scripts/compare_methods.sh "$directory"
