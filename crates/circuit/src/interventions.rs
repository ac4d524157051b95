//! What an experimenter changes while a trial runs.

/// Changes to a network for the duration of a trial; the default changes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interventions {
    /// (graded population, amount): added to its state after every update and carried on, such as a
    /// boost of the APL (spec/experiments.md 1.3).
    pub boosts: Vec<(String, f64)>,
    /// (population, neuron or all, ampere): constant extra current; into the shunted dendrite of
    /// two-compartment cells.
    pub currents: Vec<(String, Option<usize>, f64)>,
    /// (population, neuron or all): never spikes; graded units stay at 0.
    pub silenced: Vec<(String, Option<usize>)>,
    /// Pathways that do not act, by name.
    pub disabled_pathways: Vec<String>,
    /// Sets of gap junctions without current, by name.
    pub disabled_gap_junctions: Vec<String>,
    /// Release is the raw spike: no vesicle pool and no release probability (quirk 21).
    pub depression_off: bool,
    /// No current through gap junctions.
    pub gap_junctions_off: bool,
}
