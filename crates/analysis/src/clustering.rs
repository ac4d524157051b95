//! Average-linkage hierarchical clustering, with the conventions of `scipy.cluster.hierarchy`.

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, same_size};
use crate::statistics::pairs;

/// Which clusters are merged, and how they are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linkage {
    /// The merges, one less than there are items, by ascending distance.
    pub merges: Vec<Merge>,
    /// The items from left to right in a dendrogram.
    pub leaves: Vec<usize>,
}

/// Two clusters `a < b` and the distance between them. Numbers below the number of items `n` are
/// items; merge `k` makes cluster `n + k`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merge(pub usize, pub usize, pub f64);

/// A cluster that is not part of another yet.
struct Cluster {
    number: usize,
    /// Number of its items.
    size: f64,
}

/// Clusters items whose distances are `[item][item]`; only those above the diagonal are read. The
/// distance of two clusters is the mean over their pairs of items. Among equal distances the clusters
/// with the lowest numbers of items are merged first.
///
/// # Errors
/// If the distances are not a square, or one is not finite.
pub fn average_linkage(distances: &[Vec<f64>]) -> Result<Linkage, AnalysisError> {
    let items = distances.len();
    for row in distances {
        same_size("a row of distances", items, row.len())?;
        if row.iter().any(|distance| !distance.is_finite()) {
            return Err(AnalysisError::NotFinite {
                what: "the distances of a clustering".to_owned(),
            });
        }
    }
    let mut distances: Vec<Vec<f64>> = (0..items)
        .map(|i| (0..items).map(|j| distances[i.min(j)][i.max(j)]).collect())
        .collect();
    // The cluster that holds item `i` as its lowest stands at place `i`.
    let mut clusters: Vec<Option<Cluster>> = (0..items)
        .map(|number| Some(Cluster { number, size: 1.0 }))
        .collect();
    let mut merges = Vec::with_capacity(items.saturating_sub(1));
    while let Some((i, j)) = nearest(&distances, &clusters) {
        let (Some(one), Some(other)) = (clusters[i].take(), clusters[j].take()) else {
            break;
        };
        let (low, high) = (one.number.min(other.number), one.number.max(other.number));
        merges.push(Merge(low, high, distances[i][j]));
        let size = one.size + other.size;
        let both = distances[i].iter().zip(&distances[j]);
        let means: Vec<f64> = both
            .map(|(to_one, to_other)| (one.size * to_one + other.size * to_other) / size)
            .collect();
        for (row, &mean) in distances.iter_mut().zip(&means) {
            row[i] = mean;
        }
        distances[i] = means;
        clusters[i] = Some(Cluster {
            number: items + merges.len() - 1,
            size,
        });
    }
    let leaves = leaves(items, &merges);
    Ok(Linkage { merges, leaves })
}

/// Places `i < j` of the two nearest clusters, the first among equals.
fn nearest(distances: &[Vec<f64>], clusters: &[Option<Cluster>]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    for (i, j) in pairs(clusters.len()) {
        let both = clusters[i].is_some() && clusters[j].is_some();
        if both && best.is_none_or(|(a, b)| distances[i][j] < distances[a][b]) {
            best = Some((i, j));
        }
    }
    best
}

/// The items below the last merge, those of its first cluster to the left.
fn leaves(items: usize, merges: &[Merge]) -> Vec<usize> {
    let mut leaves = Vec::with_capacity(items);
    let mut open: Vec<usize> = (items + merges.len()).checked_sub(1).into_iter().collect();
    while let Some(cluster) = open.pop() {
        match cluster.checked_sub(items).map(|merge| merges[merge]) {
            None => leaves.push(cluster),
            Some(Merge(left, right, _)) => open.extend([right, left]),
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cosine::similarity_matrix;

    #[test]
    fn the_linkage_of_scipy() {
        let patterns = [
            [5.0, 1.0, 0.0, 2.0],
            [4.0, 1.0, 1.0, 2.0],
            [0.0, 6.0, 3.0, 1.0],
            [1.0, 5.0, 3.0, 0.0],
            [2.0, 2.0, 7.0, 1.0],
            [0.0, 1.0, 6.0, 4.0],
            [3.0, 3.0, 3.0, 3.0],
            [7.0, 0.0, 1.0, 1.0],
        ];
        let similarity = similarity_matrix(&patterns.map(|row| row.to_vec()));
        let distances: Vec<Vec<f64>> = similarity
            .iter()
            .map(|row| row.iter().map(|cosine| 1.0 - cosine).collect())
            .collect();
        let linkage = average_linkage(&distances).unwrap();
        // linkage(squareform(1 - cosine), "average") and dendrogram(...)["leaves"] of scipy 1.17.1.
        let expected = [
            Merge(0, 1, 0.026_876_319_798_096_35),
            Merge(2, 3, 0.028_032_666_755_507_64),
            Merge(7, 8, 0.064_300_145_506_892_61),
            Merge(4, 5, 0.134_256_367_950_296_27),
            Merge(6, 11, 0.228_339_150_561_937_54),
            Merge(9, 12, 0.335_064_206_395_354_8),
            Merge(10, 13, 0.602_396_743_116_003_3),
        ];
        assert_eq!(linkage.merges.len(), expected.len());
        for (Merge(a, b, distance), Merge(c, d, wanted)) in linkage.merges.iter().zip(&expected) {
            assert_eq!((a, b), (c, d));
            assert!((distance - wanted).abs() < 1e-14, "{distance} {wanted}");
        }
        assert_eq!(linkage.leaves, [7, 0, 1, 2, 3, 6, 4, 5]);
    }

    #[test]
    fn few_items_and_bad_distances() {
        let none = average_linkage(&[]).unwrap();
        assert_eq!((none.merges.len(), none.leaves.len()), (0, 0));
        let one = average_linkage(&[vec![0.0]]).unwrap();
        assert_eq!((one.merges.len(), one.leaves), (0, vec![0]));
        assert!(average_linkage(&[vec![0.0], vec![0.0]]).is_err());
        assert!(average_linkage(&[vec![0.0, f64::NAN], vec![0.0, 0.0]]).is_err());
    }

    proptest! {
        #[test]
        fn every_item_is_a_leaf_and_distances_ascend(
            values in prop::collection::vec(0.0..1.0_f64, 144),
        ) {
            let distances: Vec<Vec<f64>> = values.chunks(12).map(<[f64]>::to_vec).collect();
            let linkage = average_linkage(&distances).unwrap();
            let mut leaves = linkage.leaves.clone();
            leaves.sort_unstable();
            prop_assert_eq!(leaves, (0..12).collect::<Vec<_>>());
            prop_assert!(linkage.merges.windows(2).all(|two| two[0].2 <= two[1].2 + 1e-12));
        }
    }
}
