#!/usr/bin/env bash
# Optuna 5.0.0: a seeded sampler does not make a search with HyperbandPruner reproducible; the study must have a name, too.
#
# HyperbandPruner puts a trial into a bracket by a hash of the study's name and the trial's number. A study that is created without a name gets a
# random one, so the same objective, sampler and seed are pruned otherwise on every run. With equal names they are pruned alike.
#
# Prints how many of 20 runs differ from the first, without names and with one, and fails if that is not as described.
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check optuna==5.0.0
"$folder/venv/bin/python" - <<'PY'
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def epochs_trained(name):
    sampler = optuna.samplers.RandomSampler(seed=1)
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)
    study = optuna.create_study(study_name=name, sampler=sampler, pruner=pruner)
    lengths = []

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        for epoch in range(1, 28):
            trial.report(x / epoch, epoch)
            if epoch < 27 and trial.should_prune():
                lengths.append(epoch)
                raise optuna.TrialPruned()
        lengths.append(27)
        return x

    study.optimize(objective, n_trials=40)
    return lengths


def different(names):
    first, *others = [epochs_trained(name) for name in names]
    return sum(other != first for other in others)


unnamed = different([None] * 21)
named = different(["a study"] * 21)
print(f"optuna {optuna.__version__}, RandomSampler(seed=1), HyperbandPruner: of 20 runs {unnamed} differ from the first without a name, {named} with one")
sys.exit(0 if unnamed >= 15 and named == 0 else 1)
PY
