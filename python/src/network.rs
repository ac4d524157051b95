//! A circuit compiled for a connectome: what is simulated, and its parameters.

use std::sync::Arc;

use kenyon_circuit::{NeuronModel, ParameterGroup, Parameters};
use kenyon_connectome::{DataSet, ReceptorMapping};
use kenyon_study::{Edits, NetworkDescription, Subject};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping};

use crate::arguments::{mapping as mapping_of, mapping_name};
use crate::circuit::Circuit;
use crate::data::{Data, table};
use crate::errors::{study, wrong};
use crate::load_model;
use crate::task::task;
use crate::values::{array, json, list, texts};
use crate::work;

/// What a circuit and a connectome amount to: populations, pathways, gap junctions, parameters.
///
/// `mapping` says how receptor responses reach receptor neurons: "by_position" as in the publication, or
/// "by_name" (the receptor that a neuron expresses). Without `circuit` it is the larva's. `panel` takes the
/// place of the data's odours: responses `[channel]`, between 0 and 1, by name of the odour; `labels` are
/// classes by name of the odour, otherwise every odour is a class. `courses` are time courses to be told
/// apart instead, see `train`.
///
/// >>> network = kenyon.Network(data)
/// >>> list(network.populations)
/// ['ORN', 'LN', 'PN', 'APL', 'KC']
/// >>> network.pathway("pn_to_kc")["contacts"].dtype.name
/// 'uint32'
#[pyclass(frozen, module = "kenyon")]
#[derive(Clone)]
pub(crate) struct Network {
    pub data: Arc<DataSet>,
    pub subject: Arc<Subject>,
}

impl Network {
    pub(crate) fn new(
        py: Python<'_>,
        data: &Arc<DataSet>,
        circuit: &kenyon_circuit::Circuit,
        mapping: ReceptorMapping,
        edits: Edits<'_>,
    ) -> PyResult<Self> {
        let subject = work::run(py, None, |_| Subject::edited(data, circuit, mapping, edits))?;
        Ok(Self {
            data: data.clone(),
            subject: Arc::new(subject.map_err(study)?),
        })
    }

    fn compiled(&self) -> &kenyon_circuit::Network {
        &self.subject.network
    }

    /// Parameters by name, in their shapes; `stored` as they are optimised, otherwise as they are used.
    pub(crate) fn parameters<'py>(
        &self,
        py: Python<'py>,
        parameters: &Parameters,
        stored: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let by_name = PyDict::new(py);
        for group in self.compiled().table().groups() {
            let values = parameters.values[group.range.clone()].iter();
            let values = values.map(|&value| {
                if stored {
                    value
                } else {
                    group.form.realise(value)
                }
            });
            let values = array(py, &group.shape, values.collect::<Vec<f64>>())?;
            by_name.set_item(&group.name, values)?;
        }
        Ok(by_name)
    }
}

#[pymethods]
impl Network {
    #[new]
    #[pyo3(signature = (data, circuit=None, mapping="by_position", *, panel=None, labels=None, courses=None))]
    fn py_new(
        py: Python<'_>,
        data: PyRef<'_, Data>,
        circuit: Option<PyRef<'_, Circuit>>,
        mapping: &str,
        panel: Option<Bound<'_, PyMapping>>,
        labels: Option<Bound<'_, PyMapping>>,
        courses: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let task = task(panel.as_ref(), labels.as_ref(), courses.as_ref())?;
        let edits = Edits {
            task: task.as_ref(),
            ..Edits::default()
        };
        let circuit = Circuit::or_larva(circuit);
        Self::new(py, &data.set, &circuit, mapping_of(mapping)?, edits)
    }

