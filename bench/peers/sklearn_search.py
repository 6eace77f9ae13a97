"""A search by scikit-learn's RandomizedSearchCV: sklearn_search.py DIR WORKLOAD TRIALS.json PROCESSES"""
import json
import warnings
from pathlib import Path
from time import perf_counter

from common import arguments, answer, workload

import numpy as np
import sklearn
from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier

HELD_OUT = 0.2
WARM_UP = 4


def main():
    folder, name, file, processes = arguments("DIR WORKLOAD TRIALS.json PROCESSES", 4)
    warnings.filterwarnings("ignore")
    trials = json.loads(Path(file).read_text())
    _, x, y = workload(folder, name)
    # −1 teaches always, 0 is held out in the one split there is.
    held = np.where(np.arange(len(y)) < len(y) - round(len(y) * HELD_OUT), -1, 0)
    spaces = [
        {
            "hidden_layer_sizes": [tuple(trial["hidden"])],
            "learning_rate_init": [trial["lr"]],
            "batch_size": [trial["batch"]],
            "max_iter": [trial["epochs"]],
        }
        for trial in trials
    ]
    model = MLPClassifier(activation="relu", solver="adam", alpha=0.0, tol=0.0, n_iter_no_change=1_000_000, random_state=0)

    def search(count):
        """Every one of `count` spaces of a single point, in a random order."""
        tried = RandomizedSearchCV(
            model, spaces[:count], n_iter=count, cv=PredefinedSplit(held), refit=False, n_jobs=int(processes), random_state=0
        )
        begun = perf_counter()
        tried.fit(x, y)
        return perf_counter() - begun, float(tried.cv_results_["mean_test_score"].mean())

    search(min(WARM_UP, len(trials)))
    seconds, found = search(len(trials))
    answer(peer="scikit-learn", version=sklearn.__version__, trials=len(trials), seconds=seconds, mean_acc=found)


if __name__ == "__main__":
    main()
