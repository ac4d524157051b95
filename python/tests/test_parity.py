"""What Python computes is what the command line computes, bit by bit."""

import kenyon
import numpy as np
import test_course


def test_trainings_have_one_digest_and_one_identity(binary, model, run, tmp_path):
    done = binary("train", "--epochs", 2, "--teacher-epochs", 2, "--out", tmp_path / "run")
    assert done["digest"] == model.digest and done["run_id"] == model.run_id
    assert done["teacher_accuracy"] == model.teacher_accuracy
    folder, _ = run
    for name in ("run.json", "teacher.safetensors", "model.safetensors"):
        assert (tmp_path / "run" / name).read_bytes() == (folder / name).read_bytes()


def test_simulations_and_recordings_are_the_same(binary, model, run, tmp_path):
    folder, _ = run
    file = tmp_path / "trials.npz"
    shown = binary(
        *("simulate", folder, "--odour", "odour 5", "--trials", 30, "--concentration", 0.5),
        *("--silence", "LN:3", "--drive", "KC=1e-11", "--boost", "APL=0.2", "--no-gap-junctions"),
        *("--record", file, "--record-trials", 18),
    )
    outcome = model.simulate(
        odour="odour 5",
        trials=30,
        concentration=0.5,
        silence=["LN:3"],
        drive={"KC": 1e-11},
        boost={"APL": 0.2},
        gap_junctions=False,
        record=18,
    )
    assert outcome["correct"] == shown["correct"]
    rates = {one["name"]: one["rate_hz"] for one in shown["populations"]}
    for name, counts in outcome["counts"].items():
        assert np.isclose(counts.mean() / 0.030, rates[name], rtol=1e-12)
    recording = outcome["recording"]
    with np.load(file) as stored:
        # Windows are those of stimuli that change in time.
        names = {name for name in stored if not name.startswith("window")}
        assert names == set(recording)
        for name in names:
            own = recording[name]
            assert own.dtype == stored[name].dtype and own.shape == stored[name].shape, name
            assert (own == stored[name]).all(), name


def test_time_courses_are_the_same(binary, model, run, tmp_path):
    folder, _ = run
    files = {"course.toml": test_course.FILE, "steps.csv": "odour,concentration\n" + 9 * "3,1\n" + 9 * ",\n" + 9 * "4,2\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        shown = binary(
            *("simulate", folder, "--course", tmp_path / name, "--trials", 20, "--silence", "LN:3"),
            *("--record", tmp_path / "trials.npz", "--record-trials", 18),
        )
        course = kenyon.Course.read(tmp_path / name)
        outcome = model.simulate(course=course, trials=20, silence=["LN:3"], record=18)
        assert outcome["stimulus"] == shown["stimulus"]
        windows = outcome["windows"]
        for index, window in enumerate(shown["windows"]):
            assert (windows["name"][index], windows["segment"][index]) == (window["name"], window["segment"])
            assert windows["steps"][index, 0] == window["onset_ms"]
            if window["correct"] is None:
                assert np.isnan(windows["correct"][index])
            else:
                assert windows["correct"][index] == window["correct"]
            for population in window["populations"]:
                counts = windows["counts"][population["name"]][:, index]
                seconds = 1e-3 * window["duration_ms"]
                assert np.isclose(counts.mean() / seconds, population["rate_hz"], rtol=1e-12)
        with np.load(tmp_path / "trials.npz") as stored:
            assert set(stored) == set(outcome["recording"])
            for array in stored:
                own = outcome["recording"][array]
                assert own.dtype == stored[array].dtype and own.shape == stored[array].shape, array
                assert own.tobytes() == stored[array].tobytes(), array


def test_evaluations_are_the_same(binary, model, run):
    folder, _ = run
    arguments = ("--repeats", 4, "--without", "gap_junctions", "--concentrations")
    shown = binary("evaluate", folder, *arguments)
    assert model.evaluate(repeats=4, without=["gap_junctions"], concentrations=True) == shown


def number(value):
    return np.nan if value is None else value


def test_screens_are_the_same(binary, model, run):
    folder, _ = run
    for arguments, keywords in [
        (("--population", "LN", "--metrics", "all"), dict(population="LN", metrics="all")),
        (("--targets", "populations", "--action", "drive=2e-11"), dict(targets="populations", drive=2e-11)),
        (("--targets", "gap_junctions"), dict(targets="gap_junctions")),
        (("--targets", "classes", "--population", "KC"), dict(targets="classes", population="KC")),
    ]:
        shown = binary("screen", folder, "--trials", 3, *arguments)
        found = model.screen(trials=3, **keywords)
        result = shown.pop("screen")
        assert shown == {name: found[name] for name in shown}
        assert (found["settings"], found["odours"]) == (result["settings"], result["odours"])
        assert found["metrics"].tolist() == [one["metric"] for one in result["intact"]]
        assert np.array_equal(found["intact"], [number(one["value"]) for one in result["intact"]], equal_nan=True)
        assert found["targets"]["name"].tolist() == [one["target"]["name"] for one in result["targets"]]
        for name in ("value", "difference", "size", "p", "p_holm", "q"):
            expected = [[number(one and one[name]) for one in target["effects"]] for target in result["targets"]]
            assert np.array_equal(found[name], np.array(expected, float), equal_nan=True), name
        expected = [
            [one["interval"] if one and one["interval"] else [np.nan] * 2 for one in target["effects"]]
            for target in result["targets"]
        ]
        assert np.array_equal(found["interval"], expected, equal_nan=True)


