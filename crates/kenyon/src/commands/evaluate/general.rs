//! The evaluation of models of whatever circuit and task.

use kenyon_analysis::headline::evaluation_figures;
use kenyon_analysis::protocol::{Evaluation, EvaluationSettings, evaluate};
use kenyon_analysis::{Ablation, Model};
use kenyon_connectome::DataSet;
use kenyon_study::Subject;
use serde_json::json;

use super::{Arguments, named};
use crate::data;
use crate::ending::Ending;
use crate::model::{LoadedModel, mapping_name};
use crate::output::Output;
use crate::table::Table;

/// Classes whose confusion is shown.
const SHOWN_CLASSES: usize = 12;

/// Measures what can be measured; `reason` says why the publication's measurements cannot be made.
pub(super) fn run(
    arguments: &Arguments,
    data: &DataSet,
    loaded: &LoadedModel,
    model: &Model<'_>,
    reason: &str,
    output: &Output,
) -> anyhow::Result<Ending> {
    let LoadedModel {
        subject, origin, ..
    } = loaded;
    let settings = EvaluationSettings {
        seed: arguments.seed,
        trials: arguments.repeats as usize,
        ablations: arguments.without.iter().map(|&it| it.into()).collect(),
    };
    let result = evaluate(model, subject.labelled(), &settings)?;
    let figures = evaluation_figures(&result);
    output.line(format_args!(
        "{}, receptors {}; {}",
        data::describe(data),
        mapping_name(subject.mapping),
        origin.describe()
    ));
    if arguments.concentrations {
        output
            .line("not measured: concentrations, they are defined for the publication's task only");
    }
    show(&result, subject, reason, &settings.ablations, output);
    let own = json!({
        "teacher": subject.teacher.is_some(),
        "classes": subject.class_names,
        subject.told_apart(): subject.stimulus_names(),
        "labels": subject.labelled().labels,
        "figures": named(&figures),
        "evaluation": result,
        "not_the_published_measurements": reason,
    });
    output.json(&loaded.result(data, own))?;
    Ok(Ending::Done)
}

fn show(
    result: &Evaluation,
    subject: &Subject,
    reason: &str,
    without: &[Ablation],
    output: &Output,
) {
    if !without.is_empty() {
        output.line(format_args!("without {without:?}"));
    }
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    output.line(format_args!(
        "accuracy {} ({} of {} trials; 95 % interval {} to {}), chance {}",
        percent(result.accuracy.fraction),
        result.accuracy.hits,
        result.accuracy.samples,
        percent(result.interval.low),
        percent(result.interval.high),
        percent(result.chance)
    ));
    output.line(format_args!(
        "balanced accuracy {}, nearest mean pattern {}",
        percent(result.balanced_accuracy),
        percent(result.centroid.fraction)
    ));
    show_classes(result, subject, output);
    let mut table = Table::new(&[
        "population",
        ">neurons",
        ">rate/Hz",
        ">active",
        ">decorrelation",
    ]);
    for own in &result.populations {
        let decorrelation = own.decorrelation_percent;
        table.row([
            own.name.clone(),
            own.neurons.to_string(),
            format!("{:.2}", own.rate_hz),
            percent(own.active),
            decorrelation.map_or_else(|| "none".to_owned(), |value| format!("{value:.1} %")),
        ]);
    }
    output.line("");
    output.line(table);
    if let Some(test) = &result.suppression {
        output.line(format_args!(
            "{} suppression: ratio {:.2}",
            subject.roles.feedback, test.ratio
        ));
    }
    output.line("");
    for left_out in &result.left_out {
        output.line(format_args!(
            "not measured: {}, {}",
            left_out.metric, left_out.reason
        ));
    }
    output.line(format_args!(
        "not measured: the publication's figures, {reason}"
    ));
}

/// The confusion matrix of few classes, or the accuracy of each of many.
fn show_classes(result: &Evaluation, subject: &Subject, output: &Output) {
    let names = &subject.class_names;
    let counted = format!(">{}", subject.told_apart());
    output.line("");
    if names.len() > SHOWN_CLASSES {
        let mut table = Table::new(&["class", &counted, ">accuracy"]);
        for (name, own) in names.iter().zip(&result.classes) {
            let accuracy = format!("{:.1} %", 100.0 * own.accuracy.fraction);
            table.row([name.clone(), own.odours.to_string(), accuracy]);
        }
        output.line(table);
        return;
    }
    let decided: Vec<String> = names.iter().map(|name| format!(">{name}")).collect();
    let mut head = vec!["class, decided as", counted.as_str()];
    head.extend(decided.iter().map(String::as_str));
    let mut table = Table::new(&head);
    for ((name, own), row) in names.iter().zip(&result.classes).zip(&result.confusion) {
        let mut cells = vec![name.clone(), own.odours.to_string()];
        cells.extend(row.iter().map(ToString::to_string));
        table.row(cells);
    }
    output.line(table);
}
