#!/usr/bin/env bash
# For a machine with an NVIDIA driver but without the CUDA toolkit: brings the two libraries that a program
# built with `--features cuda` loads when it runs, NVRTC and cuBLAS, and prints their folders:
#
#     export LD_LIBRARY_PATH=$(bash llm/engine/cuda-libraries.sh)
#
# They are Python packages (some 500 MB); the first argument is another folder for them than target/cuda.
set -euo pipefail
folder=${1:-$(cd "$(dirname "$0")/.." && pwd)/target/cuda}
python3 -m pip install --quiet --no-deps --upgrade --target "$folder" \
    nvidia-cuda-nvrtc==13.0.88 nvidia-cublas==13.0.2.14 >&2
folders=$(find "$folder" -name 'lib*.so.13' -printf '%h\n' | sort -u | paste -sd:)
echo "$folders:${LD_LIBRARY_PATH:-}"
