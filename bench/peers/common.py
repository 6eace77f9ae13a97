"""What the peers' scripts share: one thread a library, the rows of a workload, one JSON line as the answer."""
import json
import os
import sys
from pathlib import Path

# Must be set before numpy is loaded. The first two make OpenBLAS mistake the processor.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["PYTHONWARNINGS"] = "ignore"  # that training ends before it has converged is meant

import numpy as np  # noqa: E402


def workload(folder, name):
    """The definition of a workload, and its rows: x float32 n*inputs, y int32."""
    folder = Path(folder)
    file = next(place / "workloads.json" for place in (folder, folder.parent) if (place / "workloads.json").exists())
    definition = json.loads(file.read_text())[name]
    x = np.fromfile(folder / f"{name}.x", dtype="<f4").reshape(definition["n"], definition["sizes"][0])
    y = np.fromfile(folder / f"{name}.y", dtype="<i4")
    return definition, x, y


def median(times):
    return float(np.median(times))


def answer(**line):
    print(json.dumps(line), flush=True)


def training_answer(peer, version, name, definition, seconds, loss):
    """`seconds` an epoch, one entry a repetition."""
    sizes = definition["sizes"]
    products = [a * b for a, b in zip(sizes, sizes[1:])]
    flops = 2 * (3 * sum(products) - products[0]) * definition["n"]
    middle = median(seconds)
    answer(
        peer=peer,
        version=version,
        workload=name,
        epoch_ms=round(middle * 1e3, 3),
        samples_per_s=round(definition["n"] / middle),
        gflops=round(flops / middle / 1e9, 3),
        min_ms=round(min(seconds) * 1e3, 3),
        reps=len(seconds),
        loss=round(float(loss), 4),
    )


def arguments(usage, least):
    if len(sys.argv) - 1 < least:
        sys.exit(f"usage: {Path(sys.argv[0]).name} {usage}")
    return sys.argv[1:]
