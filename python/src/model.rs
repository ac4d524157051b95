//! Models: parameters with the network that they belong to and the training that they came from.

use std::path::{Path, PathBuf};

use kenyon_analysis::headline::{
    Figure, evaluation_figures, parameter_headline, reevaluation_figures,
};
use kenyon_analysis::protocol::{
    EvaluationSettings, ReevaluationSettings, evaluate, parameter_figures, reevaluate,
};
use kenyon_analysis::{Ablation, AnalysisError, BlockNoise, Model as Measured};
use kenyon_circuit::{
    GradientWorkspace, Interventions, Noise, NoiseStream, ParameterGroup, Parameters, gradient,
};
use kenyon_connectome::ReceptorMapping;
use kenyon_learning::{
    Checkpoint, FORMAT, Header, History, Kind, Loss, LossReport, TrainingSettings, digest,
};
use kenyon_study::Edits;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::arguments::{InterventionArguments, ablations, entries, mapping as mapping_of};
use crate::circuit::Circuit;
use crate::data::Data;
use crate::errors::{ModelError, argument, model as problem, study, wrong};
use crate::network::Network;
use crate::simulate::{Request, outcome};
use crate::stimulus::{Presented, stimuli as trials_of};
use crate::values::{json as to_python, list, numbers};
use crate::work;

/// The file of a trained model in the folder of its run.
const MODEL: &str = "model.safetensors";

