"""Writes the files that the tests of kenyon-pytorch read, and what they hold as JSON.

    python write.py            all files, with the PyTorch that is installed

Every number is made up here. Run it again only to add files: the committed ones are from the
versions of PyTorch named in README.md, and stay.
"""

import json
import pathlib
import sys
from collections import OrderedDict

import numpy
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
OLD = torch.__version__.startswith("1.")


def number(value):
    """Numbers as texts, so that JSON changes none."""
    return repr(float(value)) if isinstance(value, float) else str(int(value))


def described(value):
    """A value in the form that the tests compare."""
    if isinstance(value, numpy.ndarray):
        value = torch.from_numpy(numpy.ascontiguousarray(value.astype(value.dtype.newbyteorder("="))))
    if isinstance(value, torch.Tensor):
        values = value.detach().cpu().contiguous().reshape(-1)
        values = values.double() if values.is_floating_point() else values
        return {
            "tensor": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "values": [number(it) for it in values.tolist()],
        }
    if isinstance(value, dict):
        return {"dict": [[str(key), described(it)] for key, it in value.items()]}
    if isinstance(value, list):
        return {"list": [described(it) for it in value]}
    if isinstance(value, tuple):
        return {"tuple": [described(it) for it in value]}
    if value is None:
        return {"none": ""}
    if isinstance(value, (bool, numpy.bool_)):
        return {"bool": str(bool(value)).lower()}
    if isinstance(value, (int, numpy.integer)):
        return {"int": str(int(value))}
    if isinstance(value, (float, numpy.floating)):
        return {"float": repr(float(value))}
    if isinstance(value, bytes):
        return {"bytes": list(value)}
    return {"str": str(value)}


def numbers():
    """Tensors of every type, and every way of lying in a storage."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    shared = torch.tensor([1.5, -2.25, 3.0, 4.0, 5.0], dtype=torch.float64)
    small = torch.tensor([-3, 0, 1, 2, 7], dtype=torch.int8)
    floats = torch.tensor([0.1, -1e-3, 65504.0, float("inf"), -0.0, 1e-7])
    return {
        "float64": shared,
        "float32": floats,
        "float16": floats.half(),
        "bfloat16": floats.bfloat16(),
        "nan": torch.tensor([float("nan"), 1.0]),
        "int64": torch.tensor([2**40 + 1, -(2**52), 3]),
        "int32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        "int16": torch.tensor([-32768, 32767], dtype=torch.int16),
        "int8": small,
        "uint8": torch.tensor([0, 200, 255], dtype=torch.uint8),
        "bool": torch.tensor([[True, False], [False, True]]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "empty vector": torch.zeros(0, dtype=torch.int64),
        "transposed": base.t(),
        "column": base[:, 2],
        "part": base[1:3, ::2],
        "whole": base,
        "expanded": torch.tensor([7.0]).expand(3, 2),
        "same storage": shared[1:4],
        "same tensor": shared,
        "four dimensions": torch.arange(16).reshape(2, 2, 2, 2).permute(3, 1, 0, 2),
    }


def containers():
    """Everything besides tensors."""
    again = {"shared": [1, 2]}
    return {
        "none": None,
        "true": True,
        "false": False,
        "integers": [0, 255, 256, 65535, 65536, -1, -(2**31), 2**31, 2**62, -(2**63), 2**64 - 1],
        "floats": [0.1, -1.5e300, float("inf")],
        "text": "Käfer \N{BUG}",
        "long text": "x" * 300,
        "bytes": b"\x00\x01\xfe\xff",
        "no bytes": b"",
        "tuple": (1, (2,), (3, 4), (5, 6, 7), (8, 9, 10, 11), ()),
        "list": [[], [1], [again, again]],
        "ordered": OrderedDict([("b", 1), ("a", OrderedDict())]),
        "size": torch.zeros(2, 5).shape,
        "type": torch.float32,
        "device": torch.device("cpu"),
        "cuda device": torch.device("cuda:1"),
        "numbers as keys": {0: "zero", -7: "minus seven", 2**40: "large"},
        "numpy": {
            "float64": numpy.float64(0.1),
            "float32": numpy.float32(0.25),
            "int64": numpy.int64(-(2**60) - 1),
            "int16": numpy.int16(-5),
            "bool": numpy.bool_(True),
            "array": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
            "columns": numpy.asfortranarray(numpy.arange(6, dtype=numpy.int32).reshape(2, 3)),
            "big endian": numpy.array([1.5, -2.0], dtype=">f8"),
            "empty": numpy.zeros((0, 2)),
        },
        "parameter": nn.Parameter(torch.tensor([1.0, 2.0])),
        "fixed parameter": nn.Parameter(torch.tensor(3.0), requires_grad=False),
    }


def training():
    """What a training leaves: a network and an optimiser after two steps."""
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for step in range(2):
        optimiser.zero_grad()
        network(torch.linspace(-1, 1, 15).reshape(5, 3) + step).square().mean().backward()
        optimiser.step()
    return {
        "epoch": 2,
        "model_state_dict": network.state_dict(),
        "optimizer_state_dict": optimiser.state_dict(),
        "history": {"loss": [0.5, 0.25], "accuracy": (0.1, None)},
    }


def main():
    version = "1.13" if OLD else "2.15"
    protocols = [2] if OLD else [2, 3, 4, 5]
    expected = {}
    for build in (numbers, containers, training):
        for protocol in protocols:
            file = f"{build.__name__}-{version}-protocol{protocol}.pt"
            value = build()
            torch.save(value, HERE / file, pickle_protocol=protocol)
            expected[file] = build.__name__
        name = HERE / f"{build.__name__}-{version}.json"
        name.write_text(json.dumps(described(value), ensure_ascii=False) + "\n")
    if OLD:
        legacy = {"value": torch.tensor([1.0, 2.0])}
        torch.save(legacy, HERE / "legacy.pt", _use_new_zipfile_serialization=False)
    else:
        script = torch.jit.script(nn.Linear(1, 1))
        script.save(str(HERE / "torchscript.pt"))
    print(f"{len(expected)} files with PyTorch {torch.__version__}", file=sys.stderr)


main()
