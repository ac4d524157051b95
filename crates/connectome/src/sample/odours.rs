//! Drawing receptor responses.

use crate::OdourPanel;
use crate::random::Random;
use crate::sample::statistics::PanelStatistics;

/// Draws a panel with `scale` times as many receptors and the same number of odours.
///
/// Scores of odour, receptor, factors and residue are added with the measured shares of variance, and
/// their ranks are mapped to the measured distribution of rates.
pub(crate) fn draw_panel(random: &mut Random, panel: &PanelStatistics, scale: u32) -> OdourPanel {
    let odours = panel.odours as usize;
    let receptors = (panel.receptors * scale) as usize;
    let normals = |random: &mut Random, count: usize| -> Vec<f64> {
        (0..count).map(|_| random.normal()).collect()
    };
    let by_odour = normals(random, odours);
    let by_receptor = normals(random, receptors);
    let factors: Vec<(f64, Vec<f64>, Vec<f64>)> = panel
        .factor_shares
        .iter()
        .map(|share| {
            (
                share.max(0.0).sqrt(),
                normals(random, odours),
                normals(random, receptors),
            )
        })
        .collect();
    let known = panel.odour_share + panel.receptor_share + panel.factor_shares.iter().sum::<f64>();
    let residue = (1.0 - known).max(0.0).sqrt();
    let mut scores = Vec::with_capacity(odours * receptors);
    for odour in 0..odours {
        for receptor in 0..receptors {
            let mut score = panel.odour_share.max(0.0).sqrt() * by_odour[odour]
                + panel.receptor_share.max(0.0).sqrt() * by_receptor[receptor]
                + residue * random.normal();
            for (weight, left, right) in &factors {
                score += weight * left[odour] * right[receptor];
            }
            scores.push(score);
        }
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut rates = vec![0.0; scores.len()];
    for (rank, &cell) in order.iter().enumerate() {
        let position = (rank as f64 + random.uniform()) / scores.len() as f64;
        rates[cell] = quantile(&panel.rate_quantiles, position).round();
    }
    let baseline = (0..receptors)
        .map(|_| {
            (panel.baseline_mean + panel.baseline_deviation * random.normal())
                .round()
                .max(0.0)
        })
        .collect();
    let mut rows = vec![baseline];
    rows.extend(rates.chunks(receptors).map(<[f64]>::to_vec));
    OdourPanel {
        odours: std::iter::once("sfr".to_owned())
            .chain((1..=odours).map(|odour| format!("odour {odour}")))
            .collect(),
        receptors: (1..=receptors).map(receptor_name).collect(),
        // Receptors are drawn for the neurons that express them: both mappings are the same.
        rates_by_name: Ok(rows.clone()),
        rates: rows,
        clip_low: panel.clip_low,
        clip_high: panel.clip_high,
    }
}

/// Name of a receptor that no animal has, counted from 1.
pub(crate) fn receptor_name(number: usize) -> String {
    format!("R{number}")
}

/// The value at a position in [0, 1], linear between equally spaced quantiles.
fn quantile(quantiles: &[f64], position: f64) -> f64 {
    let place = position.clamp(0.0, 1.0) * (quantiles.len() - 1) as f64;
    let below = (place as usize).min(quantiles.len() - 2);
    quantiles[below] + (quantiles[below + 1] - quantiles[below]) * (place - below as f64)
}
