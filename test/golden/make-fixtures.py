"""Makes the fixtures of our own, in the format network-golden/1: python3 test/golden/make-fixtures.py (PyTorch, any version).

Whole training runs of small networks in float64, of what the given fixtures do not have: gelu, silu, maxout, binary
cross-entropy, slopes and alphas of one's own, warm-up. Layers, losses and optimizers are PyTorch's; only maxout, which it lacks,
and the schedule's factor are written out.
"""

import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
FOLDER = Path(__file__).parent / 'network'
TOLERANCE = {'loss': 5e-05, 'gradient': 5e-06, 'parameter': 1e-04, 'probe': 2e-04}
STEPS, ROWS, BATCH = 24, 40, 8

RUNS = {
    'gelu-binary-warm-up': dict(
        network=dict(sizes=[6, 9, 7, 1], activation='gelu', loss='binaryCrossEntropy'),
        optimizer=dict(type='adam', learningRate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8),
        schedule=dict(type='exponential', gamma=0.5, every=10, warmup=5),
    ),
    'silu-batch-norm-momentum': dict(
        network=dict(sizes=[5, 8, 6, 3], activation='silu', batchNorm=True, loss='softmaxCrossEntropy'),
        optimizer=dict(type='momentum', learningRate=0.05, momentum=0.9),
        l2=0.01,
    ),
    'maxout-batch-norm-adamw': dict(
        network=dict(sizes=[5, 7, 4, 3], activation='maxout', batchNorm=True, loss='softmaxCrossEntropy'),
        optimizer=dict(type='adamw', learningRate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0.1),
        schedule=dict(type='cosine', floor=0.1),
    ),
    'maxout-regression-clip': dict(
        network=dict(sizes=[6, 5, 5, 2], activation='maxout', loss='meanSquaredError'),
        optimizer=dict(type='nesterov', learningRate=0.02, momentum=0.9),
        clipNorm=0.5,
    ),
    'leaky-relu-slope-binary': dict(
        network=dict(sizes=[6, 10, 3], activation='leakyRelu', slope=0.2, loss='binaryCrossEntropy'),
        optimizer=dict(type='rmsprop', learningRate=0.005, decay=0.99, epsilon=1e-8),
    ),
    'elu-alpha-warm-up': dict(
        network=dict(sizes=[4, 8, 8, 3], activation='elu', alpha=0.6, loss='softmaxCrossEntropy'),
        optimizer=dict(type='sgd', learningRate=0.2),
        schedule=dict(type='constant', warmup=8),
    ),
}


def rounded(tensor):
    return [float(f'{value:.9g}') for value in tensor.detach().flatten().tolist()]


def activate(network, z):
    """maxout takes the greater of two neighbouring columns."""
    kind = network['activation']
    if kind == 'maxout':
        return z.reshape(len(z), -1, 2).max(dim=2).values
    if kind == 'leakyRelu':
        return F.leaky_relu(z, network.get('slope', 0.01))
    if kind == 'elu':
        return F.elu(z, network.get('alpha', 1))
    return {'gelu': F.gelu, 'silu': F.silu}[kind](z)


def make_layers(network, generator):
    layers = []
    sizes = network['sizes']
    for l, (inputs, units) in enumerate(zip(sizes, sizes[1:])):
        hidden = l < len(sizes) - 2
        columns = 2 * units if hidden and network['activation'] == 'maxout' else units
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        layer = {'weight': draw(inputs, columns) * math.sqrt(2 / inputs)}
        if hidden and network.get('batchNorm'):
            layer |= {'gamma': 1 + 0.1 * draw(columns), 'beta': 0.1 * draw(columns)}
            layer |= {'runningMean': torch.zeros(columns), 'runningVar': torch.ones(columns)}
        else:
            layer['bias'] = 0.1 * draw(columns)
        for name, tensor in layer.items():
            tensor.data = torch.tensor(rounded(tensor)).reshape(tensor.shape)
            tensor.requires_grad_(not name.startswith('running'))
        layers.append(layer)
    return layers


def forward(network, layers, x, training):
    for layer in layers:
        z = x @ layer['weight'] + layer.get('bias', 0)
        if 'gamma' in layer:
            running = layer['runningMean'], layer['runningVar']
            z = F.batch_norm(z, *running, layer['gamma'], layer['beta'], training, 0.1, 1e-5)
        x = z if layer is layers[-1] else activate(network, z)
    return x


def loss_of(network, outputs, y):
    kinds = {
        'softmaxCrossEntropy': F.cross_entropy,
        'binaryCrossEntropy': F.binary_cross_entropy_with_logits,
        'meanSquaredError': F.mse_loss,
    }
    return kinds[network['loss']](outputs, y)


