//! Random numbers of the statistical larva and of null models: splitmix64, one stream per purpose.
//!
//! Only integer arithmetic and exact floating-point operations are used, so that a seed gives the same
//! result on every machine and in every release.

/// A stream of random numbers.
pub(crate) struct Random(u64);

impl Random {
    /// The stream of one purpose of one individual; streams do not depend on each other.
    pub fn new(seed: u64, purpose: &[u64]) -> Self {
        let mut random = Self(seed ^ 0x6b65_6e79_6f6e_0001);
        for &part in purpose {
            random.0 = random.bits() ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        random.bits();
        random
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform below `limit`, which must be above zero.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.bits()) * limit as u128) >> 64) as usize
    }

    /// Nearly normal with mean 0 and variance 1: the sum of twelve uniforms, which needs no logarithm
    /// and is therefore the same everywhere. Tails beyond 6 do not occur.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// A random order of `items`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_reproducible_and_differ() {
        let take = |seed, purpose: &[u64]| Random::new(seed, purpose).uniform();
        assert_eq!(take(1, &[2, 3]), take(1, &[2, 3]));
        assert_ne!(take(1, &[2, 3]), take(1, &[3, 2]));
        assert_ne!(take(1, &[2, 3]), take(2, &[2, 3]));
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let mut random = Random::new(7, &[]);
        let draws: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
    }
}
