import kenyon
import numpy as np
import pytest


def test_outcomes_have_the_shapes_that_the_docstring_says(data, model):
    outcome = model.simulate(odour=5, trials=7)
    for name, counts in outcome["counts"].items():
        assert counts.shape == (7, data.populations[name]) and counts.dtype == np.uint32
    assert "APL" not in outcome["counts"]
    assert outcome["logits"].shape == (7, 28) and outcome["logits"].dtype == np.float64
    assert np.allclose(outcome["probability"].sum(axis=1), 1)
    assert (outcome["logits"].argmax(axis=1) == outcome["decisions"]).all()
    assert outcome["correct"] == (outcome["decisions"] == 5).mean()
    assert outcome["receptors"].shape == (7, 21)


def test_a_recording_agrees_with_the_counts(model):
    outcome = model.simulate(odour="odour 5", trials=18, record=17)
    recording = outcome["recording"]
    assert recording["spikes"].shape[:2] == (17, 30) and recording["spikes"].dtype == np.uint8
    for name, counts in outcome["counts"].items():
        own = recording["neuron_population"] == name
        assert (recording["spikes"][:, :, own].sum(axis=1) == counts[:17]).all()
    assert (recording["decided"] == outcome["decisions"][:17]).all()
    assert (recording["voltage_mV"] >= -80.001).all()
    pools = recording["vesicle_pool/orn_to_pn"]
    assert pools.min() >= 0 and pools.max() <= 1
    assert recording["current_pA/orn_to_pn"].shape[2] == recording["current_target/orn_to_pn"].size
    assert str(recording["stimulus"]) == "odour 5" and recording["step_s"] == 0.001


def test_interventions_do_what_they_say(model):
    def counts(**more):
        return model.simulate(odour=5, trials=12, **more)["counts"]

    intact = counts()
    assert (counts()["KC"] == intact["KC"]).all()
    assert (counts(seed=43)["ORN"] != intact["ORN"]).any()
    assert counts(silence="LN")["LN"].sum() == 0
    silenced = counts(silence=["ORN:0", ("ORN", 2), ("ORN", np.array([4, 5]))])["ORN"]
    assert (silenced[:, [0, 2, 4, 5]] == 0).all() and (silenced[:, 1] == intact["ORN"][:, 1]).all()
    driven = counts(drive={"PN:0": 1e-9, ("PN", 1): 1e-9})["PN"]
    assert (driven[:, :2] >= intact["PN"][:, :2]).all() and driven[:, :2].sum() > intact["PN"][:, :2].sum()
    assert counts(boost={"APL": 5.0})["KC"].sum() <= intact["KC"].sum()
    assert counts(disable=["orn_to_pn", "orn_to_ln"])["LN"].sum() < intact["LN"].sum()
    assert (counts(gap_junctions=False)["PN"] != intact["PN"]).any()
    assert (counts(depression=False)["PN"] != intact["PN"]).any()


def test_stimuli_are_taken_as_they_are(data, model):
    responses = data.responses()[[3, 4]]
    outcome = model.simulate(stimuli=responses)
    assert (outcome["receptors"] == responses.astype(np.float32)).all()
    assert "correct" not in outcome
    # Trial k has the noise of trial k, whatever stands beside it.
    alone = model.simulate(stimuli=responses[:1].tolist())
    assert (alone["counts"]["KC"][0] == outcome["counts"]["KC"][0]).all()
    # Any order in memory and any type of number.
    strided = np.asfortranarray(np.repeat(responses, 2, axis=1)[:, ::2])
    again = model.simulate(stimuli=strided)
    assert (again["logits"] == outcome["logits"]).all()


def test_outcomes_do_not_depend_on_threads_or_portions(model):
    one = model.simulate(odour=5, trials=2100, threads=1)
    two = model.simulate(odour=5, trials=2100, threads=2)
    few = model.simulate(odour=5, trials=50)
    assert (one["logits"] == two["logits"]).all()
    assert (one["logits"][:50] == few["logits"]).all()


