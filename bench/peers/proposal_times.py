"""What a proposal of a peer's TPE costs, with its defaults: python proposal_times.py optuna|rustuna FILE

FILE: {"hyperparameters": {name: distribution}, "trials": [{"point", "value"}], "sizes": [finished trials], "proposals": number}.
Prints, a size, the CPU milliseconds of each proposal: a trial is asked for, its hyperparameters are suggested, a value is told.
"""

import importlib
import json
import math
import sys
import time


def suggest(trial, name, distribution):
    if distribution["distribution"] == "categorical":
        return trial.suggest_categorical(name, distribution["choices"])
    kind = trial.suggest_int if distribution["distribution"] == "int" else trial.suggest_float
    return kind(name, distribution["low"], distribution["high"], log=distribution["scale"] == "log")


def distribution_of(distributions, one):
    if one["distribution"] == "categorical":
        return distributions.CategoricalDistribution(one["choices"])
    kind = distributions.IntDistribution if one["distribution"] == "int" else distributions.FloatDistribution
    return kind(one["low"], one["high"], log=one["scale"] == "log")


def times(peer, task, size):
    hyperparameters = task["hyperparameters"]
    study = peer.create_study(sampler=peer.samplers.TPESampler(seed=1), direction="maximize")
    distributions = {name: distribution_of(peer.distributions, one) for name, one in hyperparameters.items()}
    for each in task["trials"][:size]:
        params = each["point"]
        study.add_trial(peer.trial.create_trial(value=each["value"], params=params, distributions=distributions))
    milliseconds = []
    for _ in range(task["proposals"]):
        begun = time.process_time()
        trial = study.ask()
        point = {name: suggest(trial, name, one) for name, one in hyperparameters.items()}
        study.tell(trial.number, -math.dist((math.log10(point["learningRate"]), point["dropout"]), (-2, 0.1)))
        milliseconds.append((time.process_time() - begun) * 1e3)
    return milliseconds


def main(name, file):
    peer = importlib.import_module(name)
    if hasattr(peer, "logging"):
        peer.logging.set_verbosity(peer.logging.ERROR)
    with open(file) as text:
        task = json.load(text)
    version = importlib.import_module("importlib.metadata").version(name)
    json.dump({"version": version, "milliseconds": [times(peer, task, size) for size in task["sizes"]]}, sys.stdout)


main(sys.argv[1], sys.argv[2])
