//! Medians, percentiles and ratios.

/// The value at `percent` of a list that need not be sorted; zero of an empty one.
#[must_use]
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = values.len().saturating_sub(1) * percent / 100;
    values.get(index).copied().unwrap_or(0.0)
}

/// The middle value.
#[must_use]
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    percentile(&mut values, 50)
}

/// One subject's measurements, one entry a round, by the figure's name and unit.
#[derive(Debug, Default, Clone)]
pub struct Series {
    figures: Vec<(&'static str, Vec<f64>)>,
}

impl Series {
    /// Adds one measurement.
    pub fn push(&mut self, figure: &'static str, value: f64) {
        match self.figures.iter_mut().find(|(name, _)| *name == figure) {
            Some((_, values)) => values.push(value),
            None => self.figures.push((figure, vec![value])),
        }
    }

    /// The median of a figure, where it was measured.
    #[must_use]
    pub fn median(&self, figure: &str) -> Option<f64> {
        let (_, values) = self.figures.iter().find(|(name, _)| *name == figure)?;
        Some(median(values.iter().copied()))
    }

    /// All figures with all their values.
    pub fn figures(&self) -> impl Iterator<Item = (&'static str, &[f64])> {
        self.figures
            .iter()
            .map(|(name, values)| (*name, values.as_slice()))
    }

    /// The median over the rounds of what `figure` has more than in `base`, each round with its own base: what changes
    /// slowly on the machine falls out.
    #[must_use]
    pub fn added(&self, base: &Self, figure: &str) -> Option<f64> {
        self.paired(base, figure, |mine, theirs| mine - theirs)
    }

    /// The median over the rounds of the ratio to `base`.
    #[must_use]
    pub fn ratio(&self, base: &Self, figure: &str) -> Option<f64> {
        self.paired(base, figure, |mine, theirs| mine / theirs)
    }

    fn paired(&self, base: &Self, figure: &str, of: fn(f64, f64) -> f64) -> Option<f64> {
        let find = |series: &'_ Self| {
            let found = series.figures.iter().find(|(name, _)| *name == figure);
            found.map(|(_, values)| values.clone())
        };
        let (mine, theirs) = (find(self)?, find(base)?);
        Some(median(mine.into_iter().zip(theirs).map(|(m, t)| of(m, t))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_few_and_many() {
        assert_eq!(percentile(&mut [], 50), 0.0);
        assert_eq!(percentile(&mut [3.0], 99), 3.0);
        assert_eq!(median([5.0, 1.0, 3.0]), 3.0);
        let mut hundred: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(percentile(&mut hundred, 90), 90.0);
    }

    #[test]
    fn a_difference_is_taken_within_each_round() {
        let (mut base, mut mine) = (Series::default(), Series::default());
        // The machine gets slower from round to round; the difference stays.
        for round in [1.0, 10.0, 100.0] {
            base.push("p50", round);
            mine.push("p50", round + 2.0);
        }
        assert_eq!(mine.added(&base, "p50"), Some(2.0));
        assert_eq!(mine.median("p50"), Some(12.0));
        assert_eq!(mine.ratio(&base, "p50"), Some(1.2));
        assert_eq!(mine.ratio(&base, "calls"), None);
    }
}
