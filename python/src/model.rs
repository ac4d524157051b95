//! Models: parameters with the network that they belong to and the training that they came from.

use std::path::{Path, PathBuf};

use kenyon_analysis::{BlockNoise, Model as Measured};
use kenyon_circuit::{Interventions, ParameterGroup, Parameters};
use kenyon_learning::{Checkpoint, EpochRecord, Header, Kind, digest};
use kenyon_pytorch::published::is_pytorch;
use kenyon_study::Edits;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::arguments::{
    InterventionArguments, ablations, mapping as mapping_of, recorded, trials_per_odour,
};
use crate::circuit::Circuit;
use crate::course::Course;
use crate::data::Data;
use crate::errors::{model as problem, wrong};
use crate::evaluate::{Measurements, measure};
use crate::network::Network;
use crate::screen::ScreenArguments;
use crate::sensitivity::SensitivityArguments;
use crate::simulate::{Request, outcome};
use crate::stimulus::Presented;
use crate::values::{json as to_python, list};
use crate::work::Progress;
use crate::{gradient, load_model, parameters, screen, sensitivity, simulate_course};

/// A model: parameters with the network that they belong to.
///
/// Made by `train`, `Model.load` or `Model.untrained`; never changed: `with_parameters` gives a new one.
///
/// >>> model = kenyon.Model.untrained(data)
/// >>> model.simulate(odour="odour 5", trials=10)["counts"]["KC"].shape
/// (10, 144)
#[pyclass(frozen, module = "kenyon")]
pub(crate) struct Model {
    pub network: Network,
    pub parameters: Parameters,
    pub header: Header,
    pub teacher_accuracy: Option<f64>,
    pub origin: Origin,
}

/// What the parameters are to the run that the header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Those at its end.
    Run,
    /// Those of a checkpoint of the published program, whose SHA-256 stands for a run.
    PyTorch,
    /// Other ones.
    Edited,
}

impl Model {
    /// A model as a training left it.
    pub(crate) fn trained(
        network: Network,
        checkpoint: Checkpoint,
        teacher_accuracy: Option<f64>,
    ) -> Self {
        let header = checkpoint.header;
        Self {
            network,
            parameters: checkpoint.parameters,
            teacher_accuracy,
            origin: match header.kind {
                Kind::Model => Origin::Run,
                _ => Origin::Edited,
            },
            header,
        }
    }

    /// As analyses take a model.
    pub(crate) fn measured<'a>(&'a self, interventions: &'a Interventions) -> Measured<'a> {
        Measured {
            network: &self.network.subject.network,
            parameters: &self.parameters,
            roles: &self.network.subject.roles,
            interventions,
        }
    }

    /// What a result is of, as the command line says it in JSON.
    pub(crate) fn provenance(&self) -> Map<String, Value> {
        let manifest = &self.network.data.manifest;
        let run_id = match self.origin {
            Origin::PyTorch => Value::Null,
            Origin::Run | Origin::Edited => self.run_id().into(),
        };
        let mapping = serde_json::to_value(self.network.subject.mapping).unwrap_or_default();
        Map::from_iter([
            ("digest".to_owned(), self.digest().into()),
            ("run_id".to_owned(), run_id),
            ("mapping".to_owned(), mapping),
            ("data_sha256".to_owned(), manifest.hash.clone().into()),
            ("statistical_larva".to_owned(), manifest.statistical.into()),
        ])
    }

    fn groups(&self) -> &[ParameterGroup] {
        self.network.subject.network.table().groups()
    }

    /// The header of a file with these parameters: other parameters than a run ends with are not passed
    /// off as its result.
    fn header_of_file(&self) -> Header {
        let mut header = self.header.clone();
        (header.kind, header.steps) = (Kind::Model, None);
        if self.origin == Origin::Edited {
            let origin = json!(["edited", header.run.run_id, self.digest()]);
            header.run.run_id = Sha256::digest(origin.to_string())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
        }
        header
    }
}

#[pymethods]
impl Model {
    /// Reads a model: the file, the folder of its run, or a checkpoint of the original (`model_seed42.pt`, written
    /// by PyTorch, which is not needed). Data and circuit must be those that it was trained with; without
    /// `mapping` it is the one that it was trained with ("by_position" of checkpoints). Raises `ModelError`.
    ///
    /// >>> model = kenyon.Model.load("runs/42", data)  # doctest: +SKIP
    #[staticmethod]
    #[pyo3(signature = (path, data, circuit=None, *, mapping=None))]
    fn load(
        py: Python<'_>,
        path: PathBuf,
        data: PyRef<'_, Data>,
        circuit: Option<PyRef<'_, Circuit>>,
        mapping: Option<&str>,
    ) -> PyResult<Self> {
        let circuit = Circuit::or_larva(circuit);
        let asked = mapping.map(mapping_of).transpose()?;
        let file = load_model::file_of(path);
        if is_pytorch(&file) {
            return load_model::published(py, &file, &data, &circuit, asked);
        }
        load_model::stored(py, &file, &data, &circuit, asked)
    }

