#!/usr/bin/env bash
# The estimators inside verl and TRL, on the CPU; the output is kept in last-run.txt.
#
#   run.sh           in a new virtual environment (7 GB), with the package built from this tree
#   run.sh WHEEL     the same with a wheel that is there
#   PYTHON=… run.sh  with the Python of an environment that has requirements.txt and the package
#
# Needs Python 3.10 to 3.12, and the Rust toolchain where it builds.
set -euo pipefail
package=$(realpath "${1:-$(dirname "$0")/..}")
cd "$(dirname "$0")"

if [[ -z ${PYTHON:-} ]]; then
    environment=$(mktemp -d)
    trap 'rm -rf "$environment"' EXIT
    python3 -m venv "$environment"
    PYTHON="$environment/bin/python"
    "$PYTHON" -m pip install --quiet --requirement requirements.txt "$package"
fi

versions='
import platform
from importlib.metadata import version
names = ["rs-grpo", "verl", "trl", "torch", "transformers", "ray", "tensordict", "numpy"]
print(f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names), sep=", ")
'
# Warnings are those of verl and TRL about themselves.
export PYTHONWARNINGS=ignore
{
    date --utc '+%Y-%m-%d %H:%M UTC'
    "$PYTHON" -c "$versions"
    printf '\n$ python -m rs_grpo.verl check\n'
    "$PYTHON" -m rs_grpo.verl check
    printf '\n$ python -m rs_grpo.verl check algorithm.adv_estimator=rs_grpo +algorithm.rs_grpo.beta=2 …\n'
    "$PYTHON" -m rs_grpo.verl check algorithm.adv_estimator=rs_grpo +algorithm.rs_grpo.beta=2 \
        actor_rollout_ref.rollout.n=16 actor_rollout_ref.actor.use_dynamic_bsz=True trainer.nnodes=4
    printf '\n$ pytest\n'
    "$PYTHON" -m pytest --verbose --no-header -p no:cacheprovider -W ignore
} | sed -E 's/(Ray actor on) [^:]+:/\1 this node:/' | tee last-run.txt
