//! Noise that is generated, not stored: counter-based Philox4x32-10 and Box-Muller.
//!
//! A draw is addressed by (seed and purpose; slot, trial, step, neuron), never by thread, batch
//! position or the order of calls. Two experiments that differ in one pathway therefore share all
//! other noise, and results do not depend on how trials are grouped.
//!
//! Sources: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox);
//! polynomials of Cephes `logf`, `sinf`, `cosf`.

use crate::Lanes;

/// A stream of noise: one per seed and purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseStream {
    key: [u32; 2],
}

/// Slots of draws that belong to no place in the circuit.
const ODOUR_SLOT: u32 = 0xFFFF_FFF0;
const UNIFORM_SLOT: u32 = 0xFFFF_FFF1;

impl NoiseStream {
    /// The stream of `seed` for one purpose, such as `"student/circuit"`.
    #[must_use]
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut state = seed ^ hash64(purpose.as_bytes());
        let key = split_mix(&mut state);
        Self {
            key: [key as u32, (key >> 32) as u32],
        }
    }

    /// A noisy odour: `max(0, template * (1 + cv * n))` with one normal `n` per receptor channel,
    /// addressed by `trial` (spec/model.md section 9, source 6).
    #[must_use]
    pub fn odour(&self, template: &[f64], cv: f64, trial: u32) -> Vec<f32> {
        let factors = self.odour_factors(template.len(), cv, trial);
        let noisy = |(&value, factor): (&f64, f32)| (value as f32 * factor).max(0.0);
        template.iter().zip(factors).map(noisy).collect()
    }

    /// The factors `1 + cv * n` of [`NoiseStream::odour`], one per receptor channel.
    #[must_use]
    pub fn odour_factors(&self, channels: usize, cv: f64, trial: u32) -> Vec<f32> {
        let mut normals = vec![Lanes([0.0; 1]); channels.next_multiple_of(4)];
        let address = NoiseAddress {
            key: self.key,
            slot: ODOUR_SLOT,
            step: 0,
            trials: &[trial],
        };
        fill(&address, &all_quads(channels), &mut normals);
        let factor = |normal: &Lanes<1>| (cv as f32).mul_add(normal.0[0], 1.0);
        normals[..channels].iter().map(factor).collect()
    }

    /// `count` uniform numbers in `[0, 1)` with 53 random bits, addressed by `round`.
    #[must_use]
    pub fn uniforms(&self, count: usize, round: u32) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(count + 1);
        for pair in 0..count.div_ceil(2) as u32 {
            let words = philox(
                [
                    [u64::from(pair)],
                    [0],
                    [u64::from(round)],
                    [u64::from(UNIFORM_SLOT)],
                ],
                self.key,
            );
            for (high, low) in [(words[0][0], words[1][0]), (words[2][0], words[3][0])] {
                let bits = (high as u32 as u64) << 32 | low as u32 as u64;
                numbers.push((bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64));
            }
        }
        numbers.truncate(count);
        numbers
    }

    /// A uniformly random order of `0..count`, addressed by `round` (Fisher-Yates).
    #[must_use]
    pub fn permutation(&self, count: usize, round: u32) -> Vec<usize> {
        let uniforms = self.uniforms(count, round);
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, (uniforms[last] * (last + 1) as f64) as usize);
        }
        order
    }

    /// Standard normals of one slot and step, `[neuron][trial]`: what the engine draws.
    #[must_use]
    pub fn normals(&self, slot: &str, step: u32, trials: &[u32], neurons: usize) -> Vec<Vec<f64>> {
        let slot = slot_address(slot);
        let mut result = vec![vec![0.0; trials.len()]; neurons];
        let mut buffer = vec![0.0; neurons.next_multiple_of(4)];
        for (column, &trial) in trials.iter().enumerate() {
            let address = NoiseAddress {
                key: self.key,
                slot,
                step,
                trials: &[trial],
            };
            normals_f64(&address, &all_quads(neurons), &mut buffer);
            for (row, &value) in result.iter_mut().zip(&buffer) {
                row[column] = value;
            }
        }
        result
    }

    pub(crate) const fn key(&self) -> [u32; 2] {
        self.key
    }
}

/// Where the noise of one slot and step comes from.
#[derive(Clone, Copy, Debug)]
pub struct NoiseAddress<'a> {
    pub(crate) key: [u32; 2],
    pub(crate) slot: u32,
    pub(crate) step: u32,
    /// One trial per lane.
    pub(crate) trials: &'a [u32],
}

/// The address of a slot by its name; it does not depend on what else the circuit holds.
pub(crate) fn slot_address(name: &str) -> u32 {
    hash64(name.as_bytes()) as u32
}

/// Draws come in quads of four consecutive neurons.
pub(crate) fn all_quads(neurons: usize) -> Vec<u32> {
    (0..neurons.div_ceil(4) as u32).collect()
}

