"""Perturbation screens and sensitivities."""

import signal
import threading
import time

import kenyon
import numpy as np
import pytest

COLUMNS = ("value", "difference", "size", "p", "p_holm", "q")


@pytest.fixture(scope="module")
def screen(model):
    return model.screen(population="LN", trials=3, metrics="all")


def test_effects_have_the_shapes_that_the_docstring_says(data, screen):
    neurons, metrics = data.populations["LN"], len(screen["metrics"])
    assert screen["targets"]["name"].tolist() == [f"LN:{index}" for index in range(neurons)]
    assert set(screen["targets"]["population"]) == {"LN"}
    assert [own.tolist() for own in screen["targets"]["neurons"]] == [[index] for index in range(neurons)]
    assert screen["units"].shape == screen["intact"].shape == screen["resampled"].shape == (metrics,)
    for name in COLUMNS:
        assert screen[name].shape == (neurons, metrics) and screen[name].dtype == np.float64
    assert screen["interval"].shape == (neurons, metrics, 2)
    known = ~np.isnan(screen["value"])
    difference = screen["value"] - screen["intact"]
    assert np.allclose(screen["difference"][known], difference[known], atol=1e-9)
    inside = ~np.isnan(screen["interval"][..., 0])
    low, high = screen["interval"][inside].T
    assert (low <= screen["difference"][inside]).all() and (screen["difference"][inside] <= high).all()
    assert set(screen["resampled"]) <= {"trials", "blocks", ""}
    assert (screen["settings"]["trials"], screen["odours"]) == (3, 28)


def test_silence_is_silence(model, data):
    silenced = model.screen("populations", trials=2, metrics=["spikes:PN", "margin", "spikes:PN"])
    assert silenced["metrics"].tolist() == ["spikes:PN", "margin"]
    names = silenced["targets"]["name"].tolist()
    assert silenced["value"][names.index("PN"), 0] == 0
    assert silenced["targets"]["neurons"][names.index("KC")].tolist() == list(range(data.populations["KC"]))
    # A pathway that a whole population is silent without.
    switched = model.screen("pathways", population="PN", trials=2, metrics="spikes:PN")
    assert all(name.endswith("_pn") or "_to_pn" in name for name in switched["targets"]["name"])
    assert switched["difference"][switched["targets"]["name"].tolist().index("orn_to_pn"), 0] < 0
    assert [own.size for own in switched["targets"]["neurons"]] == [0] * len(switched["targets"]["name"])


def test_neurons_are_named_by_place_or_id(model, data):
    network = model.network
    kenyon_cell = int(network.neurons["id"][network.neurons["population"] == "KC"][3])
    found = model.screen(neurons=["KC:3", ("KC", 3), kenyon_cell, "PN:0"], trials=2, metrics="spikes:KC")
    assert found["targets"]["name"].tolist() == ["KC:3"] * 3 + ["PN:0"]
    assert (found["value"][:3] == found["value"][0]).all()
    one = model.screen(neurons="KC:3", trials=2, metrics="spikes:KC")
    assert one["value"][0, 0] == found["value"][0, 0]


def test_currents_drive(model):
    driven = model.screen("populations", drive=1e-9, trials=2, metrics="spikes:PN")
    assert driven["left_out"] == ["APL: graded neurons take no current"]
    names = driven["targets"]["name"].tolist()
    assert "APL" not in names and driven["difference"][names.index("PN"), 0] > 0
    assert driven["settings"]["action"] == {"drive": 1e-9}


