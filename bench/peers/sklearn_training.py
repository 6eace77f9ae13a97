"""One training workload in scikit-learn, on one thread: sklearn_training.py DIR WORKLOAD [REPS]. It has no batch normalization."""
import sys
import warnings
from time import perf_counter

from common import arguments, training_answer, workload

import sklearn
from sklearn.neural_network import MLPClassifier


def classifier(definition, epochs, seed):
    solver = {"adam": dict(solver="adam"), "momentum": dict(solver="sgd", momentum=0.9, nesterovs_momentum=False)}
    return MLPClassifier(
        hidden_layer_sizes=tuple(definition["sizes"][1:-1]),
        activation=definition["act"],
        learning_rate_init=definition["lr"],
        batch_size=definition["batch"],
        alpha=0.0,
        max_iter=epochs,
        # Neither converged nor impatient: every epoch is trained.
        tol=0.0,
        n_iter_no_change=1_000_000,
        random_state=seed,
        **solver[definition["opt"]],
    )


def main():
    folder, name, *rest = arguments("DIR WORKLOAD [REPS]", 2)
    warnings.filterwarnings("ignore")
    definition, x, y = workload(folder, name)
    if definition["bn"]:
        sys.exit(f"{name} normalizes batches, which scikit-learn does not")
    # A fit begins with checks of its data: with fewer epochs they would weigh too much.
    epochs = max(definition["epochs"], 3)
    classifier(definition, 1, 0).fit(x, y)
    seconds = []
    for repetition in range(int(rest[0]) if rest else definition["reps"]):
        model = classifier(definition, epochs, repetition)
        begun = perf_counter()
        model.fit(x, y)
        seconds.append((perf_counter() - begun) / epochs)
    training_answer("scikit-learn", sklearn.__version__, name, definition, seconds, model.loss_)


if __name__ == "__main__":
    main()
