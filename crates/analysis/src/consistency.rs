//! Whether parameters of different seeds agree (experiments.md, sections 4.2 and 2.12).

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, at_least, same_size};
use crate::statistics::{mean, mean_deviation, pairs, pearson};

/// Smallest magnitudes below which a ratio says nothing.
#[derive(Clone, Copy, Debug)]
pub struct ConsistencyRule;

impl ConsistencyRule {
    /// A coefficient of variation needs a mean above this.
    pub const SMALLEST_MEAN: f64 = 1e-30;
    /// Elements of small groups whose mean is not above this are skipped (section 2.12).
    pub const SMALLEST_ELEMENT_MEAN: f64 = 1e-10;
    /// Groups with fewer elements get an element-wise coefficient of variation.
    pub const SMALL_GROUP: usize = 10;
}

/// The named parameters of one model that are compared with those of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ParameterReadout {
    /// (name, values), compared by correlation.
    pub vectors: Vec<(String, Vec<f64>)>,
    /// (name, value), compared by coefficient of variation.
    pub scalars: Vec<(String, f64)>,
}

impl ParameterReadout {
    /// The vector of that name.
    #[must_use]
    pub fn vector(&self, name: &str) -> Option<&[f64]> {
        self.vectors
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, values)| values.as_slice())
    }

    /// The scalar of that name.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<f64> {
        self.scalars
            .iter()
            .find(|(own, _)| own == name)
            .map(|&(_, value)| value)
    }
}

/// Pearson correlations of one vector over all unordered pairs of models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorConsistency {
    /// Which vector.
    pub name: String,
    /// Its number of elements.
    pub elements: usize,
    /// Mean over pairs; `None` if no pair has a correlation (constant vectors have none).
    pub mean_r: Option<f64>,
    /// Population standard deviation over pairs.
    pub deviation_r: Option<f64>,
    /// Smallest.
    pub min_r: Option<f64>,
    /// Largest.
    pub max_r: Option<f64>,
    /// Number of pairs with a correlation.
    pub pairs: usize,
}

/// One scalar over models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalarConsistency {
    /// Which scalar.
    pub name: String,
    /// Value of every model.
    pub per_model: Vec<f64>,
    /// Mean.
    pub mean: f64,
    /// Population standard deviation.
    pub deviation: f64,
    /// Deviation over |mean|; `None` if the mean vanishes.
    pub coefficient_of_variation: Option<f64>,
    /// Deviation of the natural logarithms; `None` unless all values are positive.
    pub deviation_of_log: Option<f64>,
}

/// Agreement of the parameters of several models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterConsistency {
    /// In the order of the read-out.
    pub vectors: Vec<VectorConsistency>,
    /// In the order of the read-out.
    pub scalars: Vec<ScalarConsistency>,
    /// Mean of the scalars' coefficients of variation; `None` if there is none.
    pub mean_coefficient_of_variation: Option<f64>,
}

/// Compares the models' vectors and scalars; the first model says which there are.
///
/// # Errors
/// With fewer than two models, or if a model lacks a quantity or has it in another size.
pub fn parameter_consistency(
    models: &[ParameterReadout],
) -> Result<ParameterConsistency, AnalysisError> {
    at_least("models to compare", 2, models.len())?;
    let missing = |model: usize, name: &str| AnalysisError::Incomparable {
        model,
        name: name.to_owned(),
    };
    let mut vectors = Vec::with_capacity(models[0].vectors.len());
    for (name, first) in &models[0].vectors {
        let mut values = Vec::with_capacity(models.len());
        for (index, model) in models.iter().enumerate() {
            let vector = model.vector(name).ok_or_else(|| missing(index, name))?;
            same_size(name, first.len(), vector.len())?;
            values.push(vector);
        }
        vectors.push(correlate(name, &values));
    }
    let mut scalars = Vec::with_capacity(models[0].scalars.len());
    for (name, _) in &models[0].scalars {
        let mut values = Vec::with_capacity(models.len());
        for (index, model) in models.iter().enumerate() {
            values.push(model.scalar(name).ok_or_else(|| missing(index, name))?);
        }
        scalars.push(vary(name, values));
    }
    let variations: Vec<f64> = scalars
        .iter()
        .filter_map(|scalar| scalar.coefficient_of_variation)
        .collect();
    let mean_coefficient_of_variation = (!variations.is_empty()).then(|| mean(&variations));
    Ok(ParameterConsistency {
        vectors,
        scalars,
        mean_coefficient_of_variation,
    })
}

