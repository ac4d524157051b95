//! Content hashes: one canonical byte encoding, the same on every machine.
//!
//! Numbers are little-endian, texts and lists are preceded by their length as `u64`, rates are the bits
//! of an `f64`. A change of this encoding needs another leading text.

use sha2::{Digest, Sha256};

use crate::archive::hexadecimal;
use crate::{Connectome, OdourPanel, Side};

struct Encoder(Sha256);

impl Encoder {
    fn new(kind: &str) -> Self {
        let mut encoder = Self(Sha256::new());
        encoder.text(kind);
        encoder
    }

    fn number(&mut self, value: u64) {
        self.0.update(value.to_le_bytes());
    }

    fn text(&mut self, value: &str) {
        self.number(value.len() as u64);
        self.0.update(value.as_bytes());
    }

    fn table(&mut self, rows: &[Vec<f64>]) {
        self.number(rows.len() as u64);
        for row in rows {
            self.number(row.len() as u64);
            for value in row {
                self.number(value.to_bits());
            }
        }
    }

    fn finish(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

impl Connectome {
    /// SHA-256 (hexadecimal) of everything the connectome says: neurons with names and classes in order,
    /// and contacts by compartment.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut encoder = Encoder::new("kenyon connectome 1");
        encoder.number(self.neurons().len() as u64);
        for neuron in self.neurons() {
            encoder.number(neuron.id);
            encoder.number(match neuron.side {
                Side::Left => 0,
                Side::Right => 1,
                Side::Unknown => 2,
            });
            for text in [
                &neuron.population,
                &neuron.class,
                &neuron.name,
                &neuron.glomerulus,
                &neuron.transmitter,
            ] {
                encoder.text(text);
            }
            encoder.number(u64::from(neuron.partner.is_some()));
            encoder.number(neuron.partner.unwrap_or(0));
        }
        encoder.number(self.contacts().len() as u64);
        for contact in self.contacts() {
            encoder.number(u64::from(contact.source) | u64::from(contact.target) << 32);
            for count in contact.counts {
                encoder.number(u64::from(count));
            }
        }
        encoder.finish()
    }
}

impl OdourPanel {
    /// SHA-256 (hexadecimal) of names, rates and normalisation.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut encoder = Encoder::new("kenyon odour panel 1");
        for names in [&self.odours, &self.receptors] {
            encoder.number(names.len() as u64);
            for name in names {
                encoder.text(name);
            }
        }
        encoder.table(&self.rates);
        // The reason for missing rates is a message, not content.
        encoder.number(u64::from(self.rates_by_name.is_ok()));
        encoder.table(self.rates_by_name.as_deref().unwrap_or(&[]));
        encoder.number(self.clip_low.to_bits());
        encoder.number(self.clip_high.to_bits());
        encoder.finish()
    }
}

/// The hash of a connectome and a panel together.
pub(crate) fn combined(connectome: &Connectome, panel: &OdourPanel) -> String {
    let mut encoder = Encoder::new("kenyon data set 1");
    encoder.text(&connectome.hash());
    encoder.text(&panel.hash());
    encoder.finish()
}
