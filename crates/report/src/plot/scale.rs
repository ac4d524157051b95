//! From values to places, and where to put ticks.

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value it stands at.
    pub at: f64,
    /// What is written there.
    pub label: String,
}

impl Tick {
    /// A tick with its label.
    #[must_use]
    pub fn new(at: f64, label: impl Into<String>) -> Self {
        Self {
            at,
            label: label.into(),
        }
    }
}

/// How values become places between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// In proportion.
    Linear {
        /// Value at place 0.
        from: f64,
        /// Value at place 1.
        to: f64,
    },
    /// In proportion to the logarithm; both ends are above 0.
    Logarithmic {
        /// Value at place 0.
        from: f64,
        /// Value at place 1.
        to: f64,
    },
}

impl Scale {
    /// A linear scale.
    #[must_use]
    pub const fn linear(from: f64, to: f64) -> Self {
        Self::Linear { from, to }
    }

    /// A linear scale that shows all of `values`, with a margin on both sides; of values that do not
    /// differ or are no numbers a scale around them.
    #[must_use]
    pub fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            from = from.min(value);
            to = to.max(value);
        }
        if from > to {
            (from, to) = (0.0, 1.0);
        }
        let margin = if to > from {
            0.06 * (to - from)
        } else {
            0.5 * from.abs().max(1.0)
        };
        Self::linear(from - margin, to + margin)
    }

    /// The place of a value; outside 0..1 if the value is outside the scale.
    #[must_use]
    pub fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear { from, to } => (value - from) / (to - from),
            Self::Logarithmic { from, to } => (value / from).ln() / (to / from).ln(),
        }
    }

    /// First and last value.
    #[must_use]
    pub const fn ends(self) -> (f64, f64) {
        match self {
            Self::Linear { from, to } | Self::Logarithmic { from, to } => (from, to),
        }
    }

    /// About `count` ticks at round values.
    #[must_use]
    pub fn ticks(self, count: usize) -> Vec<Tick> {
        let (from, to) = self.ends();
        match self {
            Self::Linear { .. } => nice_ticks(from, to, count),
            Self::Logarithmic { .. } => {
                let (first, last) = (from.log10().ceil() as i32, to.log10().floor() as i32);
                let factors: &[f64] = if last - first < 2 {
                    &[1.0, 2.0, 5.0]
                } else {
                    &[1.0]
                };
                (first - 1..=last)
                    .flat_map(|power| {
                        factors
                            .iter()
                            .map(move |factor| factor * 10_f64.powi(power))
                    })
                    .filter(|at| (from..=to).contains(at))
                    .map(|at| Tick::new(at, number(at)))
                    .collect()
            }
        }
    }
}

/// About `count` ticks at round values between two ends.
#[must_use]
pub fn nice_ticks(from: f64, to: f64, count: usize) -> Vec<Tick> {
    let (low, high) = (from.min(to), from.max(to));
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || count == 0 {
        return Vec::new();
    }
    let rough = span / count as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .min_by(|a, b| (a - rough).abs().total_cmp(&(b - rough).abs()))
        .unwrap_or(rough);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let slack = 1e-9 * step;
    let first = ((low - slack) / step).ceil() as i64;
    let last = ((high + slack) / step).floor() as i64;
    (first..=last)
        .map(|index| {
            let at = index as f64 * step;
            Tick::new(at, minus(format!("{at:.decimals$}")))
        })
        .collect()
}

/// A quantity with the prefix of its unit that makes it readable: `3.33 nA`.
#[must_use]
pub fn quantity(value: f64, unit: &str) -> String {
    const PREFIXES: [(&str, f64); 6] = [
        ("", 1.0),
        ("m", 1e-3),
        ("µ", 1e-6),
        ("n", 1e-9),
        ("p", 1e-12),
        ("f", 1e-15),
    ];
    // Plain numbers are said to have the unit 1.
    if unit.is_empty() || unit == "1" {
        return number(value);
    }
    let (prefix, factor) = PREFIXES
        .into_iter()
        .find(|(_, factor)| value.abs() >= 0.9999 * factor)
        .unwrap_or(("", 1.0));
    format!("{} {prefix}{unit}", number(value / factor))
}

/// A number in its shortest readable form, with a true minus sign.
#[must_use]
pub fn number(value: f64) -> String {
    let text = if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&value.abs()) {
        let digits = 3 - value.abs().log10().floor() as i32;
        let decimals = digits.clamp(0, 6) as usize;
        let text = format!("{value:.decimals$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        format!("{value:.2e}")
    };
    minus(text)
}

fn minus(text: String) -> String {
    // "-0.0" is zero.
    if text
        .trim_start_matches('-')
        .chars()
        .all(|it| it == '0' || it == '.')
    {
        return text.trim_start_matches('-').to_owned();
    }
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(
            labels(&nice_ticks(-30.0, 30.0, 6)),
            ["−30", "−20", "−10", "0", "10", "20", "30"]
        );
        assert_eq!(
            labels(&nice_ticks(0.0, 1.05, 5)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert!(nice_ticks(1.0, 1.0, 5).is_empty());
        let log = Scale::Logarithmic {
            from: 0.03,
            to: 10.0,
        };
        assert_eq!(labels(&log.ticks(3)), ["0.1", "1", "10"]);
    }

    #[test]
    fn places_run_from_0_to_1() {
        let log = Scale::Logarithmic {
            from: 0.01,
            to: 100.0,
        };
        assert!((log.place(1.0) - 0.5).abs() < 1e-12);
        assert_eq!(Scale::linear(-50.0, -30.0).place(-40.0), 0.5);
        let (from, to) = Scale::around([2.0, f64::NAN, 2.0]).ends();
        assert!(from < 2.0 && 2.0 < to);
        assert_eq!(Scale::around([]).ends(), (-0.06, 1.06));
    }

    #[test]
    fn quantities_take_the_prefix_that_suits_them() {
        assert_eq!(quantity(3.331e-9, "A"), "3.331 nA");
        assert_eq!(quantity(-0.055, "V"), "−55 mV");
        assert_eq!(quantity(1e-12, "A"), "1 pA");
        assert_eq!(quantity(0.29, "1"), "0.29");
        assert_eq!(quantity(0.0, "s"), "0 s");
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (100.0, "100"),
            (-12.3456, "−12.35"),
            (0.03, "0.03"),
            (1e-12, "1.00e−12"),
            (70.2142857, "70.21"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