def optimizer_of(settings, layers):
    weights = [layer['weight'] for layer in layers]
    others = [layer[name] for layer in layers for name in ('bias', 'gamma', 'beta') if name in layer]
    kind, rate = settings['type'], settings['learningRate']
    if kind == 'adamw':
        groups = [{'params': weights, 'weight_decay': settings['weightDecay']}, {'params': others, 'weight_decay': 0}]
        return torch.optim.AdamW(groups, rate, (settings['beta1'], settings['beta2']), settings['epsilon'])
    parameters = weights + others
    if kind == 'adam':
        return torch.optim.Adam(parameters, rate, (settings['beta1'], settings['beta2']), settings['epsilon'])
    if kind == 'rmsprop':
        return torch.optim.RMSprop(parameters, rate, settings['decay'], settings['epsilon'])
    momentum = settings.get('momentum', 0)
    return torch.optim.SGD(parameters, rate, momentum, nesterov=kind == 'nesterov')


def factor(schedule, step):
    if schedule is None:
        return 1
    warmup = schedule.get('warmup', 0)
    rise = (step + 1) / warmup if step < warmup else 1
    if schedule['type'] == 'exponential':
        return rise * schedule['gamma'] ** (step / schedule['every'])
    if schedule['type'] == 'cosine':
        return rise * (schedule['floor'] + (1 - schedule['floor']) * 0.5 * (1 + math.cos(math.pi * step / STEPS)))
    return rise


def make_data(network, generator):
    outputs = network['sizes'][-1]
    x = torch.randn(ROWS, network['sizes'][0], generator=generator)
    if network['loss'] == 'softmaxCrossEntropy':
        y = torch.randint(outputs, (ROWS,), generator=generator)
    elif network['loss'] == 'binaryCrossEntropy':
        y = torch.randint(5, (ROWS, outputs), generator=generator) / 4  # targets between 0 and 1 as well
    else:
        y = torch.randn(ROWS, outputs, generator=generator)
    return torch.tensor(rounded(x)).reshape(x.shape), torch.tensor(rounded(y)).reshape(y.shape).to(y.dtype)


def train(run, seed):
    network, schedule, l2 = run['network'], run.get('schedule'), run.get('l2', 0)
    generator = torch.Generator().manual_seed(seed)
    x, y = make_data(network, generator)
    layers = make_layers(network, generator)
    initial = [{name: rounded(t) for name, t in layer.items() if not name.startswith('running')} for layer in layers]
    optimizer = optimizer_of(run['optimizer'], layers)
    learned = [t for layer in layers for t in layer.values() if t.requires_grad]
    batches = [torch.randperm(ROWS, generator=generator)[: BATCH - step % 3].tolist() for step in range(STEPS)]
    steps, first = [], None
    for step, rows in enumerate(batches):
        optimizer.zero_grad()
        data_loss = loss_of(network, forward(network, layers, x[rows], True), y[rows])
        penalty = 0.5 * l2 * sum((layer['weight'] ** 2).sum() for layer in layers)
        (data_loss + penalty).backward()
        norm = torch.sqrt(sum((t.grad**2).sum() for t in learned))
        steps.append({'dataLoss': data_loss.item(), 'regularizationLoss': float(penalty), 'gradientNorm': norm.item()})
        if step == 0:
            first = [{name: rounded(t.grad) for name, t in layer.items() if t.requires_grad} for layer in layers]
        if run.get('clipNorm') and norm > run['clipNorm']:
            for t in learned:
                t.grad *= run['clipNorm'] / norm
        for group in optimizer.param_groups:
            group['lr'] = run['optimizer']['learningRate'] * factor(schedule, step)
        optimizer.step()
    expected = {
        'steps': steps,
        'firstGradients': first,
        'finalParameters': [{name: rounded(t) for name, t in layer.items()} for layer in layers],
        'probeOutputs': rounded(forward(network, layers, x[:8], False)),
    }
    training = {name: run[name] for name in ('optimizer', 'schedule', 'l2', 'clipNorm') if name in run}
    data = {'rows': ROWS, 'x': rounded(x), 'y': y.flatten().tolist()}
    return {'training': training | {'batches': batches}, 'data': data, 'initial': initial, 'expected': expected}


for number, (name, run) in enumerate(RUNS.items()):
    fixture = {'format': 'network-golden/1', 'name': name, 'network': run['network']}
    fixture |= train(run, number) | {'tolerance': TOLERANCE}
    (FOLDER / f'{name}.json').write_text(json.dumps(fixture, separators=(',', ':')) + '\n')
    print(name)
