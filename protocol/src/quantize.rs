//! A field's value to the integer of its step, and back.
//!
//! Both directions are computed in f64 and rounded once, so that native code and wasm agree in every bit, and
//! `settle(settle(v)) == settle(v)` for every step not finer than 2 ulp of f32 at the end of its range.
//!
//! ```
//! use tickwire_protocol::quantize::{Spec, Value};
//!
//! // `range = -1.0..=1.0, step = 0.25`
//! let spec = Spec::steps(-1.0, 1.0, 0.25);
//! let mut integers = [0];
//! 0.3f32.pack(spec, &mut integers);
//! assert_eq!(integers, [5]); // five steps above -1
//! assert_eq!(f32::unpack(spec, &integers), 0.25);
//! // What lies outside becomes the edge.
//! 7.0f32.pack(spec, &mut integers);
//! assert_eq!(f32::unpack(spec, &integers), 1.0);
//! ```

use glam::{Vec2, Vec3};

use crate::id::{Id, PlayerId, Tick, TickRate};
use crate::schema::FieldType;

/// How the attributes of a field turn its values into integers. Written by the derives as constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spec {
    /// No attribute: what the type itself says.
    Plain,
    /// `range = lo..=hi` on an integer.
    Range {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// `range = lo..=hi, step = s` on a float or vector.
    Steps {
        /// Smallest value.
        lo: f64,
        /// Resolution.
        step: f64,
        /// Steps from the smallest to the largest value.
        steps: u32,
    },
    /// `exact` on a float or vector.
    Exact,
    /// `angle, bits = n` on an f32.
    Angle {
        /// Ring of `2^bits` steps.
        bits: u8,
    },
}

impl Spec {
    /// The spec of `range = lo..=hi, step = step`: whole steps that fit, the top rounded to the nearest step.
    #[must_use]
    pub const fn steps(lo: f64, hi: f64, step: f64) -> Spec {
        let steps = (hi - lo) / step + 0.5;
        assert!(step > 0.0 && hi > lo, "a range rises and a step is positive");
        assert!(steps < i32::MAX as f64, "a range has fewer than 2^31 steps");
        Spec::Steps { lo, step, steps: steps as u32 }
    }

    /// The spec of `range = lo..=hi` in `steps` equal steps.
    #[must_use]
    pub const fn in_steps(lo: f64, hi: f64, steps: u32) -> Spec {
        assert!(steps > 0 && hi > lo, "a range rises");
        Spec::Steps { lo, step: (hi - lo) / steps as f64, steps }
    }

    /// The spec of a velocity whose steps are whole steps of `place` per tick, so that `place + velocity * dt` lies
    /// on a step again: one step is that of `place` times the rate. The range grows outward to whole steps.
    #[must_use]
    pub const fn per_tick(place: Spec, lo: f64, hi: f64, rate: TickRate) -> Spec {
        let step = match place {
            Spec::Steps { step, .. } => step,
            Spec::Angle { bits } => core::f64::consts::TAU / (1u32 << bits) as f64,
            Spec::Plain | Spec::Range { .. } | Spec::Exact => panic!("a position has `range` and `step`"),
        };
        assert!(hi > lo, "a range rises");
        let step = step * rate.get() as f64;
        // A hair inward first, so that an end that is meant to lie on a step is not moved by a rounding error.
        let (low, high) = ((lo / step + 1e-6).floor(), (hi / step - 1e-6).ceil());
        assert!(high - low < i32::MAX as f64, "a range has fewer than 2^31 steps");
        Spec::Steps { lo: low * step, step, steps: (high - low) as u32 }
    }

    /// The spec of `range = min..=max` on an integer.
    #[must_use]
    pub const fn range(min: i64, max: i64) -> Spec {
        assert!(max > min, "a range rises");
        Spec::Range { min, max }
    }

    /// The spec of `angle, bits = bits`.
    #[must_use]
    pub const fn angle(bits: u8) -> Spec {
        assert!(bits >= 1 && bits <= 16, "an angle has 1 to 16 bits");
        Spec::Angle { bits }
    }
}

/// A type that can be a replicated field: a fixed number of integers.
///
/// Implemented for bool, integers, `f32`, `Vec2`, `Vec3`, `Tick`, `PlayerId`, `Id<T>`, for `Option` and fixed arrays of
/// them, and by `#[derive(Replicate)]` for unit enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of a fixed number of integers",
    label = "this cannot be a replicated field as it stands",
    note = "a unit enum derives `Replicate`; anything else is sent whole, `#[rep(whole, max = bytes)]`, or never, `#[rep(skip)]`"
)]
pub trait Value: Clone + Default + PartialEq + 'static {
    /// How many integers.
    const COMPONENTS: usize;
    /// The type as the schema tells it.
    fn field_type(spec: Spec) -> FieldType;
    /// Writes the integers of this value into the first [`Value::COMPONENTS`] places of `out`; a value out of its
    /// range becomes the nearest edge.
    fn pack(&self, spec: Spec, out: &mut [i32]);
    /// The value of these integers. Integers out of range become the nearest edge: they were checked on arrival.
    fn unpack(spec: Spec, from: &[i32]) -> Self;
}

