//! Interventions as they are written on the command line.

use std::fmt;
use std::str::FromStr;

use anyhow::Context;
use clap::Args;
use kenyon_analysis::recording::INTACT;
use kenyon_circuit::{Interventions, Network};

/// What is done to the network in every trial.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Interventions")]
pub(crate) struct InterventionArguments {
    /// Never let a population, or one of its neurons (from 0), spike; can be repeated
    #[arg(long, value_name = "POP[:N]")]
    silence: Vec<Member>,
    /// Add a constant current to a population or one of its neurons; can be repeated
    #[arg(long, value_name = "POP[:N]=AMPERE")]
    drive: Vec<Drive>,
    /// Add to the state of a graded population in every step; can be repeated
    #[arg(long, value_name = "POP=AMOUNT")]
    boost: Vec<Boost>,
    /// Switch a pathway off; can be repeated
    #[arg(long, value_name = "PATHWAY")]
    disable: Vec<String>,
    /// Release without vesicle pools
    #[arg(long)]
    no_depression: bool,
    /// No current through gap junctions
    #[arg(long)]
    no_gap_junctions: bool,
}

impl InterventionArguments {
    /// The interventions as a caption, such as "silence LN, no gap junctions"; [`INTACT`] if there are
    /// none.
    pub(crate) fn describe(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.silence.iter().map(|it| format!("silence {it}")));
        parts.extend(
            self.drive
                .iter()
                .map(|it| format!("drive {}={:e} A", it.member, it.ampere)),
        );
        parts.extend(
            self.boost
                .iter()
                .map(|it| format!("boost {}={}", it.population, it.amount)),
        );
        parts.extend(self.disable.iter().map(|name| format!("disable {name}")));
        parts.extend(self.no_depression.then(|| "no depression".to_owned()));
        parts.extend(self.no_gap_junctions.then(|| "no gap junctions".to_owned()));
        if parts.is_empty() {
            INTACT.to_owned()
        } else {
            parts.join(", ")
        }
    }

    /// The interventions, checked against the network.
    pub(crate) fn resolve(&self, network: &Network) -> anyhow::Result<Interventions> {
        let interventions = Interventions {
            boosts: self
                .boost
                .iter()
                .map(|it| (it.population.clone(), it.amount))
                .collect(),
            currents: self
                .drive
                .iter()
                .map(|it| (it.member.population.clone(), it.member.neuron, it.ampere))
                .collect(),
            silenced: self
                .silence
                .iter()
                .map(|it| (it.population.clone(), it.neuron))
                .collect(),
            disabled_pathways: self.disable.clone(),
            depression_off: self.no_depression,
            gap_junctions_off: self.no_gap_junctions,
            ..Interventions::default()
        };
        interventions.check(network).with_context(|| {
            let populations: Vec<&str> = network
                .populations()
                .iter()
                .map(|population| &*population.name)
                .collect();
            format!(
                "this intervention is not possible (populations: {}; `kenyon inspect` lists the \
                 pathways)",
                populations.join(", ")
            )
        })?;
        Ok(interventions)
    }
}

/// `POP` or `POP:N`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    population: String,
    neuron: Option<usize>,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.neuron {
            None => write!(f, "{}", self.population),
            Some(neuron) => write!(f, "{}:{neuron}", self.population),
        }
    }
}

impl FromStr for Member {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (population, neuron) = match text.split_once(':') {
            None => (text, None),
            Some((population, number)) => {
                let number = number
                    .parse()
                    .map_err(|_| format!("\"{number}\" is not the number of a neuron"))?;
                (population, Some(number))
            }
        };
        if population.is_empty() {
            return Err("the name of a population is missing".to_owned());
        }
        Ok(Self {
            population: population.to_owned(),
            neuron,
        })
    }
}

/// `POP[:N]=AMPERE`.
#[derive(Clone, Debug, PartialEq)]
struct Drive {
    member: Member,
    ampere: f64,
}

impl FromStr for Drive {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (member, ampere) = assignment(text, "1e-10")?;
        Ok(Self {
            member: member.parse()?,
            ampere,
        })
    }
}

/// `POP=AMOUNT`.
#[derive(Clone, Debug, PartialEq)]
struct Boost {
    population: String,
    amount: f64,
}

impl FromStr for Boost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (population, amount) = assignment(text, "0.7")?;
        Ok(Self {
            population: population.to_owned(),
            amount,
        })
    }
}

/// No current (ampere) or boost beyond this makes sense, and squares of it still fit `f32`.
const LARGEST_AMOUNT: f64 = 1e6;

fn assignment<'a>(text: &'a str, example: &str) -> Result<(&'a str, f64), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("\"=\" and a number are missing, as in {text}={example}"))?;
    let number: f64 = value
        .parse()
        .map_err(|_| format!("\"{value}\" is not a number"))?;
    if number.abs() <= LARGEST_AMOUNT {
        Ok((name, number))
    } else {
        Err(format!(
            "{value} is not a number between -{LARGEST_AMOUNT} and {LARGEST_AMOUNT}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_numbers_are_read() {
        let neuron = Member {
            population: "KC".to_owned(),
            neuron: Some(3),
        };
        assert_eq!("KC:3".parse(), Ok(neuron.clone()));
        assert_eq!(
            "KC:3=1e-10".parse(),
            Ok(Drive {
                member: neuron,
                ampere: 1e-10
            })
        );
        assert_eq!(
            "APL=0.7".parse(),
            Ok(Boost {
                population: "APL".to_owned(),
                amount: 0.7
            })
        );
        let arguments = InterventionArguments {
            silence: vec!["KC:3".parse().expect("a neuron")],
            drive: vec!["KC=1e-10".parse().expect("a current")],
            no_gap_junctions: true,
            ..InterventionArguments::default()
        };
        let described = "silence KC:3, drive KC=1e-10 A, no gap junctions";
        assert_eq!(arguments.describe(), described);
        assert_eq!(InterventionArguments::default().describe(), "intact");
        for bad in ["KC:x=1", "KC", ":3=1", "KC=nan", "KC="] {
            assert!(bad.parse::<Drive>().is_err(), "{bad}");
        }
    }
}