/// FNV-1a: short, well known, and only used to tell names apart.
fn hash64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Philox4x32-10 on `N` counters. Words live in 64-bit lanes because the 32 x 32 -> 64 bit vector
/// multiplication reads and writes those; the upper halves are scratch.
#[inline(always)]
fn philox<const N: usize>(mut counter: [[u64; N]; 4], key: [u32; 2]) -> [[u64; N]; 4] {
    const LOW: u64 = 0xffff_ffff;
    let (mut key0, mut key1) = (key[0], key[1]);
    for _ in 0..10 {
        let mut next = [[0_u64; N]; 4];
        for lane in 0..N {
            let product0 = 0xD251_1F53 * (counter[0][lane] & LOW);
            let product1 = 0xCD9E_8D57 * (counter[2][lane] & LOW);
            next[0][lane] = (product1 >> 32) ^ counter[1][lane] ^ u64::from(key0);
            next[1][lane] = product1;
            next[2][lane] = (product0 >> 32) ^ counter[3][lane] ^ u64::from(key1);
            next[3][lane] = product0;
        }
        counter = next;
        key0 = key0.wrapping_add(0x9E37_79B9);
        key1 = key1.wrapping_add(0xBB67_AE85);
    }
    counter
}

/// Two standard normals from two random words: radius from the first, angle from the second.
#[inline(always)]
fn box_muller<const N: usize>(
    radius_word: &[u64; N],
    angle_word: &[u64; N],
) -> (Lanes<N>, Lanes<N>) {
    let (mut x, mut y) = (Lanes([0.0; N]), Lanes([0.0; N]));
    for lane in 0..N {
        // 23 random mantissa bits make [1, 2); 2 - that is in (0, 1], so the logarithm is finite.
        let uniform = 2.0 - f32::from_bits((radius_word[lane] as u32 >> 9) | 0x3f80_0000);
        let radius = (-2.0 * ln_unit(uniform)).max(0.0).sqrt();

        // Two bits choose the quadrant, 23 others the angle in [-pi/4, pi/4) inside it.
        let angle = angle_word[lane] as u32;
        let turn = f32::from_bits(((angle << 2) >> 9) | 0x3f80_0000) - 1.5;
        let t = turn * std::f32::consts::FRAC_PI_2;
        let w = t * t;
        let mut sine = (-1.951_529_6e-4_f32).mul_add(w, 8.332_161e-3);
        sine = sine.mul_add(w, -1.666_665_5e-1) * w;
        sine = sine.mul_add(t, t);
        let mut cosine = 2.443_315_7e-5_f32.mul_add(w, -1.388_731_6e-3);
        cosine = cosine.mul_add(w, 4.166_664_6e-2) * w;
        cosine = cosine.mul_add(w, w.mul_add(-0.5, 1.0));

        let swap = 0_u32.wrapping_sub((angle >> 30) & 1);
        let (sine, cosine) = (sine.to_bits(), cosine.to_bits());
        let first = (sine & !swap) | (cosine & swap);
        let second = (cosine & !swap) | (sine & swap);
        x.0[lane] = radius * f32::from_bits(first ^ (angle & 0x8000_0000));
        y.0[lane] = radius * f32::from_bits(second ^ ((angle ^ (angle << 1)) & 0x8000_0000));
    }
    (x, y)
}

/// `ln(x)` for `x` in `(0, 1]` to about 1 ulp.
#[inline(always)]
fn ln_unit(x: f32) -> f32 {
    // Split x = m 2^e with m in [sqrt(1/2), sqrt(2)); 0x3f3504f3 is sqrt(1/2).
    let bits = x.to_bits();
    let e = (bits.wrapping_sub(0x3f35_04f3) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((e << 23) as u32)) - 1.0;
    let z = m * m;
    let mut p = 7.037_683_6e-2_f32;
    p = p.mul_add(m, -1.151_461e-1);
    p = p.mul_add(m, 1.167_699_9e-1);
    p = p.mul_add(m, -1.242_014_1e-1);
    p = p.mul_add(m, 1.424_932_3e-1);
    p = p.mul_add(m, -1.666_805_8e-1);
    p = p.mul_add(m, 2.000_071_5e-1);
    p = p.mul_add(m, -2.499_999_4e-1);
    p = p.mul_add(m, 3.333_333e-1);
    (e as f32).mul_add(
        std::f32::consts::LN_2,
        z.mul_add(-0.5, (p * m).mul_add(z, m)),
    )
}

/// Fills the neurons of the given quads of `out` with standard normals, one trial per lane.
#[inline(always)]
pub(crate) fn fill<const N: usize>(
    address: &NoiseAddress<'_>,
    quads: &[u32],
    out: &mut [Lanes<N>],
) {
    let mut trials = [0_u64; N];
    for (word, &trial) in trials.iter_mut().zip(address.trials) {
        *word = u64::from(trial);
    }
    let step = [u64::from(address.step); N];
    let slot = [u64::from(address.slot); N];
    for &quad in quads {
        let words = philox([[u64::from(quad); N], step, trials, slot], address.key);
        let (a, b) = box_muller(&words[0], &words[1]);
        let (c, d) = box_muller(&words[2], &words[3]);
        let four = &mut out[4 * quad as usize..4 * quad as usize + 4];
        four[0] = a;
        four[1] = b;
        four[2] = c;
        four[3] = d;
    }
}