/// The step that `value` lies nearest to.
#[inline]
#[must_use]
pub fn to_step(value: f32, lo: f64, step: f64, steps: u32) -> i32 {
    // The cast rounds down, as nothing negative is left. A NaN becomes 0.
    ((f64::from(value) - lo) / step + 0.5).clamp(0.0, f64::from(steps)) as i32
}

/// The value of step `n`.
#[inline]
#[must_use]
pub fn from_step(n: i32, lo: f64, step: f64, steps: u32) -> f32 {
    let n = n.clamp(0, i32::try_from(steps).unwrap_or(i32::MAX));
    let value = lo + f64::from(n) * step;
    // The step of zero is zero, whatever the rounding of `lo` and `step`: what stands still must compare so.
    if value.abs() < step * 1e-6 { 0.0 } else { value as f32 }
}

/// The step of a ring of `2^bits` that the angle lies nearest to.
#[inline]
#[must_use]
pub fn to_ring(radians: f32, bits: u8) -> i32 {
    let size = f64::from(1u32 << bits);
    let turns = f64::from(radians) / core::f64::consts::TAU;
    // The casts round towards zero: below it, the whole turns are one less. A NaN becomes 0.
    let whole = turns as i64 as f64;
    let whole = if whole > turns { whole - 1.0 } else { whole };
    let n = ((turns - whole).clamp(0.0, 1.0) * size + 0.5) as i32;
    if n >= 1 << bits { 0 } else { n }
}

/// The angle of step `n`, in (−pi, pi].
#[inline]
#[must_use]
pub fn from_ring(n: i32, bits: u8) -> f32 {
    let size = 1i32 << bits;
    let n = n & (size - 1);
    let n = if n > size / 2 { n - size } else { n };
    (f64::from(n) * core::f64::consts::TAU / f64::from(size)) as f32
}

#[inline]
fn first(from: &[i32]) -> i32 {
    from.first().copied().unwrap_or(0)
}

#[inline]
fn put(out: &mut [i32], value: i32) {
    if let Some(place) = out.first_mut() {
        *place = value;
    }
}

impl Value for f32 {
    const COMPONENTS: usize = 1;
    fn field_type(spec: Spec) -> FieldType {
        match spec {
            Spec::Steps { lo, step, steps } => FieldType::Number { lo, step, steps },
            Spec::Angle { bits } => FieldType::Angle { bits },
            Spec::Plain | Spec::Range { .. } | Spec::Exact => FieldType::Exact,
        }
    }
    // Always: most of it is decided by the field's attributes, which are constants.
    #[inline(always)]
    fn pack(&self, spec: Spec, out: &mut [i32]) {
        put(
            out,
            match spec {
                Spec::Steps { lo, step, steps } => to_step(*self, lo, step, steps),
                Spec::Angle { bits } => to_ring(*self, bits),
                // One NaN for all: their bits differ between machines.
                Spec::Plain | Spec::Range { .. } | Spec::Exact if self.is_nan() => f32::NAN.to_bits() as i32,
                Spec::Plain | Spec::Range { .. } | Spec::Exact => self.to_bits() as i32,
            },
        );
    }
    #[inline(always)]
    fn unpack(spec: Spec, from: &[i32]) -> f32 {
        let n = first(from);
        match spec {
            Spec::Steps { lo, step, steps } => from_step(n, lo, step, steps),
            Spec::Angle { bits } => from_ring(n, bits),
            Spec::Plain | Spec::Range { .. } | Spec::Exact => f32::from_bits(n as u32),
        }
    }
}

impl Value for bool {
    const COMPONENTS: usize = 1;
    fn field_type(_: Spec) -> FieldType {
        FieldType::Bool
    }
    #[inline]
    fn pack(&self, _: Spec, out: &mut [i32]) {
        put(out, i32::from(*self));
    }
    #[inline]
    fn unpack(_: Spec, from: &[i32]) -> bool {
        first(from) != 0
    }
}

macro_rules! integer {
    ($($ty:ty),*) => {$(
        impl Value for $ty {
            const COMPONENTS: usize = 1;
            fn field_type(spec: Spec) -> FieldType {
                let (min, max) = bounds(spec, i64::from(<$ty>::MIN), i64::from(<$ty>::MAX));
                FieldType::Int { min, max }
            }
            #[inline]
            fn pack(&self, spec: Spec, out: &mut [i32]) {
                let (min, max) = bounds(spec, i64::from(<$ty>::MIN), i64::from(<$ty>::MAX));
                put(out, i64::from(*self).clamp(min, max) as i32);
            }
            #[inline]
            fn unpack(spec: Spec, from: &[i32]) -> $ty {
                let (min, max) = bounds(spec, i64::from(<$ty>::MIN), i64::from(<$ty>::MAX));
                i64::from(first(from) as $ty).clamp(min, max) as $ty
            }
        }
    )*};
}
integer!(i8, i16, i32, u8, u16, u32);

