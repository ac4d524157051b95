"""Files as torch.save writes them, without PyTorch."""

import pickle
import sys
import types
import zipfile
from unittest import mock

import numpy as np

STORAGES = {"float32": "FloatStorage", "float64": "DoubleStorage", "int64": "LongStorage"}


def _function(module, name):
    def stands_for_it(*_):
        raise AssertionError("nobody calls it")

    stands_for_it.__module__, stands_for_it.__qualname__, stands_for_it.__name__ = module, name, name
    return stands_for_it


class _Storage:
    def __init__(self, key, array):
        self.key, self.array = key, array


def save(content, path, compression=zipfile.ZIP_STORED):
    """Writes dictionaries, lists and arrays of NumPy, which become tensors."""
    rebuild = _function("torch._utils", "_rebuild_tensor_v2")
    classes = {name: _function("torch", name) for name in STORAGES.values()}
    modules = {"torch": types.ModuleType("torch"), "torch._utils": types.ModuleType("torch._utils")}
    vars(modules["torch"]).update(classes)
    modules["torch._utils"]._rebuild_tensor_v2 = rebuild
    storages = {}

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, _Storage):
                kind = classes[STORAGES[value.array.dtype.name]]
                return ("storage", kind, value.key, "cpu", value.array.size)
            return None

        def reducer_override(self, value):
            if not isinstance(value, np.ndarray):
                return NotImplemented
            array = np.ascontiguousarray(value)
            storage = storages.setdefault(id(value), _Storage(str(len(storages)), array))
            # `ascontiguousarray` makes a list of a single number.
            strides = tuple(stride // array.itemsize for stride in array.strides)[: value.ndim]
            return rebuild, (storage, 0, value.shape, strides, False, {})

    with zipfile.ZipFile(path, "w", compression) as archive:
        with mock.patch.dict(sys.modules, modules), archive.open("archive/data.pkl", "w") as file:
            Pickler(file, protocol=2).dump(content)
        archive.writestr("archive/byteorder", "little")
        for storage in storages.values():
            archive.writestr(f"archive/data/{storage.key}", storage.array.tobytes())
        archive.writestr("archive/version", "3\n")


def save_pickle(pickled, path):
    """Writes an archive around a pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")


PATHWAYS = {
    "antennal_lobe": {
        "orn_pn": "orn_to_pn",
        "orn_ln": "orn_to_ln",
        "ln_pn": "ln_to_pn_inhibitory",
        "ln_pn_excit": "ln_to_pn_excitatory",
        "ln_ln": "ln_to_ln",
        "pn_ln": "pn_to_ln",
        "ln_orn_nonad": "ln_to_orn_nonad",
        "orn_ln_nonad": "orn_to_ln_nonad",
        "ln_pn_nonad": "ln_to_pn_inhibitory_nonad",
        "ln_pn_excit_nonad": "ln_to_pn_excitatory_nonad",
        "ln_ln_nonad": "ln_to_ln_nonad",
        "pn_ln_nonad": "pn_to_ln_nonad",
    },
    "kc_layer": {
        "pn_kc": "pn_to_kc",
        "pn_kc_nonad": "pn_to_kc_nonad",
        "kc_kc_ad": "kc_to_kc_axon_dendrite",
        "kc_kc_aa": "kc_to_kc_axon_axon",
    },
}

NAMES = {
    "or_to_orn.or_gains": "input.gain",
    "antennal_lobe.log_or_gain": "input.current",
    **{f"antennal_lobe.{name.lower()}.log_tau_m": f"{name}.time_constant" for name in ("ORN", "LN", "PN")},
    **{f"antennal_lobe.{name.lower()}.v_th": f"{name}.threshold" for name in ("ORN", "LN", "PN")},
    "antennal_lobe.log_g_gap_ln": "gap.ln_ln",
    "antennal_lobe.log_g_gap_pn": "gap.pn_pn",
    "antennal_lobe.log_g_gap_eln_pn": "gap.eln_pn",
    **{
        f"{module}.{own}.{key}": f"{ours}.{quantity}"
        for module, pathways in PATHWAYS.items()
        for own, ours in pathways.items()
        for key, quantity in (
            ("log_strength", "strength"),
            ("log_tau_rec", "recovery"),
            ("logit_U", "release_probability"),
        )
    },
    "kc_layer.kc_kc_dd_gain": "kc_to_kc_dendrite_dendrite.gain",
    "kc_layer.kc_kc_da_gain": "kc_to_kc_dendrite_axon.gain",
    "kc_layer.kc.v_th": "KC.threshold",
    "kc_layer.kc.log_g_soma": "KC.coupling",
    "kc_layer.apl.kc_apl_log_strength": "kc_to_apl.gain",
    "kc_layer.apl.kc_dend_gain": "kc_to_apl_dendrite_axon.gain",
    "kc_layer.apl.apl_gain": "apl_to_kc.gain",
    "kc_layer.apl.log_tau_apl": "APL.time_constant",
    "decoder.weight": "decoder.weight",
    "decoder.bias": "decoder.bias",
}


def state_dictionary(model, data):
    """The parameters of a model under the names of the original, and a part of the wiring as it keeps it."""
    stored = model.stored_parameters
    state = {key: stored[ours] for key, ours in NAMES.items()}
    state["antennal_lobe.orn_pn.connectivity"] = matrix(data, "ORN", "PN", "ad")
    return state


def matrix(data, source, target, *compartments):
    """Contacts [source, target], added up over compartments."""
    neurons, contacts = data.neurons, data.contacts
    total = np.zeros((data.populations[source], data.populations[target]))
    index, population = neurons["index"], neurons["population"]
    rows, columns = contacts["source"], contacts["target"]
    own = (population[rows] == source) & (population[columns] == target)
    for compartment in compartments:
        np.add.at(total, (index[rows[own]], index[columns[own]]), contacts[compartment][own])
    return total


def save_data_folder(data, folder):
    """The data as the original keeps them."""
    plain = "ORN>PN ORN>LN LN>PN LN>LN PN>LN LN>ORN PN>KC KC>APL APL>KC"
    others = "ORN>LN LN>PN LN>LN PN>LN PN>KC LN>ORN"
    files = {}
    for pair in plain.split():
        files[f"winding2023/{pair.lower().replace('>', '_to_')}.pt"] = (pair, ["ad"], np.float32)
    for pair in others.split():
        files[f"winding2023/{pair.lower().replace('>', '_to_')}_nonad.pt"] = (pair, ["aa", "da", "dd"], np.int64)
    for code in ("aa", "ad", "da", "dd"):
        files[f"winding2023_compartments/kc_to_kc_{code}.pt"] = ("KC>KC", [code], np.float32)
    files["winding2023_compartments/kc_to_apl_da.pt"] = ("KC>APL", ["da"], np.float32)
    for name, (pair, compartments, kind) in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save(matrix(data, *pair.split(">"), *compartments).astype(kind), folder / name)
    (folder / "kreher2008").mkdir(parents=True, exist_ok=True)
    save(data.responses(), folder / "kreher2008" / "orn_responses_normalized.pt")
