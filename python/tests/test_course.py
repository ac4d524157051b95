"""Stimuli that change in time."""

import kenyon
import numpy as np
import pytest

FILE = """
duration_ms = 120
[[segment]]
name = "first"
odour = 5
onset_ms = 10
duration_ms = 30
concentration = 0.5
[[segment]]
mixture = ["odour 5", 9]
onset_ms = 50
duration_ms = 20
ramp_to = 3
ramp = "exponential"
fluctuation = { process = "ornstein_uhlenbeck", standard_deviation = 0.3, time_constant_ms = 15 }
[[train]]
onset_ms = 80
duration_ms = 5
gap_ms = 3
odours = [4, 6]
repeats = 2
[[window]]
name = "gap"
onset_ms = 40
duration_ms = 10
"""

KEYWORDS = dict(
    duration_ms=120,
    segments=[
        {"name": "first", "odour": np.int64(5), "onset_ms": 10, "duration_ms": 30.0, "concentration": 0.5},
        {
            "mixture": ["odour 5", 9],
            "onset_ms": 50,
            "duration_ms": 20,
            "ramp_to": np.float32(3),
            "ramp": "exponential",
            "fluctuation": {
                "process": "ornstein_uhlenbeck",
                "standard_deviation": 0.3,
                "time_constant_ms": 15,
            },
        },
    ],
    trains=[{"onset_ms": 80, "duration_ms": 5, "gap_ms": 3, "odours": (4, 6), "repeats": 2}],
    windows=[{"name": "gap", "onset_ms": 40, "duration_ms": 10}],
)


def assert_equal(one, other):
    """The same names, types, shapes and bytes all the way down."""
    assert set(one) == set(other)
    for name, value in one.items():
        if isinstance(value, dict):
            assert_equal(value, other[name])
        elif isinstance(value, np.ndarray):
            assert value.dtype == other[name].dtype and value.shape == other[name].shape, name
            assert value.tobytes() == other[name].tobytes(), name
        else:
            assert value == other[name], name


def test_keywords_are_the_file(model, tmp_path):
    (tmp_path / "course.toml").write_text(FILE)
    courses = [
        kenyon.Course(**KEYWORDS),
        kenyon.Course.from_toml(FILE),
        kenyon.Course.read(tmp_path / "course.toml"),
        kenyon.Course.from_toml(kenyon.Course(**KEYWORDS).to_toml()),
    ]
    assert repr(courses[0]) == "<kenyon.Course: 2 segments, 1 trains, 1 windows>"
    outcomes = [model.simulate(course=course, trials=5, record=2) for course in courses]
    for other in outcomes[1:]:
        assert_equal(outcomes[0], other)


def test_windows_have_the_shapes_that_the_docstring_says(data, model):
    outcome = model.simulate(course=kenyon.Course(**KEYWORDS), trials=6, record=4)
    windows = outcome["windows"]
    names = ["first", "odour 5 + odour 9", "odour 4", "odour 6", "odour 4", "odour 6", "gap"]
    assert windows["name"].tolist() == names
    assert windows["segment"].tolist() == 6 * [True] + [False]
    assert windows["steps"].dtype == np.int64
    assert windows["steps"].tolist()[:3] == [[10, 40], [50, 70], [80, 85]]
    assert windows["steps"].tolist()[-1] == [40, 50]
    for name, counts in windows["counts"].items():
        assert counts.shape == (6, 7, data.populations[name]) and counts.dtype == np.uint32
        assert outcome["counts"][name].shape == (6, data.populations[name])
    assert "APL" not in windows["counts"] and "receptors" not in outcome and "correct" not in outcome
    assert windows["logits"].shape == windows["probability"].shape == (6, 7, 28)
    assert (windows["logits"].argmax(axis=2) == windows["decisions"]).all()
    assert windows["decisions"].dtype == np.int64
    assert windows["correct"][0] == (windows["decisions"][:, 0] == 5).mean()
    assert windows["correct"][1] == np.isin(windows["decisions"][:, 1], [5, 9]).mean()
    assert np.isnan(windows["correct"]).tolist() == 6 * [False] + [True]
    recording = outcome["recording"]
    assert recording["spikes"].shape[:2] == (4, 120)
    for name, counts in windows["counts"].items():
        own = recording["spikes"][:, :, recording["neuron_population"] == name]
        assert (own.sum(axis=1) == outcome["counts"][name][:4]).all()
        for index, (first, end) in enumerate(windows["steps"]):
            assert (own[:, first:end].sum(axis=1) == counts[:4, index]).all()
    assert (recording["window_decided"] == windows["decisions"][:4]).all()
    assert str(recording["stimulus"]) == outcome["stimulus"] == "first, odour 5 + odour 9, odour 4, ..."


