//! What is presented: an odour or a mixture, at a concentration.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use kenyon_analysis::course::{LARGEST_CONCENTRATION, diluted, find_odour, odour_class};
use kenyon_analysis::{Superposition, mixture_template};
use kenyon_study::Subject;

/// One odour, or several at once.
#[derive(Debug, Args)]
#[group(id = "presented", required = true, multiple = false)]
pub(super) struct StimulusArguments {
    /// Name (capitals do not matter) or number (0 is the blank) of the odour
    #[arg(long, value_name = "NAME")]
    odour: Option<String>,
    /// Names or numbers of two or more odours, presented together: receptor responses add up, to at
    /// most 1, as in the publication
    #[arg(long, value_name = "NAME,NAME,...")]
    mixture: Option<String>,
    /// File that describes a stimulus which changes in time: segments of odours (.toml), or one row per
    /// step (.csv)
    #[arg(long, value_name = "FILE", help_heading = "Time course")]
    course: Option<PathBuf>,
}

impl StimulusArguments {
    /// The file of a time course.
    pub(super) fn course(&self) -> Option<&Path> {
        self.course.as_deref()
    }

    /// Rows of the odours that are presented; `blank` is no component of a mixture.
    pub(super) fn components(
        &self,
        names: &[String],
        blank: Option<usize>,
    ) -> anyhow::Result<Vec<usize>> {
        match (&self.odour, &self.mixture) {
            (Some(text), _) => Ok(vec![odour_class(text, names)?]),
            (None, text) => mixture(text.as_deref().unwrap_or_default(), names, blank),
        }
    }
}

/// A stimulus before noise.
#[derive(Debug)]
pub(super) struct Presented {
    /// What it is called.
    pub name: String,
    /// Rows of the odours in it.
    pub components: Vec<usize>,
    /// Their classes.
    pub classes: Vec<usize>,
    /// Response of each receptor channel.
    pub template: Vec<f64>,
}

impl Presented {
    pub(super) fn new(
        arguments: &StimulusArguments,
        concentration: f64,
        subject: &Subject,
    ) -> anyhow::Result<Self> {
        if !(0.0..=LARGEST_CONCENTRATION).contains(&concentration) {
            bail!(
                "--concentration is {concentration}; it must be between 0 and {LARGEST_CONCENTRATION}"
            );
        }
        let (templates, names) = (subject.odours.templates(), &subject.odour_names);
        let components = arguments.components(names, subject.blank)?;
        let undiluted = match components[..] {
            [row] => templates[row].clone(),
            _ => mixture_template(templates, &components, Superposition::Sum)?,
        };
        let shown: Vec<&str> = components.iter().map(|&it| names[it].as_str()).collect();
        let nothing = vec![0.0; undiluted.len()];
        let blank = subject.blank.map_or(&nothing, |row| &templates[row]);
        Ok(Self {
            name: shown.join(" + "),
            template: diluted(blank, &undiluted, concentration),
            classes: (components.iter())
                .filter_map(|&row| subject.class_of_odour(row))
                .collect(),
            components,
        })
    }

    /// The class of the odour; `None` for a mixture.
    pub(super) fn class(&self) -> Option<usize> {
        match self.classes[..] {
            [class] => Some(class),
            _ => None,
        }
    }
}

/// The classes of a mixture, in the order given. Names may hold commas (2,3-butanedione), so the
/// longest run of pieces that is an odour is one.
fn mixture(text: &str, names: &[String], blank: Option<usize>) -> anyhow::Result<Vec<usize>> {
    let pieces: Vec<&str> = text.split(',').collect();
    let mut components = Vec::new();
    let mut first = 0;
    while first < pieces.len() {
        let longest = (first + 1..=pieces.len())
            .rev()
            .find_map(|end| Some((end, find_odour(&pieces[first..end].join(","), names)?)));
        let (end, class) = match longest {
            Some(found) => found,
            None => (first + 1, odour_class(pieces[first], names)?),
        };
        let shown = &names[class];
        if Some(class) == blank {
            bail!(
                "\"{shown}\" is the blank, which is part of every stimulus and no component of a mixture"
            );
        }
        if components.contains(&class) {
            bail!("--mixture names \"{shown}\" twice; once is enough");
        }
        components.push(class);
        first = end;
    }
    if components.len() < 2 {
        bail!("--mixture names one odour; name two or more, or use --odour");
    }
    Ok(components)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> [String; 4] {
        ["blank", "1-Hexanol", "2,3-butanedione", "benzaldehyde"].map(str::to_owned)
    }

    fn message<T>(result: anyhow::Result<T>) -> String {
        result
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn odours_are_found_by_name_and_number() {
        let names = &names()[..2];
        let odour = |text| odour_class(text, names).map_err(anyhow::Error::from);
        assert_eq!(odour("1-hexanol").ok(), Some(1));
        assert_eq!(odour("0").ok(), Some(0));
        assert_eq!(
            message(odour("vinegar")),
            "there is no odour \"vinegar\"; the odours are 0 blank, 1 1-Hexanol"
        );
        assert_eq!(
            message(odour("2")),
            "there is no odour 2; the numbers are 0 to 1"
        );
    }

    #[test]
    fn names_in_a_mixture_may_hold_commas() {
        let names = names();
        let found = |text| mixture(text, &names, Some(0)).ok();
        assert_eq!(found("2,3-butanedione, 1-hexanol"), Some(vec![2, 1]));
        assert_eq!(found("3,2,3-Butanedione"), Some(vec![3, 2]));
        assert_eq!(found("3,2,1"), Some(vec![3, 2, 1]));
        for (text, telling) in [
            ("1,2,1-hexanol", "\"1-Hexanol\" twice"),
            ("benzaldehyde", "two or more"),
            ("1,vinegar", "no odour \"vinegar\""),
            ("1,,2", "no odour \"\""),
            ("1,4", "no odour 4"),
            ("1,0", "is the blank"),
        ] {
            let message = message(mixture(text, &names, Some(0)));
            assert!(message.contains(telling), "{text}: {message}");
        }
    }
}
