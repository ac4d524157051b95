//! Mixtures of odours: how they are numbered, and what they are to the receptors
//! (experiments.md, sections 4.6 and 4.7).

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, at_least, same_size};

/// Row of the blank (spontaneous activity), which is no component of a mixture.
pub const BLANK_ROW: usize = 0;

/// What the receptors get of a mixture of rows `S`, before noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Superposition {
    /// `clip(Σ r_i, 0, 1)`, as published. Every template holds the receptors' spontaneous rate, so
    /// this mixture holds it once per component.
    Sum,
    /// `clip(r_0 + Σ (r_i - r_0), 0, 1)`: odours add to one spontaneous rate (ours).
    AboveSpontaneous,
}

/// The template of the mixture of some rows of `templates`.
///
/// # Errors
/// Without components, or if a row does not exist or has another number of channels than row 0.
pub fn mixture_template(
    templates: &[Vec<f64>],
    rows: &[usize],
    superposition: Superposition,
) -> Result<Vec<f64>, AnalysisError> {
    at_least("components of a mixture", 1, rows.len())?;
    at_least("templates", 1, templates.len())?;
    let blank = &templates[BLANK_ROW];
    let mut sum = match superposition {
        Superposition::Sum => vec![0.0; blank.len()],
        Superposition::AboveSpontaneous => blank.clone(),
    };
    for &row in rows {
        at_least("templates", row.saturating_add(1), templates.len())?;
        let template = &templates[row];
        same_size(
            &format!("channels of template {row}"),
            blank.len(),
            template.len(),
        )?;
        for ((sum, value), spontaneous) in sum.iter_mut().zip(template).zip(blank) {
            *sum += match superposition {
                Superposition::Sum => *value,
                Superposition::AboveSpontaneous => value - spontaneous,
            };
        }
    }
    for value in &mut sum {
        *value = value.clamp(0.0, 1.0);
    }
    Ok(sum)
}

/// Number of ways to choose `k` of `n` things; `usize::MAX` if there are more than that.
#[must_use]
pub fn combinations(n: usize, k: usize) -> usize {
    if k > n {
        return 0;
    }
    // After each factor the value is a binomial coefficient, so the division is exact.
    let count = (1..=k.min(n - k)).try_fold(1_u128, |count, i| {
        count
            .checked_mul((n - i + 1) as u128)
            .map(|product| product / i as u128)
    });
    count
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(usize::MAX)
}

/// Number `rank` of the lexicographic list of the `k`-element subsets of `0..n`, in ascending order:
/// `(0, 1), (0, 2), …, (1, 2), …` for pairs.
///
/// # Errors
/// If the list has no such number.
pub fn combination(rank: usize, n: usize, k: usize) -> Result<Vec<usize>, AnalysisError> {
    let count = combinations(n, k);
    if rank >= count {
        return Err(AnalysisError::Setting {
            setting: "rank of a combination",
            problem: format!("{rank}, but {k} of {n} can be chosen in only {count} ways"),
        });
    }
    let mut left = rank;
    let mut chosen = Vec::with_capacity(k);
    for candidate in 0..n {
        let missing = k - chosen.len();
        if missing == 0 {
            break;
        }
        let with_candidate = combinations(n - candidate - 1, missing - 1);
        if left < with_candidate {
            chosen.push(candidate);
        } else {
            left -= with_candidate;
        }
    }
    Ok(chosen)
}

/// Rows of the mixtures of `size` odours with those ranks, where item 0 is the first row after the
/// blank, as in the lists of the experiments.
pub(crate) fn mixtures_of_ranks(
    rows: usize,
    size: usize,
    ranks: &[usize],
) -> Result<Vec<Vec<usize>>, AnalysisError> {
    ranks
        .iter()
        .map(|&rank| {
            let items = combination(rank, rows.saturating_sub(1), size)?;
            Ok(items.into_iter().map(|item| item + 1).collect())
        })
        .collect()
}

/// All pairs of odours, in lexicographic order.
pub(crate) fn all_pairs(rows: usize) -> Vec<Vec<usize>> {
    crate::statistics::pairs(rows.saturating_sub(1))
        .map(|(i, j)| vec![i + 1, j + 1])
        .collect()
}

/// Templates of mixtures, in their order.
pub(crate) fn mixture_templates(
    templates: &[Vec<f64>],
    mixtures: &[Vec<usize>],
    superposition: Superposition,
) -> Result<Vec<Vec<f64>>, AnalysisError> {
    mixtures
        .iter()
        .map(|rows| mixture_template(templates, rows, superposition))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lists_of_the_experiments() {
        assert_eq!((combinations(27, 2), combinations(27, 3)), (351, 2925));
        assert_eq!(combinations(3, 4), 0);
        assert_eq!(combinations(200, 100), usize::MAX);
        assert_eq!(combination(0, 27, 3).unwrap(), [0, 1, 2]);
        assert_eq!(combination(2924, 27, 3).unwrap(), [24, 25, 26]);
        assert_eq!(combination(350, 27, 2).unwrap(), [25, 26]);
        // itertools.combinations(range(27), 3) of Python 3.13.
        assert_eq!(combination(2469, 27, 3).unwrap(), [11, 25, 26]);
        assert!(combination(351, 27, 2).is_err());
    }

    #[test]
    fn ranks_follow_the_order_of_nested_loops() {
        let mut rank = 0;
        for i in 0..7 {
            for j in i + 1..7 {
                for k in j + 1..7 {
                    assert_eq!(combination(rank, 7, 3).unwrap(), [i, j, k]);
                    rank += 1;
                }
            }
        }
        assert_eq!(rank, combinations(7, 3));
        let ranks: Vec<usize> = (0..combinations(6, 2)).collect();
        assert_eq!(mixtures_of_ranks(7, 2, &ranks).unwrap(), all_pairs(7));
        assert_eq!(all_pairs(4), [[1, 2], [1, 3], [2, 3]]);
    }

    #[test]
    fn templates_add_and_are_clipped() {
        let templates = vec![vec![0.2, 0.1], vec![0.5, 0.05], vec![0.7, 0.1]];
        let mixture = |superposition| mixture_template(&templates, &[1, 2], superposition).unwrap();
        let close = |a: &[f64], b: [f64; 2]| {
            assert!(a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-15), "{a:?}");
        };
        close(&mixture(Superposition::Sum), [1.0, 0.15]);
        close(&mixture(Superposition::AboveSpontaneous), [1.0, 0.05]);
        let single = mixture_template(&templates, &[1], Superposition::AboveSpontaneous).unwrap();
        close(&single, [0.5, 0.05]);
        assert!(mixture_template(&templates, &[3], Superposition::Sum).is_err());
        assert!(mixture_template(&templates, &[], Superposition::Sum).is_err());
    }

    proptest! {
        #[test]
        fn combinations_ascend(n in 1_usize..30, k in 1_usize..4, position in 0.0..1.0_f64) {
            prop_assume!(k <= n);
            let count = combinations(n, k);
            let rank = ((count as f64 * position) as usize).min(count - 1);
            let chosen = combination(rank, n, k).unwrap();
            prop_assert_eq!(chosen.len(), k);
            prop_assert!(chosen.windows(2).all(|two| two[0] < two[1]));
            prop_assert!(chosen[k - 1] < n);
            if rank + 1 < count {
                prop_assert!(chosen < combination(rank + 1, n, k).unwrap());
            }
        }
    }
}