    /// The start values of a circuit as a model: the state before any training. Its decoder is 0.
    ///
    /// >>> kenyon.Model.untrained(data).epochs
    /// 0
    #[staticmethod]
    #[pyo3(signature = (data, circuit=None, mapping="by_position"))]
    fn untrained(
        py: Python<'_>,
        data: PyRef<'_, Data>,
        circuit: Option<PyRef<'_, Circuit>>,
        mapping: &str,
    ) -> PyResult<Self> {
        let circuit = Circuit::or_larva(circuit);
        let mapping = mapping_of(mapping)?;
        let network = Network::new(py, &data.set, &circuit, mapping, Edits::default())?;
        load_model::untrained(network)
    }

    /// The network.
    #[getter]
    fn network(&self) -> Network {
        self.network.clone()
    }

    /// The parameters by name, realised (ampere, volt, second, siemens, probability): float64 in the shape
    /// that `network.parameter_table` says: `()` for one value, `(neurons,)`, or `(classes, neurons)`.
    ///
    /// >>> model.parameters["KC.threshold"].shape
    /// (144,)
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.network.parameters(py, &self.parameters, false)
    }

    /// The parameters by name as they are optimised (logarithm, logit, raw value of a softplus, or plain):
    /// float64, in the same shapes.
    #[getter]
    fn stored_parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.network.parameters(py, &self.parameters, true)
    }

    /// A copy with other values for some groups of parameters: realised ones, or with `stored=True` those
    /// that are optimised. A single number fills a group. Values are rounded to the precision of the
    /// group; those that are equal to the present ones stay as they are to the last bit, and bounds, which
    /// hold for training, are not applied.
    ///
    /// >>> weaker = model.with_parameters({"orn_to_pn.strength": 1e-10})
    /// >>> float(weaker.parameters["orn_to_pn.strength"]) < 1.1e-10
    /// True
    /// >>> model.with_parameters(model.parameters).digest == model.digest
    /// True
    #[pyo3(signature = (values, *, stored=false))]
    fn with_parameters(&self, values: &Bound<'_, PyMapping>, stored: bool) -> PyResult<Self> {
        let parameters = parameters::changed(self.groups(), &self.parameters, values, stored)?;
        Ok(Self {
            network: self.network.clone(),
            header: self.header.clone(),
            teacher_accuracy: self.teacher_accuracy,
            origin: if parameters == self.parameters {
                self.origin
            } else {
                Origin::Edited
            },
            parameters,
        })
    }

    /// SHA-256 of the parameters, hexadecimal: the digest that `kenyon train` prints.
    #[getter]
    fn digest(&self) -> String {
        digest(self.groups(), &self.parameters)
    }

    /// Number of epochs that the model was trained for.
    #[getter]
    fn epochs(&self) -> usize {
        self.header.epoch
    }

    /// Share of test trials that the teacher decided correctly; None without a teacher, and if the model was
    /// read from a file.
    #[getter]
    fn teacher_accuracy(&self) -> Option<f64> {
        self.teacher_accuracy
    }

    /// Identity of the training run, hexadecimal; of a PyTorch checkpoint the SHA-256 of the file.
    #[getter]
    fn run_id(&self) -> String {
        self.header_of_file().run.run_id
    }

    /// Settings of the training, the seed among them.
    #[getter]
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.header.run.settings)
    }

    /// The course of the training as arrays `[epoch]`: `epoch` (int64, from 1), and float64 `loss`,
    /// `cross_entropy` (nats), `sparsity`, `energy` (before weighting), `accuracy` (share of training
    /// trials), `gradient_norm`, `clipped` (share of steps); `monitors` is a list of the metrics that were
    /// taken every 50 epochs.
    #[getter]
    fn history<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let history = &self.header.history;
        let columns = PyDict::new(py);
        let epochs = history.epochs.iter().map(|it| it.epoch as i64);
        columns.set_item("epoch", list(py, epochs.collect::<Vec<i64>>()))?;
        let column = |value: &dyn Fn(&EpochRecord) -> f64| {
            list(py, history.epochs.iter().map(value).collect::<Vec<f64>>())
        };
        columns.set_item("loss", column(&|it| it.loss.total))?;
        columns.set_item("cross_entropy", column(&|it| it.loss.cross_entropy))?;
        columns.set_item("sparsity", column(&|it| it.loss.sparsity))?;
        columns.set_item("energy", column(&|it| it.loss.energy))?;
        columns.set_item("accuracy", column(&|it| it.accuracy()))?;
        columns.set_item("gradient_norm", column(&|it| it.gradient_norm))?;
        columns.set_item("clipped", column(&|it| it.clipped))?;
        columns.set_item("monitors", to_python(py, &history.monitors)?)?;
        Ok(columns)
    }

    /// Writes the model as a safetensors file, which the command line reads too: completely or not at all.
    /// Parameters that were changed carry an identity of their own, not that of the run.
    ///
    /// >>> model.save("model.safetensors")  # doctest: +SKIP
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let checkpoint = Checkpoint {
            header: self.header_of_file(),
            parameters: self.parameters.clone(),
            adam: None,
        };
        py.detach(|| checkpoint.write(self.groups(), Path::new(&path)))
            .map_err(problem)
    }

    /// Simulates hard-spike trials, each of which begins at rest.
    ///
    /// What is presented: `odour`, a name or number of `network.odours`, or a list of them for a mixture,
    /// in `trials` noisy trials at `concentration` (1 is the panel's); or `stimuli`, receptor responses
    /// `[trial, channel]` (not negative, 1 is the panel's largest), to which no odour noise is added; or a
    /// `course`, which changes in time: a `Course`, or receptor responses `[step, channel]`, in `trials` noisy
    /// trials of its duration. Trial k of a seed has the same noise whatever is presented and whatever is done
    /// to the network.
    ///
    /// What is done: `silence` never lets neurons spike ("LN", "KC:3", ("KC", 3), ("KC", [3, 4])); `drive`
    /// adds a constant current in ampere ({"KC": 1e-10, "PN:0": 2e-10}); `boost` adds to the state of a
    /// graded population in every step ({"APL": 0.7}); `disable` switches pathways off; `gap_junctions` and
    /// `depression` (vesicle pools and release probability) can be switched off.
    ///
    /// The outcome is a dictionary: `counts`, a dictionary of spike counts by population, uint32
    /// `[trial, neuron]`; `logits` and `probability`, float64 `[trial, class]`; `decisions`, int64
    /// `[trial]`; `correct`, the share of trials decided for the odour, or one of the mixture (with `odour`
    /// only); `receptors`, the responses presented, float32 `[trial, channel]` (not of a course).
    ///
    /// Of a course these are of the whole trial, and `windows` is a dictionary of its segments and then other
    /// windows: `name` and `steps` (int64 `[window, 2]`, first and first after) of each, whether it is a `segment`;
    /// `counts` by population, uint32 `[trial, window, neuron]`; `logits` and `probability`, float64
    /// `[trial, window, class]`, of the mean spikes per step in the window; `decisions`, int64 `[trial, window]`;
    /// and `correct`, float64 `[window]`, the share of trials decided for an odour of the segment, NaN without
    /// odours.
    ///
    /// With `record=True`, or the number of trials to record, `recording` is a dictionary of the arrays
    /// that `kenyon simulate --record` writes, among them `spikes` uint8, `voltage_mV` and
    /// `axon_voltage_mV` float32 `[trial, step, neuron]`, `activity` (graded neurons), and for each pathway
    /// `current_pA/NAME` and `vesicle_pool/NAME` `[trial, step, target or source]`.
    ///
    /// >>> intact = model.simulate(odour=5, trials=20)
    /// >>> without = model.simulate(odour=5, trials=20, silence=["LN"])
    /// >>> int(without["counts"]["LN"].sum())
    /// 0
    /// >>> model.simulate(odour=5, trials=2, record=True)["recording"]["spikes"].shape[:2]
    /// (2, 30)
    #[pyo3(signature = (
        *, odour=None, stimuli=None, course=None, trials=20, concentration=1.0, seed=42, silence=None, drive=None,
        boost=None, disable=None, gap_junctions=true, depression=true, record=None, threads=None
    ))]
    #[allow(
        clippy::too_many_arguments,
        reason = "keywords of Python, each with a default"
    )]
    fn simulate<'py>(
        &self,
        py: Python<'py>,
        odour: Option<Bound<'py, PyAny>>,
        stimuli: Option<Bound<'py, PyAny>>,
        course: Option<Bound<'py, PyAny>>,
        trials: usize,
        concentration: f64,
        seed: u64,
        silence: Option<Bound<'py, PyAny>>,
        drive: Option<Bound<'py, PyMapping>>,
        boost: Option<Bound<'py, PyMapping>>,
        disable: Option<Vec<String>>,
        gap_junctions: bool,
        depression: bool,
        record: Option<Bound<'py, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let subject = &*self.network.subject;
        let arguments = InterventionArguments {
            silence,
            drive,
            boost,
            disable,
            gap_junctions_off: !gap_junctions,
            depression_off: !depression,
        };
        let (interventions, intervention) = arguments.resolve(&subject.network)?;
        let mut request = Request {
            noise: BlockNoise::new("simulate", seed, seed),
            interventions,
            intervention,
            recorded: 0,
            threads,
        };
        let noise = &request.noise;
        let presented = match (&odour, &stimuli, &course) {
            (Some(odour), None, None) => {
                Presented::odour(odour, trials, concentration, subject, noise)?
            }
            (None, Some(stimuli), None) => Presented::responses(stimuli, subject)?,
            (None, None, Some(course)) => {
                if concentration != 1.0 {
                    return Err(wrong("concentrations are part of the course"));
                }
                request.recorded = recorded(record.as_ref(), trials)?;
                return Course::with(course, |course| {
                    simulate_course::outcome(py, self, course, trials, seed, &request)
                });
            }
            _ => return Err(wrong("give either odour, stimuli or course")),
        };
        request.recorded = recorded(record.as_ref(), presented.stimuli.len())?;
        outcome(py, self, &presented, &request)
    }

    /// Measures the model as the publication does, with `repeats` trials per odour: accuracy, active
    /// neurons, decorrelation, suppression by the feedback neuron, thresholds. The noise depends on
    /// `seed` only, so differences between models and ablations are effects. `without` removes
    /// "gap_junctions", "feedback", "depression" or "depletion" first; `concentrations=True` measures
    /// responses to diluted and concentrated odours too.
    ///
    /// The dictionary is the JSON of `kenyon evaluate`: `figures` by name, `reevaluation`, `parameters`,
    /// `digest`, `run_id`, `mapping`, `data_sha256`, `statistical_larva`. Of other circuits and tasks, whose
    /// odours share classes, `evaluation` takes the place of `reevaluation` and `parameters`.
    ///
    /// >>> 0.0 <= model.evaluate(repeats=2)["reevaluation"]["accuracy"]["fraction"] <= 1.0
    /// True
    #[pyo3(signature = (repeats=50, seed=42, without=None, *, concentrations=false, threads=None))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        repeats: usize,
        seed: u64,
        without: Option<Vec<String>>,
        concentrations: bool,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let wanted = Measurements {
            repeats: trials_per_odour("repeats", repeats)?,
            seed,
            ablations: ablations(&without.unwrap_or_default())?,
            concentrations,
        };
        measure(py, self, wanted, threads)
    }

    /// Gradient of the mean cross-entropy (nats) of trials by the stored parameters: graded-spike trials,
    /// as in training, with the circuit noise of `seed`.
    ///
    /// `stimuli` are receptor responses `[trial, channel]`, `labels` the classes `[trial]`. The dictionary
    /// holds `cross_entropy` (float), `correct` (share of trials) and `gradient`, float64 arrays by name in
    /// the shapes of `stored_parameters`.
    ///
    /// >>> slopes = model.gradient(data.responses(), range(28))["gradient"]
    /// >>> slopes["KC.threshold"].shape
    /// (144,)
    #[pyo3(signature = (stimuli, labels, *, seed=42, threads=None))]
    fn gradient<'py>(
        &self,
        py: Python<'py>,
        stimuli: &Bound<'py, PyAny>,
        labels: Vec<usize>,
        seed: u64,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        gradient::of_cross_entropy(py, self, stimuli, &labels, seed, threads)
    }

    /// Perturbs every target in turn and compares with the intact model, on `trials` noisy trials of every odour.
    /// Odours and noise are the same for all, so effects are differences within pairs of trials.
    ///
    /// `targets` are "neurons", "classes", "transmitters", "glomeruli", "groups", "populations", "pathways" or
    /// "gap_junctions", of all populations or of `population` (a name or several; of pathways those onto it); or
    /// single `neurons`: "KC:3", ("KC", 3) or ids. They are silenced or switched off; or neurons get the constant
    /// current `drive`, in ampere. `metrics` are "margin", "accuracy", "loss", "centroid", "al_decorrelation",
    /// "mb_decorrelation", "total_decorrelation", "active:POP", "spikes:POP", or "all".
    ///
    /// `progress` is called with `{"done": ..., "targets": ...}` after each target; if it returns `False`, `Stopped`
    /// is raised.
    ///
    /// The dictionary holds `targets`, with `name` and `population` (texts `[target]`) and `neurons` (a list of
    /// positions in the population, int64 arrays); `metrics`, their `units` and `intact` values, `[metric]`; and
    /// float64 `[target, metric]`, NaN without a value: `value` of the perturbed model, `difference` from the
    /// intact one, its 95 % `interval` (`[target, metric, 2]`), `size` (paired d), `p`, and `p_holm` and `q`, corrected
    /// over all targets. `resampled` says what the interval is over, `left_out` what could not be done.
    ///
    /// >>> screen = model.screen("populations", trials=2, metrics=["spikes:KC", "spikes:PN"])
    /// >>> screen["targets"]["name"].tolist(), screen["difference"].shape
    /// (['ORN', 'LN', 'PN', 'APL', 'KC'], (5, 2))
    /// >>> bool(screen["difference"][0, 1] < 0)
    /// True
    #[pyo3(signature = (
        targets="neurons", *, population=None, neurons=None, drive=None, metrics=None, trials=10, seed=42,
        progress=None, threads=None
    ))]
    #[allow(
        clippy::too_many_arguments,
        reason = "keywords of Python, each with a default"
    )]
    fn screen<'py>(
        &self,
        py: Python<'py>,
        targets: &str,
        population: Option<Bound<'py, PyAny>>,
        neurons: Option<Bound<'py, PyAny>>,
        drive: Option<f64>,
        metrics: Option<Bound<'py, PyAny>>,
        trials: usize,
        seed: u64,
        progress: Option<Py<PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let arguments = ScreenArguments {
            targets,
            population,
            neurons,
            drive,
            metrics,
            trials: trials_per_odour("trials", trials)?,
            seed,
        };
        screen::outcome(py, self, &arguments, &Progress::new(progress), threads)
    }

    /// Derivatives of an objective by every edge and neuron, from one backward pass over `trials` noisy trials of
    /// every odour: of the *graded* model that training uses, and for small changes.
    ///
    /// `of` is "margin", "loss", "spikes:POP" or "logit:CLASS" (name or number), a mean over trials. With
    /// `against_screen=True` every neuron is silenced too, with hard spikes, and ranks are correlated.
    ///
    /// The dictionary holds `value`, the objective; `edges`, arrays `[edge]` of `pathway` (text), `source`, `target` and
    /// `contacts` (uint32), and `by_log_weight`; `neurons`, arrays `[neuron]` in the order of `network.neurons` of
    /// `population`, `index`, `by_log_output` (minus this is the first guess at silencing), `by_threshold_per_mV` and
    /// `by_current_per_pA`; `pathways` and `gap_junctions`, with `name` and `by_log_strength`. Derivatives are float64, and
    /// beside each of them and `value` stands its `..._standard_error`.
    ///
    /// >>> slopes = model.sensitivity("spikes:KC", trials=2)
    /// >>> slopes["neurons"]["by_threshold_per_mV"].shape == network.neurons["id"].shape
    /// True
    #[pyo3(signature = (of="margin", *, trials=10, seed=42, against_screen=false, threads=None))]
    fn sensitivity<'py>(
        &self,
        py: Python<'py>,
        of: &str,
        trials: usize,
        seed: u64,
        against_screen: bool,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let arguments = SensitivityArguments {
            of,
            trials: trials_per_odour("trials", trials)?,
            seed,
            against_screen,
        };
        sensitivity::outcome(py, self, &arguments, threads)
    }

    fn __repr__(&self) -> String {
        let circuit = &self.network.subject.network.circuit().name;
        let state = match (self.origin, self.header.epoch) {
            (Origin::Edited, 0) => "untrained".to_owned(),
            (Origin::Edited, epochs) => format!("{epochs} epochs, then changed or stopped"),
            (Origin::PyTorch, _) => "PyTorch checkpoint".to_owned(),
            (Origin::Run, epochs) => {
                format!("seed {}, {epochs} epochs", self.header.run.settings.seed)
            }
        };
        format!(
            "<kenyon.Model: {circuit}; {state}; digest {}>",
            &self.digest()[..12]
        )
    }
}
