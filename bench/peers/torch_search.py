"""A search in PyTorch, its trials spread over processes of one thread: torch_search.py DIR WORKLOAD TRIALS.json PROCESSES"""
import json
import multiprocessing
from pathlib import Path
from time import perf_counter

from common import arguments, answer, workload

import torch
from torch import nn

from torch_training import network, train_epoch

HELD_OUT = 0.2
WARM_UP = 4
rows = None


def begin(folder, name):
    """Once a process: its rows, split into those that teach and those held out."""
    global rows
    torch.set_num_threads(1)
    _, features, labels = workload(folder, name)
    taught = len(labels) - round(len(labels) * HELD_OUT)
    x, y = torch.from_numpy(features), torch.from_numpy(labels).long()
    rows = x[:taught], y[:taught], x[taught:], y[taught:]


def accuracy(trial):
    x, y, held_x, held_y = rows
    torch.manual_seed(trial["seed"])
    sizes = [x.shape[1], *trial["hidden"], int(y.max()) + 1]
    model = network(sizes, "relu", batch_norm=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=trial["lr"], foreach=True)
    for _ in range(trial["epochs"]):
        train_epoch(model, optimizer, x, y, trial["batch"])
    with torch.no_grad():
        return (model(held_x).argmax(1) == held_y).float().mean().item()


def main():
    folder, name, file, processes = arguments("DIR WORKLOAD TRIALS.json PROCESSES", 4)
    trials = json.loads(Path(file).read_text())
    context = multiprocessing.get_context("spawn")
    with context.Pool(int(processes), begin, (folder, name)) as pool:
        pool.map(accuracy, trials[:WARM_UP], chunksize=1)
        begun = perf_counter()
        found = pool.map(accuracy, trials, chunksize=1)
        seconds = perf_counter() - begun
    answer(peer="PyTorch", version=torch.__version__, trials=len(trials), seconds=seconds, mean_acc=sum(found) / len(found))


if __name__ == "__main__":
    main()
