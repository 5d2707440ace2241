//! Statistics of shares. In: counts or sums. Out: intervals, likelihood ratios, tails. Judging by them is left to the
//! rest of the room.
//!
//! All functions are total: counts beyond their trials are cut to them, and without trials the answer is the one that
//! claims nothing.

/// z of a two-sided 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;

/// Lower and upper bound of a share at 95 %, each 0..=1; `None` without trials.
/// Source: Wilson 1927, score interval: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).
/// Counts may be sums of shares, so fractions are allowed.
pub fn wilson(hits: f64, trials: f64) -> Option<(f64, f64)> {
    wilson_at(Z95, hits, trials)
}

/// The same at the confidence of `z`.
fn wilson_at(z: f64, hits: f64, trials: f64) -> Option<(f64, f64)> {
    if trials.is_nan() || trials <= 0.0 {
        return None;
    }
    let p = (hits / trials).clamp(0.0, 1.0);
    let z2 = z * z;
    let centre = p + z2 / (2.0 * trials);
    let spread = z * (p * (1.0 - p) / trials + z2 / (4.0 * trials * trials)).sqrt();
    let scale = 1.0 + z2 / trials;
    Some((((centre - spread) / scale).clamp(0.0, p), ((centre + spread) / scale).clamp(p, 1.0)))
}

/// The lower bound; 0 without trials.
pub fn wilson_low(hits: f64, trials: f64) -> f64 {
    wilson(hits, trials).map_or(0.0, |(low, _)| low)
}

/// The lower bound of a share that is one of `tried`, all of which shall hold together at 95 %: at 1 − 0.05/tried (Bonferroni
/// 1936); 0 without trials.
pub fn wilson_low_of(tried: u64, hits: f64, trials: f64) -> f64 {
    let z = std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(0.05 / tried.max(1) as f64);
    wilson_at(z, hits, trials).map_or(0.0, |(low, _)| low)
}

/// Log-likelihood, in nats, of `hits` among `trials` under their own share: A ln(A/T) + (T−A) ln(1−A/T); at most 0.
fn log_likelihood(hits: f64, trials: f64) -> f64 {
    let part = |x: f64| if x > 0.0 { x * (x / trials).ln() } else { 0.0 };
    if trials > 0.0 { part(hits.min(trials)) + part(trials - hits.min(trials)) } else { 0.0 }
}

/// How much better two shares explain the counts than one, in nats; 0 unless the share inside is the larger.
/// Source: Kulldorff 1997, Bernoulli model.
pub fn likelihood_ratio(inside: (f64, f64), outside: (f64, f64)) -> f64 {
    let ((a, t), (b, s)) = (inside, outside);
    if t <= 0.0 || s <= 0.0 || a / t <= b / s {
        return 0.0;
    }
    (log_likelihood(a, t) + log_likelihood(b, s) - log_likelihood(a + b, t + s)).max(0.0)
}

/// Odds ratio with ½ added to each of the four counts (Haldane 1956, Anscombe 1956), so that it is always finite.
pub fn odds_ratio(inside: (f64, f64), outside: (f64, f64)) -> f64 {
    let odds = |(hits, trials): (f64, f64)| (hits + 0.5) / ((trials - hits).max(0.0) + 0.5);
    odds(inside) / odds(outside)
}

/// P(X ≥ hits) for X binomial with `trials` and `p`: the regularised incomplete beta function I_p(hits, trials−hits+1).
/// 1 for no hits, 0 when it is too small for a float.
pub fn binomial_tail(hits: u64, trials: u64, p: f64) -> f64 {
    if hits == 0 || p >= 1.0 {
        return 1.0;
    }
    if hits > trials || p.is_nan() || p <= 0.0 {
        return 0.0;
    }
    let (a, b) = (hits as f64, (trials - hits) as f64 + 1.0);
    statrs::function::beta::checked_beta_reg(a, b, p).unwrap_or(1.0).clamp(0.0, 1.0)
}

