//! Trigonometry, roots and powers that give the same bits on every machine, natively and in wasm.
//!
//! What `drive` and `advance` compute must be the same to the last bit on the server and on every client. IEEE 754
//! promises that for `+ - * /`, `sqrt` and rounding, but not for `sin` and its kin: `f32::sin` is another function on
//! each platform. These here are those of the `libm` crate, compiled from the same source everywhere; `clippy.toml` of
//! this crate bans the others, and a game does well to copy that list.
//!
//! ```
//! use tickwire_protocol::math;
//! use tickwire_protocol::prelude::*;
//!
//! let nose = math::from_angle(0.75);
//! assert!((math::angle_of(nose) - 0.75).abs() < 1e-6);
//! // The short way, through pi.
//! assert!((math::turn(3.0, -3.0) - 0.283_185_3).abs() < 1e-6);
//! assert_eq!(math::rotate(vec2(0.0, 2.0), 0.0), vec2(0.0, 2.0));
//! ```

use core::f32::consts::{PI, TAU};

use glam::Vec2;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident ( $($x:ident),+ ) = $of:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name($($x: f32),+) -> f32 {
            libm::$of($($x),+)
        }
    )*};
}
functions! {
    /// The sine of an angle in radians.
    sin(x) = sinf;
    /// The cosine of an angle in radians.
    cos(x) = cosf;
    /// The tangent of an angle in radians.
    tan(x) = tanf;
    /// The angle in [−pi/2, pi/2] whose sine is `x`; NaN outside of −1 to 1.
    asin(x) = asinf;
    /// The angle in [0, pi] whose cosine is `x`; NaN outside of −1 to 1.
    acos(x) = acosf;
    /// The angle in [−pi/2, pi/2] whose tangent is `x`.
    atan(x) = atanf;
    /// The angle of the point (`x`, `y`), in [−pi, pi]. Note the order, which is that of [`f32::atan2`].
    atan2(y, x) = atan2f;
    /// e to the power of `x`.
    exp(x) = expf;
    /// 2 to the power of `x`.
    exp2(x) = exp2f;
    /// The natural logarithm.
    ln(x) = logf;
    /// The logarithm to base 2.
    log2(x) = log2f;
    /// The logarithm to base 10.
    log10(x) = log10f;
    /// `x` to the power of `y`; NaN where `x` is negative and `y` not whole.
    powf(x, y) = powf;
    /// The square root, exactly rounded; NaN of what is negative.
    sqrt(x) = sqrtf;
    /// The cubic root.
    cbrt(x) = cbrtf;
    /// The length of (`x`, `y`), without overflow in between.
    hypot(x, y) = hypotf;
    /// The hyperbolic sine.
    sinh(x) = sinhf;
    /// The hyperbolic cosine.
    cosh(x) = coshf;
    /// The hyperbolic tangent.
    tanh(x) = tanhf;
}

/// The sine and the cosine of an angle in radians.
#[must_use]
pub fn sin_cos(x: f32) -> (f32, f32) {
    libm::sincosf(x)
}

/// The same direction in (−pi, pi].
#[must_use]
pub fn wrap(radians: f32) -> f32 {
    let wrapped = radians - TAU * libm::floorf((radians + PI) / TAU);
    // Rounding can leave a hair more than a half turn, and the sum above takes pi for −pi.
    if wrapped > PI {
        wrapped - TAU
    } else if wrapped <= -PI {
        PI
    } else {
        wrapped
    }
}

/// How far to turn from one direction to another, the short way: in (−pi, pi], positive counterclockwise (where y
/// points up).
#[must_use]
pub fn turn(from: f32, to: f32) -> f32 {
    wrap(to - from)
}

/// `from` turned towards `to` the short way by at most `most` radians, which are not negative.
#[must_use]
pub fn turn_towards(from: f32, to: f32, most: f32) -> f32 {
    wrap(from + turn(from, to).clamp(-most.abs(), most.abs()))
}

/// The direction of a vector, in [−pi, pi]; 0 for a vector without length.
#[must_use]
pub fn angle_of(vector: Vec2) -> f32 {
    atan2(vector.y, vector.x)
}

/// The vector of length 1 in a direction.
#[must_use]
pub fn from_angle(radians: f32) -> Vec2 {
    let (sin, cos) = sin_cos(radians);
    Vec2::new(cos, sin)
}

/// The vector turned by an angle, counterclockwise (where y points up).
#[must_use]
pub fn rotate(vector: Vec2, radians: f32) -> Vec2 {
    let (sin, cos) = sin_cos(radians);
    Vec2::new(vector.x * cos - vector.y * sin, vector.x * sin + vector.y * cos)
}

/// A hash of everything here over `count` inputs: equal on two machines that can play together.
///
/// Tests compare it between native code and wasm. NaNs count as one, since their bits are not defined.
#[must_use]
pub fn fingerprint(count: u32) -> u64 {
    let mut hash = 0u64;
    let mut state = 1u32;
    let mut next = || {
        // xorshift32: every bit pattern but 0 comes once.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    for at in 0..count {
        // Half of the inputs are any float, half lie where games are.
        let number = |bits: u32| {
            if at % 2 == 0 { f32::from_bits(bits) } else { (bits as i32) as f32 / (1u32 << 24) as f32 }
        };
        let (x, y) = (number(next()), number(next()));
        for value in all(x, y) {
            let bits = if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() };
            hash = (hash.rotate_left(5) ^ u64::from(bits)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
    hash
}

/// Every function of these two numbers.
fn all(x: f32, y: f32) -> [f32; 28] {
    let (sin_both, cos_both) = sin_cos(x);
    let (turned, nose) = (rotate(Vec2::new(x, y), y), from_angle(x));
    [
        sin(x),
        cos(x),
        tan(x),
        asin(x),
        acos(x),
        atan(x),
        atan2(x, y),
        exp(x),
        exp2(x),
        ln(x),
        log2(x),
        log10(x),
        powf(x, y),
        sqrt(x),
        cbrt(x),
        hypot(x, y),
        sinh(x),
        cosh(x),
        tanh(x),
        sin_both,
        cos_both,
        wrap(x),
        turn_towards(x, y, 0.1),
        angle_of(nose),
        turned.x,
        turned.y,
        Vec2::new(x, y).length(),
        Vec2::new(x, y).normalize_or_zero().x,
    ]
}
