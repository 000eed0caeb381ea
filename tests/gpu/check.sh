#!/usr/bin/env bash
# The CUDA engine on a machine with a card: builds it, runs every kernel and model test against the CPU references,
# compute-sanitizer on the small ones, then the benchmarks; a short table comes last.
#
#   tests/gpu/check.sh              everything
#   tests/gpu/check.sh test         build and tests only
#   tests/gpu/check.sh bench        build and benchmarks only
#
# Ends within CURLEW_CHECK_SECONDS (570), whatever hangs: what no time is left for is NOT RUN, and the table says so.
# The order is that of worth: tests, benchmarks, sanitizers. Exit code 77: CUDA finds no card.
#
# Needs nvcc, cmake (3.25), ninja, g++ 12 or later, and the development packages of fmt, expected,
# nlohmann-json, googletest and pcre2: installed, or as Debian packages in build/gpu-packages/ (tests/gpu/prepare.sh
# puts them there on a machine with a network, to be carried along). Logs are in build/gpu/out; the ones worth keeping
# also in the folder that OUT names. CURLEW_CUDA_ARCHITECTURES: what to build for; by default the card that is here.
set -uo pipefail
cd "$(dirname "$0")/../.."
what=${1:-all}
seconds_max=${CURLEW_CHECK_SECONDS:-570}
SECONDS=0
build=build/gpu
out=$build/out
mkdir -p "$out"
export PATH="$PATH:/usr/local/cuda/bin"

# In memory where there is plenty: the largest file has 18 GB.
shm_kib=$(df --output=avail /dev/shm 2>/dev/null | tail -1)
if ((${shm_kib:-0} > 24 << 20)); then models=$(mktemp -d -p /dev/shm); else models=$(mktemp -d); fi
leave() {
  rm -rf "$models"
  [[ -n ${OUT:-} ]] || return 0
  local log
  for log in build kernels models bench; do cp "$out/$log".{log,tsv} "$OUT" 2>/dev/null; done
  cat "$out"/{memcheck,racecheck,initcheck,synccheck}.log >"$OUT/sanitizers.log" 2>/dev/null
}
trap leave EXIT

fail() { echo "check: $*" >&2; exit 1; }
command -v nvcc >/dev/null || fail "no nvcc: put it in PATH"
nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader || fail "no card answers"
arch=${CURLEW_CUDA_ARCHITECTURES:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)-real}

# The packages that were carried along, unpacked beside the build.
if compgen -G 'build/gpu-packages/*.deb' >/dev/null; then
  root=$PWD/$build/packages
  if [[ ! -d $root ]]; then for deb in build/gpu-packages/*.deb; do dpkg -x "$deb" "$root" || fail "unpacking $deb"; done; fi
  export CMAKE_PREFIX_PATH="$root/usr:$root/usr/lib/x86_64-linux-gnu/cmake"
  export CPLUS_INCLUDE_PATH="$root/usr/include"
  export LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu"
fi

left() { echo $((seconds_max - SECONDS)); }

cmake -S tests/gpu -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCURLEW_CUDA_ARCHITECTURES="$arch" \
  >"$out/cmake.log" 2>&1 || { tail -30 "$out/cmake.log"; fail "configuring"; }
timeout "$(left)" ninja -C "$build" test_cuda test_model_cuda cuda_bench make_model >"$out/build.log" 2>&1 ||
  { grep -E -A8 'error|FAILED' "$out/build.log" | head -60; fail "building"; }
echo "built for $arch in $SECONDS s"
grep -i 'spill' "$out/build.log" | grep -v ' 0 bytes spill' | head -5

faults=0
no_card=
report=()
# run NAME SECONDS_MAX COMMAND...: the log goes to OUT/NAME.log, the outcome into the table. 77 is a reason to skip.
run() {
  local name=$1 limit=$2 begin=$SECONDS status=0
  shift 2
  ((limit > $(left))) && limit=$(left)
  if ((limit < 10)); then report+=("$name: NOT RUN, no time left"); return; fi
  timeout "$limit" "$@" >"$out/$name.log" 2>&1 || status=$?
  case $status in
    0) report+=("$name: passed ($((SECONDS - begin)) s)") ;;
    77)
      report+=("$name: $(tail -1 "$out/$name.log")")
      no_card=yes
      ;;
    *)
      report+=("$name: FAILED ($((SECONDS - begin)) s, status $status), see $name.log")
      faults=$((faults + 1))
      grep -E 'Failure|kernel|Invalid|Error|hazard|^\[  FAILED' "$out/$name.log" | head -12
      ;;
  esac
}

# bench SHAPE MIX [all]: a random model of that shape, measured; its lines go into bench.tsv.
bench() {
  local limit=100 name="${1#qwen*-coder-} $2"
  ((limit > $(left))) && limit=$(left)
  if ((limit < 20)); then report+=("bench $name: NOT RUN, no time left"); return; fi
  if ! timeout "$limit" "$build/make_model" "$1" "$2" "$models/m.gguf" >"$out/make_model.log" 2>&1; then
    report+=("bench $name: no file within $limit s: $(tail -1 "$out/make_model.log")")
    faults=$((faults + 1))
  elif ! timeout "$limit" "$build/cuda_bench" "$models/m.gguf" "$name" ${3:+"$3"} >>"$out/bench.tsv" 2>"$out/bench.err"; then
    report+=("bench $name: FAILED: $(tail -1 "$out/bench.err")")
    faults=$((faults + 1))
  fi
  cat "$out/bench.err" >>"$out/bench.log" 2>/dev/null
  rm -f "$models/m.gguf"
}

if [[ $what != bench ]]; then
  run kernels 90 "$build/test_cuda"
  run models 90 "$build/test_model_cuda"
fi

: >"$out/bench.tsv"
if [[ $what != test && -z $no_card ]]; then
  timeout 40 "$build/cuda_bench" kernels kernels >>"$out/bench.tsv" 2>"$out/bench.err" ||
    { report+=("bench of kernels: FAILED: $(tail -1 "$out/bench.err")"); faults=$((faults + 1)); }
  bench qwen2.5-coder-7b Q4_K_M all
  bench qwen2.5-coder-1.5b Q4_K_M
  bench qwen2.5-coder-7b Q8_0
  bench qwen3-coder-30b-a3b Q4_K_M
  bench qwen2.5-coder-1.5b Q8_0
fi

if [[ $what != bench && -z $no_card ]]; then
  if command -v compute-sanitizer >/dev/null; then
    small='--gtest_filter=*Matvec*:*Norm*:*Rope*:*Attention*:*Quantize*:*Embed*:*Likeliest*:Sample.*:*Expert*:*HalfRows*:*AttentionPrompt*:*MatmulTiled*:-*InAnyCompany*'
    for tool in memcheck racecheck initcheck synccheck; do
      run "$tool" 90 compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/test_cuda" "$small"
    done
  else
    report+=("compute-sanitizer: not installed, NOT RUN")
  fi
fi

echo
printf '%s\n' "${report[@]}"
if [[ $what != test ]]; then
  printf '%-16s %-26s %10s %9s %9s %7s %7s\n' model work tokens/s ms/step GiB/step GB/s share
  awk -F'\t' '{printf "%-16s %-26s %10s %9s %9s %7s %7s\n", $1, $2, $3, $4, $5, $6, $7}' "$out/bench.tsv"
fi
echo "all of it took $SECONDS s of at most $seconds_max"
[[ -z $no_card ]] || exit 77
exit $((faults > 0))
