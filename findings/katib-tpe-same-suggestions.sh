#!/usr/bin/env bash
# Katib 0.19.0: its tpe suggests the same point to all trials that it is asked for at once, but for the first request.
#
# Katib asks for as many suggestions as trials may run beside each other (`parallelTrialCount`, 3 by default). Its service for tpe (Hyperopt) calls
# `hyperopt.tpe.suggest` once for each, with the same seed and the same history: 3 trials are one point, trained three times. The first request, and
# those of random, go to a call for all suggestions together, which differ. Issue 1329 of Katib told of it in 2020, and was closed as stale.
#
# Asks for 3 suggestions six times, each time that the earlier trials have succeeded, and prints how many of the 3 differ. Fails if that is not as described.
set -euo pipefail
for tool in python3 go; do command -v "$tool" >/dev/null || { echo "needs $tool"; exit 2; }; done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS=-modcacherw GOMODCACHE="$folder/modules"
go mod download -json github.com/kubeflow/katib@v0.19.0 > module.json
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check hyperopt==0.2.5 numpy==1.26.4 'setuptools<81' grpcio==1.85.3 protobuf==4.25.9 googleapis-common-protos==1.75.0
venv/bin/python - 2>errors <<'PY' | tee seen || { cat errors; exit 1; }
import json
import pathlib
import sys

sources = pathlib.Path(json.loads(pathlib.Path("module.json").read_text())["Dir"])
sys.path[:0] = [str(sources / part) for part in ("", "pkg/apis/manager/v1beta1/python", "pkg/apis/manager/health/python")]
from pkg.apis.manager.v1beta1.python import api_pb2
from pkg.suggestion.v1beta1.hyperopt.service import HyperoptService


def request_of(algorithm, trials):
    request = api_pb2.GetSuggestionsRequest(current_request_number=3)
    spec = request.experiment.spec
    spec.objective.type, spec.objective.objective_metric_name = api_pb2.MINIMIZE, "loss"
    spec.algorithm.algorithm_name = algorithm
    for name in ("x", "y", "z"):
        space = api_pb2.FeasibleSpace(min="0", max="1")
        spec.parameter_specs.parameters.add(name=name, parameter_type=api_pb2.DOUBLE, feasible_space=space)
    for number, point in enumerate(trials):
        trial = request.trials.add(name=f"trial-{number}")
        trial.spec.objective.objective_metric_name = "loss"
        trial.spec.parameter_assignments.assignments.extend(point)
        trial.status.condition = api_pb2.TrialStatus.SUCCEEDED
        trial.status.observation.metrics.add(name="loss", value=str(sum(float(one.value) ** 2 for one in point)))
    return request


for algorithm in ("random", "tpe"):
    service, trials, different = HyperoptService(), [], []
    for _ in range(6):
        points = [one.assignments for one in service.GetSuggestions(request_of(algorithm, trials), None).parameter_assignments]
        different.append(len({str(point) for point in points}))
        trials += points
    print(f"{algorithm}: of 3 suggestions there are so many different ones, request by request: {different}")
PY
diff seen - <<'TEXT'
random: of 3 suggestions there are so many different ones, request by request: [3, 3, 3, 3, 3, 3]
tpe: of 3 suggestions there are so many different ones, request by request: [3, 1, 1, 1, 1, 1]
TEXT
