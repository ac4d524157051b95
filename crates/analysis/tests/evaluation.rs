//! The evaluation of whatever circuit and task, on the statistical larva.
#![allow(missing_docs, clippy::unwrap_used)]

use kenyon_analysis::course::{Concentration, Course, Panel, Presented, Segment};
use kenyon_analysis::protocol::{Evaluation, EvaluationSettings, evaluate, evaluation_monitor};
use kenyon_analysis::{Ablation, AnalysisError, Labelled, Model, Roles, Shown};
use kenyon_circuit::{Circuit, Interventions, Network, Parameters};
use kenyon_connectome::{DataSet, ReceptorMapping, sample};

struct Setup {
    network: Network,
    parameters: Parameters,
    roles: Roles,
    templates: Vec<Vec<f64>>,
    none: Interventions,
}

impl Setup {
    fn new(edit: impl FnOnce(Circuit) -> Circuit) -> Self {
        let data: DataSet = sample::sample(2, 1).unwrap();
        let circuit = edit(Circuit::larva());
        let network = Network::compile(&circuit, &data.connectome).unwrap();
        let table = network.table();
        let mut parameters = table.start();
        // A decoder that prefers the first class, if nothing else.
        let bias = table.group("decoder.bias").unwrap().range.start;
        parameters.values[bias] = 1.0;
        Self {
            parameters,
            roles: Roles::of(&circuit),
            templates: data.panel.templates(ReceptorMapping::ByPosition).unwrap(),
            none: Interventions::default(),
            network,
        }
    }

    fn model(&self) -> Model<'_> {
        Model {
            network: &self.network,
            parameters: &self.parameters,
            roles: &self.roles,
            interventions: &self.none,
        }
    }

    fn evaluate(
        &self,
        labels: &[usize],
        settings: &EvaluationSettings,
    ) -> Result<Evaluation, AnalysisError> {
        let odours = Labelled::odours(&self.templates, labels);
        evaluate(&self.model(), odours, settings)
    }
}

fn few() -> EvaluationSettings {
    EvaluationSettings {
        trials: 4,
        ..EvaluationSettings::default()
    }
}

fn two_classes(circuit: Circuit) -> Circuit {
    circuit.with("readout.classes", 2).unwrap()
}

#[test]
fn labels_change_what_is_right_and_nothing_else() {
    let setup = Setup::new(two_classes);
    let rare: Vec<usize> = (0..28).map(|row| usize::from(row % 4 == 0)).collect();
    let swapped: Vec<usize> = rare.iter().map(|label| 1 - label).collect();
    let (first, second) = (
        setup.evaluate(&rare, &few()).unwrap(),
        setup.evaluate(&swapped, &few()).unwrap(),
    );
    assert_eq!(first.decisions, second.decisions);
    assert_eq!(first.populations, second.populations);
    assert_eq!(first.confusion[0], second.confusion[1]);
    assert_eq!(first.accuracy.hits + second.accuracy.hits, 28 * 4);
    // The decoder always says 0: 21 of the odours are of that class.
    assert_eq!(first.accuracy.fraction, 0.75);
    assert_eq!((first.chance, first.balanced_accuracy), (0.75, 0.5));
    assert_eq!(first.classes[1].odours, 7);
    assert_eq!(first.classes[1].accuracy.hits, 0);
    assert!(first.interval.low < 0.75 && first.interval.high > 0.75);
    assert_eq!(first.centroid.fraction, second.centroid.fraction);
    let names: Vec<&str> = first
        .populations
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["ORN", "LN", "PN", "KC"]);
    assert!(first.suppression.is_some() && first.left_out.is_empty());
    let odours = Labelled::odours(&setup.templates, &rare);
    let monitor = evaluation_monitor(&setup.model(), odours, 4, 42).unwrap();
    assert_eq!(monitor.accuracy, first.accuracy);
    assert_eq!(monitor.active_fraction, first.populations[3].active);
}

#[test]
fn what_is_missing_is_left_out_with_a_reason() {
    let setup = Setup::new(two_classes);
    let labels: Vec<usize> = (0..28).map(|row| row % 2).collect();
    let mut roles = setup.roles.clone();
    roles.feedback = "CSD".to_owned();
    let model = Model {
        roles: &roles,
        ..setup.model()
    };
    let odours = Labelled::odours(&setup.templates, &labels);
    let result = evaluate(&model, odours, &few()).unwrap();
    assert_eq!(result.suppression, None);
    assert_eq!(result.left_out[0].metric, "suppression");
    assert!(result.left_out[0].reason.contains("\"CSD\""));
    let without = EvaluationSettings {
        ablations: vec![Ablation::Feedback],
        ..few()
    };
    let removed = setup.evaluate(&labels, &without).unwrap();
    assert!(removed.left_out[0].reason.contains("APL was removed"));
    let mut roles = setup.roles.clone();
    roles.feedback_pathway = "nothing_to_kc".to_owned();
    let model = Model {
        roles: &roles,
        ..setup.model()
    };
    let result = evaluate(&model, odours, &few()).unwrap();
    assert!(
        result.left_out[0]
            .reason
            .contains("no pathway \"nothing_to_kc\"")
    );
    assert_ne!(removed.populations[3], result.populations[3]);
    assert_eq!(removed.populations[0].name, "ORN");
}

#[test]
fn labels_that_do_not_fit_are_errors() {
    let setup = Setup::new(two_classes);
    assert!(setup.evaluate(&[0; 27], &few()).is_err());
    assert!(setup.evaluate(&[2; 28], &few()).is_err());
    let one = EvaluationSettings { trials: 1, ..few() };
    assert!(setup.evaluate(&[0; 28], &one).is_err());
}

/// A course that shows an odour from the first step to the last is that odour; one of twice the length has
/// its rates per second, not twice as many.
#[test]
fn constant_courses_are_measured_like_odours() {
    let setup = Setup::new(two_classes);
    let labels: Vec<usize> = (0..28).map(|row| row % 2).collect();
    let names: Vec<String> = (0..28).map(|row| row.to_string()).collect();
    // Without a blank, concentration 1 is the odour to the bit.
    let panel = Panel {
        templates: &setup.templates,
        names: &names,
        blank: None,
        step_s: 1e-3,
    };
    let measured = |steps: usize| {
        let course = |row: usize| {
            let segment = Segment {
                name: row.to_string(),
                steps: 0..steps,
                presented: Presented::Odour {
                    components: vec![row],
                    concentration: Concentration::constant(1.0),
                },
            };
            Course::new(steps, vec![segment], Vec::new()).unwrap()
        };
        let courses: Vec<Course> = (0..28).map(course).collect();
        let stimuli = Labelled {
            stimuli: Shown::Courses(&courses, panel),
            labels: &labels,
        };
        evaluate(&setup.model(), stimuli, &few()).unwrap()
    };
    let odours = setup.evaluate(&labels, &few()).unwrap();
    let same = measured(setup.network.steps());
    assert_eq!(same.decisions, odours.decisions);
    let rates = |result: &Evaluation| {
        let rates = result.populations.iter().map(|it| it.rate_hz);
        rates.collect::<Vec<f64>>()
    };
    assert_eq!(rates(&same), rates(&odours));
    let long = measured(2 * setup.network.steps());
    let ratio = rates(&long)[0] / rates(&odours)[0];
    assert!((0.8..1.4).contains(&ratio), "{ratio}");
}
