"""Reads a journal with Optuna, and prints what it has of the only study as JSON.

    python read-optuna-journal.py FILE
"""

import json
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.WARNING)
storage = JournalStorage(JournalFileBackend(sys.argv[1]))
(name,) = optuna.get_all_study_names(storage)
study = optuna.load_study(study_name=name, storage=storage)


def distribution(one):
    return {"name": type(one).__name__, **one._asdict()}


print(
    json.dumps(
        {
            "name": name,
            "direction": study.direction.name,
            "metrics": study.metric_names,
            "attributes": study.user_attrs,
            "best": study.best_trial.number,
            "trials": [
                {
                    "number": trial.number,
                    "state": trial.state.name,
                    "values": trial.values,
                    "params": trial.params,
                    "distributions": {key: distribution(one) for key, one in trial.distributions.items()},
                    "intermediate": {str(step): value for step, value in trial.intermediate_values.items()},
                    "attributes": trial.user_attrs,
                    "seconds": trial.duration.total_seconds() if trial.duration else None,
                }
                for trial in study.trials
            ],
        },
        allow_nan=False,
    )
)
