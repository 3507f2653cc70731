//! The functions of `math` give the bits that stand here, on every machine.

use core::f32::consts::{FRAC_PI_2, PI, TAU};

use tickwire_protocol::math;
use tickwire_protocol::prelude::*;

/// Where games are, and where functions are known to differ between machines.
const NUMBERS: [f32; 8] = [0.5, 1.0, -0.75, 2.5, 100.25, -12_345.678, 1e-6, PI];

#[test]
fn the_bits_are_these() {
    let of = |name: &str, function: fn(f32) -> f32| {
        let bits: Vec<_> =
            NUMBERS.iter().map(|x| function(*x)).map(|y| if y.is_nan() { 0 } else { y.to_bits() }).collect();
        format!("{name} {bits:08x?}\n")
    };
    let table = [
        of("sin", math::sin),
        of("cos", math::cos),
        of("tan", math::tan),
        of("asin", math::asin),
        of("acos", math::acos),
        of("atan", math::atan),
        of("atan2", |x| math::atan2(x, 0.7)),
        of("exp", math::exp),
        of("exp2", math::exp2),
        of("ln", math::ln),
        of("log2", math::log2),
        of("log10", math::log10),
        of("powf", |x| math::powf(x, 1.7)),
        of("sqrt", math::sqrt),
        of("cbrt", math::cbrt),
        of("hypot", |x| math::hypot(x, 3.3)),
        of("sinh", math::sinh),
        of("cosh", math::cosh),
        of("tanh", math::tanh),
    ]
    .concat();
    assert_eq!(table, GOLDEN, "{table}");
}

#[test]
fn the_fingerprint_is_this() {
    assert_eq!(math::fingerprint(100_000), 9_101_227_040_250_235_607);
}

#[test]
fn glam_computes_as_we_do() {
    // It would not with its `std` feature, which any other crate of a build can switch on.
    for at in -1_000..1_000 {
        let angle = at as f32 * 0.017;
        let (ours, theirs) = (math::from_angle(angle), Vec2::from_angle(angle));
        assert_eq!(ours.to_array().map(f32::to_bits), theirs.to_array().map(f32::to_bits), "{angle}");
    }
}

#[test]
fn a_wrapped_angle_is_the_same_direction_within_half_a_turn() {
    for at in -10_000..10_000 {
        let angle = at as f32 * 0.01;
        let wrapped = math::wrap(angle);
        assert!(wrapped > -PI && wrapped <= PI, "{angle} becomes {wrapped}");
        assert!(
            (math::from_angle(angle) - math::from_angle(wrapped)).length() < 1e-4,
            "{angle} becomes {wrapped}"
        );
    }
    assert_eq!((math::wrap(PI), math::wrap(-PI), math::wrap(3.0 * PI).abs()), (PI, PI, PI));
}

#[test]
fn a_turn_takes_the_short_way() {
    assert!((math::turn(0.1, TAU - 0.1) + 0.2).abs() < 1e-5);
    assert!((math::turn(TAU - 0.1, 0.1) - 0.2).abs() < 1e-5);
    assert!((math::turn_towards(3.0, -3.0, 0.1) - 3.1).abs() < 1e-6);
    assert_eq!(math::turn_towards(0.0, 0.05, 0.1), 0.05);
    assert_eq!(math::turn_towards(0.0, -2.0, 0.5), -0.5);
}

#[test]
fn vectors_turn_counterclockwise() {
    assert!((math::rotate(vec2(1.0, 0.0), FRAC_PI_2) - vec2(0.0, 1.0)).length() < 1e-6);
    assert_eq!((math::angle_of(vec2(0.0, 3.0)), math::angle_of(Vec2::ZERO)), (FRAC_PI_2, 0.0));
}

const GOLDEN: &str = "\
sin [3ef57744, 3f576aa4, bf2e7fe1, 3f193578, be8df805, 3f344b08, 358637bd, b3bbbd2e]
cos [3f60a940, 3f0a5140, 3f3b4ff6, bf4d17bf, 3f75f639, 3f35be20, 3f800000, bf800000]
tan [3f0bda7b, 3fc75923, bf6e7d1b, bf3f3cdb, be93c34a, 3f7df549, 358637bd, 33bbbd2f]
asin [3f060a92, 3fc90fdb, bf591a99, 00000000, 00000000, 00000000, 358637bd, 00000000]
acos [3f860a92, 00000000, 401ace94, 00000000, 00000000, 00000000, 3fc90fd2, 00000000]
atan [3eed6338, 3f490fdb, bf24bc7d, 3f985b6c, 3fc7c901, bfc90d33, 358637bd, 3fa19dc5]
atan2 [3f1ec8ac, 3f75c72c, bf51e2d2, 3fa61de8, 3fc82b0e, bfc90dff, 35bfbd57, 3facfff1]
exp [3fd3094c, 402df854, 3ef1da07, 4142eb7f, 7f800000, 00000000, 3f800008, 41b92024]
exp2 [3fb504f3, 40000000, 3f1837f0, 40b504f3, 719837f0, 00000000, 3f800006, 410d331d]
ln [bf317218, 00000000, 00000000, 3f6a9208, 40937202, 00000000, c15d0c55, 3f928682]
log2 [bf800000, 00000000, 00000000, 3fa934f0, 40d4b7fb, 00000000, c19f73da, 3fd3643a]
log10 [be9a209b, 00000000, 00000000, 3ecbbecb, 400011c4, 00000000, c0c00000, 3efe8a6e]
powf [3e9d9624, 3f800000, 00000000, 4097ee7b, 451da926, 00000000, 2e8abfb8, 40e00780]
sqrt [3f3504f3, 3f800000, 00000000, 3fca62c2, 4120332b, 00000000, 3a83126f, 3fe2dfc5]
cbrt [3f4b2ff5, 3f800000, bf689768, 3fadb905, 4094a78e, c1b8e576, 3c23d70a, 3fbb77bf]
hypot [40559c48, 405caf1c, 405895fb, 40847b46, 42c89bcd, 4640e6b7, 40533333, 4091ccf9]
sinh [3f056680, 3f966cfe, bf528359, 40c19b47, 7f800000, ff800000, 358637bd, 4138c7a3]
cosh [3f90560c, 3fc583aa, 3fa5b82f, 40c43bb7, 7f800000, 7f800000, 3f800000, 413978a5]
tanh [3eec9a9e, 3f42f7d6, bf22991f, 3f7c92c1, 3f800000, bf800000, 358637bd, 3f7f0bb0]
";