def test_threads_do_not_matter(model, screen):
    again = model.screen(population="LN", trials=3, metrics="all", threads=1)
    for name in (*COLUMNS, "interval", "intact"):
        assert again[name].tobytes() == screen[name].tobytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": "brains"}, "brains.*gap_junctions"),
        ({"population": "XY"}, '"XY".*ORN'),
        ({"targets": "gap_junctions", "population": "APL"}, "nothing to perturb"),
        ({"neurons": []}, "names none"),
        ({"neurons": "KC:9999"}, "numbered from 0 to"),
        ({"neurons": "KC"}, "numbered from 0 to"),
        ({"neurons": "XY:1"}, '"XY"'),
        ({"neurons": [2**60]}, "no neuron with the id"),
        ({"neurons": ["KC:1"], "population": "KC"}, "either neurons"),
        ({"drive": float("nan")}, "drive is NaN"),
        ({"drive": 1.0}, "drive is 1"),
        ({"drive": 1e-12, "targets": "pathways"}, "only neurons can be driven"),
        ({"drive": 1e-12, "population": "APL"}, "graded neurons take no current"),
        ({"metrics": "happiness"}, "happiness.*margin"),
        ({"metrics": "spikes:APL"}, "no spiking population"),
        ({"trials": 1}, "trials"),
        ({"trials": 2**40}, "at most 100000"),
        ({"threads": 0}, "threads"),
    ],
)
def test_screens_that_make_no_sense(model, arguments, message):
    with pytest.raises(kenyon.ArgumentError, match=message):
        model.screen(**arguments)


def test_progress_counts_and_stops(model):
    told = []
    model.screen("populations", trials=2, progress=told.append)
    assert sorted(one["done"] for one in told) == [1, 2, 3, 4, 5]
    assert {one["targets"] for one in told} == {5}
    with pytest.raises(kenyon.Stopped):
        model.screen(trials=2, progress=lambda news: news["done"] < 3)

    def fails(news):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        model.screen(trials=2, progress=fails)
    # Nothing is left in a state that hurts.
    assert model.screen("populations", trials=2)["odours"] == 28


def test_ctrl_c_ends_a_screen(model):
    def press():
        time.sleep(0.5)
        signal.raise_signal(signal.SIGINT)

    # A signal is handled in the main thread, wherever it is raised.
    presser = threading.Thread(target=press)
    start = time.monotonic()
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        model.screen(trials=100, threads=1)
    presser.join()
    assert time.monotonic() - start < 20


def test_derivatives_have_the_shapes_that_the_docstring_says(model):
    slopes = model.sensitivity(trials=3)
    network = model.network
    neurons, edges = slopes["neurons"], slopes["edges"]
    assert (neurons["population"] == network.neurons["population"]).all()
    assert (neurons["index"] == network.neurons["index"]).all()
    assert slopes["pathways"]["name"].tolist() == network.pathways
    for name in network.pathways:
        own = edges["pathway"] == name
        expected = network.pathway(name)
        for column in ("source", "target", "contacts"):
            assert edges[column].dtype == np.uint32
            assert sorted(edges[column][own]) == sorted(expected[column])
        total = slopes["pathways"]["by_log_strength"][network.pathways.index(name)]
        assert np.isclose(edges["by_log_weight"][own].sum(), total, rtol=1e-6, atol=1e-9)
    for columns, name in [(edges, "by_log_weight"), (neurons, "by_log_output"), (neurons, "by_threshold_per_mV")]:
        assert columns[name].dtype == columns[f"{name}_standard_error"].dtype == np.float64
        assert columns[name].shape == columns[f"{name}_standard_error"].shape
    assert "against_screen" not in slopes
    named, numbered = (model.sensitivity(of, trials=2) for of in ("logit:odour 5", "logit:5"))
    assert named["value"] == numbered["value"] and named["settings"]["objective"] == {"logit": 5}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"of": "fame"}, "fame.*margin"),
        ({"of": "logit:99"}, '"99"'),
        ({"of": "spikes:APL"}, "APL"),
        ({"trials": 1}, "trials"),
        ({"trials": 2**40}, "at most 100000"),
        ({"of": "logit:3", "against_screen": True}, "against_screen"),
    ],
)
def test_sensitivities_that_make_no_sense(model, arguments, message):
    with pytest.raises(kenyon.ArgumentError, match=message):
        model.sensitivity(**arguments)