/// The same draws as `f64`, for the reference engine; uses the first trial of the address.
pub fn normals_f64(address: &NoiseAddress<'_>, quads: &[u32], out: &mut [f64]) {
    let mut four = [Lanes([0.0_f32; 1]); 4];
    for &quad in quads {
        // `fill` writes at the quad's place; shift the address so that the scratch is enough.
        let trials = [u64::from(address.trials[0])];
        let words = philox(
            [
                [u64::from(quad)],
                [u64::from(address.step)],
                trials,
                [u64::from(address.slot)],
            ],
            address.key,
        );
        (four[0], four[1]) = box_muller(&words[0], &words[1]);
        (four[2], four[3]) = box_muller(&words[2], &words[3]);
        for (value, draw) in out[4 * quad as usize..].iter_mut().zip(&four) {
            *value = f64::from(draw.0[0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_published_known_answers() {
        let words = |counter: u32, key: u32| {
            philox([[u64::from(counter)]; 4], [key; 2]).map(|word| word[0] as u32)
        };
        assert_eq!(
            words(0, 0),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            words(u32::MAX, u32::MAX),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
    }

    #[test]
    fn logarithm_is_accurate() {
        for k in 1..=1 << 20 {
            let x = k as f32 / (1 << 20) as f32;
            let error = (f64::from(ln_unit(x)) - f64::from(x).ln()).abs();
            assert!(
                error < 2e-6 * (1.0 - f64::from(x).ln()),
                "ln({x}): error {error:e}"
            );
        }
    }

    #[test]
    fn lanes_and_scalars_draw_the_same() {
        let stream = NoiseStream::new(7, "test");
        let trials: Vec<u32> = (100..116).collect();
        let address = NoiseAddress {
            key: stream.key(),
            slot: 3,
            step: 9,
            trials: &trials,
        };
        let mut wide = vec![Lanes([0.0; 16]); 8];
        fill(&address, &[0, 1], &mut wide);
        for (lane, &trial) in trials.iter().enumerate() {
            let mut narrow = [0.0; 8];
            normals_f64(
                &NoiseAddress {
                    trials: &[trial],
                    ..address
                },
                &[0, 1],
                &mut narrow,
            );
            for neuron in 0..8 {
                assert_eq!(f64::from(wide[neuron].0[lane]), narrow[neuron]);
            }
        }
    }

    /// Moments to about five standard errors, over a million draws.
    #[test]
    fn draws_are_standard_normal() {
        let stream = NoiseStream::new(1, "moments");
        let (mut n, mut sums) = (0.0, [0.0; 4]);
        let mut beyond = 0;
        for step in 0..250 {
            for row in stream.normals("slot", step, &(0..40).collect::<Vec<_>>(), 100) {
                for x in row {
                    n += 1.0;
                    for (power, sum) in sums.iter_mut().enumerate() {
                        *sum += x.powi(power as i32 + 1);
                    }
                    beyond += u32::from(x.abs() > 3.0);
                }
            }
        }
        let [mean, square, cube, fourth] = sums.map(|sum| sum / n);
        assert!(mean.abs() < 5e-3, "mean {mean}");
        assert!((square - 1.0).abs() < 8e-3, "variance {square}");
        assert!(cube.abs() < 2e-2, "skewness {cube}");
        assert!((fourth - 3.0).abs() < 5e-2, "kurtosis {fourth}");
        let share = f64::from(beyond) / n;
        assert!(
            (share - 0.0027).abs() < 3e-4,
            "share beyond three sigma {share}"
        );
    }

    /// Correlations between neighbouring lanes, steps, neurons, slots and purposes vanish.
    #[test]
    fn draws_are_independent_across_every_part_of_the_address() {
        let trials: Vec<u32> = (0..200).collect();
        let draw = |purpose: &str, slot: &str, step: u32, shift: u32| -> Vec<f64> {
            let trials: Vec<u32> = trials.iter().map(|trial| trial + shift).collect();
            NoiseStream::new(1, purpose)
                .normals(slot, step, &trials, 200)
                .concat()
        };
        let base = draw("a", "s", 0, 0);
        let correlation = |other: &[f64]| {
            base.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / base.len() as f64
        };
        for (what, other) in [
            ("purpose", draw("b", "s", 0, 0)),
            ("slot", draw("a", "t", 0, 0)),
            ("step", draw("a", "s", 1, 0)),
            ("trial", draw("a", "s", 0, 1)),
        ] {
            let r = correlation(&other);
            assert!(r.abs() < 0.025, "{what}: correlation {r}");
        }
        let mut shifted = base.clone();
        shifted.rotate_left(trials.len());
        assert!(correlation(&shifted).abs() < 0.025, "neighbouring neurons");
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let stream = NoiseStream::new(3, "order");
        let mut order = stream.permutation(280, 5);
        assert_ne!(order, stream.permutation(280, 6));
        order.sort_unstable();
        assert_eq!(order, (0..280).collect::<Vec<_>>());
    }
}
