"""Connectome-constrained spiking networks: train, perturb and measure them on a laptop.

    >>> import kenyon
    >>> data = kenyon.statistical_larva(seed=3)         # or kenyon.load(), the real connectome
    >>> model = kenyon.train(data, epochs=2, teacher_epochs=2)
    >>> outcome = model.simulate(odour="odour 5", trials=10)
    >>> outcome["counts"]["KC"].shape
    (10, 144)

Arrays are NumPy arrays; docstrings say their shapes and units. Long work runs without the interpreter's
lock, so other threads go on, and Ctrl-C ends it. Equal arguments give equal results, bit by bit, on every
machine, with any number of threads, and on the command line (`kenyon`).
"""

from ._kenyon import (
    ArgumentError,
    Circuit,
    CircuitError,
    Course,
    Data,
    DataError,
    KenyonError,
    Model,
    ModelError,
    Network,
    ResultsError,
    Stopped,
    StudyError,
    TrainingError,
    __version__,
    load,
    read_pytorch,
    read_results,
    run_study,
    statistical_larva,
    train,
)

__all__ = [
    "ArgumentError",
    "Circuit",
    "CircuitError",
    "Course",
    "Data",
    "DataError",
    "KenyonError",
    "Model",
    "ModelError",
    "Network",
    "ResultsError",
    "Stopped",
    "StudyError",
    "TrainingError",
    "__version__",
    "load",
    "read_pytorch",
    "read_results",
    "run_study",
    "statistical_larva",
    "train",
]
