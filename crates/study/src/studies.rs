//! The studies that come with the program: the publication's, ours beyond it, and null models.

use kenyon_circuit::Circuit;
use kenyon_connectome::null::Family;
use kenyon_learning::TrainingSettings;

use crate::StudyError;
use crate::file::{Choice, ExperimentEntry, StudyFile, Wiring};
use crate::outcome::Comparison;
use crate::plan::Plan;
use crate::publication::Publication;

/// The publication's seeds.
pub const CANONICAL_SEEDS: [u64; 5] = [42, 43, 44, 45, 46];

/// A study that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// The canonical models and the publication's main figures.
    Headline,
    /// Every experiment of the publication.
    Paper,
    /// What the publication does not show.
    Beyond,
    /// Where our results deviate from the publication's, and what moves them.
    Deviations,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Headline, Self::Paper, Self::Beyond, Self::Deviations];

    /// The study of that [`BuiltIn::name`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|study| study.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Headline => "reproduce",
            Self::Paper => "paper",
            Self::Beyond => "beyond",
            Self::Deviations => "deviations",
        }
    }

    /// Its file.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Headline => include_str!("../studies/reproduce.toml"),
            Self::Paper => include_str!("../studies/paper.toml"),
            Self::Beyond => include_str!("../studies/beyond.toml"),
            Self::Deviations => include_str!("../studies/deviations.toml"),
        }
    }

    /// The study.
    ///
    /// # Panics
    /// Never: a test reads the embedded files.
    #[must_use]
    pub fn file(self) -> StudyFile {
        StudyFile::parse(self.text()).expect("the embedded studies are sound")
    }

    /// What its figures are compared with; `plan` is the study made ready. Results that are not the
    /// publication's experiment are shown beside its values without a verdict.
    #[must_use]
    pub fn comparison(self, plan: &Plan) -> Comparison {
        let publication = match self {
            Self::Headline => Publication::headline(),
            Self::Paper => Publication::whole(),
            Self::Deviations => Publication::whole().measured_by(plan),
            Self::Beyond => return Comparison::default(),
        };
        Comparison {
            not_judged: self.not_judged(plan).map(str::to_owned),
            publication: Some(publication),
        }
    }

    fn not_judged(self, plan: &Plan) -> Option<&'static str> {
        let canonical = self.file();
        if self == Self::Deviations {
            Some("the contacts from LN onto ORN are those of a null model")
        } else if plan.provenance.data.statistical {
            Some("the statistical larva is no real animal")
        } else if plan.quick || plan.file.training != canonical.training {
            Some("not the publication's settings (fewer epochs or trials)")
        } else if plan.file.seeds != canonical.seeds {
            Some("the bands hold for the mean over the seeds 42 to 46")
        } else if !plan.by_position() {
            Some("the publication maps receptors by position, not by name")
        } else if plan.provenance.circuit_sha256 != Circuit::larva().hash() {
            Some("the circuit is not the publication's")
        } else {
            None
        }
    }
}

/// Which null models a study of them draws, and how it trains.
#[derive(Clone, Debug, PartialEq)]
pub struct NullStudy {
    /// The families, with the names they are reported under.
    pub families: Vec<(String, Family)>,
    /// Pathways whose contacts are randomised; all if empty.
    pub pathways: Vec<String>,
    /// Connectomes of each family.
    pub connectomes: u32,
    /// Seeds that each connectome, and the real one, is trained with.
    pub seeds: Vec<u64>,
    /// A group whose signs are permuted, as one more family.
    pub signs_of: Option<String>,
    /// Settings of all trainings.
    pub training: TrainingSettings,
    /// Measurements of each model.
    pub measure: Vec<String>,
}

impl NullStudy {
    /// The study: the real connectome, and every family against it.
    ///
    /// # Errors
    /// Numbers and names that make no study.
    pub fn file(&self, name: &str) -> Result<StudyFile, StudyError> {
        let mut wiring: std::collections::BTreeMap<String, Wiring> = self
            .families
            .iter()
            .map(|(name, family)| {
                let drawn = Wiring::Null {
                    family: *family,
                    pathways: self.pathways.clone(),
                    connectomes: self.connectomes,
                    first_seed: 1,
                };
                (name.clone(), drawn)
            })
            .collect();
        if let Some(group) = &self.signs_of {
            let drawn = Wiring::Signs {
                group: group.clone(),
                connectomes: self.connectomes,
                first_seed: 1,
            };
            wiring.insert("signs".to_owned(), drawn);
        }
        if wiring.is_empty() || self.connectomes == 0 {
            return Err(StudyError::Plan(
                "a study of null models needs at least one family and one connectome".to_owned(),
            ));
        }
        let experiment = |name: &str, wiring: Option<&String>| ExperimentEntry {
            wiring: Choice::One(
                wiring.map_or_else(|| crate::file::CANONICAL.to_owned(), String::clone),
            ),
            measure: self.measure.clone(),
            ..ExperimentEntry::named(name)
        };
        let mut experiments = vec![experiment(crate::file::CANONICAL, None)];
        experiments.extend(wiring.keys().map(|family| experiment(family, Some(family))));
        let file = StudyFile {
            name: name.to_owned(),
            about: "Does the wiring matter for this computation?".to_owned(),
            seeds: self.seeds.clone(),
            training: self.training.clone(),
            wiring,
            experiment: experiments,
            ..StudyFile::default()
        };
        file.check()?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use kenyon_circuit::Circuit;

    use super::*;
    use crate::experiment::experiments;

    #[test]
    fn the_embedded_studies_are_sound() {
        for study in BuiltIn::ALL {
            let file = study.file();
            assert_eq!(file.name, study.name());
            assert_eq!(BuiltIn::named(&file.name), Some(study));
            experiments(&file, &Circuit::larva()).expect("all names are known");
        }
    }

    #[test]
    fn the_paper_has_100_students_and_every_published_value_is_measured() {
        let all =
            experiments(&BuiltIn::Paper.file(), &Circuit::larva()).expect("all names are known");
        let students: usize = all.iter().map(|one| one.seeds.len()).sum();
        assert_eq!(students, 100);
        for row in Publication::whole().rows {
            let experiment = all.iter().find(|one| one.family == row.experiment);
            let experiment = experiment.unwrap_or_else(|| panic!("{} is not run", row.experiment));
            let measured = experiment.measurements.iter();
            let mut names = measured.map(|(name, _)| name.as_str());
            assert!(
                (row.measurement == "across" && experiment.across_seeds)
                    || names.any(|name| name == row.measurement),
                "{} is not measured",
                row.name()
            );
        }
    }

    #[test]
    fn a_study_of_null_models_has_the_real_connectome_first() {
        let study = NullStudy {
            families: vec![("swaps".to_owned(), Family::degree_preserving())],
            pathways: Vec::new(),
            connectomes: 3,
            seeds: vec![42],
            signs_of: Some("excitatory LN".to_owned()),
            training: TrainingSettings::default(),
            measure: vec!["reevaluation".to_owned()],
        };
        let all = experiments(&study.file("nulls").expect("a study"), &Circuit::larva())
            .expect("known names");
        assert_eq!(all.len(), 1 + 3 + 3);
        assert_eq!(all[0].name, "canonical");
        assert_eq!(all[1].family, "signs");
        assert_eq!(all[6].name, "swaps/draw3");
        let none = NullStudy {
            connectomes: 0,
            ..study
        };
        assert!(none.file("nulls").is_err());
    }
}
