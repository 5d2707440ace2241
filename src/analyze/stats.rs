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
    if trials.is_nan() || trials <= 0.0 {
        return None;
    }
    let p = (hits / trials).clamp(0.0, 1.0);
    let z2 = Z95 * Z95;
    let centre = p + z2 / (2.0 * trials);
    let spread = Z95 * (p * (1.0 - p) / trials + z2 / (4.0 * trials * trials)).sqrt();
    let scale = 1.0 + z2 / trials;
    Some((((centre - spread) / scale).clamp(0.0, p), ((centre + spread) / scale).clamp(p, 1.0)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-3), "got {got}, want {want}");
    }
}
