//! Connectomes with the odour panels that drive them.

use std::path::PathBuf;
use std::sync::Arc;

use kenyon_connectome::fetch::{FetchOptions, fetch};
use kenyon_connectome::lookup::cache_folder;
use kenyon_connectome::sample::sample;
use kenyon_connectome::{DataError as Trouble, DataSet, Descriptor, Individual, Side};
use kenyon_pytorch::published::{find_data_folder, load_data};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::mapping;
use crate::errors::data as problem;
use crate::values::{array, json, list, texts};
use crate::work;

/// Neurons, contacts and the responses of receptors to odours.
///
/// Made by `load` or `statistical_larva`.
///
/// >>> import kenyon
/// >>> data = kenyon.statistical_larva(seed=3)
/// >>> data.populations["KC"]
/// 144
/// >>> data.responses().shape
/// (28, 21)
#[pyclass(frozen, module = "kenyon")]
pub(crate) struct Data {
    pub set: Arc<DataSet>,
}

/// Reads the data set of the larval olfactory pathway and checks every expectation of it.
///
/// Without `path` it is looked for where the command line looks: the environment variable `KENYON_DATA`,
/// `data` in the working folder, the cache folder. With `download=True` it is downloaded into the cache
/// folder if it is nowhere. A folder may be that of the supplement, one in the neutral format, or one of tensors
/// (`.pt`) like the original's `data`, whose neurons have no names. Raises `DataError` with the places that were
/// tried.
///
/// >>> data = kenyon.load("path/to/data")  # doctest: +SKIP
#[pyfunction]
#[pyo3(signature = (path=None, *, download=false))]
pub(crate) fn load(py: Python<'_>, path: Option<PathBuf>, download: bool) -> PyResult<Data> {
    if let Some(folder) = find_data_folder(path.as_deref()) {
        let found = work::run(py, None, |_| load_data(&folder))?;
        return Ok(Data::of(found.map_err(problem)?));
    }
    let found = work::run(py, None, |_| match DataSet::find(path.as_deref()) {
        Err(Trouble::NotFound { .. }) if download && path.is_none() => {
            let descriptor = Descriptor::winding2023();
            let cache = cache_folder(&descriptor)?;
            fetch(&descriptor, &cache, &FetchOptions::default(), |_| ())?;
            DataSet::load_with(&cache, &descriptor)
        }
        found => found,
    })?;
    Ok(Data::of(found.map_err(problem)?))
}

/// Draws an individual from summary statistics: for tests, tours and timing without data. It describes no
/// animal. One seed gives one individual on every machine; with `scale` every population has that many
/// times as many neurons, with the same number of edges per neuron.
///
/// >>> kenyon.statistical_larva(seed=3).statistical
/// True
#[pyfunction]
#[pyo3(signature = (seed, scale=1))]
pub(crate) fn statistical_larva(py: Python<'_>, seed: u64, scale: u32) -> PyResult<Data> {
    let drawn = work::run(py, None, |_| sample(seed, scale))?;
    Ok(Data::of(drawn.map_err(problem)?))
}

impl Data {
    fn of(set: DataSet) -> Self {
        Self { set: Arc::new(set) }
    }
}