macro_rules! wide {
    ($($ty:ty, $signed:literal);*) => {$(
        impl Value for $ty {
            const COMPONENTS: usize = 2;
            fn field_type(_: Spec) -> FieldType {
                FieldType::Wide { signed: $signed }
            }
            #[inline]
            fn pack(&self, _: Spec, out: &mut [i32]) {
                put(out, *self as i32);
                if let Some(high) = out.get_mut(1..) {
                    put(high, (*self >> 32) as i32);
                }
            }
            #[inline]
            fn unpack(_: Spec, from: &[i32]) -> $ty {
                let high = from.get(1).copied().unwrap_or(0);
                (u64::from(high as u32) << 32 | u64::from(first(from) as u32)) as $ty
            }
        }
    )*};
}
wide!(i64, true; u64, false);

#[inline]
fn bounds(spec: Spec, min: i64, max: i64) -> (i64, i64) {
    match spec {
        Spec::Range { min: lo, max: hi } => (lo.clamp(min, max), hi.clamp(min, max)),
        Spec::Plain | Spec::Steps { .. } | Spec::Exact | Spec::Angle { .. } => (min, max),
    }
}

macro_rules! vector {
    ($($ty:ty, $size:literal);*) => {$(
        impl Value for $ty {
            const COMPONENTS: usize = $size;
            fn field_type(spec: Spec) -> FieldType {
                FieldType::Vector { size: $size, of: Box::new(f32::field_type(spec)) }
            }
            #[inline(always)]
            fn pack(&self, spec: Spec, out: &mut [i32]) {
                for (part, place) in self.to_array().iter().zip(out.chunks_mut(1)) {
                    part.pack(spec, place);
                }
            }
            #[inline(always)]
            fn unpack(spec: Spec, from: &[i32]) -> $ty {
                let mut parts = [0.0; $size];
                for (part, n) in parts.iter_mut().zip(from.chunks(1)) {
                    *part = f32::unpack(spec, n);
                }
                <$ty>::from_array(parts)
            }
        }
    )*};
}
vector!(Vec2, 2; Vec3, 3);

macro_rules! counted {
    ($($ty:ty, $field:ident, $variant:expr);*) => {$(
        impl Value for $ty {
            const COMPONENTS: usize = 1;
            fn field_type(_: Spec) -> FieldType {
                $variant
            }
            #[inline]
            fn pack(&self, _: Spec, out: &mut [i32]) {
                put(out, self.0 as i32);
            }
            #[inline]
            fn unpack(_: Spec, from: &[i32]) -> $ty {
                Self(first(from) as u32)
            }
        }
    )*};
}
counted!(Tick, tick, FieldType::Tick; PlayerId, player, FieldType::Player);

/// 0 is [`Id::NONE`], so that "none" is the cheap one; a slot is itself plus one.
impl<T: 'static> Value for Id<T> {
    const COMPONENTS: usize = 1;
    fn field_type(_: Spec) -> FieldType {
        let name = core::any::type_name::<T>();
        FieldType::Row { of: name.rsplit("::").next().unwrap_or(name).to_owned() }
    }
    #[inline]
    fn pack(&self, _: Spec, out: &mut [i32]) {
        put(out, self.slot.wrapping_add(1) as i32);
    }
    #[inline]
    fn unpack(_: Spec, from: &[i32]) -> Id<T> {
        Id::new((first(from) as u32).wrapping_sub(1))
    }
}

impl<V: Value> Value for Option<V> {
    const COMPONENTS: usize = 1 + V::COMPONENTS;
    fn field_type(spec: Spec) -> FieldType {
        FieldType::Option(Box::new(V::field_type(spec)))
    }
    #[inline]
    fn pack(&self, spec: Spec, out: &mut [i32]) {
        put(out, i32::from(self.is_some()));
        let Some(rest) = out.get_mut(1..) else { return };
        match self {
            Some(value) => value.pack(spec, rest),
            None => V::default().pack(spec, rest),
        }
    }
    #[inline]
    fn unpack(spec: Spec, from: &[i32]) -> Option<V> {
        let rest = from.get(1..)?;
        (first(from) != 0).then(|| V::unpack(spec, rest))
    }
}

impl<V: Value, const N: usize> Value for [V; N]
where
    [V; N]: Default,
{
    const COMPONENTS: usize = N * V::COMPONENTS;
    fn field_type(spec: Spec) -> FieldType {
        FieldType::Array { len: N as u32, of: Box::new(V::field_type(spec)) }
    }
    #[inline]
    fn pack(&self, spec: Spec, out: &mut [i32]) {
        for (value, place) in self.iter().zip(out.chunks_mut(V::COMPONENTS.max(1))) {
            value.pack(spec, place);
        }
    }
    #[inline]
    fn unpack(spec: Spec, from: &[i32]) -> [V; N] {
        let mut values: [V; N] = Default::default();
        for (value, n) in values.iter_mut().zip(from.chunks(V::COMPONENTS.max(1))) {
            *value = V::unpack(spec, n);
        }
        values
    }
}
