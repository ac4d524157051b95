//! Protocols on the larval network before training. What a trained network must reach is judged by
//! the study; here protocols must run, share noise as documented, and obey what holds for any network.

use std::path::Path;
use std::time::Instant;

use kenyon_analysis::protocol::{
    AcrossSettings, FinalSettings, MixtureSettings, MonitorSettings, ReevaluationSettings,
    SeparabilitySettings, concentration_test, confusion_and_consistency, figure_four,
    final_metrics, linear_separability, mixture_geometry, monitor, parameter_figures,
    per_odour_table, prediction_agreement_across, reevaluate, similarity_across, similarity_maps,
    suppression_test,
};
use kenyon_analysis::teacher_student::student_readout;
use kenyon_analysis::{
    Ablation, AnalysisError, BlockNoise, Model, Roles, ablate, headline, noisy_block,
    parameter_consistency,
};
use kenyon_circuit::{Circuit, Interventions, Network, Parameters};
use kenyon_connectome::{DataSet, ReceptorMapping};
use kenyon_testing::Suite;

fn main() {
    Suite::new("protocols")
        .test_with_shared("re-evaluation", "data", |path| {
            Larva::load(&path).reevaluation()
        })
        .test_with_shared("common noise", "data", |path| {
            Larva::load(&path).common_noise()
        })
        .test_with_shared("ablations", "data", |path| Larva::load(&path).ablations())
        .test_with_shared("gain control", "data", |path| {
            Larva::load(&path).gain_control()
        })
        .test_with_shared("training", "data", |path| Larva::load(&path).training())
        .test_with_shared("several models", "data", |path| {
            Larva::load(&path).several_models()
        })
        .test_with_shared("mixtures", "data", |path| Larva::load(&path).mixtures())
        .test_with_shared("bad input", "data", |path| Larva::load(&path).bad_input())
        .run();
}

struct Larva {
    network: Network,
    parameters: Parameters,
    roles: Roles,
    interventions: Interventions,
    templates: Vec<Vec<f64>>,
}

impl Larva {
    fn load(folder: &Path) -> Self {
        let data = DataSet::load(folder).expect("the larval data set");
        let network =
            Network::compile(&Circuit::larva(), &data.connectome).expect("the larval circuit");
        let mut parameters = network.table().start();
        // A decoder that says something: small weights of a fixed pattern.
        let range = network
            .table()
            .group("decoder.weight")
            .expect("a decoder")
            .range
            .clone();
        for (index, value) in parameters.values[range].iter_mut().enumerate() {
            *value = ((index * 7919) % 1000) as f64 * 1e-3 - 0.5;
        }
        Self {
            templates: data
                .panel
                .templates(ReceptorMapping::ByPosition)
                .expect("receptor responses"),
            network,
            parameters,
            roles: Roles::default(),
            interventions: Interventions::default(),
        }
    }

