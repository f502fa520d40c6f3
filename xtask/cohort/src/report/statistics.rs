//! Figures about many numbers. Pure functions.

/// The least number of learners of whom a correlation is said.
pub const ENOUGH: usize = 10;

/// The point-biserial correlation between passing something and a score: Pearson's, with 1 for passed and 0 for not.
/// None where one of them is the same for everybody, or where they are too few.
pub fn point_biserial(learners: &[(bool, f64)]) -> Option<f64> {
    if learners.len() < ENOUGH {
        return None;
    }
    let count = learners.len() as f64;
    let passed = |it: &(bool, f64)| f64::from(u8::from(it.0));
    let mean_passed = learners.iter().map(passed).sum::<f64>() / count;
    let mean_score = learners.iter().map(|it| it.1).sum::<f64>() / count;
    let mut covariance = 0.0;
    let mut spread_passed = 0.0;
    let mut spread_score = 0.0;
    for it in learners {
        let (p, s) = (passed(it) - mean_passed, it.1 - mean_score);
        covariance += p * s;
        spread_passed += p * p;
        spread_score += s * s;
    }
    let spread = (spread_passed * spread_score).sqrt();
    (spread > f64::EPSILON).then(|| covariance / spread)
}

/// Least, lower quartile, median, upper quartile, greatest.
pub fn quartiles(values: &[f64]) -> Option<[f64; 5]> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = |share: f64| {
        let place = share * last as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        sorted[below] + (sorted[above] - sorted[below]) * place.fract()
    };
    Some([at(0.0), at(0.25), at(0.5), at(0.75), at(1.0)])
}

/// How many values lie in each of `bins` equal parts of 0 to `most`. What is above belongs to the last one.
pub fn histogram(values: &[f64], most: f64, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for value in values {
        let place = if most > 0.0 { (value / most * bins as f64).max(0.0) as usize } else { 0 };
        if let Some(count) = counts.get_mut(place.min(bins.saturating_sub(1))) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_learners_who_pass_separate_and_weak_ones_who_pass_warn() {
        let learners: Vec<_> = (0..20).map(|number| (number >= 10, f64::from(number))).collect();
        // By hand: covariance 50, spreads 5 and 665.
        let expected = 50.0 / (5.0_f64 * 665.0).sqrt();
        assert!((point_biserial(&learners).unwrap() - expected).abs() < 1e-12);
        let reversed: Vec<_> = learners.iter().map(|(passed, score)| (!passed, *score)).collect();
        assert!((point_biserial(&reversed).unwrap() + expected).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_said_where_nothing_can_be() {
        assert_eq!(point_biserial(&[(true, 1.0), (false, 0.0)]), None);
        let all_pass: Vec<_> = (0..20).map(|number| (true, f64::from(number))).collect();
        assert_eq!(point_biserial(&all_pass), None);
        let same_score: Vec<_> = (0..20).map(|number| (number % 2 == 0, 7.0)).collect();
        assert_eq!(point_biserial(&same_score), None);
        assert_eq!(quartiles(&[]), None);
    }

    #[test]
    fn quartiles_lie_between_values() {
        assert_eq!(quartiles(&[4.0, 1.0, 3.0, 2.0, 5.0]), Some([1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(quartiles(&[0.0, 10.0]), Some([0.0, 2.5, 5.0, 7.5, 10.0]));
    }

    #[test]
    fn every_value_is_in_one_bin() {
        assert_eq!(histogram(&[0.0, 9.0, 10.0, 99.0, 100.0, 130.0], 100.0, 10), [2, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
    }
}
