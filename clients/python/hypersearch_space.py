"""Writes search spaces that exist only as Python objects as JSON, for `hypersearch import`.

    import hypersearch_space
    hypersearch_space.save("space.json", hypersearch_space.from_ray_tune(space))

    python -m json.tool space.json
    npm run hypersearch -- import space.json --dataset digits > search.json

Needs no package besides the tool whose space is written. What each distribution becomes is in docs/interop.md; what has no
counterpart is written too, and the import says why it is left out.
"""

import json
import math


def from_ray_tune(space, metric=None, direction=None, trials=None):
    """The `param_space` of a `ray.tune.Tuner`; nested dictionaries become names with slashes. Seen with Ray 2.60.0."""
    return _space("ray-tune", _ray_parameters(space, ""), metric, direction, trials)


def from_hyperopt(space, metric=None, direction=None, trials=None):
    """The `space` of `hyperopt.fmin`. Parameters below an option of `hp.choice` are active with that option. Seen with Hyperopt 0.3.0."""
    found = {}
    _hyperopt_parameters(space, "", {}, found)
    return _space("hyperopt", found, metric, direction, trials)


def from_scikit_learn(distributions, metric=None, direction=None, trials=None):
    """The `param_distributions` of `RandomizedSearchCV` or `param_grid` of `GridSearchCV`, one dictionary. Seen with scikit-learn 1.9.1."""
    return _space(
        "scikit-learn", {name: _scipy(given) for name, given in distributions.items()}, metric, direction, trials
    )


def save(file, space):
    """Writes the result of one of the functions above."""
    with open(file, "w", encoding="utf-8") as out:
        json.dump(space, out, indent=2, allow_nan=False)
        out.write("\n")


def _space(tool, hyperparameters, metric, direction, trials):
    told = {"metric": metric, "direction": direction, "trials": trials}
    return {
        "format": "hypersearch-space",
        "tool": tool,
        **{name: value for name, value in told.items() if value is not None},
        "hyperparameters": hyperparameters,
    }


def _value(value):
    """A JSON value: NumPy's numbers have `item`; anything else is told by its words."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, (list, tuple)):
        return [_value(one) for one in value]
    return str(value)


def _choice(values):
    return {"type": "choice", "values": [_value(one) for one in values]}


def _ray_parameters(space, scope):
    found = {}
    for key, given in space.items():
        name = f"{scope}{key}"
        if isinstance(given, dict) and set(given) == {"grid_search"}:
            found[name] = {"type": "grid_search", "values": [_value(one) for one in given["grid_search"]]}
        elif isinstance(given, dict):
            found.update(_ray_parameters(given, f"{name}/"))
        else:
            found[name] = _ray(given)
    return found


def _ray(given):
    kind = type(given).__name__
    if kind == "Categorical":
        return _choice(given.categories)
    if kind == "Function":
        return {"type": "sample_from"}
    if kind not in ("Float", "Integer"):
        return _value(given)
    sampler = given.sampler
    quantized = type(sampler).__name__ == "Quantized"
    law = type(sampler.sampler if quantized else sampler).__name__
    if law not in ("_Uniform", "_LogUniform"):
        return {"type": "randn"}
    base = {"Float": "uniform", "Integer": "randint"}[kind]
    parts = ["q" if quantized else "", "log" if law == "_LogUniform" else "", base]
    written = {"type": "".join(parts), "low": _value(given.lower), "high": _value(given.upper)}
    return {**written, "q": _value(sampler.q)} if quantized else written


def _hyperopt_parameters(node, name, when, found):
    """Adds the parameters below a node; `name` is that of a value that is fixed."""
    if isinstance(node, dict):
        for key, given in node.items():
            _hyperopt_parameters(given, str(key), when, found)
    elif not hasattr(node, "pos_args"):
        _add(found, name, _value(node), when)
    elif node.name == "literal":
        _add(found, name, _value(node.obj), when)
    elif node.name == "dict":
        for key, given in node.named_args:
            _hyperopt_parameters(given, key, when, found)
    elif node.name == "switch":
        _hyperopt_choice(node, when, found)
    elif node.name in ("float", "int") or node.name == "hyperopt_param":
        label, law = _labelled(node)
        _add(found, label, law, when)
    else:
        _add(found, name, {"type": f"expression of {node.name}"}, when)


def _hyperopt_choice(node, when, found):
    label, law = _labelled(node.pos_args[0])
    options = node.pos_args[1:]
    values = [_option(option, place) for place, option in enumerate(options)]
    probabilities = law.get("type") == "categorical"
    _add(found, label, {"type": "choice of unequal probabilities"} if probabilities else _choice(values), when)
    for value, option in zip(values, options):
        for key, given in option.named_args if option.name == "dict" else []:
            # The text by which the option is known is not a parameter of its own.
            if given.name != "literal" or given.obj is not value:
                _hyperopt_parameters(given, key, {**when, label: [value]}, found)


def _option(option, place):
    """A value as it is; a dictionary is known by its only text, or else by its place."""
    if option.name == "literal":
        return _value(option.obj)
    texts = [given.obj for _, given in getattr(option, "named_args", []) if given.name == "literal"]
    return texts[0] if option.name == "dict" and len(texts) == 1 and isinstance(texts[0], str) else place


def _labelled(node):
    """The label of a parameter, and its distribution."""
    whole = node.name == "int"
    while node.name in ("float", "int"):
        node = node.pos_args[0]
    if node.name != "hyperopt_param":
        return node.name, {"type": f"expression of {node.name}"}
    label, law = node.pos_args
    arguments = [_value(one.obj) for one in law.pos_args if one.name == "literal"]
    named = {key: _value(given.obj) for key, given in law.named_args if given.name == "literal"}
    if law.name == "quniform" and whole:
        return label.obj, {"type": "uniformint", "low": arguments[0], "high": arguments[1]}
    names = ["high"] if law.name == "randint" and len(arguments) == 1 else ["low", "high", "q"]
    return label.obj, {"type": law.name, **dict(zip(names, arguments)), **named}


def _add(found, name, given, when):
    """A parameter that is used below several options is active with each of them."""
    known = found.get(name)
    if isinstance(known, dict) and when and "when" in known and set(known["when"]) == set(when):
        for parent, values in when.items():
            known["when"][parent] += [value for value in values if value not in known["when"][parent]]
        return
    if known is not None:
        return
    if when and not isinstance(given, dict):
        given = _choice([given])
    found[name] = {**given, "when": {parent: list(values) for parent, values in when.items()}} if when else given


def _scipy(given):
    if isinstance(given, (list, tuple)) or hasattr(given, "tolist"):
        return _choice(given)
    if not hasattr(given, "dist"):
        return _value(given)
    name = {"reciprocal": "loguniform"}.get(given.dist.name, given.dist.name)
    names = {"uniform": ["loc", "scale"], "loguniform": ["low", "high", "loc", "scale"], "randint": ["low", "high", "loc"]}
    arguments = dict(zip(names.get(name, []), map(_value, given.args)))
    renamed = {"a": "low", "b": "high"} if name == "loguniform" else {}
    arguments.update({renamed.get(key, key): _value(value) for key, value in given.kwds.items()})
    moved = arguments.pop("loc", 0) if name == "randint" else 0
    if name == "loguniform" and (arguments.pop("loc", 0), arguments.pop("scale", 1)) != (0, 1):
        return {"type": "loguniform that is moved or scaled"}
    if moved:
        arguments = {key: value + moved for key, value in arguments.items()}
    return {"type": name, **arguments}