def test_mixtures_and_concentrations(model):
    mixture = model.simulate(odour=["odour 5", 7], trials=5)
    assert mixture["stimulus"].startswith("odour 5 + ")
    low = model.simulate(odour=5, trials=5, concentration=0.0)["receptors"]
    blank = model.simulate(odour=0, trials=5)["receptors"]
    assert (low == blank).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either odour, stimuli or course"),
        ({"odour": 1, "stimuli": np.zeros((1, 21))}, "either odour, stimuli or course"),
        ({"odour": "vinegar"}, '"vinegar"; the odours are'),
        ({"odour": 28}, "numbers are 0 to 27"),
        ({"odour": -1}, "numbers are 0 to 27"),
        ({"odour": [1]}, "two or more"),
        ({"odour": [1, 1]}, "twice"),
        ({"odour": [0, 1]}, "blank"),
        ({"odour": 1, "trials": 0}, "trials is 0"),
        ({"odour": 1, "concentration": float("nan")}, "concentration is NaN"),
        ({"odour": 1, "threads": 0}, "threads is 0"),
        ({"odour": 1, "record": 21}, "record is 21"),
        ({"stimuli": np.zeros((3, 20))}, "20 channels; the circuit has 21"),
        ({"stimuli": np.zeros(21)}, r"\[trial, channel\]"),
        ({"stimuli": np.zeros((0, 21))}, "no trial"),
        ({"stimuli": np.full((2, 21), np.nan)}, r"NaN at \[0, 0\]"),
        ({"stimuli": np.full((2, 21), -1.0)}, "not negative"),
        ({"stimuli": np.full((2, 21), 1e300)}, "stimuli"),
        ({"stimuli": [["a"] * 21]}, "cannot be read as numbers"),
        ({"odour": 1, "silence": ["XN"]}, 'no population "XN"'),
        ({"odour": 1, "silence": ["KC:x"]}, "name a population"),
        ({"odour": 1, "silence": [("KC", 10**6)]}, "no number 1000000"),
        ({"odour": 1, "drive": {"APL": 1e-10}}, "boost its state instead"),
        ({"odour": 1, "drive": {"KC": float("inf")}}, "amount inf"),
        ({"odour": 1, "boost": {"KC": 1.0}}, "not a graded population"),
        ({"odour": 1, "disable": ["orn_to_moon"]}, "orn_to_moon"),
    ],
)
def test_arguments_that_make_no_sense(model, arguments, message):
    with pytest.raises(kenyon.ArgumentError, match=message):
        model.simulate(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [{"odour": 1.5}, {"odour": 1, "trials": -1}, {"odour": 1, "seed": -1}, {"odour": 1, "boost": ["APL"]}],
)
def test_arguments_of_the_wrong_type(model, arguments):
    with pytest.raises((TypeError, OverflowError)):
        model.simulate(**arguments)


def test_more_than_fits_is_a_memory_error(model):
    for trials in (10_000_000, 2**60):
        with pytest.raises(MemoryError, match="at most .* trials"):
            model.simulate(odour=1, trials=trials)
    with pytest.raises(MemoryError, match="record at most"):
        model.simulate(odour=1, trials=100_000, record=True)
    with pytest.raises(kenyon.ArgumentError, match="at most 100000"):
        model.evaluate(repeats=2**60)