def test_sensitivities_are_the_same(binary, model, run):
    folder, _ = run
    shown = binary("sensitivity", folder, "--of", "spikes:KC", "--by", "edges", "--trials", 2, "--against-screen")
    found = model.sensitivity("spikes:KC", trials=2, against_screen=True)
    for name in ("digest", "run_id", "mapping", "data_sha256", "statistical_larva", "settings", "odours"):
        assert found[name] == shown[name], name
    assert shown["value"] == {"mean": found["value"], "error": found["value_standard_error"]}

    def same(columns, name, estimates):
        assert columns[name].tolist() == [one["mean"] for one in estimates]
        assert columns[f"{name}_standard_error"].tolist() == [one["error"] for one in estimates]

    for set_ in ("pathways", "gap_junctions"):
        same(found[set_], "by_log_strength", [one["strength"] for one in shown[set_]])
    same(found["edges"], "by_log_weight", [one["weight"] for one in shown["edges"]])
    for column in ("source", "target", "contacts"):
        assert found["edges"][column].tolist() == [one[column] for one in shown["edges"]]
    for column in ("neurons", "rank_correlation"):
        expected = [number(one[column]) for one in shown["against_screen"]]
        assert np.array_equal(found["against_screen"][column], expected, equal_nan=True)
    shown = binary("sensitivity", folder, "--of", "logit:3", "--by", "neurons", "--trials", 2)
    found = model.sensitivity("logit:3", trials=2)["neurons"]
    for ours, theirs in [
        ("by_log_output", "output"),
        ("by_threshold_per_mV", "threshold_per_mv"),
        ("by_current_per_pA", "current_per_pa"),
    ]:
        same(found, ours, [one[theirs] for one in shown["neurons"]])


def test_changed_models_are_read_by_the_command_line(binary, model, tmp_path):
    changed = model.with_parameters({"KC.threshold": -0.045})
    changed.save(tmp_path / "model.safetensors")
    shown = binary("evaluate", tmp_path / "model.safetensors", "--repeats", 2)
    assert shown["digest"] == changed.digest


def test_an_untrained_model_is_that_of_the_command_line(binary, data, tmp_path):
    file = tmp_path / "trials.npz"
    binary("simulate", "--untrained", "--odour", 3, "--trials", 2, "--record", file)
    outcome = kenyon.Model.untrained(data).simulate(odour=3, trials=2, record=1)
    with np.load(file) as stored:
        assert (stored["voltage_mV"] == outcome["recording"]["voltage_mV"]).all()


def test_networks_are_the_same(binary, data):
    shown = binary("inspect")
    network = kenyon.Network(data)
    assert shown["circuit_sha256"] == network.circuit.hash
    assert [one["name"] for one in shown["pathways"]] == network.pathways
    assert shown["all_parameters"] == sum(one.size for one in network.start_parameters.values())


def test_trainings_on_time_courses_are_the_same(binary, data, tmp_path):
    def pulse(odour, duration_ms):
        return kenyon.Course(duration_ms=60, segments=[{"odour": odour, "onset_ms": 5, "duration_ms": duration_ms}])

    courses = {"short": [pulse(5, 10), pulse(9, 10)], "long": pulse(5, 50)}
    stimulus = '[[stimulus]]\nclass = "{}"\nsegment = [{{ odour = {}, onset_ms = 5, duration_ms = {} }}]\n'
    text = "duration_ms = 60\n" + "".join(
        stimulus.format(*row) for row in (("short", 5, 10), ("short", 9, 10), ("long", 5, 50))
    )
    file = tmp_path / "pulses.toml"
    file.write_text(text)
    done = binary("train", "--courses", file, "--epochs", 2, "--loss", "ce_only", "--out", tmp_path / "run")
    read = kenyon.train(data, epochs=2, loss="ce_only", courses=file)
    made = kenyon.train(data, epochs=2, loss="ce_only", courses=courses)
    assert read.digest == made.digest == done["digest"]
    assert read.run_id == done["run_id"]
    assert made.network.class_names == ["short", "long"] and made.network.labels.tolist() == [0, 0, 1]

    figures = binary("evaluate", tmp_path / "run", "--repeats", 3)
    own = made.evaluate(3)
    assert own["evaluation"] == figures["evaluation"] and own["labels"] == figures["labels"]
    # No odour is a right answer.
    assert "correct" not in made.simulate(odour=5, trials=2)
