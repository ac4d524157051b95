//! Which vector instructions to use, chosen when the program runs.
//!
//! A kernel is plain Rust that the compiler builds once per level, because every function on its
//! path is `#[inline(always)]` into one entry point per level. Levels differ in speed only: all
//! arithmetic is IEEE with explicit fused multiply-adds, so the bits are the same.

use std::sync::OnceLock;

/// A set of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// Whatever every machine of this architecture has.
    Scalar,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL).
    Avx512,
}

/// Environment variable that forces a level: `scalar`, `avx2` or `avx512`.
pub const VARIABLE: &str = "KENYON_ISA";

/// Why a forced level cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstructionSetError {
    /// The variable holds a word that names no level.
    #[error("{VARIABLE} is \"{word}\"; it must be scalar, avx2 or avx512")]
    Unknown {
        /// The word.
        word: String,
    },
    /// The machine lacks the level.
    #[error(
        "{VARIABLE} asks for {}, which this machine does not have; unset it or use {}",
        asked.name(), best.name()
    )]
    Missing {
        /// The level asked for.
        asked: InstructionSet,
        /// The best level there is.
        best: InstructionSet,
    },
}

impl InstructionSet {
    /// The name used by [`VARIABLE`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// The best level of this machine.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().copied().unwrap_or(Self::Scalar)
    }

    /// All levels of this machine, slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut, reason = "other architectures have one level")]
        let mut levels = vec![Self::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2")
                && std::arch::is_x86_feature_detected!("fma")
            {
                levels.push(Self::Avx2);
                if std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                {
                    levels.push(Self::Avx512);
                }
            }
        }
        levels
    }

    /// The level that [`VARIABLE`] asks for, or the best one.
    ///
    /// # Errors
    /// An unknown word, or a level that the machine lacks.
    pub fn from_environment() -> Result<Self, InstructionSetError> {
        let Some(word) = std::env::var_os(VARIABLE) else {
            return Ok(Self::best());
        };
        let word = word.to_string_lossy().into_owned();
        let asked = [Self::Scalar, Self::Avx2, Self::Avx512]
            .into_iter()
            .find(|level| level.name() == word)
            .ok_or(InstructionSetError::Unknown { word })?;
        if Self::available().contains(&asked) {
            Ok(asked)
        } else {
            Err(InstructionSetError::Missing {
                asked,
                best: Self::best(),
            })
        }
    }

    /// The level that this process uses: the environment's, if it names a usable one, else the best.
    /// Programs report an unusable one by [`InstructionSet::from_environment`] when they start.
    #[must_use]
    pub fn current() -> Self {
        static CURRENT: OnceLock<InstructionSet> = OnceLock::new();
        *CURRENT.get_or_init(|| Self::from_environment().unwrap_or_else(|_| Self::best()))
    }

    /// Runs `kernel` with the instructions of [`InstructionSet::current`].
    #[inline]
    pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
        match Self::current() {
            Self::Scalar => kernel.run(),
            // SAFETY: `current` gives only levels of `available`, which asked the processor for
            // exactly the features that the entry points enable.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { run_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { run_avx512(kernel) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => kernel.run(),
        }
    }
}

/// Work that is compiled once per instruction set; `run` must be `#[inline(always)]`.
pub(crate) trait Kernel {
    /// What the work returns.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}
