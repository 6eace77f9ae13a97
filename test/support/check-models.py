"""Reads models in Python: ONNX by its checker and onnxruntime, safetensors by numpy as the header says.

    python check-models.py FOLDER

FOLDER has rows.json (a list of rows) and, for every model, NAME.onnx, NAME.safetensors and NAME.json: {"columns": [{name, type}], "labels": [...],
"numbers": [...]}, what the service predicts. Prints a JSON object: for every model the largest relative differences.
"""

import json
import math
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort
from safetensors import safe_open

folder = pathlib.Path(sys.argv[1])


def difference(got, wanted):
    got, wanted = np.asarray(got, np.float64).ravel(), np.asarray(wanted, np.float64)
    assert got.shape == wanted.shape, (got.shape, wanted.shape)
    return float(np.max(np.abs(got - wanted) / np.abs(wanted)))


def feeds(columns, rows):
    def column(name, kind):
        if kind == "number":
            values = [math.nan if row.get(name) is None else row[name] for row in rows]
            return np.array(values, np.float32).reshape(-1, 1)
        return np.array([row.get(name) or "" for row in rows], object).reshape(-1, 1)

    return {c["name"]: column(c["name"], c["type"]) for c in columns}


def run(session, columns, rows):
    names = [output.name for output in session.get_outputs()]
    results = dict(zip(names, session.run(names, feeds(columns, rows))))
    return list(results.get("label", [])), results.get("probabilities", results.get("variable"))


def inputs_of(columns, rows):
    parts = []
    for c in columns:
        values = [row.get(c["name"]) for row in rows]
        if c["type"] == "number":
            numbers = np.array([math.nan if value is None else value for value in values], np.float64)
            parts.append(numbers)
            if c["gaps"]:
                parts.append(np.isnan(numbers).astype(np.float64))
        else:
            words = [c["missing"] if value is None else value for value in values]
            parts += [np.array([word == category for word in words], np.float64) for category in c["categories"]]
    return np.stack(parts, axis=1)


erf = np.vectorize(math.erf, otypes=[np.float32])
sigmoid = lambda z: 1 / (1 + np.exp(-z))
activations = {
    "linear": lambda z, c: z,
    "sigmoid": lambda z, c: sigmoid(z),
    "tanh": lambda z, c: np.tanh(z),
    "relu": lambda z, c: np.maximum(z, 0),
    "leakyRelu": lambda z, c: np.where(z < 0, c * z, z),
    "elu": lambda z, c: np.where(z < 0, c * np.expm1(np.minimum(z, 0)), z),
    "gelu": lambda z, c: z * 0.5 * (1 + erf(z / math.sqrt(2))),
    "silu": lambda z, c: z * sigmoid(z),
    "maxout": lambda z, c: np.maximum(z[:, 0::2], z[:, 1::2]),
}


def by_safetensors(path, rows):
    with safe_open(path, framework="numpy") as file:
        model = json.loads(file.metadata()["model"])
        raw = inputs_of(model["columns"], rows)
        total = 0
        for member in model["members"]:
            fill, offset, scale = (file.get_tensor(member["preprocessing"][part]) for part in ("fill", "offset", "scale"))
            x = ((np.where(np.isnan(raw), fill, raw) - offset) / scale).astype(np.float32)
            for layer in member["layers"]:
                z = x @ file.get_tensor(layer["weight"])
                if layer["bias"] is not None:
                    z = z + file.get_tensor(layer["bias"])
                if layer["norm"] is not None:
                    gamma, beta, mean, var = (
                        file.get_tensor(layer["norm"][part]) for part in ("gamma", "beta", "runningMean", "runningVar")
                    )
                    z = gamma * (z - mean) / np.sqrt(var + np.float32(1e-5)) + beta
                x = activations[layer["activation"]](z, np.float32(layer["constant"])).astype(np.float32)
            x = x.astype(np.float64)
            if member["outputs"] == "softmax":
                e = np.exp(x - x.max(axis=1, keepdims=True))
                own = e / e.sum(axis=1, keepdims=True)
            elif member["outputs"] == "sigmoid":
                own = np.concatenate([sigmoid(-x), sigmoid(x)], axis=1)
            else:
                own = x * member["target"]["scale"] + member["target"]["offset"]
            total = total + member["weight"] * own
    return total


rows = json.loads((folder / "rows.json").read_text())
report = {}
for file in sorted(folder.glob("*.onnx")):
    expected = json.loads(file.with_suffix(".json").read_text())
    onnx.checker.check_model(onnx.load(file), full_check=True)
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    labels, numbers = run(session, expected["columns"], rows)
    single = [run(session, expected["columns"], [row]) for row in rows]
    assert labels == expected["labels"], file
    assert [label for own, _ in single for label in own] == expected["labels"], file
    report[file.stem] = {
        "batch": difference(numbers, expected["numbers"]),
        "single": difference(np.concatenate([own for _, own in single]), expected["numbers"]),
        "safetensors": difference(by_safetensors(file.with_suffix(".safetensors"), rows), expected["numbers"]),
    }
print(json.dumps({"versions": {"onnx": onnx.__version__, "onnxruntime": ort.__version__}, "models": report}))
