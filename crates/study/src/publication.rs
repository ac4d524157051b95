//! The published values, their bands, and the rule by which a reproduction is judged.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// A published value and how far a mean over the five seeds may lie from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Section of the specification that says how it is measured.
    pub section: String,
    /// The experiment.
    pub experiment: String,
    /// The measurement.
    pub measurement: String,
    /// The figure; its ending is the unit.
    pub figure: String,
    /// The published value.
    pub published: f64,
    /// Population standard deviation over the publication's seeds.
    pub published_std: Option<f64>,
    /// `max(4 std sqrt(2/5), floor)`.
    pub half_width: f64,
    /// Whether it is one of the publication's main figures, which `kenyon reproduce` judges alone.
    pub headline: bool,
    /// Whether it is judged, or only shown beside ours.
    pub judged: bool,
    /// What to know about the published value.
    pub note: Option<String>,
}

impl Published {
    /// The value's name in a table of many experiments.
    #[must_use]
    pub fn name(&self) -> String {
        if self.headline {
            self.figure.clone()
        } else {
            format!("{}: {}: {}", self.experiment, self.measurement, self.figure)
        }
    }
}

/// The table of published values, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// The values.
    pub rows: Vec<Published>,
}

/// A mean of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ours {
    /// The mean over seeds.
    pub mean: f64,
    /// Population standard deviation over seeds; none for values of all seeds together.
    pub std: Option<f64>,
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
    pub published: Published,
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

impl Publication {
    /// The table that is compiled in (`reference/publication.json`).
    ///
    /// # Panics
    /// Never: a test reads the table.
    #[must_use]
    pub fn whole() -> Self {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(rename = "_about")]
            _about: String,
            rows: Vec<Published>,
        }
        let text = include_str!("../reference/publication.json");
        let file: File = serde_json::from_str(text).expect("the embedded table is valid");
        Self { rows: file.rows }
    }

    /// The main figures alone.
    #[must_use]
    pub fn headline() -> Self {
        let mut table = Self::whole();
        table.rows.retain(|row| row.headline);
        table
    }

    /// The values that a study measures.
    #[must_use]
    pub fn measured_by(mut self, plan: &Plan) -> Self {
        self.rows.retain(|row| {
            let mut experiments = plan.experiments.iter();
            experiments.any(|one| {
                let mut names = one.measurements.iter().map(|(name, _)| name);
                one.family == row.experiment && names.any(|name| *name == row.measurement)
            })
        });
        self
    }

    /// Judges our values. With a reason in `not_judged`, values are shown without verdict.
    ///
    /// The rule of the table: the number of misses allowed is the 99 % binomial bound at 1 % each,
    /// and none may lie outside twice its band.
    #[must_use]
    pub fn judge(
        &self,
        ours: impl Fn(&Published) -> Option<Ours>,
        not_judged: Option<String>,
    ) -> Judgement {
        let mut rows: Vec<Row> = self
            .rows
            .iter()
            .map(|published| {
                let value = ours(published);
                let distance = value.map(|ours| (ours.mean - published.published).abs());
                let verdict = match distance {
                    _ if not_judged.is_some() || !published.judged => Verdict::NotJudged,
                    Some(distance) if distance <= published.half_width => Verdict::Pass,
                    Some(distance) if distance <= 2.0 * published.half_width => Verdict::Tolerated,
                    // A value that could not be computed is a failure, not a gap; so is NaN.
                    _ => Verdict::Fail,
                };
                Row {
                    name: published.name(),
                    ours: value.map(|ours| ours.mean),
                    ours_std: value.and_then(|ours| ours.std),
                    published: published.clone(),
                    verdict,
                }
            })
            .collect();
        let judged = self.rows.iter().filter(|row| row.judged).count();
        let allowed_misses = binomial_bound(judged, MISS_PROBABILITY, CONFIDENCE);
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

    /// Judges values that lie `shift(row)` half widths from the published ones.
    fn judged(table: &Publication, shift: impl Fn(usize) -> f64) -> Judgement {
        let place = |published: &Published| {
            let index = table.rows.iter().position(|row| row == published);
            let mean = published.published
                + shift(index.expect("a row of the table")) * published.half_width.max(1e-3);
            Some(Ours { mean, std: None })
        };
        table.judge(place, None)
    }

    #[test]
    fn the_table_holds_the_published_figures_in_their_order() {
        let table = Publication::headline();
        assert_eq!(table.rows.len(), 27);
        assert_eq!(table.rows[0].figure, "teacher_accuracy_pct");
        assert_eq!(table.rows[1].published, 70.3);
    }

    #[test]
    fn every_published_value_stands_once_and_has_a_band() {
        let table = Publication::whole();
        for (index, row) in table.rows.iter().enumerate() {
            let same = |other: &&Published| {
                (&other.experiment, &other.measurement, &other.figure)
                    == (&row.experiment, &row.measurement, &row.figure)
            };
            assert_eq!(table.rows[..index].iter().find(same), None);
            assert!(row.half_width >= 0.0 && row.published.is_finite());
            // The published spread lies within the band, or the band would refuse the publication.
            let spread = row.published_std.unwrap_or_default() * 4.0 * 0.4_f64.sqrt();
            assert!(row.half_width >= 0.999 * spread, "{}", row.name());
        }
    }

    #[test]
    fn two_misses_of_27_are_tolerated_but_not_three() {
        let table = Publication::headline();
        let miss = |count: usize| {
            judged(&table, |i| {
                if i < count {
                    1.5
                } else {
                    0.5 * f64::from(u8::from(i != 26))
                }
            })
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
        let table = Publication::headline();
        let far = judged(&table, |i| if i == 4 { 2.5 } else { 0.0 });
        assert_eq!(far.failed, 1);
        let gaps = |published: &Published| match published.figure.as_str() {
            "teacher_accuracy_pct" => None,
            "accuracy_pct" => Some(Ours {
                mean: f64::NAN,
                std: None,
            }),
            _ => Some(Ours {
                mean: published.published,
                std: None,
            }),
        };
        assert_eq!(table.judge(gaps, None).failed, 2);
    }

    #[test]
    fn nothing_is_judged_with_a_reason() {
        let table = Publication::headline();
        let judgement = table.judge(|_| None, Some("quick".to_owned()));
        assert_eq!((judgement.failed, judgement.not_judged), (0, 27));
    }
}