/// Trials whose gradient is taken at once: memory is about 10 MB for every 16.
const GRADIENT_TRIALS: usize = 256;

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
    header: Header,
    teacher_accuracy: Option<f64>,
    /// Whether the parameters are other ones than those at the end of the run that the header names.
    edited: bool,
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
            edited: header.kind != Kind::Model,
            header,
        }
    }

    /// What can be measured of whatever circuit and task; `reason` says why the publication's
    /// measurements cannot be made.
    fn evaluate_any<'py>(
        &self,
        py: Python<'py>,
        settings: &EvaluationSettings,
        reason: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let subject = &*self.network.subject;
        let none = Interventions::default();
        let measured = Measured {
            network: &subject.network,
            parameters: &self.parameters,
            roles: &subject.roles,
            interventions: &none,
        };
        let result = work::run(py, threads, |_| {
            evaluate(&measured, subject.labelled(), settings)
        })?;
        let result = result.map_err(argument)?;
        let outcome = json!({
            "digest": self.digest(),
            "run_id": self.header_of_file().run.run_id,
            "mapping": subject.mapping,
            "data_sha256": self.network.data.manifest.hash,
            "statistical_larva": self.network.data.manifest.statistical,
            "teacher": subject.teacher.is_some(),
            "classes": subject.class_names,
            "odours": subject.odour_names,
            "labels": subject.odours.labels(),
            "figures": named(&evaluation_figures(&result)),
            "evaluation": result,
            "not_the_published_measurements": reason,
        });
        to_python(py, &outcome)
    }

    fn groups(&self) -> &[ParameterGroup] {
        self.network.subject.network.table().groups()
    }

    /// The header of a file with these parameters: other parameters than a run ends with are not passed
    /// off as its result.
    fn header_of_file(&self) -> Header {
        let mut header = self.header.clone();
        (header.kind, header.steps) = (Kind::Model, None);
        if self.edited {
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
    /// Reads a model: the file, or the folder of its run. Data and circuit must be those that it was
    /// trained with; without `mapping` it is the one that it was trained with. Raises `ModelError`.
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
        let file = if path.is_dir() {
            path.join(MODEL)
        } else {
            path
        };
        let circuit = Circuit::or_larva(circuit);
        let asked = mapping.map(mapping_of).transpose()?;
        // The task is in the header, and without it the layout is not known.
        let (stored, _) = Checkpoint::read_groups(&file).map_err(problem)?;
        let (shown, run) = (file.display(), &stored.run);
        if run.data_sha256 != data.set.manifest.hash {
            return Err(ModelError::new_err(format!(
                "{shown} was trained on other data (content {}) than those given (content {})",
                run.data_sha256, data.set.manifest.hash
            )));
        }
        let compiled = |mapping| {
            let edits = Edits {
                described: run.task.as_ref(),
                ..Edits::default()
            };
            Network::new(py, &data.set, &circuit, mapping, edits)
        };
        let mut network = compiled(asked.unwrap_or_default())?;
        if run.circuit_sha256 != network.subject.circuit_sha256 {
            return Err(ModelError::new_err(format!(
                "{shown} was trained with another circuit; give it as circuit"
            )));
        }
        let groups = network.subject.network.table().groups();
        let checkpoint = Checkpoint::read(groups, &file, Kind::Model, None).map_err(problem)?;
        let same_run = |network: &Network| -> PyResult<bool> {
            let start = run.start.as_ref();
            let identity = network.subject.identity_from(&run.settings, start);
            Ok(identity.map_err(study)?.run_id == run.run_id)
        };
        // Data without receptor names cannot have been mapped by them.
        if asked.is_none()
            && !same_run(&network)?
            && let Ok(by_name) = compiled(ReceptorMapping::ByName)
            && same_run(&by_name)?
        {
            network = by_name;
        }
        Ok(Self::trained(network, checkpoint, None))
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
        let settings = TrainingSettings {
            teacher_epochs: 0,
            student_epochs: 0,
            ..TrainingSettings::default()
        };
        let header = Header {
            kind: Kind::Model,
            format: FORMAT,
            run: network.subject.identity(&settings).map_err(study)?,
            epoch: 0,
            steps: None,
            teacher_accuracy: None,
            history: History::default(),
        };
        Ok(Self {
            parameters: network.subject.network.table().start(),
            network,
            header,
            teacher_accuracy: None,
            edited: true,
        })
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
        let mut parameters = self.parameters.clone();
        for (name, values) in entries(Some(values))? {
            let name: String = name.extract()?;
            let Some(group) = self.groups().iter().find(|group| group.name == name) else {
                let names: Vec<&str> = self.groups().iter().map(|it| it.name.as_str()).collect();
                return Err(wrong(format!(
                    "there is no parameter group \"{name}\"; the groups are {}",
                    names.join(", ")
                )));
            };
            set(&mut parameters, group, &values, stored)?;
        }
        Ok(Self {
            network: self.network.clone(),
            header: self.header.clone(),
            teacher_accuracy: self.teacher_accuracy,
            edited: self.edited || parameters != self.parameters,
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

    /// Identity of the training run, hexadecimal.
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
        let column = |value: &dyn Fn(&kenyon_learning::EpochRecord) -> f64| {
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
    /// `[trial, channel]` (not negative, 1 is the panel's largest), to which no odour noise is added. Trial
    /// k of a seed has the same noise whatever is presented and whatever is done to the network.
    ///
    /// What is done: `silence` never lets neurons spike ("LN", "KC:3", ("KC", 3), ("KC", [3, 4])); `drive`
    /// adds a constant current in ampere ({"KC": 1e-10, "PN:0": 2e-10}); `boost` adds to the state of a
    /// graded population in every step ({"APL": 0.7}); `disable` switches pathways off; `gap_junctions` and
    /// `depression` (vesicle pools and release probability) can be switched off.
    ///
    /// The outcome is a dictionary: `counts`, a dictionary of spike counts by population, uint32
    /// `[trial, neuron]`; `logits` and `probability`, float64 `[trial, class]`; `decisions`, int64
    /// `[trial]`; `correct`, the share of trials decided for the odour, or one of the mixture (with `odour`
    /// only); `receptors`, the responses presented, float32 `[trial, channel]`.
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
        *, odour=None, stimuli=None, trials=20, concentration=1.0, seed=42, silence=None, drive=None,
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
        let noise = BlockNoise::new("simulate", seed, seed);
        let presented = match (&odour, &stimuli) {
            (Some(odour), None) => Presented::odour(odour, trials, concentration, subject, &noise)?,
            (None, Some(stimuli)) => Presented::responses(stimuli, subject)?,
            _ => return Err(wrong("give either odour or stimuli")),
        };
        let arguments = InterventionArguments {
            silence,
            drive,
            boost,
            disable,
            gap_junctions_off: !gap_junctions,
            depression_off: !depression,
        };
        let (interventions, intervention) = arguments.resolve(&subject.network)?;
        let recorded = recorded(record.as_ref(), presented.stimuli.len())?;
        let request = Request {
            presented,
            noise,
            interventions,
            intervention,
            concentration,
            recorded,
            threads,
        };
        outcome(py, self, &request)
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
        let ablations = ablations(&without.unwrap_or_default())?;
        if let Some(reason) = self.network.subject.not_the_published_task() {
            let settings = EvaluationSettings {
                seed,
                trials: repeats,
                ablations,
            };
            return self.evaluate_any(py, &settings, &reason, threads);
        }
        // There is nothing to suppress with once the feedback neuron is gone.
        let suppression = !ablations.contains(&Ablation::Feedback);
        let settings = ReevaluationSettings {
            seed,
            repeats,
            centroid_trials: repeats,
            decorrelation_trials: repeats,
            suppression_trials: suppression.then_some(repeats),
            concentration_trials: concentrations.then_some(repeats),
            ablations,
        };
        let subject = &*self.network.subject;
        let none = Interventions::default();
        let measured = Measured {
            network: &subject.network,
            parameters: &self.parameters,
            roles: &subject.roles,
            interventions: &none,
        };
        let measured = work::run(py, threads, |_| {
            let result = reevaluate(&measured, subject.odours.templates(), &settings)?;
            Ok::<_, AnalysisError>((result, parameter_figures(&measured)?))
        })?;
        let (result, learned) = measured.map_err(argument)?;
        let mut figures = reevaluation_figures(&result);
        figures.extend(parameter_headline(&learned, &subject.roles));
        let outcome = json!({
            "digest": self.digest(),
            "run_id": self.header_of_file().run.run_id,
            "mapping": subject.mapping,
            "data_sha256": self.network.data.manifest.hash,
            "statistical_larva": self.network.data.manifest.statistical,
            "figures": named(&figures),
            "reevaluation": result,
            "parameters": learned,
        });
        to_python(py, &outcome)
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
        let network = &self.network.subject.network;
        let stimuli = trials_of(stimuli, network.channels())?;
        if labels.len() != stimuli.len() {
            return Err(wrong(format!(
                "there are {} labels for {} trials",
                labels.len(),
                stimuli.len()
            )));
        }
        if let Some(label) = labels.iter().find(|&&label| label >= network.classes()) {
            return Err(wrong(format!(
                "there is no class {label}; the classes are 0 to {}",
                network.classes() - 1
            )));
        }
        let loss = Loss {
            sparsity: None,
            energy: None,
            ramp_epochs: 0,
        };
        let noise = Noise::Generated(NoiseStream::new(seed, "gradient/circuit"));
        let none = Interventions::default();
        let (report, slopes) = work::run(py, threads, |stop| {
            let mut workspace = GradientWorkspace::new(network);
            let mut sum = LossReport::default();
            let mut slopes = vec![0.0; self.parameters.values.len()];
            let portions = stimuli.chunks(GRADIENT_TRIALS);
            for (stimuli, labels) in portions.zip(labels.chunks(GRADIENT_TRIALS)) {
                let mut report = LossReport::default();
                let own = gradient(
                    &mut workspace,
                    network,
                    &self.parameters,
                    stimuli,
                    noise,
                    &none,
                    &mut |responses| {
                        let (terms, upstream) = loss.evaluate(0, responses, labels, network);
                        report = terms;
                        upstream
                    },
                );
                let trials = stimuli.len() as f64;
                sum.cross_entropy += trials * report.cross_entropy;
                sum.correct += report.correct;
                for (slope, own) in slopes.iter_mut().zip(own) {
                    *slope += trials * own;
                }
                if stop.is_set() {
                    break;
                }
            }
            (sum, slopes)
        })?;
        let trials = stimuli.len() as f64;
        let slopes = Parameters {
            values: slopes.into_iter().map(|slope| slope / trials).collect(),
        };
        let outcome = PyDict::new(py);
        outcome.set_item("cross_entropy", report.cross_entropy / trials)?;
        outcome.set_item("correct", report.correct as f64 / trials)?;
        outcome.set_item("gradient", self.network.parameters(py, &slopes, true)?)?;
        Ok(outcome)
    }

    fn __repr__(&self) -> String {
        let circuit = &self.network.subject.network.circuit().name;
        let state = match (self.edited, self.header.epoch) {
            (true, 0) => "untrained".to_owned(),
            (true, epochs) => format!("{epochs} epochs, then changed or stopped"),
            (false, epochs) => format!("seed {}, {epochs} epochs", self.header.run.settings.seed),
        };
        format!(
            "<kenyon.Model: {circuit}; {state}; digest {}>",
            &self.digest()[..12]
        )
    }
}

/// Figures as one object, in their order.
fn named(figures: &[Figure]) -> serde_json::Map<String, serde_json::Value> {
    let pair = |figure: &Figure| (figure.name.clone(), figure.value.into());
    figures.iter().map(pair).collect()
}

/// How many of the trials are recorded: all, none, or the first ones.
fn recorded(record: Option<&Bound<'_, PyAny>>, trials: usize) -> PyResult<usize> {
    let Some(record) = record else { return Ok(0) };
    if let Ok(all) = record.extract::<bool>() {
        return Ok(if all { trials } else { 0 });
    }
    let wanted: usize = record.extract()?;
    if wanted > trials {
        return Err(wrong(format!(
            "record is {wanted}, but there are only {trials} trials"
        )));
    }
    Ok(wanted)
}

/// Sets the values of a group.
fn set(
    parameters: &mut Parameters,
    group: &ParameterGroup,
    values: &Bound<'_, PyAny>,
    stored: bool,
) -> PyResult<()> {
    let name = &group.name;
    let (shape, values) = numbers(name, values)?;
    let present = &mut parameters.values[group.range.clone()];
    if shape != group.shape && !shape.is_empty() {
        return Err(wrong(format!(
            "{name} has the shape {shape:?}; it must be {:?}",
            group.shape
        )));
    }
    for (index, slot) in present.iter_mut().enumerate() {
        let value = values[index % values.len()];
        let new = if stored {
            value
        } else if value == group.form.realise(*slot) {
            // Storing what was realised would not always give the same bits.
            continue;
        } else {
            group.form.store(value)
        };
        if !new.is_finite() {
            return Err(wrong(format!(
                "{name} cannot be {value}, because it is stored as {}",
                format!("{:?}", group.form).to_lowercase()
            )));
        }
        *slot = group.precision.round(new);
    }
    Ok(())
}
