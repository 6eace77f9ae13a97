"""Optuna on the space and the networks of bench:strategies: python optuna_strategies.py NODE CURVE_SERVER SEED TARGET MAX_EPOCHS

Its defaults: TPE (multivariate), alone and with its HyperbandPruner. Prints the epochs until a trial that ran to its end reached the target. A
trial that is pruned costs the epochs it reported; resource is the number of completed epochs.
"""

import json
import subprocess
import sys

import optuna

EPOCHS = 27


def hyperparameters_of(trial):
    return {
        "learningRate": trial.suggest_float("learningRate", 1e-5, 1, log=True),
        "l2": trial.suggest_float("l2", 1e-7, 1e-1, log=True),
        "hiddenUnits": trial.suggest_int("hiddenUnits", 8, 256, log=True),
        "batchSize": trial.suggest_int("batchSize", 16, 256, log=True),
        "activation": trial.suggest_categorical("activation", ["relu", "tanh", "sigmoid"]),
    }


def search(curve_of, seed, pruner, target, max_epochs):
    sampler = optuna.samplers.TPESampler(seed=seed)
    # Hyperband assigns brackets by a hash of the study's name, which is random unless it is given.
    study = optuna.create_study(study_name=f"seed {seed}", direction="maximize", sampler=sampler, pruner=pruner)
    epochs, trials = 0, 0
    while epochs < max_epochs:
        trial = study.ask()
        curve = curve_of(seed, trial.number, hyperparameters_of(trial))
        trials += 1
        stopped = False
        for epoch, value in enumerate(curve, start=1):
            epochs += 1
            if value is None:
                stopped = True
                break
            trial.report(value, epoch)
            if epoch < EPOCHS and trial.should_prune():
                stopped = True
                break
        if stopped:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, curve[-1])
            if curve[-1] >= target:
                return {"epochs": epochs, "trials": trials, "reached": True}
    return {"epochs": epochs, "trials": trials, "reached": False}


def main(node, server, seed, target, max_epochs):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with subprocess.Popen([node, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def curve_of(seed, trial, hyperparameters):
            process.stdin.write(json.dumps({"seed": seed, "trial": trial, "hyperparameters": hyperparameters}) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        hyperband = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=EPOCHS, reduction_factor=3)
        found = {
            f"optuna {optuna.__version__} tpe": search(curve_of, seed, optuna.pruners.NopPruner(), target, max_epochs),
            f"optuna {optuna.__version__} tpe + hyperband": search(curve_of, seed, hyperband, target, max_epochs),
        }
        process.stdin.close()
    json.dump(found, sys.stdout)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
