"""A program that mypy checks strictly, and that runs."""

from __future__ import annotations

from typing import Any

import kenyon
import numpy as np
import numpy.typing as npt


def firing_rates(model: kenyon.Model, odour: str | int) -> dict[str, npt.NDArray[np.float64]]:
    """Spikes per second of every neuron, mean over trials."""
    network = model.network
    seconds = network.steps * network.step_s
    counts = model.simulate(odour=odour, trials=10, silence=[("KC", 3)], record=1)["counts"]
    return {name: trials.mean(axis=0) / seconds for name, trials in counts.items()}


def after_ten(news: dict[str, Any]) -> bool:
    return not (news["phase"] == "student" and news["epoch"] == 10)


def margins(model: kenyon.Model) -> npt.NDArray[np.float64]:
    """Effects of silencing each population, `[target]`."""
    difference: npt.NDArray[np.float64] = model.screen("populations", metrics="margin", trials=2)["difference"]
    return difference[:, 0]


def windows(model: kenyon.Model) -> list[str]:
    """What was presented in a pair of pulses, and in a table."""
    segments = [{"odour": odour, "onset_ms": onset, "duration_ms": 20} for odour, onset in ((5, 10), (7, 40))]
    names: list[str] = []
    for course in (
        kenyon.Course(duration_ms=80, segments=segments),
        kenyon.Course.from_table({"odour": [5, 5, "", 7], "concentration": np.ones(4)}),
        np.zeros((10, model.network.channels)),
    ):
        names += model.simulate(course=course, trials=1)["windows"]["name"].tolist()
    return names


def main() -> None:
    data = kenyon.statistical_larva(3)
    circuit = kenyon.Circuit.larva().edit(set={"time.steps": 40})
    network = kenyon.Network(data, circuit, mapping="by_name")
    uncoupled = kenyon.Network(data, circuit.edit(remove=["gap_junction.ln_ln"]))
    pulse = kenyon.Course(duration_ms=40, segments=[{"odour": 5, "onset_ms": 5, "duration_ms": 20}])
    timed = kenyon.Network(data, courses={"pulse": [pulse], "nothing": kenyon.Course(duration_ms=40)})
    assert timed.class_names == ["pulse", "nothing"]
    edges = network.pathway("orn_to_pn")
    contacts: npt.NDArray[np.uint32] = edges["contacts"]
    try:
        model = kenyon.train(data, circuit, epochs=1, teacher_epochs=1, progress=after_ten)
    except (kenyon.TrainingError, kenyon.Stopped) as problem:
        raise SystemExit(str(problem)) from problem
    thresholds = model.parameters["KC.threshold"]
    changed = model.with_parameters({"KC.threshold": thresholds - 0.001, "orn_to_pn.strength": 1e-10})
    rates = firing_rates(changed, "odour 5")
    slopes = model.gradient(data.responses(), np.arange(28))["gradient"]
    print(list(uncoupled.gap_junctions), margins(model), windows(changed), model.sensitivity("loss", trials=2)["value"])
    print(contacts.sum(), rates["KC"].max(), slopes["KC.threshold"].shape, model.evaluate(2, without=["feedback"])["digest"])


if __name__ == "__main__":
    main()