def test_tables_are_steps(model):
    odour = [""] * 10 + ["odour 5"] * 20 + [7] * 15
    concentration = np.linspace(0.5, 2.0, 45)
    text = "odour,concentration\n" + "".join(f"{a},{b}\n" for a, b in zip(odour, concentration.tolist()))
    columns = {"odour": odour, "concentration": concentration}
    one, other = kenyon.Course.from_table(text), kenyon.Course.from_table(columns)
    assert repr(one) == repr(other) == "<kenyon.Course: table of 45 steps>"
    outcome = model.simulate(course=one, trials=3)
    assert_equal(outcome, model.simulate(course=other, trials=3))
    assert outcome["windows"]["name"].tolist() == ["odour 5", "odour 7"]


def test_responses_are_an_array(data, model):
    responses = np.repeat(data.responses()[[5, 7]], [20, 25], axis=0)
    outcome = model.simulate(course=responses, trials=3, record=1)
    assert outcome["recording"]["spikes"].shape[:2] == (1, 45)
    windows = [{"name": "second", "onset_ms": 20, "duration_ms": 25}]
    course = kenyon.Course.from_responses(responses, windows=windows)
    read = model.simulate(course=course, trials=3)
    assert read["windows"]["name"].tolist() == ["responses", "second"]
    assert (read["counts"]["KC"] == outcome["counts"]["KC"]).all()
    table = {str(channel): responses[:, channel] for channel in range(21)}
    tabled = model.simulate(course=kenyon.Course.from_table(table), trials=3)
    assert (tabled["counts"]["KC"] == outcome["counts"]["KC"]).all()


def test_the_division_of_the_work_does_not_matter(model):
    course = kenyon.Course(**KEYWORDS)
    # More trials than are simulated at once.
    many = model.simulate(course=course, trials=600, threads=2)
    few = model.simulate(course=course, trials=530, threads=1)
    assert (many["windows"]["counts"]["KC"][:530] == few["windows"]["counts"]["KC"]).all()
    assert (many["windows"]["logits"][:530] == few["windows"]["logits"]).all()
    assert (many["decisions"][:530] == few["decisions"]).all()


def test_a_network_simulates_its_start_values(data):
    network = kenyon.Network(data)
    untrained = kenyon.Model.untrained(data)
    assert_equal(network.simulate(odour=5, trials=4), untrained.simulate(odour=5, trials=4))
    course = kenyon.Course(**KEYWORDS)
    assert_equal(network.simulate(course=course, trials=4), untrained.simulate(course=course, trials=4))
    with pytest.raises(TypeError, match="smell"):
        network.simulate(smell=5)


SEGMENT = {"odour": 5, "onset_ms": 10, "duration_ms": 30}


@pytest.mark.parametrize(
    ("course", "message"),
    [
        (dict(duration_ms=20, segments=[SEGMENT]), r"segments\[0\]: .*after the trial"),
        (dict(duration_ms=80, segments=[SEGMENT, {**SEGMENT, "odour": "tea"}]), r"segments\[1\]: .*\"tea\""),
        (dict(duration_ms=80, segments=[SEGMENT, {**SEGMENT, "onset_ms": 20}]), "must not overlap"),
        (dict(duration_ms=80, windows=[{"name": "w", "onset_ms": 0.5, "duration_ms": 5}]), r"windows\[0\]: .*whole"),
        (dict(duration_ms=80, segments=[{**SEGMENT, "colour": 3}]), "colour"),
        (dict(duration_ms=80, segments=[{"onset_ms": 3}]), "duration_ms"),
        (dict(duration_ms=0), "takes time"),
        (dict(duration_ms=1e9), "between 0 and"),
        (dict(duration_ms=80, trains=[{**SEGMENT}]), "odour"),
    ],
)
def test_courses_that_make_no_sense(model, course, message):
    with pytest.raises(kenyon.ArgumentError, match=message):
        model.simulate(course=kenyon.Course(**course))


