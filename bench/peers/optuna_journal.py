"""Writes a search as a study in an Optuna journal, so that optuna-dashboard shows the same trials.

    python optuna_journal.py http://127.0.0.1:3000 SEARCH_ID study.log
    optuna-dashboard study.log

Needs optuna; requests nothing but the service. Trials that diverged have no value, which Optuna calls failed.
"""

import json
import sys
import urllib.request
from datetime import datetime

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


def read(url):
    with urllib.request.urlopen(url) as response:
        return response.read().decode()


def distribution_of(setting):
    """The Optuna distribution of a hyperparameter; None where it has one value."""
    kind = setting.get("distribution") if isinstance(setting, dict) else None
    if kind is None:
        return None
    if kind == "categorical":
        return CategoricalDistribution(setting["choices"])
    log = setting.get("scale") == "log"
    if kind == "int":
        return IntDistribution(setting["low"], setting["high"], log=log, step=1 if log else setting.get("step") or 1)
    return FloatDistribution(setting["low"], setting["high"], log=log, step=None if log else setting.get("step"))


def time_of(text):
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone().replace(tzinfo=None)


def intermediate_values(trial):
    """Epoch to the mean of the validation metric over the folds that have it."""
    series = [fold["validationMetric"] for fold in trial["folds"]]
    values = {}
    for epoch in range(1, max((len(one) for one in series), default=0) + 1):
        known = [one[epoch - 1] for one in series if len(one) >= epoch and one[epoch - 1] is not None]
        if known:
            values[epoch] = sum(known) / len(known)
    return values


def frozen(trial, distributions):
    params = {name: value for name, value in trial["hyperparameters"].items() if name in distributions}
    state = STATES.get(trial["state"], TrialState.FAIL)
    if state == TrialState.COMPLETE and trial["value"] is None:
        state = TrialState.FAIL
    return optuna.trial.FrozenTrial(
        number=trial["number"],
        trial_id=trial["number"],
        state=state,
        value=None if state == TrialState.FAIL else trial["value"],
        values=None,
        datetime_start=time_of(trial["startedAt"]),
        datetime_complete=time_of(trial["finishedAt"]),
        params=params,
        distributions={name: distributions[name] for name in params},
        user_attrs={"problems": ", ".join(trial["found"])},
        system_attrs={},
        intermediate_values=intermediate_values(trial),
    )


def main(service, search_id, path):
    address = f"{service}/v1/searches/{search_id}"
    search = json.loads(read(address))
    specification = search["specification"]
    settings = specification["hyperparameters"].items()
    distributions = {name: one for name, setting in settings if (one := distribution_of(setting)) is not None}
    study = optuna.create_study(
        study_name=search["name"],
        direction=specification["objective"]["direction"],
        storage=JournalStorage(JournalFileBackend(path)),
    )
    for line in read(f"{address}/export?format=ndjson").splitlines():
        row = json.loads(line)
        trial = json.loads(read(f"{address}/trials/{row['number']}"))
        study.add_trial(frozen({**row, "folds": trial["folds"]}, distributions))
    print(f"{len(study.trials)} trials of {search['name']} in {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
