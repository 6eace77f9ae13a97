"""Prints what MLflow reads in a store with one search, as JSON.

    python read-mlflow.py FILE
"""

import json
import sys

from mlflow import MlflowClient

client = MlflowClient(tracking_uri=f"sqlite:///{sys.argv[1]}")
experiments = client.search_experiments()
runs = client.search_runs(["1"], max_results=1000)
runs.sort(key=lambda run: int(run.data.tags["trial"]))
history = client.get_metric_history(runs[0].info.run_id, "loss/validation")
print(
    json.dumps(
        {
            "names": [experiment.name for experiment in experiments],
            "runs": [
                {
                    "name": run.info.run_name,
                    "status": run.info.status,
                    "value": run.data.metrics.get("value"),
                    "params": run.data.params,
                }
                for run in runs
            ],
            "history": [[point.step, point.value] for point in history],
        }
    )
)
