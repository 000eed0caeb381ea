#!/usr/bin/env bash
# That the project for machines with a card still configures, and its scripts still parse, on machines that have none.
#   configure_test.sh BUILD_FOLDER [CUDA_COMPILER]        exit code 77: skipped
set -euo pipefail
cd "$(dirname "$0")"
build=$1
for script in *.sh; do bash -n "$script"; done
nvcc=${2:-}
if [[ -z $nvcc ]]; then nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc); fi
if [[ ! -x $nvcc ]]; then
  echo "SKIPPED: no nvcc in PATH or /usr/local/cuda/bin"
  exit 77
fi
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCURLEW_CUDA_ARCHITECTURES=90-real -DCMAKE_CUDA_COMPILER="$nvcc"
targets=$(cmake --build "$build" --target help)
for target in test_cuda test_model_cuda cuda_bench make_model; do
  grep -qw "$target" <<<"$targets" || { echo "no target $target"; exit 1; }
done
