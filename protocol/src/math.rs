//! Trigonometry that gives the same bits natively and in wasm.

/// Sine and cosine of an angle in radians.
#[must_use]
pub fn sin_cos(radians: f32) -> (f32, f32) {
    libm::sincosf(radians)
}

/// The angle of the vector (x, y), in −pi to pi.
#[must_use]
pub fn atan2(y: f32, x: f32) -> f32 {
    libm::atan2f(y, x)
}
