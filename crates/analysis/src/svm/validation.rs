//! Cross-validation on stratified folds.

use serde::{Deserialize, Serialize};

use super::{LinearSvm, SvmSettings, check, classes_of};
use crate::error::{AnalysisError, at_least};
use crate::statistics::mean;

/// Accuracy of classifiers on samples that they were not fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Number of samples.
    pub samples: usize,
    /// Number of classes.
    pub classes: usize,
    /// Mean of the accuracies of the folds.
    pub accuracy: f64,
    /// Accuracy of each fold.
    pub fold_accuracies: Vec<f64>,
    /// Mean over folds of the mean over classes of the share of hits within the class. Chance is
    /// `1 / classes`, however large the classes are.
    pub balanced_accuracy: f64,
    /// Share of the largest class, which a constant answer reaches as accuracy.
    pub majority_rate: f64,
}

/// Fits on all folds but one and tests on that one, for each fold of [`stratified_folds`].
///
/// # Errors
/// As [`LinearSvm::fit`] and [`stratified_folds`].
pub fn cross_validate(
    features: &[Vec<f64>],
    labels: &[usize],
    folds: usize,
    settings: &SvmSettings,
) -> Result<CrossValidation, AnalysisError> {
    check(features, labels)?;
    let fold_of = stratified_folds(labels, folds)?;
    let classes = classes_of(labels);
    let (mut accuracies, mut balanced) = (Vec::new(), Vec::new());
    for fold in 0..folds {
        let (tested, fitted): (Vec<usize>, Vec<usize>) =
            (0..labels.len()).partition(|&index| fold_of[index] == fold);
        let machine = LinearSvm::fit_some(features, labels, &fitted, settings)?;
        let hit: Vec<bool> = tested
            .iter()
            .map(|&index| machine.predict(&features[index]) == labels[index])
            .collect();
        accuracies.push(share(hit.iter().copied()));
        let recalls: Vec<f64> = classes
            .iter()
            .map(|class| {
                let members = tested.iter().zip(&hit);
                share(members.filter_map(|(&index, &hit)| (labels[index] == *class).then_some(hit)))
            })
            .collect();
        balanced.push(mean(&recalls));
    }
    let size = |class: &usize| labels.iter().filter(|label| *label == class).count();
    let largest = classes.iter().map(size).max().unwrap_or(0);
    Ok(CrossValidation {
        samples: labels.len(),
        classes: classes.len(),
        accuracy: mean(&accuracies),
        fold_accuracies: accuracies,
        balanced_accuracy: mean(&balanced),
        majority_rate: largest as f64 / labels.len() as f64,
    })
}

/// The fold that tests each sample, without shuffling, as scikit-learn's `StratifiedKFold`: sorted
/// by class (in the order of first appearance), samples are dealt to folds in turn, which says how
/// many of a class each fold tests; these are then taken from the class in its order. Within a class
/// the folds are therefore contiguous, and neighbouring samples are tested together.
///
/// # Errors
/// With fewer than two folds, or if a class has fewer samples than there are folds (scikit-learn
/// only warns).
pub fn stratified_folds(labels: &[usize], folds: usize) -> Result<Vec<usize>, AnalysisError> {
    at_least("folds", 2, folds)?;
    let mut classes: Vec<usize> = Vec::new();
    for &label in labels {
        if !classes.contains(&label) {
            classes.push(label);
        }
    }
    let mut assigned = vec![0; labels.len()];
    let mut dealt = 0;
    for class in classes {
        let members: Vec<usize> = (0..labels.len())
            .filter(|&index| labels[index] == class)
            .collect();
        at_least(&format!("samples of class {class}"), folds, members.len())?;
        let mut sizes = vec![0; folds];
        for position in dealt..dealt + members.len() {
            sizes[position % folds] += 1;
        }
        dealt += members.len();
        let in_order = (0..folds).flat_map(|fold| std::iter::repeat_n(fold, sizes[fold]));
        for (member, fold) in members.into_iter().zip(in_order) {
            assigned[member] = fold;
        }
    }
    Ok(assigned)
}

fn share(hits: impl Iterator<Item = bool>) -> f64 {
    let (mut yes, mut all) = (0_u32, 0_u32);
    for hit in hits {
        yes += u32::from(hit);
        all += 1;
    }
    if all == 0 {
        0.0
    } else {
        f64::from(yes) / f64::from(all)
    }
}
