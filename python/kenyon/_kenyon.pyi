# What the compiled module offers; docstrings are in the module.

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypedDict, Union, final

import numpy as np
import numpy.typing as npt

__version__: str

_Path = Union[str, "os.PathLike[str]"]
_MappingName = Literal["by_position", "by_name"]
_Mechanism = Literal["gap_junctions", "feedback", "depression", "depletion"]
_Targets = Literal[
    "neurons",
    "classes",
    "transmitters",
    "glomeruli",
    "groups",
    "populations",
    "pathways",
    "gap_junctions",
]
_Neuron = tuple[str, int]
_Neurons = Union[str, _Neuron, tuple[str, Sequence[int]]]
_Odour = Union[str, int]
_Callback = Callable[[dict[str, Any]], Any]
_Courses = Union[_Path, Mapping[str, Union["Course", Sequence["Course"]]]]

class _Columns(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...

class _Pathway(TypedDict):
    source_population: str
    target_population: str
    source: npt.NDArray[np.uint32]
    target: npt.NDArray[np.uint32]
    contacts: npt.NDArray[np.uint32]

class _Gradient(TypedDict):
    cross_entropy: float
    correct: float
    gradient: dict[str, npt.NDArray[np.float64]]

class KenyonError(ValueError): ...
class ArgumentError(KenyonError): ...
class DataError(KenyonError): ...
class CircuitError(KenyonError): ...
class ModelError(KenyonError): ...
class TrainingError(KenyonError): ...
class StudyError(KenyonError): ...
class ResultsError(KenyonError): ...
class Stopped(Exception): ...

def load(path: _Path | None = None, *, download: bool = False) -> Data: ...
def statistical_larva(seed: int, scale: int = 1) -> Data: ...
def train(
    data: Data,
    circuit: Circuit | None = None,
    *,
    seed: int = 42,
    epochs: int = 300,
    teacher_epochs: int = 300,
    loss: str | Mapping[str, Any] | None = None,
    mapping: _MappingName = "by_position",
    panel: Mapping[str, npt.ArrayLike] | None = None,
    labels: Mapping[str, Any] | None = None,
    courses: _Courses | None = None,
    out: _Path | None = None,
    resume: bool = False,
    checkpoint_every: int = 10,
    progress: _Callback | None = None,
    threads: int | None = None,
) -> Model: ...
def run_study(
    study: _Path,
    data: Data,
    out: _Path,
    *,
    circuit: Circuit | None = None,
    threads: int | None = None,
    quick: bool = False,
    progress: _Callback | None = None,
) -> dict[str, Any]: ...
def read_pytorch(path: _Path) -> Any: ...
def read_results(folder: _Path) -> dict[str, Any]: ...
@final
class Data:
    @property
    def populations(self) -> dict[str, int]: ...
    @property
    def neurons(self) -> dict[str, npt.NDArray[Any]]: ...
    @property
    def contacts(self) -> dict[str, npt.NDArray[np.uint32]]: ...
    @property
    def odours(self) -> list[str]: ...
    @property
    def receptors(self) -> list[str]: ...
    @property
    def rates(self) -> npt.NDArray[np.float64]: ...
    def responses(self, mapping: _MappingName = "by_position") -> npt.NDArray[np.float64]: ...
    @property
    def hash(self) -> str: ...
    @property
    def manifest(self) -> dict[str, Any]: ...
    @property
    def statistical(self) -> bool: ...

@final
class Circuit:
    @staticmethod
    def larva() -> Circuit: ...
    @staticmethod
    def read(path: _Path) -> Circuit: ...
    @staticmethod
    def from_toml(text: str) -> Circuit: ...
    def edit(
        self, set: Mapping[str, Any] | None = None, remove: Sequence[str] | None = None
    ) -> Circuit: ...
    def to_toml(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def hash(self) -> str: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Course:
    def __new__(
        cls,
        *,
        duration_ms: float,
        segments: Iterable[Mapping[str, Any]] | None = None,
        trains: Iterable[Mapping[str, Any]] | None = None,
        windows: Iterable[Mapping[str, Any]] | None = None,
    ) -> Course: ...
    @staticmethod
    def read(path: _Path) -> Course: ...
    @staticmethod
    def from_toml(text: str) -> Course: ...
    @staticmethod
    def from_table(table: str | _Columns) -> Course: ...
    @staticmethod
    def from_responses(
        responses: npt.ArrayLike, *, windows: Iterable[Mapping[str, Any]] | None = None
    ) -> Course: ...
    def to_toml(self) -> str: ...

@final
class Network:
    def __new__(
        cls,
        data: Data,
        circuit: Circuit | None = None,
        mapping: _MappingName = "by_position",
        *,
        panel: Mapping[str, npt.ArrayLike] | None = None,
        labels: Mapping[str, Any] | None = None,
        courses: _Courses | None = None,
    ) -> Network: ...
    @property
    def populations(self) -> dict[str, int]: ...
    @property
    def dynamics(self) -> dict[str, str]: ...
    @property
    def neurons(self) -> dict[str, npt.NDArray[Any]]: ...
    @property
    def pathways(self) -> list[str]: ...
    def pathway(self, name: str) -> _Pathway: ...
    @property
    def gap_junctions(self) -> dict[str, npt.NDArray[np.uint32]]: ...
    @property
    def groups(self) -> dict[str, npt.NDArray[np.bool_]]: ...
    @property
    def parameter_table(self) -> list[dict[str, Any]]: ...
    @property
    def start_parameters(self) -> dict[str, npt.NDArray[np.float64]]: ...
    @property
    def odours(self) -> list[str]: ...
    @property
    def class_names(self) -> list[str]: ...
    @property
    def labels(self) -> npt.NDArray[np.int64]: ...
    @property
    def responses(self) -> npt.NDArray[np.float64]: ...
    @property
    def channels(self) -> int: ...
    @property
    def classes(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def step_s(self) -> float: ...
    @property
    def mapping(self) -> _MappingName: ...
    @property
    def circuit(self) -> Circuit: ...
    def describe(self) -> dict[str, Any]: ...
    def simulate(
        self,
        *,
        odour: _Odour | Sequence[_Odour] | None = None,
        stimuli: npt.ArrayLike | None = None,
        course: Course | npt.ArrayLike | None = None,
        trials: int = 20,
        concentration: float = 1.0,
        seed: int = 42,
        silence: str | Iterable[_Neurons] | None = None,
        drive: Mapping[str | _Neuron, float] | None = None,
        boost: Mapping[str, float] | None = None,
        disable: Sequence[str] | None = None,
        gap_junctions: bool = True,
        depression: bool = True,
        record: bool | int | None = None,
        threads: int | None = None,
    ) -> dict[str, Any]: ...

@final
class Model:
    @staticmethod
    def load(
        path: _Path,
        data: Data,
        circuit: Circuit | None = None,
        *,
        mapping: _MappingName | None = None,
    ) -> Model: ...
    @staticmethod
    def untrained(
        data: Data, circuit: Circuit | None = None, mapping: _MappingName = "by_position"
    ) -> Model: ...
    @property
    def network(self) -> Network: ...
    @property
    def parameters(self) -> dict[str, npt.NDArray[np.float64]]: ...
    @property
    def stored_parameters(self) -> dict[str, npt.NDArray[np.float64]]: ...
    def with_parameters(
        self, values: Mapping[str, npt.ArrayLike], *, stored: bool = False
    ) -> Model: ...
    @property
    def digest(self) -> str: ...
    @property
    def epochs(self) -> int: ...
    @property
    def teacher_accuracy(self) -> float | None: ...
    @property
    def run_id(self) -> str: ...
    @property
    def settings(self) -> dict[str, Any]: ...
    @property
    def history(self) -> dict[str, Any]: ...
    def save(self, path: _Path) -> None: ...
    def simulate(
        self,
        *,
        odour: _Odour | Sequence[_Odour] | None = None,
        stimuli: npt.ArrayLike | None = None,
        course: Course | npt.ArrayLike | None = None,
        trials: int = 20,
        concentration: float = 1.0,
        seed: int = 42,
        silence: str | Iterable[_Neurons] | None = None,
        drive: Mapping[str | _Neuron, float] | None = None,
        boost: Mapping[str, float] | None = None,
        disable: Sequence[str] | None = None,
        gap_junctions: bool = True,
        depression: bool = True,
        record: bool | int | None = None,
        threads: int | None = None,
    ) -> dict[str, Any]: ...
    def evaluate(
        self,
        repeats: int = 50,
        seed: int = 42,
        without: Sequence[_Mechanism] | None = None,
        *,
        concentrations: bool = False,
        threads: int | None = None,
    ) -> dict[str, Any]: ...
    def gradient(
        self,
        stimuli: npt.ArrayLike,
        labels: Sequence[int] | npt.NDArray[np.integer[Any]],
        *,
        seed: int = 42,
        threads: int | None = None,
    ) -> _Gradient: ...
    def screen(
        self,
        targets: _Targets = "neurons",
        *,
        population: str | Iterable[str] | None = None,
        neurons: str | Iterable[str | _Neuron | int] | None = None,
        drive: float | None = None,
        metrics: str | Iterable[str] | None = None,
        trials: int = 10,
        seed: int = 42,
        progress: _Callback | None = None,
        threads: int | None = None,
    ) -> dict[str, Any]: ...
    def sensitivity(
        self,
        of: str = "margin",
        *,
        trials: int = 10,
        seed: int = 42,
        against_screen: bool = False,
        threads: int | None = None,
    ) -> dict[str, Any]: ...