fn correlate(name: &str, values: &[&[f64]]) -> VectorConsistency {
    let correlations: Vec<f64> = pairs(values.len())
        .filter_map(|(i, j)| pearson(values[i], values[j]))
        .collect();
    let moments = (!correlations.is_empty()).then(|| mean_deviation(&correlations));
    VectorConsistency {
        name: name.to_owned(),
        elements: values.first().map_or(0, |first| first.len()),
        mean_r: moments.map(|moments| moments.mean),
        deviation_r: moments.map(|moments| moments.deviation),
        min_r: correlations.iter().copied().reduce(f64::min),
        max_r: correlations.iter().copied().reduce(f64::max),
        pairs: correlations.len(),
    }
}

fn vary(name: &str, per_model: Vec<f64>) -> ScalarConsistency {
    let moments = mean_deviation(&per_model);
    let logarithms: Vec<f64> = per_model
        .iter()
        .filter(|&&value| value > 0.0)
        .map(|&value| libm::log(value))
        .collect();
    ScalarConsistency {
        name: name.to_owned(),
        mean: moments.mean,
        deviation: moments.deviation,
        coefficient_of_variation: (moments.mean.abs() > ConsistencyRule::SMALLEST_MEAN)
            .then(|| moments.deviation / moments.mean.abs()),
        deviation_of_log: (logarithms.len() == per_model.len())
            .then(|| mean_deviation(&logarithms).deviation),
        per_model,
    }
}

/// `Σ weight · r / Σ weight` over the vectors whose name `weight` knows; the headline "parameter
/// correlation". Vectors without a correlation are left out; `None` if nothing is left.
#[must_use]
pub fn weighted_correlation(
    vectors: &[VectorConsistency],
    weight: impl Fn(&VectorConsistency) -> Option<f64>,
) -> Option<f64> {
    let (mut sum, mut total) = (0.0, 0.0);
    for vector in vectors {
        if let (Some(r), Some(weight)) = (vector.mean_r, weight(vector)) {
            sum += weight * r;
            total += weight;
        }
    }
    (total > 0.0).then(|| sum / total)
}

/// Parameters in categories, as the original's library compares them (section 2.12; no published
/// number uses it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryConsistency {
    /// Mean Pearson r over pairs of models per category of at least two elements, in alphabetical
    /// order, followed by `"overall"`: all categories in alphabetical order, concatenated.
    pub correlations: Vec<VectorConsistency>,
    /// (category, mean element-wise coefficient of variation) of categories with fewer than ten
    /// elements.
    pub variations: Vec<(String, f64)>,
}

/// Compares categories; every read-out's vectors are its categories (scalars are ignored).
///
/// # Errors
/// As [`parameter_consistency`].
pub fn category_consistency(
    models: &[ParameterReadout],
) -> Result<CategoryConsistency, AnalysisError> {
    at_least("models to compare", 2, models.len())?;
    let mut names: Vec<&str> = models[0]
        .vectors
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    let mut overall = vec![Vec::new(); models.len()];
    let (mut correlations, mut variations) = (Vec::new(), Vec::new());
    for name in names {
        let mut values: Vec<&[f64]> = Vec::with_capacity(models.len());
        for (index, model) in models.iter().enumerate() {
            let vector = model.vector(name);
            values.push(vector.ok_or_else(|| AnalysisError::Incomparable {
                model: index,
                name: name.to_owned(),
            })?);
            same_size(name, values[0].len(), values[index].len())?;
            overall[index].extend_from_slice(values[index]);
        }
        if values[0].len() >= 2 {
            correlations.push(correlate(name, &values));
        }
        if values[0].len() < ConsistencyRule::SMALL_GROUP {
            let by_element: Vec<f64> = (0..values[0].len())
                .map(|element| {
                    mean_deviation(
                        &values
                            .iter()
                            .map(|model| model[element])
                            .collect::<Vec<f64>>(),
                    )
                })
                .filter(|moments| moments.mean.abs() > ConsistencyRule::SMALLEST_ELEMENT_MEAN)
                .map(|moments| moments.deviation / moments.mean.abs())
                .collect();
            if !by_element.is_empty() {
                variations.push((name.to_owned(), mean(&by_element)));
            }
        }
    }
    let overall: Vec<&[f64]> = overall.iter().map(Vec::as_slice).collect();
    correlations.push(correlate("overall", &overall));
    Ok(CategoryConsistency {
        correlations,
        variations,
    })
}

#[cfg(test)]
mod tests;
