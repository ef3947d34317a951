#!/usr/bin/env bash
# Runs the built tests on a machine made busy, on one processor, and as on other processors: a test
# that fails here depends on who is faster, or on the last digits of one processor.
#
#   scripts/verify_busy.sh [-n SPINNERS] [-r ROUNDS] [PRESET...]
#
# Needs built presets (default: those of release, asan and tsan that are there); builds nothing.
#   1. each preset's whole suite, ROUNDS times (3) beside SPINNERS (4) processes that spin
#   2. the first preset's suite under `taskset -c 0`
#   3. the model tests as on processors with AVX2, AVX-512, and this one (oneDNN's and ATen's choice)
# Prints each test that failed and in which run; exits 1 when there is one. Takes an hour or more.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

spinners=4
rounds=3
while getopts n:r:h option; do
  case $option in
    n) spinners=$OPTARG ;;
    r) rounds=$OPTARG ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit $([ "$option" = h ] && echo 0 || echo 2) ;;
  esac
done
shift $((OPTIND - 1))

say() { printf '\033[1m==>\033[0m %s (%ss)\n' "$*" "$SECONDS"; }

presets=("$@")
if [ ${#presets[@]} -eq 0 ]; then
  for preset in release asan tsan; do
    [ ! -e "build/$preset/CTestTestfile.cmake" ] || presets+=("$preset")
  done
fi
[ ${#presets[@]} -gt 0 ] || { echo "verify_busy: nothing is built: scripts/build.sh release" >&2; exit 2; }

failed=()
spinning=()
end_spinners() {
  [ ${#spinning[@]} -eq 0 ] || kill "${spinning[@]}" 2> /dev/null
  spinning=()
}
trap end_spinners EXIT
start_spinners() {
  for ((i = 0; i < spinners; ++i)); do
    (while :; do :; done) &
    spinning+=($!)
  done
}

# run WHAT PRESET COMMAND...: a run of ctest; notes what failed in it.
run() {
  local what=$1 log=build/$2/Testing/Temporary/LastTestsFailed.log name
  say "$what"
  rm -f "$log"
  "${@:3}" || {
    [ -s "$log" ] || failed+=("$what: ctest itself")
    while IFS=: read -r _ name; do failed+=("$what: $name"); done < <(cat "$log" 2> /dev/null)
  }
}

for preset in "${presets[@]}"; do
  for ((round = 1; round <= rounds; ++round)); do
    start_spinners
    run "$preset beside $spinners spinning processes, round $round of $rounds" "$preset" \
      ctest --preset "$preset" --parallel $((2 * $(nproc)))
    end_spinners
  done
done

run "${presets[0]} on one processor" "${presets[0]}" taskset -c 0 ctest --preset "${presets[0]}" --parallel 2

if [ -n "$(ctest --preset "${presets[0]}" -N -R '^model/pipeline/' | grep 'Test *#')" ]; then
  for choice in AVX2:avx2 AVX512_CORE:avx512 AVX2:default AVX512_CORE:default :; do
    isa=${choice%:*} capability=${choice#*:}
    run "model tests with oneDNN's ${isa:-own choice} and ATen's ${capability:-own choice}" "${presets[0]}" \
      env ${isa:+"ONEDNN_MAX_CPU_ISA=$isa"} ${capability:+"ATEN_CPU_CAPABILITY=$capability"} \
      ctest --preset "${presets[0]}" -R '^model/' -LE gpu --parallel "$(nproc)"
  done
fi

if [ ${#failed[@]} -gt 0 ]; then
  say "FAILED: ${#failed[@]}"
  printf '    %s\n' "${failed[@]}"
  exit 1
fi
say "Nothing failed"
