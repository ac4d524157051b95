//! The model and the stimuli of these tests.

use kenyon_analysis::protocol::MixtureSettings;
use kenyon_analysis::{
    BlockNoise, Model, Patterns, Roles, Superposition, mixture_template, noisy_block,
};
use kenyon_circuit::{Circuit, Interventions, Network, Parameters};
use kenyon_connectome::{ReceptorMapping, sample::sample};

pub const ROWS: usize = 8;
/// Ranks among the 35 triplets of 7 odours.
pub const TRIPLETS: [usize; 3] = [34, 0, 17];
const TRIPLET_ROWS: [[usize; 3]; 3] = [[5, 6, 7], [1, 2, 3], [2, 3, 6]];

pub struct Larva {
    pub network: Network,
    pub parameters: Parameters,
    pub roles: Roles,
    pub interventions: Interventions,
    pub templates: Vec<Vec<f64>>,
}

impl Larva {
    pub fn new() -> Self {
        let data = sample(1, 1).expect("a statistical larva");
        let network =
            Network::compile(&Circuit::larva(), &data.connectome).expect("the larval circuit");
        let mut templates = data
            .panel
            .templates(ReceptorMapping::ByPosition)
            .expect("receptor responses");
        templates.truncate(ROWS);
        Self {
            parameters: network.table().start(),
            network,
            roles: Roles::default(),
            interventions: Interventions::default(),
            templates,
        }
    }

    pub fn model(&self) -> Model<'_> {
        Model {
            network: &self.network,
            parameters: &self.parameters,
            roles: &self.roles,
            interventions: &self.interventions,
        }
    }

    pub fn settings(&self) -> MixtureSettings {
        MixtureSettings::canonical(42, TRIPLETS.to_vec())
    }

    /// KC counts of templates, all pairs and triplets, and the rows of the mixtures.
    pub fn present(
        &self,
        metric: &str,
        superposition: Superposition,
    ) -> (Patterns, Vec<Vec<usize>>) {
        let mut mixtures = Vec::new();
        for i in 1..ROWS {
            for j in i + 1..ROWS {
                mixtures.push(vec![i, j]);
            }
        }
        mixtures.extend(TRIPLET_ROWS.map(|rows| rows.to_vec()));
        let mut stimuli = self.templates.clone();
        for rows in &mixtures {
            stimuli.push(mixture_template(&self.templates, rows, superposition).expect("rows"));
        }
        let noise = BlockNoise::new(metric, 42, 42);
        let block = noisy_block(&self.model(), &stimuli, 20, &noise).expect("a valid model");
        (block.coding, mixtures)
    }
}
