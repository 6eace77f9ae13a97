"""Optuna's TPE with its defaults on exported tables: python optuna_tabular.py FOLDER TRIALS SEEDS

Prints, a table, the least value after every trial, by seed.
"""

import json
import os
import sys

import optuna


def run(table, trials, seed):
    hyperparameters, values = table["hyperparameters"], table["values"]
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))

    def objective(trial):
        index = 0
        for each in hyperparameters:
            name, count = each["name"], each["count"]
            place = trial.suggest_int(name, 0, count - 1) if each["ordered"] else trial.suggest_categorical(name, list(range(count)))
            index = index * count + place
        value = values[index]
        if value is None:
            raise optuna.TrialPruned()
        return value

    best, curve = float("inf"), []
    for _ in range(trials):
        study.optimize(objective, n_trials=1)
        value = study.trials[-1].value
        best = best if value is None else min(best, value)
        curve.append(best if best < float("inf") else None)
    return curve


def main(folder, trials, seeds):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    curves = {}
    for file in sorted(os.listdir(folder)):
        with open(os.path.join(folder, file)) as text:
            table = json.load(text)
        curves[f"{table['family']} {table['name']}"] = [run(table, trials, seed) for seed in range(seeds)]
    json.dump({"version": optuna.__version__, "curves": curves}, sys.stdout)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
