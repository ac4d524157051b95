//! What is presented: an odour or a mixture of the panel, or receptor responses.

use kenyon_analysis::{BlockNoise, Superposition, diluted, mixture_template, noisy_stimuli};
use kenyon_circuit::Stimulus;
use kenyon_study::Subject;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{argument, wrong};
use crate::simulate::check_memory;
use crate::values::numbers;

/// Beyond this the Hill function of the concentration is flat to the last bit.
const LARGEST_CONCENTRATION: f64 = 1e6;

/// No response beyond this makes sense, and squares of it still fit `f32`.
const LARGEST_RESPONSE: f64 = 1e6;

/// Trials of a stimulus.
pub(crate) struct Presented {
    /// What it is called.
    pub name: String,
    /// Classes of the odours in it; none of receptor responses, or if time courses are told apart.
    pub classes: Vec<usize>,
    /// Concentration relative to the panel's; none of receptor responses.
    pub concentration: Option<f64>,
    /// The trials, odour noise applied.
    pub stimuli: Vec<Stimulus>,
}

impl Presented {
    /// Noisy trials of an odour, or of a mixture if several are named.
    pub(crate) fn odour(
        odour: &Bound<'_, PyAny>,
        trials: usize,
        concentration: f64,
        subject: &Subject,
        noise: &BlockNoise,
    ) -> PyResult<Self> {
        if !(0.0..=LARGEST_CONCENTRATION).contains(&concentration) {
            return Err(wrong(format!(
                "concentration is {concentration}; it must be between 0 and {LARGEST_CONCENTRATION}"
            )));
        }
        if trials == 0 {
            return Err(wrong("trials is 0; it must be at least 1"));
        }
        check_memory(&subject.network, trials, 0)?;
        let (templates, names) = (subject.odours.templates(), &subject.odour_names);
        let components = components(odour, names, subject.blank)?;
        let undiluted = match components[..] {
            [row] => templates[row].clone(),
            _ => mixture_template(templates, &components, Superposition::Sum).map_err(argument)?,
        };
        let nothing = vec![0.0; undiluted.len()];
        let blank = subject.blank.map_or(&nothing, |row| &templates[row]);
        let template = diluted(blank, &undiluted, concentration);
        let cv = subject.network.odour_cv();
        let shown: Vec<&str> = components.iter().map(|&it| names[it].as_str()).collect();
        Ok(Self {
            name: shown.join(" + "),
            stimuli: noisy_stimuli(&[template], trials, cv, noise).map_err(argument)?,
            classes: components
                .iter()
                .filter_map(|&row| subject.class_of_odour(row))
                .collect(),
            concentration: Some(concentration),
        })
    }

    /// Receptor responses `[trial, channel]` as they are given, without odour noise.
    pub(crate) fn responses(stimuli: &Bound<'_, PyAny>, subject: &Subject) -> PyResult<Self> {
        Ok(Self {
            name: "receptor responses".to_owned(),
            classes: Vec::new(),
            concentration: None,
            stimuli: self::stimuli(stimuli, subject.network.channels())?,
        })
    }
}

/// Receptor responses `[trial, channel]`; trial k draws the circuit noise of trial k.
pub(crate) fn stimuli(value: &Bound<'_, PyAny>, channels: usize) -> PyResult<Vec<Stimulus>> {
    let (shape, values) = numbers("stimuli", value)?;
    let [trials, found] = shape[..] else {
        return Err(wrong(format!(
            "stimuli has the shape {shape:?}; it must be [trial, channel] with {channels} channels"
        )));
    };
    if found != channels {
        return Err(wrong(format!(
            "stimuli has {found} channels; the circuit has {channels}"
        )));
    }
    if trials == 0 {
        return Err(wrong("stimuli holds no trial"));
    }
    let rows = values.chunks(channels);
    let possible = 0.0..=LARGEST_RESPONSE;
    if let Some(place) = values.iter().position(|value| !possible.contains(value)) {
        return Err(wrong(format!(
            "stimuli holds {} in trial {}, channel {}; receptor responses are not negative and at most {LARGEST_RESPONSE}",
            values[place],
            place / channels,
            place % channels
        )));
    }
    Ok(rows
        .zip(0_u32..)
        .map(|(row, trial)| Stimulus {
            input: row.iter().map(|&value| value as f32).collect(),
            trial,
        })
        .collect())
}

/// The rows of one odour, or of several that are presented together.
fn components(
    odour: &Bound<'_, PyAny>,
    names: &[String],
    blank: Option<usize>,
) -> PyResult<Vec<usize>> {
    if odour.is_instance_of::<PyString>() || odour.extract::<i64>().is_ok() {
        return Ok(vec![class(odour, names)?]);
    }
    let mut components = Vec::new();
    for item in odour.try_iter()? {
        let class = class(&item?, names)?;
        if Some(class) == blank {
            return Err(wrong(format!(
                "\"{}\" is the blank, which is part of every stimulus and no component of a mixture",
                names[class]
            )));
        }
        if components.contains(&class) {
            return Err(wrong(format!(
                "the mixture names \"{}\" twice; once is enough",
                names[class]
            )));
        }
        components.push(class);
    }
    if components.len() < 2 {
        return Err(wrong("a mixture has two or more odours"));
    }
    Ok(components)
}

/// The class of an odour by name (capitals do not matter) or number.
fn class(odour: &Bound<'_, PyAny>, names: &[String]) -> PyResult<usize> {
    if let Ok(number) = odour.extract::<i64>() {
        return usize::try_from(number)
            .ok()
            .filter(|&class| class < names.len())
            .ok_or_else(|| {
                wrong(format!(
                    "there is no odour {number}; the numbers are 0 to {}",
                    names.len() - 1
                ))
            });
    }
    let wanted = odour.extract::<String>()?.trim().to_lowercase();
    let named = names.iter().position(|name| name.to_lowercase() == wanted);
    named.ok_or_else(|| {
        wrong(format!(
            "there is no odour \"{wanted}\"; the odours are {}",
            names.join(", ")
        ))
    })
}
