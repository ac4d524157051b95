//! What is measured: a network with its parameters, and what is taken from it before.

use kenyon_circuit::{
    Form, Interventions, Network, ParameterGroup, ParameterTable, Parameters, Population,
};
use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, same_size};
use crate::roles::{GAP_OWNER, Roles, group, quantity};

/// A network ready to be measured.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    /// The compiled circuit.
    pub network: &'a Network,
    /// Its stored parameters.
    pub parameters: &'a Parameters,
    /// Which population plays which part.
    pub roles: &'a Roles,
    /// What is done to it in every trial, such as the depression that was off in training too.
    pub interventions: &'a Interventions,
}

impl Model<'_> {
    /// The population of that name.
    ///
    /// # Errors
    /// If the circuit has none.
    pub fn population(&self, name: &str) -> Result<&Population, AnalysisError> {
        self.network
            .population(name)
            .ok_or_else(|| AnalysisError::UnknownPopulation {
                name: name.to_owned(),
            })
    }

    /// Parameters must fit the network and interventions must name what it has,
    /// because the engine takes both for granted.
    pub(crate) fn check(&self, interventions: &Interventions) -> Result<(), AnalysisError> {
        same_size(
            "parameters",
            self.network.table().len(),
            self.parameters.values.len(),
        )?;
        if self
            .parameters
            .values
            .iter()
            .any(|value| !value.is_finite())
        {
            return Err(AnalysisError::NotFinite {
                what: "parameters".to_owned(),
            });
        }
        interventions.check(self.network)?;
        Ok(())
    }
}

/// A removal that is made by editing parameters, so that the same trials draw the same noise
/// (experiments.md, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ablation {
    /// All gap junctions: conductance 1e-30 S.
    GapJunctions,
    /// The feedback neuron (APL): raw output gain -100, softplus 3.8e-44.
    Feedback,
    /// Short-term depression, and with it the release probability (quirk 11): release logit 20,
    /// recovery time 1e-9 s. Equals [`Interventions::depression_off`] up to 2e-9; use that for
    /// networks which were trained without depression.
    Depression,
    /// The running down of vesicle pools alone: recovery time 1e-9 s, the release probability stays.
    /// The sound variant of [`Ablation::Depression`], which also removes that (quirk 11).
    Depletion,
}

impl Ablation {
    /// What is missing afterwards, such as "APL" or "gap junctions".
    #[must_use]
    pub fn removed(self, roles: &Roles) -> &str {
        match self {
            Self::GapJunctions => "gap junctions",
            Self::Feedback => &roles.feedback,
            Self::Depression => "depression",
            Self::Depletion => "depletion",
        }
    }
}

/// Stored values that remove a mechanism.
#[derive(Clone, Copy, Debug)]
pub struct AblationRule;

impl AblationRule {
    /// Conductance of a removed gap junction, siemens.
    pub const CONDUCTANCE_S: f64 = 1e-30;
    /// Raw gain of the removed feedback neuron.
    pub const RAW_GAIN: f64 = -100.0;
    /// Release logit without depression.
    pub const RELEASE_LOGIT: f64 = 20.0;
    /// Recovery time without depression, second.
    pub const RECOVERY_S: f64 = 1e-9;
}

