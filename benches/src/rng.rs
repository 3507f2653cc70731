//! The generator of the scenes: small enough to be written down in any language.

use serde::{Deserialize, Serialize};

/// mulberry32: 32 bits of state, one number a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mulberry32(u32);

impl Mulberry32 {
    /// The generator that begins at `seed`.
    #[must_use]
    pub fn new(seed: u32) -> Mulberry32 {
        Mulberry32(seed)
    }

    /// The next 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let mut t = (self.0 ^ self.0 >> 15).wrapping_mul(self.0 | 1);
        t ^= t.wrapping_add((t ^ t >> 7).wrapping_mul(t | 61));
        t ^ t >> 14
    }

    /// A number in 0..1.
    pub fn unit(&mut self) -> f32 {
        (f64::from(self.bits()) / 4_294_967_296.0) as f32
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// True once in `times`, on average; `times` is above 0.
    pub fn once_in(&mut self, times: u32) -> bool {
        self.bits() < u32::MAX / times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        let mut rng = Mulberry32::new(12_345);
        let first: Vec<u32> = (0..3).map(|_| rng.bits()).collect();
        assert_eq!(first, [4_207_900_869, 1_317_490_944, 2_079_646_450]);
    }
}
