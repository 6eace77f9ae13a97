"""Asks optuna-dashboard, without a port, what it shows of the only study of a journal; prints it as JSON.

    python read-optuna-dashboard.py FILE
"""

import collections
import io
import json
import sys

import optuna
import optuna_dashboard
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.ERROR)
app = optuna_dashboard.wsgi(JournalStorage(JournalFileBackend(sys.argv[1])))


def get(path):
    answered = []
    environment = {
        **{"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80"},
        **{"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()},
    }
    body = b"".join(app(environment, lambda status, headers, exception=None: answered.append(int(status[:3]))))
    return answered[0], json.loads(body) if answered[0] == 200 else None


status, study = get("/api/studies/0")
if status != 200:
    print(json.dumps({"status": status}))
    sys.exit()
_, importances = get("/api/studies/0/param_importances")
(shares,) = importances["param_importances"]
print(
    json.dumps(
        {
            "status": status,
            "states": collections.Counter(trial["state"] for trial in study["trials"]),
            "best": study["best_trials"][0]["number"],
            "withCurves": sum(1 for trial in study["trials"] if trial["intermediate_values"]),
            "parameters": [one["name"] for one in study["union_search_space"]],
            "importance": [one["name"] for one in shares],
        }
    )
)