/// Logarithm of the beta function B(a, b), for positive a and b.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    statrs::function::beta::ln_beta(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All values below were computed with 60-digit decimals by an independent program.
    #[track_caller]
    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-300), "got {got:e}, want {want:e}");
    }

    #[test]
    fn wilson_agrees_with_values_worked_elsewhere() {
        let cases = [
            (550.0, 700.0, 0.753_801_073_183_51, 0.814_508_728_671_89),
            (3.0, 3.0, 0.438_502_968_244_95, 1.0),
            (0.0, 10.0, 0.0, 0.277_532_799_862_89),
            (8.0, 10.0, 0.490_162_471_536_64, 0.943_317_848_545_62),
            (999_999_999.0, 1e9, 0.999_999_994_335_07, 0.999_999_999_823_48),
        ];
        for (hits, trials, low, high) in cases {
            let (l, h) = wilson(hits, trials).unwrap();
            close(l, low);
            close(h, high);
        }
    }

    #[test]
    fn wilson_claims_nothing_without_trials_and_stays_within_nought_and_one() {
        assert_eq!(wilson(0.0, 0.0), None);
        assert_eq!(wilson(1.0, f64::NAN), None);
        for (hits, trials) in [(0.0, 1.0), (1.0, 1.0), (5.0, 1.0), (0.25, 0.5), (1e9, 1e9)] {
            let (low, high) = wilson(hits, trials).unwrap();
            assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high) && low <= high, "{hits}/{trials}");
        }
    }

    #[test]
    fn a_bound_among_many_is_lower_and_alone_the_usual_one() {
        assert!((wilson_low_of(1, 30.0, 1000.0) - wilson_low(30.0, 1000.0)).abs() < 1e-9);
        // z of 1 - 0.05/20, two-sided: 3.0233414397391534.
        let z2 = 3.023_341_439_739_153_4_f64.powi(2);
        let want = (0.03 + z2 / 2000.0 - (z2 * (0.03 * 0.97 / 1000.0 + z2 / 4e6)).sqrt()) / (1.0 + z2 / 1000.0);
        assert!((wilson_low_of(20, 30.0, 1000.0) - want).abs() < 1e-9);
        assert_eq!((wilson_low_of(5, 3.0, 0.0), wilson_low_of(0, 0.0, 9.0)), (0.0, 0.0));
    }

    #[test]
    fn likelihood_ratio_agrees_with_values_worked_elsewhere() {
        close(likelihood_ratio((550.0, 700.0), (4.0, 1900.0)), 954.457_890_280_906);
        close(likelihood_ratio((3.0, 3.0), (0.0, 100.0)), 13.564_230_322_839);
        close(likelihood_ratio((5.0, 10.0), (5.0, 100.0)), 6.726_974_568_229);
        close(likelihood_ratio((1e9, 1e9), (0.0, 1e9)), 1_386_294_361.119_890_6);
    }

    #[test]
    fn likelihood_ratio_is_nothing_without_an_excess_inside() {
        for (inside, outside) in
            [((0.0, 0.0), (1.0, 2.0)), ((1.0, 2.0), (0.0, 0.0)), ((1.0, 2.0), (1.0, 2.0)), ((1.0, 9.0), (5.0, 9.0))]
        {
            assert_eq!(likelihood_ratio(inside, outside), 0.0, "{inside:?} {outside:?}");
        }
    }

    #[test]
    fn odds_ratio_is_finite_at_its_limits() {
        close(odds_ratio((550.0, 700.0), (4.0, 1900.0)), 1_541.562_569_213_732);
        close(odds_ratio((3.0, 3.0), (0.0, 100.0)), 1407.0);
        close(odds_ratio((0.0, 0.0), (0.0, 0.0)), 1.0);
        assert!(odds_ratio((1e9, 1e9), (0.0, 1e9)).is_finite());
    }

    #[test]
    fn binomial_tail_agrees_with_exact_sums() {
        let cases = [
            (3, 3, 0.002, 8e-9),
            (3, 5, 0.002, 7.976_019_2e-8),
            (10, 20, 0.1, 7.150_904_021_083_78e-6),
            (1, 1000, 0.002, 0.864_935_477_553_316_4),
            (400, 500, 0.5, 8.298_147_376_086_966e-44),
            (20, 30, 0.3, 3.687_008_076_878_482e-5),
        ];
        for (hits, trials, p, want) in cases {
            close(binomial_tail(hits, trials, p), want);
        }
    }

    #[test]
    fn ln_beta_agrees_with_factorials() {
        // B(7,6) = 6! 5! / 12! = 1/5544
        close(ln_beta(7.0, 6.0), -(5544.0_f64.ln()));
        close(ln_beta(6.0, 1.0), -(6.0_f64.ln()));
    }

    #[test]
    fn binomial_tail_keeps_its_limits() {
        assert_eq!(binomial_tail(0, 0, 0.5), 1.0);
        assert_eq!(binomial_tail(0, 10, 0.0), 1.0);
        assert_eq!(binomial_tail(1, 10, 0.0), 0.0);
        assert_eq!(binomial_tail(11, 10, 0.5), 0.0);
        assert_eq!(binomial_tail(10, 10, 1.0), 1.0);
        let million = binomial_tail(500_100_000, 1_000_000_000, 0.5);
        assert!((0.0..1e-9).contains(&million), "{million:e}");
    }
}