    fn model(&self) -> Model<'_> {
        Model {
            network: &self.network,
            parameters: &self.parameters,
            roles: &self.roles,
            interventions: &self.interventions,
        }
    }

    fn reevaluation(&self) {
        let start = Instant::now();
        let settings = ReevaluationSettings::default();
        let result = reevaluate(&self.model(), &self.templates, &settings).expect("a valid model");
        println!(
            "re-evaluation: {:.2} s\n{result:#?}",
            start.elapsed().as_secs_f64()
        );
        assert_eq!(result.accuracy.samples, 1400);
        assert!(result.active.orn > 0.0 && result.active.pn > 0.0 && result.active.kc > 0.0);
        assert!(result.decorrelation.al_percent.is_some());
        let again = reevaluate(&self.model(), &self.templates, &settings).expect("a valid model");
        assert_eq!(result, again);
        let text = serde_json::to_string(&result).expect("plain numbers");
        assert_eq!(
            serde_json::from_str::<kenyon_analysis::protocol::Reevaluation>(&text)
                .expect("the same"),
            result
        );
        assert!(text.starts_with("{\"settings\":{\"seed\":42,"));
        assert_eq!(headline::reevaluation_figures(&result).len(), 7);
    }

    fn common_noise(&self) {
        let model = self.model();
        let noise = BlockNoise::new("test", 1, 1);
        let block = noisy_block(&model, &self.templates, 3, &noise).expect("a valid model");
        // Row by row with shifted addresses gives the same bits: neither batch nor order matter.
        for row in [27, 5, 0] {
            let own = noise.after(row, 3).expect("few trials");
            let alone =
                noisy_block(&model, &self.templates[row..=row], 3, &own).expect("a valid model");
            assert_eq!(
                alone.receptors,
                block.receptors.rows_between(row, row + 1).expect("a row")
            );
            assert_eq!(
                alone.coding,
                block.coding.rows_between(row, row + 1).expect("a row")
            );
            assert_eq!(
                alone.logits,
                block.logits.rows_between(row, row + 1).expect("a row")
            );
        }
        let other = noisy_block(&model, &self.templates, 3, &BlockNoise::new("test", 1, 2))
            .expect("a valid model");
        assert_eq!(other.receptors, block.receptors);
        assert_ne!(other.relay, block.relay);
    }

    fn ablations(&self) {
        let settings = ReevaluationSettings {
            suppression_trials: None,
            repeats: 5,
            ..Default::default()
        };
        let evaluate = |ablations: &[Ablation]| {
            let settings = ReevaluationSettings {
                ablations: ablations.to_vec(),
                ..settings.clone()
            };
            reevaluate(&self.model(), &self.templates, &settings).expect("a valid model")
        };
        let intact = evaluate(&[]);
        // The APL acts on KCs alone, and noise is common: the antennal lobe cannot tell the difference.
        let no_apl = evaluate(&[Ablation::Feedback]);
        assert_eq!(
            no_apl.decorrelation.al_percent,
            intact.decorrelation.al_percent
        );
        assert!(no_apl.active.kc >= intact.active.kc);
        assert_ne!(evaluate(&[Ablation::GapJunctions]).active, intact.active);
        // Depression off by parameters equals the switch up to 2e-9, which few spikes notice.
        let by_parameters = evaluate(&[Ablation::Depression]);
        let off = Interventions {
            depression_off: true,
            ..Default::default()
        };
        let by_switch = reevaluate(
            &Model {
                interventions: &off,
                ..self.model()
            },
            &self.templates,
            &settings,
        )
        .expect("a valid model");
        println!(
            "active {:?} {:?} {:?}",
            intact.active, by_parameters.active, by_switch.active
        );
        assert!((by_parameters.active.kc - by_switch.active.kc).abs() < 5e-3);
        assert!((by_parameters.active.pn - by_switch.active.pn).abs() < 5e-3);
        assert_ne!(by_parameters.active, intact.active);
    }

    fn gain_control(&self) {
        let test = suppression_test(&self.model(), 20, 42).expect("a valid model");
        println!("{test:?}");
        assert!(test.baseline > 0.0 && test.ratio >= 1.0);
        // Without the APL's output the boost does nothing, exactly, because arms share noise.
        let parameters = ablate(
            self.network.table(),
            &self.parameters,
            &self.roles,
            &[Ablation::Feedback],
        )
        .expect("an APL");
        let without = Model {
            parameters: &parameters,
            ..self.model()
        };
        let without = suppression_test(&without, 20, 42).expect("a valid model");
        assert_eq!((without.ratio, without.suppression_percent), (1.0, 0.0));

        let mut ranges = Vec::new();
        for seed in 42..47 {
            let start = Instant::now();
            let test = concentration_test(&self.model(), &self.templates, 10, seed)
                .expect("a valid model");
            println!(
                "or {:.4} pn {:.3} kc {:.3}, {:.2} s",
                test.or_range,
                test.pn_range,
                test.kc_range,
                start.elapsed().as_secs_f64()
            );
            assert_eq!(headline::concentration_figures(&test).len(), 9);
            ranges.push(test.or_range);
        }
        // Published 1.7535 with half width 0.03; depends on templates and our own odour noise only.
        assert!((kenyon_analysis::mean(&ranges) - 1.753_52).abs() < 0.03);
    }

    fn training(&self) {
        let point = monitor(
            &self.model(),
            &self.templates,
            &MonitorSettings::canonical(42),
        )
        .expect("a valid model");
        assert!((point.g_soma_ns - 10.0).abs() < 1e-5);
        let start = Instant::now();
        let result = final_metrics(
            &self.model(),
            &self.templates,
            &FinalSettings::canonical(42),
        )
        .expect("a valid model");
        println!("final metrics: {:.2} s", start.elapsed().as_secs_f64());
        assert_eq!(result.accuracy, point.accuracy);
        assert_eq!(
            result.mean_similarity_decorrelation,
            point.mean_similarity_decorrelation
        );
        let parameters = parameter_figures(&self.model()).expect("the larva's parameters");
        assert_eq!(result.parameters, parameters);
        assert_eq!(parameters.thresholds_in_range_percent, 100.0);
        assert!((parameters.gap_conductances_ns[0].1 - 0.1).abs() < 1e-12);
        let names: Vec<String> = headline::parameter_headline(&parameters, &self.roles)
            .into_iter()
            .map(|figure| figure.name)
            .collect();
        assert_eq!(
            names[..4],
            ["g_soma_nS", "gap_ln_ln_nS", "gap_pn_pn_nS", "gap_eln_pn_nS"]
        );
        // And the gain of the APL, and six figures of the thresholds of three populations.
        assert_eq!(names.len(), 4 + 1 + 6 * 3);
        let readout = student_readout(self.network.table(), &self.parameters, &self.roles)
            .expect("the larva's parameters");
        let sizes: Vec<usize> = readout
            .vectors
            .iter()
            .map(|(_, values)| values.len())
            .collect();
        assert_eq!(sizes, [21, 28 * 144, 28, 144, 108, 42, 72]);
        assert_eq!(readout.scalars.len(), 11);
        let same = parameter_consistency(&[readout.clone(), readout]).expect("two models");
        assert_eq!(same.mean_coefficient_of_variation, Some(0.0));
    }

    fn several_models(&self) {
        let models = [self.model(), self.model(), self.model()];
        let similarity = similarity_across(&models, &self.templates, &AcrossSettings::SIMILARITY)
            .expect("valid models");
        // The same network thrice: below 1 only because each model draws its own noise.
        println!("similarity {}", similarity.mean);
        assert!(similarity.mean > 0.5 && similarity.mean < 1.0);
        let agreement =
            prediction_agreement_across(&models, &self.templates, &AcrossSettings::AGREEMENT)
                .expect("valid models");
        assert!((0.0..=1.0).contains(&agreement.mean));
        let (confusion, consistency) =
            confusion_and_consistency(&models, &self.templates, &AcrossSettings::CONFUSION)
                .expect("valid models");
        assert!(
            confusion
                .counts
                .iter()
                .all(|row| row.iter().sum::<usize>() == 150)
        );
        assert!(consistency.mean > 0.0 && consistency.mean < similarity.mean);
        let table = per_odour_table(&models, &self.templates, &AcrossSettings::PER_ODOUR)
            .expect("valid models");
        assert_eq!(table.odours.len(), 28);
        let names: Vec<String> = (0..28).map(|row| format!("odour {row}")).collect();
        let settings = AcrossSettings::CORE_FIGURE;
        let maps =
            similarity_maps(&models[..1], &self.templates, &names, &settings).expect("a model");
        assert_eq!(
            (maps.receptors.cosines.len(), maps.coding_counts[0].len()),
            (28, 144)
        );
        assert!((maps.receptors.cosines[3][3] - 1.0).abs() < 1e-12);
        // Nearly the same in the data: blank and carbon dioxide (cosine 0.989).
        let linkage = &maps.receptors.linkage;
        assert_eq!((linkage.merges.len(), linkage.leaves.len()), (27, 28));
        assert!(
            linkage
                .merges
                .iter()
                .all(|merge| (0.0..=1.0).contains(&merge.2))
        );
        let thrice =
            similarity_maps(&models, &self.templates, &names, &settings).expect("three models");
        assert!((thrice.relay.cosines[1][2] - maps.relay.cosines[1][2]).abs() < 1e-12);
        assert!(similarity_maps(&models, &self.templates, &names[..27], &settings).is_err());
    }

    /// The sizes of the published experiments.
    fn mixtures(&self) {
        let (model, start) = (self.model(), Instant::now());
        let settings = MixtureSettings::canonical(42, (0..50).map(|i| 58 * i).collect());
        let geometry = mixture_geometry(&model, &self.templates, &settings).expect("a valid model");
        println!("geometry: {:.2} s", start.elapsed().as_secs_f64());
        assert_eq!((geometry.pairs.len(), geometry.triplets.len()), (351, 50));
        let start = Instant::now();
        let settings = SeparabilitySettings::canonical(42, (0..50).map(|i| 7 * i).collect());
        let separability =
            linear_separability(&model, &self.templates, &settings).expect("a valid model");
        println!("separability: {:.2} s", start.elapsed().as_secs_f64());
        assert_eq!(separability.odour_identity.samples, 270);
        assert_eq!(separability.mixture_versus_single.samples, 770);
        assert_eq!(separability.between_mixtures.samples, 200);
        let majority = separability.mixture_versus_single.majority_rate;
        assert!((majority - 0.649).abs() < 1e-3);
        let start = Instant::now();
        let settings = MixtureSettings {
            triplets: Vec::new(),
            ..geometry.settings.clone()
        };
        let figure = figure_four(&model, &self.templates, 20, &settings).expect("a valid model");
        println!("figure 4: {:.2} s", start.elapsed().as_secs_f64());
        let figures = [
            headline::mixture_geometry_figures(&geometry),
            headline::separability_figures(&separability),
            headline::figure_four_figures(&figure),
        ];
        for figure in figures.concat() {
            println!("{}: {:.4}", figure.name, figure.value);
        }
    }

    fn bad_input(&self) {
        let noise = BlockNoise::new("test", 1, 1);
        let model = self.model();
        let block = |model: &Model<'_>, templates: &[Vec<f64>], trials| {
            noisy_block(model, templates, trials, &noise)
        };
        assert!(matches!(
            block(&model, &[], 1),
            Err(AnalysisError::TooFew { .. })
        ));
        assert!(matches!(
            block(&model, &self.templates, 0),
            Err(AnalysisError::TooFew { .. })
        ));
        assert!(matches!(
            block(&model, &[vec![0.0; 20]], 1),
            Err(AnalysisError::Shape { .. })
        ));
        assert!(matches!(
            block(&model, &[vec![f64::NAN; 21]], 1),
            Err(AnalysisError::NotFinite { .. })
        ));
        assert!(matches!(
            block(&model, &self.templates, usize::MAX),
            Err(AnalysisError::TooMany { .. })
        ));
        let short = Parameters {
            values: vec![0.0; 3],
        };
        let short = Model {
            parameters: &short,
            ..model
        };
        assert!(matches!(
            block(&short, &self.templates, 1),
            Err(AnalysisError::Shape { .. })
        ));
        let roles = Roles {
            relay: "nobody".to_owned(),
            ..Roles::default()
        };
        let nobody = Model {
            roles: &roles,
            ..model
        };
        assert!(matches!(
            block(&nobody, &self.templates, 1),
            Err(AnalysisError::UnknownPopulation { .. })
        ));
        let boost = Interventions {
            boosts: vec![("KC".to_owned(), 1.0)],
            ..Default::default()
        };
        let boost = Model {
            interventions: &boost,
            ..model
        };
        assert!(matches!(
            block(&boost, &self.templates, 1),
            Err(AnalysisError::Intervention(_))
        ));
        assert!(suppression_test(&model, 0, 1).is_err());
        assert!(concentration_test(&model, &self.templates[..1], 1, 1).is_err());
        assert!(similarity_across(&[model], &self.templates, &AcrossSettings::SIMILARITY).is_err());
        assert!(
            confusion_and_consistency(&[], &self.templates, &AcrossSettings::CONFUSION).is_err()
        );
    }
}