#[pymethods]
impl Data {
    /// Number of neurons of each population, in order: `{"ORN": 42, ...}`.
    #[getter]
    fn populations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let populations = PyDict::new(py);
        for (name, range) in self.set.connectome.populations() {
            populations.set_item(name, range.len())?;
        }
        Ok(populations)
    }

    /// All neurons, population by population, as arrays `[neuron]`: `id` (uint64, the identity in the
    /// source), `population`, `index` (int64, position in the population), `side` ("left", "right" or
    /// "unknown"), `class`, `name`, `glomerulus`, `transmitter` (texts, empty if unknown) and `partner`
    /// (uint64, identity of the left or right homologue, 0 if none).
    ///
    /// >>> sorted(data.neurons)[:3]
    /// ['class', 'glomerulus', 'id']
    #[getter]
    fn neurons<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let connectome = &self.set.connectome;
        let neurons = connectome.neurons();
        let shape = [neurons.len()];
        let columns = PyDict::new(py);
        let ids = neurons.iter().map(|it| it.id).collect();
        columns.set_item("id", list::<u64>(py, ids))?;
        let populations = neurons.iter().map(|it| &it.population);
        columns.set_item("population", texts(py, &shape, populations)?)?;
        let ranges = connectome.populations().iter();
        let index: Vec<i64> = ranges
            .flat_map(|(_, range)| 0..range.len() as i64)
            .collect();
        columns.set_item("index", list(py, index))?;
        let side = |side: Side| match side {
            Side::Left => "left",
            Side::Right => "right",
            Side::Unknown => "unknown",
        };
        let sides = neurons.iter().map(|it| side(it.side));
        columns.set_item("side", texts(py, &shape, sides)?)?;
        for (name, column) in [
            (
                "class",
                neurons.iter().map(|it| &it.class).collect::<Vec<_>>(),
            ),
            ("name", neurons.iter().map(|it| &it.name).collect()),
            (
                "glomerulus",
                neurons.iter().map(|it| &it.glomerulus).collect(),
            ),
            (
                "transmitter",
                neurons.iter().map(|it| &it.transmitter).collect(),
            ),
        ] {
            columns.set_item(name, texts(py, &shape, column)?)?;
        }
        let partners = neurons.iter().map(|it| it.partner.unwrap_or(0)).collect();
        columns.set_item("partner", list::<u64>(py, partners))?;
        Ok(columns)
    }

    /// All pairs of neurons with contacts, as arrays `[pair]` of uint32, sorted by source and target:
    /// `source` and `target` are positions in `neurons`; `aa`, `ad`, `da` and `dd` are the numbers of
    /// contacts axon to axon, axon to dendrite, dendrite to axon, dendrite to dendrite.
    ///
    /// >>> pairs = data.contacts
    /// >>> int(pairs["ad"].sum()) > 0
    /// True
    #[getter]
    fn contacts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let contacts = self.set.connectome.contacts();
        let columns = PyDict::new(py);
        let column = |value: &dyn Fn(&kenyon_connectome::Contact) -> u32| {
            list(py, contacts.iter().map(value).collect::<Vec<u32>>())
        };
        columns.set_item("source", column(&|it| it.source))?;
        columns.set_item("target", column(&|it| it.target))?;
        for compartment in kenyon_connectome::Compartment::ALL {
            let counts = column(&|it| it.counts[compartment as usize]);
            columns.set_item(compartment.code(), counts)?;
        }
        Ok(columns)
    }

    /// Names of the odours; the first one is the blank (spontaneous activity).
    #[getter]
    fn odours(&self) -> Vec<String> {
        self.set.panel.odours.clone()
    }

    /// Names of the receptors.
    #[getter]
    fn receptors(&self) -> Vec<String> {
        self.set.panel.receptors.clone()
    }

    /// Firing rates of receptors, spikes per second: float64 `[odour, receptor]`.
    #[getter]
    fn rates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        table(py, &self.set.panel.rates)
    }

    /// Input of the model, between 0 and 1: float64 `[odour, channel]`. Channel k drives neurons 2k and
    /// 2k + 1. `mapping` is "by_position" (column k of the panel, as in the publication) or "by_name" (the
    /// receptor that the neurons express).
    ///
    /// >>> float(data.responses().max()) <= 1.0
    /// True
    #[pyo3(signature = (mapping="by_position"))]
    fn responses<'py>(&self, py: Python<'py>, mapping: &str) -> PyResult<Bound<'py, PyAny>> {
        let mapping = self::mapping(mapping)?;
        table(py, &self.set.panel.templates(mapping).map_err(problem)?)
    }

    /// SHA-256 of connectome and odour panel, hexadecimal.
    #[getter]
    fn hash(&self) -> &str {
        &self.set.manifest.hash
    }

    /// What the data were made of: source, files with hashes, selection rules, counts.
    #[getter]
    fn manifest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json(py, &self.set.manifest)
    }

    /// Whether the data were drawn from summary statistics and so describe no animal.
    #[getter]
    fn statistical(&self) -> bool {
        self.set.manifest.statistical
    }

    fn __repr__(&self) -> String {
        let manifest = &self.set.manifest;
        let hash = manifest.hash.get(..12).unwrap_or(&manifest.hash);
        let name = match self.set.individual {
            Individual::Real => manifest.dataset.clone(),
            Individual::Sampled { seed, scale } => {
                format!("statistical larva, seed {seed}, size {scale}, no animal")
            }
        };
        format!(
            "<kenyon.Data: {name}; {} neurons, {} pairs with contacts, {} odours; content {hash}>",
            self.set.connectome.neurons().len(),
            manifest.edges,
            self.set.panel.odours.len()
        )
    }
}

/// Rows of equal length as an array.
pub(crate) fn table<'py>(py: Python<'py>, rows: &[Vec<f64>]) -> PyResult<Bound<'py, PyAny>> {
    let shape = [rows.len(), rows.first().map_or(0, Vec::len)];
    array(py, &shape, rows.concat())
}
