import json

import kenyon
import numpy as np
import pytest

STUDY = """
name = "tiny"
seeds = [1, 2]
training = { teacher_epochs = 1, student_epochs = 1 }
[circuit.uncoupled]
remove = ["gap_junction.ln_ln", "gap_junction.pn_pn", "gap_junction.eln_pn"]
[[experiment]]
name = "canonical"
[[experiment]]
name = "without"
circuit = "uncoupled"
"""


@pytest.fixture(scope="module")
def study(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "tiny"
    events = []
    summary = kenyon.run_study(STUDY, data, folder, quick=True, progress=events.append)
    return folder, summary, events


def test_a_study_is_carried_out(study):
    folder, summary, events = study
    assert summary["complete"] and not summary["failures"]
    assert [run["unit"] for run in summary["runs"]] == [
        "canonical/seed1",
        "canonical/seed2",
        "without/seed1",
        "without/seed2",
    ]
    assert json.loads((folder / "summary.json").read_text()) == summary
    kinds = [event["event"] for event in events]
    assert kinds[0] == "planned" and kinds.count("finished") == 4 and "epoch" in kinds


def test_results_are_read_as_arrays(study):
    folder, summary, _ = study
    results = kenyon.read_results(folder)
    assert results["summary"] == summary
    run = results["runs"]["without/seed2"]
    assert run["seed"] == 2 and run["experiment"] == "without"
    assert run["parameters"]["KC.threshold"].shape == (144,)
    assert run["parameters"]["decoder.weight"].shape == (28, 144)
    assert run["history"]["loss"].shape == (1,)
    assert "reevaluation" in run["measurements"]
    columns = results["quantities"]
    rows = len(summary["quantities"])
    assert {column.shape for column in columns.values()} == {(rows,)}
    figure = columns["figure"][0]
    values = [
        one["figures"][str(columns["measurement"][0])][str(figure)]
        for one in results["runs"].values()
        if one["experiment"] == str(columns["experiment"][0])
    ]
    assert columns["mean"][0] == pytest.approx(np.mean(values))


def test_a_second_call_finds_everything_and_a_stopped_one_goes_on(data, study, tmp_path):
    folder, summary, _ = study
    again = []
    assert kenyon.run_study(STUDY, data, folder, quick=True, progress=again.append) == summary
    assert "epoch" not in [event["event"] for event in again]

    def stop(event):
        return event["event"] != "trained"

    with pytest.raises(kenyon.Stopped, match="goes on"):
        kenyon.run_study(STUDY, data, tmp_path / "tiny", quick=True, progress=stop)
    assert not (tmp_path / "tiny" / "summary.json").exists()
    resumed = kenyon.run_study(STUDY, data, tmp_path / "tiny", quick=True, threads=1)
    assert resumed["digest"] == summary["digest"]


def test_what_the_callback_raises_comes_back(data, tmp_path):
    def trouble(event):
        raise ZeroDivisionError(event["event"])

    with pytest.raises(ZeroDivisionError):
        kenyon.run_study(STUDY, data, tmp_path / "tiny", progress=trouble)


def test_studies_that_cannot_be_carried_out(data, tmp_path):
    with pytest.raises(kenyon.StudyError, match="no_such.toml.*reproduce"):
        kenyon.run_study("no_such.toml", data, tmp_path / "out")
    with pytest.raises(kenyon.StudyError, match="seed"):
        kenyon.run_study(STUDY.replace("[1, 2]", "[1, 1]"), data, tmp_path / "out")
    with pytest.raises(kenyon.StudyError, match="uncuopled"):
        kenyon.run_study(STUDY.replace('"uncoupled"', '"uncuopled"'), data, tmp_path / "out")


def test_results_that_were_changed(study, tmp_path):
    folder, _, _ = study
    with pytest.raises(kenyon.ResultsError, match="no results"):
        kenyon.read_results(tmp_path)
    summary = folder / "summary.json"
    text = summary.read_text()
    try:
        summary.write_text(text.replace("tiny", "huge"))
        with pytest.raises(kenyon.ResultsError, match="damaged"):
            kenyon.read_results(folder)
    finally:
        summary.write_text(text)
