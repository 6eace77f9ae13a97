#!/usr/bin/env bash
# Katib 0.19.0: early stopping by `medianstop` compares with the mean of the other trials, not with their median.
#
# "Median Stop" stops a trial whose best value is worse than the median of what the completed trials had on average up to the same step. The service adds
# these averages up and divides by their number: one trial that diverged (1,000,000 beside losses near 1) raises the threshold so that nothing is
# stopped any more; a median would not notice it. `start_step` limits how many values of a completed trial count.
#
# Tells it of five trials with a loss each, and prints the threshold of its rule beside mean and median. Fails if that is not as described.
set -euo pipefail
for tool in python3 go; do command -v "$tool" >/dev/null || { echo "needs $tool"; exit 2; }; done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS=-modcacherw GOMODCACHE="$folder/modules"
go mod download -json github.com/kubeflow/katib@v0.19.0 > module.json
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check kubernetes==22.6.0 'setuptools<81' grpcio==1.85.3 protobuf==4.25.9 googleapis-common-protos==1.75.0
# The service wants to know a cluster when it starts, and does not ask it for rules.
cat > cluster.json <<'JSON'
{"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "c", "user": {}}],
 "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}], "current-context": "c"}
JSON
KUBECONFIG=cluster.json venv/bin/python - 2>errors <<'PY' | tee seen || { cat errors; exit 1; }
import concurrent.futures
import json
import pathlib
import statistics
import sys

import grpc

sources = pathlib.Path(json.loads(pathlib.Path("module.json").read_text())["Dir"])
sys.path[:0] = [str(sources / part) for part in ("", "pkg/apis/manager/v1beta1/python", "pkg/apis/manager/health/python")]
from pkg.apis.manager.v1beta1.python import api_pb2, api_pb2_grpc
from pkg.earlystopping.v1beta1.medianstop.service import MedianStopService


class Metrics(api_pb2_grpc.DBManagerServicer):
    """Katib's database of metrics: every trial reported one loss four times."""

    def GetObservationLog(self, request, context):
        reply = api_pb2.GetObservationLogReply()
        for _ in range(4):
            metric = reply.observation_log.metric_logs.add().metric
            metric.name, metric.value = "loss", request.trial_name
        return reply


server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
api_pb2_grpc.add_DBManagerServicer_to_server(Metrics(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
for losses in ([1, 1, 1, 2, 5], [1, 1, 1, 2, 1_000_000]):
    request = api_pb2.GetEarlyStoppingRulesRequest(db_manager_address=f"127.0.0.1:{port}")
    spec = request.experiment.spec
    spec.objective.type, spec.objective.objective_metric_name = api_pb2.MINIMIZE, "loss"
    spec.early_stopping.algorithm_name = "medianstop"
    # Trials are told apart by their names: those with the same loss have another number of zeros.
    for number, loss in enumerate(losses):
        request.trials.add(name=f"{loss}.{'0' * number}").status.condition = api_pb2.TrialStatus.SUCCEEDED
    (rule,) = MedianStopService().GetEarlyStoppingRules(request, None).early_stopping_rules
    print(f"losses {losses}: stops what is above {float(rule.value)}; the mean is {statistics.mean(losses)}, the median {statistics.median(losses)}")
server.stop(None)
PY
diff seen - <<'TEXT'
losses [1, 1, 1, 2, 5]: stops what is above 2.0; the mean is 2, the median 1
losses [1, 1, 1, 2, 1000000]: stops what is above 200001.0; the mean is 200001, the median 1
TEXT