    /// Number of neurons of each simulated population, in the order of update.
    #[getter]
    fn populations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let populations = PyDict::new(py);
        for population in self.compiled().populations() {
            populations.set_item(&population.name, population.range.len())?;
        }
        Ok(populations)
    }

    /// Dynamics of each population: "leaky_integrate_and_fire", "two_compartment" or "graded".
    #[getter]
    fn dynamics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dynamics = PyDict::new(py);
        for population in self.compiled().populations() {
            let name = match population.model {
                NeuronModel::LeakyIntegrateAndFire => "leaky_integrate_and_fire",
                NeuronModel::TwoCompartment => "two_compartment",
                NeuronModel::Graded => "graded",
            };
            dynamics.set_item(&population.name, name)?;
        }
        Ok(dynamics)
    }

    /// All simulated neurons, in the order of update, as arrays `[neuron]`: `population` (text), `index`
    /// (int64, position in the population) and `id` (uint64, the identity in the source).
    #[getter]
    fn neurons<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let network = self.compiled();
        let (mut names, mut index, mut ids) = (Vec::new(), Vec::<i64>::new(), Vec::<u64>::new());
        for population in network.populations() {
            let own = (self.data.connectome.population(&population.name)).unwrap_or_default();
            names.extend(std::iter::repeat_n(population.name.as_str(), own.len()));
            index.extend(0..own.len() as i64);
            ids.extend(self.data.connectome.neurons()[own].iter().map(|it| it.id));
        }
        let columns = PyDict::new(py);
        columns.set_item("population", texts(py, &[names.len()], names)?)?;
        columns.set_item("index", list(py, index))?;
        columns.set_item("id", list(py, ids))?;
        Ok(columns)
    }

    /// Names of the pathways, in the order of the circuit file.
    #[getter]
    fn pathways(&self) -> Vec<String> {
        let pathways = self.compiled().pathways().iter();
        pathways.map(|it| it.name.clone()).collect()
    }

    /// One pathway: `source_population` and `target_population` (texts), and its edges as arrays `[edge]`
    /// of uint32: `source` and `target` (positions in these populations) and `contacts`.
    ///
    /// >>> edges = network.pathway("orn_to_pn")
    /// >>> edges["source_population"], edges["target_population"]
    /// ('ORN', 'PN')
    fn pathway<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        let network = self.compiled();
        let Some(pathway) = network.pathways().iter().find(|it| it.name == name) else {
            return Err(wrong(format!(
                "there is no pathway \"{name}\"; the pathways are {}",
                self.pathways().join(", ")
            )));
        };
        let population = |index: usize| network.populations()[index].name.as_str();
        let edges: Vec<_> = pathway.edges().collect();
        let columns = PyDict::new(py);
        columns.set_item("source_population", population(pathway.source))?;
        columns.set_item("target_population", population(pathway.target))?;
        let column = |value: &dyn Fn(&kenyon_connectome::Edge) -> u32| {
            list(py, edges.iter().map(value).collect::<Vec<u32>>())
        };
        columns.set_item("source", column(&|it| it.source))?;
        columns.set_item("target", column(&|it| it.target))?;
        columns.set_item("contacts", column(&|it| it.contacts))?;
        Ok(columns)
    }

    /// Pairs that gap junctions couple, by the name of the set: uint32 `[pair, 2]`, positions in
    /// `neurons`.
    ///
    /// >>> network.gap_junctions["ln_ln"].shape[1]
    /// 2
    #[getter]
    fn gap_junctions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let sets = PyDict::new(py);
        for set in self.compiled().gap_junctions() {
            let pairs: Vec<u32> = set.pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
            sets.set_item(&set.name, array(py, &[set.pairs.len(), 2], pairs)?)?;
        }
        Ok(sets)
    }

    /// Members of the groups that the circuit file names: bool `[neuron of the population]`.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let network = self.compiled();
        let groups = PyDict::new(py);
        for group in NetworkDescription::new(network).groups {
            let members = network.group(&group.name).unwrap_or_default().to_vec();
            groups.set_item(&group.name, list(py, members))?;
        }
        Ok(groups)
    }

    /// The parameter table: one dictionary per group with `name`, `shape`, `unit` ("1" if none), `form` (how
    /// it is stored while it is learned: "plain", "log", "logit" or "softplus"), `start` (realised),
    /// `bounds` (realised, or None), `learning_rate` (factor on the base rate), `precision` and `learned`.
    ///
    /// >>> [row["unit"] for row in network.parameter_table if row["name"] == "orn_to_pn.strength"]
    /// ['A']
    #[getter]
    fn parameter_table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        for group in self.compiled().table().groups() {
            rows.append(row(py, group)?)?;
        }
        Ok(rows)
    }

    /// Start values of the parameters by name, realised (ampere, volt, second, probability): float64 in
    /// the shape that the table says.
    #[getter]
    fn start_parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.parameters(py, &self.compiled().table().start(), false)
    }

    /// Names of the odours, in the order of `responses`; of the data's panel the first is the blank. They are
    /// what is told apart, or what time courses are made of.
    #[getter]
    fn odours(&self) -> Vec<String> {
        self.subject.odour_names.clone()
    }

    /// Names of the classes; those of the odours unless odours share classes.
    #[getter]
    fn class_names(&self) -> Vec<String> {
        self.subject.class_names.clone()
    }

    /// Class of each odour, or of each time course if those are told apart: int64 `[stimulus]`.
    ///
    /// >>> int(network.labels[5])
    /// 5
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let labels = self.subject.labelled().labels.iter();
        list(py, labels.map(|&label| label as i64).collect::<Vec<i64>>())
    }

    /// Input for each odour, before noise: float64 `[odour, channel]`, between 0 and 1.
    #[getter]
    fn responses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        table(py, self.subject.odours.templates())
    }

    /// Number of receptor channels, the length of a stimulus.
    #[getter]
    fn channels(&self) -> usize {
        self.compiled().channels()
    }

    /// Number of classes of the decoder.
    #[getter]
    fn classes(&self) -> usize {
        self.compiled().classes()
    }

    /// Steps of a trial whose stimulus does not change; time courses have lengths of their own.
    #[getter]
    fn steps(&self) -> usize {
        self.compiled().steps()
    }

    /// Duration of a step, second.
    #[getter]
    fn step_s(&self) -> f64 {
        self.compiled().circuit().time.step_s
    }

    /// How receptor responses reach receptor neurons: "by_position" or "by_name".
    #[getter]
    fn mapping(&self) -> &'static str {
        mapping_name(self.subject.mapping)
    }

    /// The circuit.
    #[getter]
    fn circuit(&self) -> Circuit {
        Circuit {
            circuit: self.compiled().circuit().clone(),
        }
    }

    /// The network in numbers, as `kenyon inspect` shows it and studies store it.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json(py, &NetworkDescription::new(self.compiled()))
    }

    /// Simulates the start values of the parameters, as `Model.simulate` does those of a model; the arguments and
    /// the outcome are the same. The decoder of start values is 0, so its decisions mean nothing.
    ///
    /// >>> network.simulate(odour=5, trials=3)["counts"]["PN"].shape[0]
    /// 3
    #[pyo3(signature = (**arguments), text_signature = "($self, *, odour=None, stimuli=None, course=None, \
        trials=20, concentration=1.0, seed=42, silence=None, drive=None, boost=None, disable=None, \
        gap_junctions=True, depression=True, record=None, threads=None)")]
    fn simulate<'py>(
        &self,
        py: Python<'py>,
        arguments: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let start = Bound::new(py, load_model::untrained(self.clone())?)?;
        start.call_method("simulate", (), arguments.as_ref())
    }

    fn __repr__(&self) -> String {
        let network = self.compiled();
        let populations = network.populations().iter();
        let populations: Vec<String> = populations
            .map(|it| format!("{} {}", it.range.len(), it.name))
            .collect();
        format!(
            "<kenyon.Network: {}; {}; {} pathways, {} parameters>",
            network.circuit().name,
            populations.join(", "),
            network.pathways().len(),
            network.table().len()
        )
    }
}

fn row<'py>(py: Python<'py>, group: &ParameterGroup) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("name", &group.name)?;
    row.set_item("shape", pyo3::types::PyTuple::new(py, &group.shape)?)?;
    row.set_item("unit", group.unit)?;
    row.set_item("form", json(py, &group.form)?)?;
    row.set_item("start", group.form.realise(group.start))?;
    row.set_item("bounds", group.bounds)?;
    row.set_item("learning_rate", group.learning_rate)?;
    row.set_item("precision", json(py, &group.precision)?)?;
    row.set_item("learned", group.learned)?;
    Ok(row)
}