def test_parameters_go_out_and_in(model):
    assert model.with_parameters(model.parameters).digest == model.digest
    assert model.with_parameters(model.stored_parameters, stored=True).digest == model.digest
    thresholds = model.parameters["KC.threshold"]
    lower = model.with_parameters({"KC.threshold": thresholds - 0.005})
    assert np.allclose(lower.parameters["KC.threshold"], thresholds - 0.005)
    assert lower.digest != model.digest and lower.run_id != model.run_id
    more = lower.simulate(odour=5)["counts"]["KC"].sum()
    assert more > model.simulate(odour=5)["counts"]["KC"].sum()
    # Arrays that were handed out are copies.
    thresholds += 1
    assert (model.parameters["KC.threshold"] < 0).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"KC.colour": 1.0}, "KC.colour"),
        ({"KC.threshold": np.zeros(3)}, "shape"),
        ({"KC.threshold": float("nan")}, "finite"),
        ({"orn_to_pn.strength": -1e-10}, "stored as log"),
        ({"orn_to_pn.strength": 0.0}, "stored as log"),
        ({"orn_to_pn.release_probability": 1.5}, "stored as logit"),
    ],
)
def test_parameters_that_make_no_sense(model, values, message):
    with pytest.raises(kenyon.ArgumentError, match=message):
        model.with_parameters(values)


def test_models_are_saved_and_loaded(data, run, tmp_path):
    folder, model = run
    assert kenyon.Model.load(folder, data).digest == model.digest
    file = tmp_path / "copy.safetensors"
    model.save(file)
    assert file.read_bytes() == (folder / "model.safetensors").read_bytes()
    changed = model.with_parameters({"orn_to_pn.strength": 1e-10})
    changed.save(file)
    again = kenyon.Model.load(file, data)
    assert again.digest == changed.digest and again.run_id == changed.run_id != model.run_id
    with pytest.raises(kenyon.ModelError, match="other data"):
        kenyon.Model.load(folder, kenyon.statistical_larva(4))
    with pytest.raises(kenyon.ModelError, match="another circuit"):
        circuit = kenyon.Circuit.larva().edit(set={"time.steps": 31})
        kenyon.Model.load(folder, data, circuit)
    with pytest.raises(kenyon.ModelError, match="nowhere"):
        kenyon.Model.load(tmp_path / "nowhere", data)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(kenyon.ModelError, match="incomplete|safetensors"):
        kenyon.Model.load(file, data)


def test_evaluation_has_the_figures_of_the_publication(model):
    measured = model.evaluate(repeats=2)
    assert measured["digest"] == model.digest and measured["mapping"] == "by_position"
    assert measured["figures"] and "accuracy" in measured["reevaluation"]
    without = model.evaluate(repeats=2, without=["feedback", "gap_junctions"])
    assert without["reevaluation"]["suppression"] is None
    with pytest.raises(kenyon.ArgumentError, match="gravity"):
        model.evaluate(without=["gravity"])
    with pytest.raises(kenyon.ArgumentError):
        model.evaluate(repeats=0)


def test_the_gradient_predicts_the_loss(data, model):
    stimuli, labels = data.responses(), np.arange(28)
    slopes = model.gradient(stimuli, labels)
    stored = model.stored_parameters
    assert {name: one.shape for name, one in slopes["gradient"].items()} == {
        name: one.shape for name, one in stored.items()
    }
    # A central difference; the decoder's bias moves no spike.
    def loss(step):
        bias = stored["decoder.bias"].copy()
        bias[3] += step
        changed = model.with_parameters({"decoder.bias": bias}, stored=True)
        return changed.gradient(stimuli, labels)["cross_entropy"]

    difference = (loss(0.05) - loss(-0.05)) / 0.1
    assert difference == pytest.approx(slopes["gradient"]["decoder.bias"][3], rel=0.01, abs=1e-5)
    # More trials than are taken at once: the mean over all.
    often = model.gradient(np.tile(stimuli, (12, 1)), np.tile(labels, 12))
    assert often["cross_entropy"] == pytest.approx(slopes["cross_entropy"], rel=0.2)
    with pytest.raises(kenyon.ArgumentError, match="27 labels for 28 trials"):
        model.gradient(stimuli, labels[:-1])
    with pytest.raises(kenyon.ArgumentError, match="no class 28"):
        model.gradient(stimuli, labels + 1)
