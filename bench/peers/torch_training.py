"""One training workload in PyTorch, eager, on one thread: torch_training.py DIR WORKLOAD [REPS]"""
from time import perf_counter

from common import arguments, training_answer, workload

import torch
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def network(sizes, activation, batch_norm):
    layers = []
    for inputs, units in zip(sizes[:-2], sizes[1:-1]):
        layers.append(nn.Linear(inputs, units))
        if batch_norm:
            layers.append(nn.BatchNorm1d(units))
        layers.append(ACTIVATIONS[activation]())
    layers.append(nn.Linear(sizes[-2], sizes[-1]))
    return nn.Sequential(*layers)


def optimizer_of(definition, model):
    # Several tensors in one call pay where tensors are small; where they are large, one after the other is faster.
    small = sum(parameter.numel() for parameter in model.parameters()) < 100_000
    settings = dict(lr=definition["lr"], foreach=small)
    if definition["opt"] == "adam":
        return torch.optim.Adam(model.parameters(), **settings)
    return torch.optim.SGD(model.parameters(), momentum=0.9, **settings)


def train_epoch(model, optimizer, x, y, batch):
    """The mean loss of the epoch's rows, each batch before its update."""
    total = 0.0
    for rows in torch.randperm(len(y)).split(batch):
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(y)


def main():
    folder, name, *rest = arguments("DIR WORKLOAD [REPS]", 2)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    definition, features, labels = workload(folder, name)
    x, y = torch.from_numpy(features), torch.from_numpy(labels).long()
    model = network(definition["sizes"], definition["act"], definition["bn"])
    optimizer = optimizer_of(definition, model)
    epochs, batch = definition["epochs"], definition["batch"]
    for _ in range(1 if epochs == 1 else 3):
        train_epoch(model, optimizer, x, y, batch)
    seconds = []
    for _ in range(int(rest[0]) if rest else definition["reps"]):
        begun = perf_counter()
        for _ in range(epochs):
            loss = train_epoch(model, optimizer, x, y, batch)
        seconds.append((perf_counter() - begun) / epochs)
    training_answer("PyTorch", torch.__version__, name, definition, seconds, loss)


if __name__ == "__main__":
    main()
