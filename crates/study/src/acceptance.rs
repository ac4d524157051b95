//! The published values, their bands, and the rule by which a reproduction is judged.

use serde::{Deserialize, Serialize};

/// A published value and how far a mean over the five seeds may lie from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The published value.
    pub published: f64,
    /// Population standard deviation over the publication's seeds.
    pub published_std: Option<f64>,
    /// `max(4 std sqrt(2/5), floor)`.
    pub half_width: f64,
    /// How the value is measured, if not by the re-evaluation of spec/experiments.md section 3.
    #[serde(default)]
    pub protocol: Option<String>,
}

/// The table of published values, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    /// Name and band of each value.
    pub bands: Vec<(String, Band)>,
}

/// Probability that a correct implementation misses one given band.
const MISS_PROBABILITY: f64 = 0.01;
/// Confidence of the number of misses that is allowed.
const CONFIDENCE: f64 = 0.99;

/// What is said of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Inside its band.
    Pass,
    /// Outside its band but inside twice the band, and not more such misses than the rule allows.
    Tolerated,
    /// Outside twice its band, or one miss too many.
    Fail,
    /// Shown but not judged.
    NotJudged,
}

/// One line of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the value; its ending is the unit.
    pub name: String,
    /// Our mean over seeds, if it could be computed.
    pub ours: Option<f64>,
    /// Our population standard deviation over seeds; none for values of all seeds together.
    pub ours_std: Option<f64>,
    /// The published value and its band.
    pub band: Band,
    /// The verdict.
    pub verdict: Verdict,
}

/// All lines and the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The comparison.
    pub rows: Vec<Row>,
    /// Lines inside their band, or tolerated.
    pub passed: usize,
    /// Lines that failed.
    pub failed: usize,
    /// Lines that were not judged.
    pub not_judged: usize,
    /// Lines outside their band that the rule tolerates (counted in `passed`).
    pub tolerated: usize,
    /// Largest number of misses that the rule allows.
    pub allowed_misses: usize,
    /// Why nothing was judged, if so.
    pub not_judged_because: Option<String>,
}

impl Acceptance {
    /// The table that is compiled in (`reference/acceptance.json`: published figures).
    ///
    /// # Panics
    /// Never: a test reads the table.
    #[must_use]
    pub fn canonical() -> Self {
        // `serde_json::Map` would sort the names; the file's order is that of the publication.
        #[derive(Deserialize)]
        struct File {
            canonical: std::collections::BTreeMap<String, Band>,
        }
        let text = include_str!("../reference/acceptance.json");
        let file: File = serde_json::from_str(text).expect("the embedded table is valid");
        let mut bands: Vec<(String, Band)> = file.canonical.into_iter().collect();
        bands.sort_by_key(|(name, _)| text.find(&format!("\"{name}\"")));
        Self { bands }
    }

    /// Judges values (name, mean, standard deviation over seeds). With a reason in `not_judged`,
    /// values are shown without verdict. Values without a band are left out.
    ///
    /// The rule of the table: the number of misses allowed is the 99 % binomial bound at 1 % each,
    /// and none may lie outside twice its band.
    #[must_use]
    pub fn judge(
        &self,
        values: &[(String, f64, Option<f64>)],
        not_judged: Option<String>,
    ) -> Judgement {
        let mut rows: Vec<Row> = self
            .bands
            .iter()
            .map(|(name, band)| {
                let value = values.iter().find(|(other, ..)| other == name);
                let distance = value.map(|(_, ours, _)| (ours - band.published).abs());
                let verdict = match distance {
                    _ if not_judged.is_some() => Verdict::NotJudged,
                    Some(distance) if distance <= band.half_width => Verdict::Pass,
                    Some(distance) if distance <= 2.0 * band.half_width => Verdict::Tolerated,
                    // A value that could not be computed is a failure, not a gap; so is NaN.
                    _ => Verdict::Fail,
                };
                Row {
                    name: name.clone(),
                    ours: value.map(|(_, ours, _)| *ours),
                    ours_std: value.and_then(|(_, _, std)| *std),
                    band: band.clone(),
                    verdict,
                }
            })
            .collect();
        let allowed_misses = binomial_bound(rows.len(), MISS_PROBABILITY, CONFIDENCE);
        let count =
            |rows: &[Row], verdict| rows.iter().filter(|row| row.verdict == verdict).count();
        if count(&rows, Verdict::Tolerated) > allowed_misses {
            for row in &mut rows {
                if row.verdict == Verdict::Tolerated {
                    row.verdict = Verdict::Fail;
                }
            }
        }
        let tolerated = count(&rows, Verdict::Tolerated);
        Judgement {
            passed: count(&rows, Verdict::Pass) + tolerated,
            failed: count(&rows, Verdict::Fail),
            not_judged: count(&rows, Verdict::NotJudged),
            tolerated,
            allowed_misses,
            not_judged_because: not_judged,
            rows,
        }
    }
}

/// Smallest `k` with `P(X <= k) >= confidence` for `X` binomial with `n` trials.
fn binomial_bound(n: usize, probability: f64, confidence: f64) -> usize {
    let mut term = (1.0 - probability).powi(n as i32);
    let mut total = term;
    let mut k = 0;
    while total < confidence && k < n {
        k += 1;
        term *= (n - k + 1) as f64 / k as f64 * probability / (1.0 - probability);
        total += term;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(
        acceptance: &Acceptance,
        shift: impl Fn(usize) -> f64,
    ) -> Vec<(String, f64, Option<f64>)> {
        let value = |(index, (name, band)): (usize, &(String, Band))| {
            (
                name.clone(),
                band.published + shift(index) * band.half_width.max(1e-3),
                None,
            )
        };
        acceptance.bands.iter().enumerate().map(value).collect()
    }

    #[test]
    fn the_table_holds_the_published_figures_in_their_order() {
        let table = Acceptance::canonical();
        assert_eq!(table.bands.len(), 27);
        assert_eq!(table.bands[0].0, "teacher_accuracy_pct");
        assert_eq!(table.bands[1].1.published, 70.3);
    }

    #[test]
    fn two_misses_of_27_are_tolerated_but_not_three() {
        let table = Acceptance::canonical();
        let miss = |count: usize| {
            table.judge(
                &values(&table, |i| {
                    if i < count {
                        1.5
                    } else {
                        0.5 * f64::from(u8::from(i != 26))
                    }
                }),
                None,
            )
        };
        assert_eq!(miss(0).passed, 27);
        assert_eq!(
            (miss(2).failed, miss(2).tolerated, miss(2).allowed_misses),
            (0, 2, 2)
        );
        assert_eq!((miss(3).failed, miss(3).passed), (3, 24));
    }

    #[test]
    fn a_value_outside_twice_its_band_fails_and_so_does_a_missing_one() {
        let table = Acceptance::canonical();
        let far = table.judge(&values(&table, |i| if i == 4 { 2.5 } else { 0.0 }), None);
        assert_eq!(far.failed, 1);
        let mut some = values(&table, |_| 0.0);
        some[3].1 = f64::NAN;
        some.remove(0);
        assert_eq!(table.judge(&some, None).failed, 2);
    }

    #[test]
    fn nothing_is_judged_with_a_reason() {
        let table = Acceptance::canonical();
        let judgement = table.judge(&values(&table, |_| 9.0), Some("quick".to_owned()));
        assert_eq!((judgement.failed, judgement.not_judged), (0, 27));
    }
}
