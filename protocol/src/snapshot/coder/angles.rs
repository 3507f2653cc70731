//! Angles in arithmetic that is the same bits wherever f64 is IEEE 754: `+ - * /` alone.

/// The angle of (x, y) in turns, −0.5 to 0.5.
///
/// Abramowitz and Stegun 4.4.49, off by less than 4e-9 turns: the same bits wherever f64 is IEEE 754.
pub(crate) fn turns(y: f64, x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        0.002_866_225_7,
        -0.016_165_736_7,
        0.042_909_613_8,
        -0.075_289_640_0,
        0.106_562_639_3,
        -0.142_088_994_4,
        0.199_935_508_5,
        -0.333_331_452_8,
    ];
    // No branch: which octant it is in is as good as random.
    let (wide, high) = (x.abs(), y.abs());
    let steep = wide <= high;
    let small = if wide < high { wide } else { high };
    let large = if wide > high { wide } else { high };
    let ratio = small / large;
    let square = ratio * ratio;
    let series = COEFFICIENTS.iter().fold(0.0, |sum, c| sum * square + c);
    let angle = ratio * (series * square + 1.0) / core::f64::consts::TAU;
    let angle = if steep { 0.25 - angle } else { angle };
    let angle = if x < 0.0 { 0.5 - angle } else { angle };
    let angle = if large == 0.0 { 0.0 } else { angle };
    if y < 0.0 { -angle } else { angle }
}

/// Sine and cosine of step `n` of a ring of `2^bits`: Taylor series over an eighth of a turn, off by less than 1e-12.
pub(crate) fn unit(n: i32, bits: u8) -> (f64, f64) {
    let size = 1i64 << bits;
    let eighths = i64::from(n).rem_euclid(size) * 8;
    let octant = eighths / size;
    // The angle to the nearest quarter turn, in radians, within an eighth of a turn either way.
    let quarter = (octant + 1) / 2;
    let angle = (eighths - quarter * 2 * size) as f64 * (core::f64::consts::TAU / 8.0) / size as f64;
    let square = angle * angle;
    let sin = angle
        * (1.0
            + square
                * (-1.0 / 6.0
                    + square
                        * (1.0 / 120.0
                            + square * (-1.0 / 5_040.0 + square * (1.0 / 362_880.0 - square / 39_916_800.0)))));
    let cos = 1.0
        + square
            * (-0.5
                + square
                    * (1.0 / 24.0
                        + square
                            * (-1.0 / 720.0
                                + square
                                    * (1.0 / 40_320.0 + square * (-1.0 / 3_628_800.0 + square / 479_001_600.0)))));
    match quarter % 4 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_those_of_the_library() {
        for n in -1_000..1_000 {
            let angle = f64::from(n) * 0.003_14;
            let found = turns(libm::sin(angle), libm::cos(angle)) * core::f64::consts::TAU;
            assert!((found - angle).abs() < 1e-7, "{angle}: {found}");
        }
        for n in 0..4_096 {
            let angle = f64::from(n) * core::f64::consts::TAU / 4_096.0;
            let (sin, cos) = unit(n, 12);
            assert!((sin - libm::sin(angle)).abs() < 1e-11 && (cos - libm::cos(angle)).abs() < 1e-11, "{n}");
        }
    }
}
