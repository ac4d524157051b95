//! The objectives of the publication (training.md section 4).

use super::{EnergyTerm, Loss};
use crate::terms::SparsityTerm;

/// Epochs over which the published weights grow (training.md section 1.1).
const PUBLISHED_RAMP_EPOCHS: usize = 60;

impl Default for Loss {
    /// The canonical objective: sparsity 15, no energy, ramp of 60 epochs.
    fn default() -> Self {
        Self {
            sparsity: Some(SparsityTerm::STUDENT),
            energy: None,
            ramp_epochs: PUBLISHED_RAMP_EPOCHS,
        }
    }
}

impl Loss {
    /// The nine published objectives (training.md section 4), by label.
    pub const PUBLISHED: [&'static str; 9] = [
        "canonical",
        "ce_only",
        "energy_1",
        "energy_conserv",
        "energy_aggress",
        "energy_50",
        "kc_energy_conserv",
        "kc_energy_aggress",
        "kc_energy_50",
    ];

    /// The published objective of that label; `spiking` are all spiking populations (larva: ORN, LN,
    /// PN, KC) and `readout` the one the decoder reads (KC). `None` if the label is not published.
    #[must_use]
    pub fn published(label: &str, spiking: &[&str], readout: &str) -> Option<Self> {
        let energy = |weight: f64, populations: &[&str]| Self {
            sparsity: None,
            energy: Some(EnergyTerm {
                weight,
                populations: populations.iter().map(|&name| name.to_owned()).collect(),
            }),
            ramp_epochs: PUBLISHED_RAMP_EPOCHS,
        };
        Some(match label {
            "canonical" => Self::default(),
            "ce_only" => Self {
                sparsity: None,
                ..Self::default()
            },
            "energy_1" => energy(1.0, spiking),
            "energy_conserv" => energy(3.0, spiking),
            "energy_aggress" => energy(15.0, spiking),
            "energy_50" => energy(50.0, spiking),
            "kc_energy_conserv" => energy(3.0, &[readout]),
            "kc_energy_aggress" => energy(15.0, &[readout]),
            "kc_energy_50" => energy(50.0, &[readout]),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_published_labels_exist_and_differ() {
        let spiking = ["ORN", "LN", "PN", "KC"];
        let losses: Vec<Loss> = Loss::PUBLISHED
            .iter()
            .map(|label| Loss::published(label, &spiking, "KC").expect("a published label"))
            .collect();
        for (index, loss) in losses.iter().enumerate() {
            assert!(!losses[..index].contains(loss));
            assert_eq!(loss.check_numbers(), Ok(()));
            let text = serde_json::to_string(loss).expect("an objective can be written");
            assert_eq!(
                &serde_json::from_str::<Loss>(&text).expect("and read"),
                loss
            );
        }
        assert_eq!(losses[0], Loss::default());
        assert_eq!(Loss::published("energy_2", &spiking, "KC"), None);
    }
}
