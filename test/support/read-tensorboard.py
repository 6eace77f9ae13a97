"""Prints what TensorBoard reads in a folder with the logs of one search, as JSON.

    python read-tensorboard.py FOLDER
"""

import json
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from google.protobuf.json_format import MessageToDict


def accumulated(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    return accumulator


def plugin_data(accumulator, tag):
    content = accumulator.SummaryMetadata(tag).plugin_data.content
    return content


(root,) = pathlib.Path(sys.argv[1]).iterdir()
experiment = metadata.parse_experiment_plugin_data(plugin_data(accumulated(root), metadata.EXPERIMENT_TAG))
sessions = []
for folder in sorted(path for path in root.iterdir() if path.is_dir()):
    accumulator = accumulated(folder)
    start = metadata.parse_session_start_info_plugin_data(plugin_data(accumulator, metadata.SESSION_START_INFO_TAG))
    end = metadata.parse_session_end_info_plugin_data(plugin_data(accumulator, metadata.SESSION_END_INFO_TAG))
    hparams = {name: MessageToDict(value) for name, value in start.hparams.items()}
    scalars = accumulator.Tags()["scalars"]
    value = accumulator.Scalars("value")[-1].value if "value" in scalars else None
    sessions.append({"hparams": hparams, "status": end.status, "value": value})
print(
    json.dumps(
        {
            "columns": {info.name: info.type for info in experiment.hparam_infos},
            "metrics": [info.name.tag for info in experiment.metric_infos],
            "sessions": sessions,
        }
    )
)
