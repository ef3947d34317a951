#!/usr/bin/env bash
# Distils a student by every method and without each part, and writes EVALUATION.md.
#
#   scripts/compare_methods.sh [directory]
#
# The directory (default out/one-shape) is that of train_student.sh, whose teacher is distilled; with an
# epsilon-teacher beside it, noise correction is compared for that too. What is there already is not
# made again; a run that was cut off goes on. Environment:
#   STROBE_RECIPE    one-shape (default), rich, illustrations, illustrations-large or smoke
#   STROBE_DATA      folder with train/ and test/, labelled pictures in place of drawn scenes
#   STROBE_CRITIC    critic that detects their attributes (default: critic in the directory)
#   STROBE_CAPTIONS  usual (default) or open: what the captions say that are trained on
#   STROBE_SEEDS     trainings of each row (default 1), in folders NAME, NAME-seed1, ...
#   STROBE_RATE      learning rate (default 4e-4; 1.6e-3 on a GPU with its batches)
#   STROBE_RATES     rates of the baselines' first training, the best of which is kept (default the rate)
#   STROBE_STEPS     updates of Imagine Flash (default: the recipe's); baselines get as many as cost
#                    the same
#   STROBE_PROMPTS   open prompts (default 1000); named and sparse ones, which scenes alone have, are
#                    at most 1000
#   STROBE_THREADS, STROBE_DEVICE=cuda:0 (with its batches)
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,22s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
directory=${1:-out/one-shape}
strobe_model=${STROBE_MODEL_BINARY:-build/release/bin/strobe-model}
recipe=${STROBE_RECIPE:-one-shape}
seeds=${STROBE_SEEDS:-1}
rate=4e-4
base=
if [ "${STROBE_DEVICE:-cpu}" != cpu ]; then
  rate=1.6e-3
  base=scripts/gpu_student.json
fi
rate=${STROBE_RATE:-$rate}
rates=${STROBE_RATES:-$rate}
prompts=${STROBE_PROMPTS:-1000}
machine=(--threads "${STROBE_THREADS:-0}" --device "${STROBE_DEVICE:-cpu}")
domain=simple
[ "$recipe" = rich ] && domain=rich
default_steps=600
[ "$recipe" = rich ] && default_steps=1500
[ "$recipe" = illustrations ] && default_steps=6200
[ "$recipe" = illustrations-large ] && default_steps=4700
[ "$recipe" = smoke ] && default_steps=4
pictures=()
subject=(--domain "$domain")
styles="open named sparse"
if [ -n "${STROBE_DATA:-}" ]; then
  pictures=(--data "$STROBE_DATA/train")
  subject=(--data "$STROBE_DATA/test" --critic "${STROBE_CRITIC:-$directory/critic}")
  styles=open
fi
steps=${STROBE_STEPS:-$default_steps}

# Updates of a method that cost what those of Imagine Flash do, by forward passes of the denoiser a
# sample (a training step counts three, the encoder half of one): Imagine Flash 17, LCM 6, step
# distillation 7, ADD 8.5.
updates() {
  case "$1" in
    lcm) echo $((steps * 28 / 10)) ;;
    step) echo $((steps * 24 / 10)) ;;
    add) echo $((steps * 2)) ;;
    *) echo "$steps" ;;
  esac
}

# distil OUTPUT SEED RATE UPDATES TEACHER [flag...]
distil() {
  local output=$1 seed=$2 rate=$3 updates=$4 teacher=$5
  shift 5
  [ -f "$output/model_index.json" ] && return
  mkdir -p "$directory/overrides"
  local overrides
  overrides=$directory/overrides/$(basename "$output")-$rate.json
  python3 - "$seed" "$rate" "$updates" "${STROBE_CAPTIONS:-usual}" $base > "$overrides" << 'PYTHON'
import json, sys
seed, rate, updates, captions, *base = sys.argv[1:]
recipe = json.load(open(base[0])) if base else {}
recipe["seed"] = int(seed) + 1
recipe.setdefault("data", {})["captions"] = captions
recipe.setdefault("student", {}).update(steps=int(updates), learning_rate=float(rate))
json.dump(recipe, sys.stdout)
PYTHON
  "$strobe_model" distill --recipe "$recipe" "${pictures[@]}" "${machine[@]}" \
    --overrides "$overrides" --teacher "$teacher" --output "$output" "$@"
}

# seeded NAME SEED: the folder of a training.
seeded() { if [ "$2" = 0 ]; then echo "$directory/$1"; else echo "$directory/$1-seed$2"; fi; }

ours() { distil "$(seeded "$2" "$1")" "$1" "$rate" "$steps" "$directory/$3" "${@:4}"; }

evaluate() { # RUNS OUTPUT CAPTIONS
  local count=$prompts
  [ "$3" = open ] || [ "$count" -lt 1000 ] || count=1000
  "$strobe_model" evaluate --runs "$1" --output "$2" --captions "$3" "${subject[@]}" \
    --prompts "$count" --references $((count * 4)) "${machine[@]}"
}

# The rate whose first training is nearest to true pictures at the method's most steps.
best_rate() { # METHOD STEPS
  local one
  for one in $rates; do
    echo "$(scripts/measured_value.py "$directory/rates/$one/evaluation/rows/$1-$2-steps.safetensors" frechet) $one"
  done | sort -g | head -n 1 | cut -d' ' -f2
}

# Each baseline at each rate, once; the best becomes the first training, others follow at its rate.
baselines() { # SEED
  local one method best
  for one in $rates; do
    for method in lcm step add; do
      distil "$directory/rates/$one/$method" 0 "$one" "$(updates $method)" "$directory/teacher" --method $method
    done
    [ "$rates" = "$one" ] || evaluate "$directory/rates/$one" "$directory/rates/$one/evaluation" open
  done
  for method in lcm:3 step:4 add:4; do
    best=$rates
    [ "${rates%% *}" = "$rates" ] || best=$(best_rate "${method%:*}" "${method#*:}")
    if [ "$1" = 0 ]; then
      [ -e "$directory/${method%:*}" ] || cp -r "$directory/rates/$best/${method%:*}" "$directory/${method%:*}"
    else
      distil "$(seeded "${method%:*}" "$1")" "$1" "$best" "$(updates "${method%:*}")" "$directory/teacher" \
        --method "${method%:*}"
    fi
  done
}

for seed in $(seq 0 $((seeds - 1))); do
  ours "$seed" imagine-flash teacher
  ours "$seed" no-srl teacher --no-srl
  ours "$seed" no-backward teacher --no-backward
  ours "$seed" no-discriminator teacher --no-discriminator
  ours "$seed" uncorrected teacher --no-noise-correction
  baselines "$seed"
  if [ "$seed" = 0 ]; then
    ours 0 fresh-noise teacher --renoise fresh
    ours 0 start-noise teacher --renoise start
  fi
  if [ -f "$directory/epsilon-teacher/model_index.json" ]; then
    ours "$seed" epsilon epsilon-teacher
    ours "$seed" epsilon-uncorrected epsilon-teacher --no-noise-correction
  fi
  for captions in $styles; do
    evaluate "$directory" "$directory/evaluation/$captions" "$captions"
  done
done