/// The parameters after removals, in the given order.
///
/// # Errors
/// If the circuit has no parameter of the removed mechanism, or stores it in a form for which the
/// edit means something else.
pub fn ablate(
    table: &ParameterTable,
    parameters: &Parameters,
    roles: &Roles,
    ablations: &[Ablation],
) -> Result<Parameters, AnalysisError> {
    same_size("parameters", table.len(), parameters.values.len())?;
    let mut edited = parameters.clone();
    for ablation in ablations {
        match ablation {
            Ablation::GapJunctions => {
                let logarithm = Form::Log.store(AblationRule::CONDUCTANCE_S);
                let gaps = |name: &str| {
                    name.strip_prefix(GAP_OWNER)
                        .is_some_and(|rest| rest.starts_with('.'))
                };
                set_all(table, &mut edited, GAP_OWNER, gaps, Form::Log, logarithm)?;
            }
            Ablation::Feedback => {
                let name = group(&roles.feedback_pathway, quantity::GAIN);
                set(
                    &mut edited,
                    find(table, &name)?,
                    Form::Softplus,
                    AblationRule::RAW_GAIN,
                )?;
            }
            Ablation::Depletion => recover_at_once(table, &mut edited)?,
            Ablation::Depression => {
                recover_at_once(table, &mut edited)?;
                let release = quantity::RELEASE_PROBABILITY;
                set_all(
                    table,
                    &mut edited,
                    release,
                    is(release),
                    Form::Logit,
                    AblationRule::RELEASE_LOGIT,
                )?;
            }
        }
    }
    Ok(edited)
}

fn recover_at_once(
    table: &ParameterTable,
    parameters: &mut Parameters,
) -> Result<(), AnalysisError> {
    let (recovery, logarithm) = (
        quantity::RECOVERY,
        Form::Log.store(AblationRule::RECOVERY_S),
    );
    set_all(
        table,
        parameters,
        recovery,
        is(recovery),
        Form::Log,
        logarithm,
    )
}

/// Whether a group's name ends with that quantity.
fn is(quantity: &'static str) -> impl Fn(&str) -> bool {
    move |name| {
        name.rsplit_once('.')
            .is_some_and(|(_, last)| last == quantity)
    }
}

/// Sets all groups whose name matches; `what` names them if there are none.
fn set_all(
    table: &ParameterTable,
    parameters: &mut Parameters,
    what: &str,
    matches: impl Fn(&str) -> bool,
    form: Form,
    value: f64,
) -> Result<(), AnalysisError> {
    let mut found = false;
    for group in table.groups().iter().filter(|group| matches(&group.name)) {
        set(parameters, group, form, value)?;
        found = true;
    }
    if found {
        Ok(())
    } else {
        Err(AnalysisError::UnknownParameter {
            name: what.to_owned(),
        })
    }
}

fn set(
    parameters: &mut Parameters,
    group: &ParameterGroup,
    form: Form,
    value: f64,
) -> Result<(), AnalysisError> {
    if group.form != form {
        return Err(AnalysisError::UnexpectedForm {
            name: group.name.clone(),
            expected: form,
            found: group.form,
        });
    }
    parameters.values[group.range.clone()].fill(group.precision.round(value));
    Ok(())
}

fn find<'t>(table: &'t ParameterTable, name: &str) -> Result<&'t ParameterGroup, AnalysisError> {
    table
        .group(name)
        .ok_or_else(|| AnalysisError::UnknownParameter {
            name: name.to_owned(),
        })
}

/// Stored values of a group.
pub(crate) fn stored<'p>(
    table: &ParameterTable,
    parameters: &'p Parameters,
    name: &str,
) -> Result<&'p [f64], AnalysisError> {
    let group = find(table, name)?;
    let found = parameters.values.len();
    parameters
        .values
        .get(group.range.clone())
        .ok_or_else(|| AnalysisError::Shape {
            what: "parameters".to_owned(),
            expected: table.len(),
            found,
        })
}

/// Realised values of a group.
pub(crate) fn realised(
    table: &ParameterTable,
    parameters: &Parameters,
    name: &str,
) -> Result<Vec<f64>, AnalysisError> {
    let form = find(table, name)?.form;
    Ok(stored(table, parameters, name)?
        .iter()
        .map(|&value| form.realise(value))
        .collect())
}

/// The bounds of a group.
pub(crate) fn bounds(table: &ParameterTable, name: &str) -> Result<(f64, f64), AnalysisError> {
    find(table, name)?
        .bounds
        .ok_or_else(|| AnalysisError::Setting {
            setting: "bounds",
            problem: format!("parameter group \"{name}\" has none"),
        })
}