def test_descriptions_that_are_none(model, data, tmp_path):
    with pytest.raises(kenyon.ArgumentError, match="duration_ms"):
        kenyon.Course(duration_ms=float("nan"))
    with pytest.raises(kenyon.ArgumentError, match=r"segments\[0\] is no dictionary"):
        kenyon.Course(duration_ms=3, segments=["odour"])
    with pytest.raises(TypeError, match=r"segments\[0\].odour"):
        kenyon.Course(duration_ms=3, segments=[{"odour": object()}])
    with pytest.raises(kenyon.ArgumentError, match="none.toml"):
        kenyon.Course.read(tmp_path / "none.toml")
    with pytest.raises(kenyon.ArgumentError, match="toml or .csv"):
        kenyon.Course.read(tmp_path / "none.txt")
    (tmp_path / "bad.toml").write_text("duration_ms = 30\n[[segment]]\nodour = 99\nonset_ms = 0\nduration_ms = 9")
    with pytest.raises(kenyon.ArgumentError, match="bad.toml.*line 2.*99"):
        model.simulate(course=kenyon.Course.read(tmp_path / "bad.toml"))
    with pytest.raises(kenyon.ArgumentError, match="row 3"):
        model.simulate(course=kenyon.Course.from_table("odour\n5\ntea\n"))
    with pytest.raises(kenyon.ArgumentError, match='"b" of the table has 1 rows'):
        kenyon.Course.from_table({"a": [1, 2], "b": [1]})
    with pytest.raises(kenyon.ArgumentError, match="no row"):
        model.simulate(course=kenyon.Course.from_table({}))
    with pytest.raises(kenyon.ArgumentError, match="course file does not hold"):
        kenyon.Course.from_table("odour\n5\n").to_toml()
    with pytest.raises(kenyon.ArgumentError, match="3 channels; the circuit has 21"):
        model.simulate(course=np.ones((4, 3)))
    with pytest.raises(kenyon.ArgumentError, match=r"\[step, channel\]"):
        model.simulate(course=np.ones(21))
    with pytest.raises(kenyon.ArgumentError, match="no step"):
        model.simulate(course=np.ones((0, 21)))
    with pytest.raises(kenyon.ArgumentError, match="step 1, channel 0"):
        model.simulate(course=[[0.0] * 21, [-1.0] * 21])
    with pytest.raises(kenyon.ArgumentError, match="course"):
        model.simulate(course="pair.toml")
    with pytest.raises(kenyon.ArgumentError, match="between 0 and"):
        model.simulate(course=np.zeros((100_001, 21)))
    course = kenyon.Course(**KEYWORDS)
    with pytest.raises(kenyon.ArgumentError, match="either odour, stimuli or course"):
        model.simulate(course=course, odour=5)
    with pytest.raises(kenyon.ArgumentError, match="part of the course"):
        model.simulate(course=course, concentration=2)
    with pytest.raises(kenyon.ArgumentError, match="trials"):
        model.simulate(course=course, trials=0)
    with pytest.raises(MemoryError, match="windows"):
        model.simulate(course=course, trials=10_000_000)
    with pytest.raises(MemoryError, match="record at most"):
        model.simulate(course=course, trials=20_000, record=True)


@pytest.mark.parametrize(
    ("courses", "message"),
    [
        (3, "a file, or a dictionary"),
        ({"a": 3}, 'courses\\["a"\\] must be a kenyon.Course'),
        ({}, "duration_ms|stimulus"),
        ({"a": kenyon.Course(duration_ms=50), "b": kenyon.Course(duration_ms=60)}, "equally long"),
        ({"a": kenyon.Course(duration_ms=50)}, "class"),
        (
            {"a": kenyon.Course(duration_ms=50), "b": kenyon.Course(duration_ms=50, windows=KEYWORDS["windows"])},
            "window",
        ),
        ("nowhere.toml", "nowhere.toml"),
    ],
)
def test_courses_that_are_no_task(data, courses, message):
    with pytest.raises(kenyon.KenyonError, match=message):
        kenyon.train(data, epochs=1, courses=courses)
