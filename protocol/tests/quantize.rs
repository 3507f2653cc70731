//! Values and the integers of their steps.

use core::f32::consts::PI;

use proptest::prelude::*;
use tickwire_protocol::id::{Id, PlayerId, Tick, TickRate};
use tickwire_protocol::quantize::{Spec, Value, to_step};

fn packed<V: Value>(value: &V, spec: Spec) -> Vec<i32> {
    let mut out = vec![0; V::COMPONENTS];
    value.pack(spec, &mut out);
    out
}

fn settled<V: Value>(value: &V, spec: Spec) -> V {
    V::unpack(spec, &packed(value, spec))
}

/// The distance between two floats at the far end of a range.
fn ulp(value: f64) -> f64 {
    let value = value.abs() as f32;
    f64::from(value.next_up()) - f64::from(value)
}

/// Ranges and steps that a game may declare: at least `ulps` floats in a step.
fn specs(ulps: f64) -> impl Strategy<Value = (f64, f64, f64)> {
    (-1e5..1e5f64, 1e-3..1e5f64, 1.0..30.0f64).prop_map(move |(lo, size, fineness)| {
        let hi = lo + size;
        let finest = ulps * ulp(lo.abs().max(hi.abs()));
        (lo, hi, (size / fineness.exp2()).max(finest).max(size / 2e9))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn settling_twice_is_settling_once((lo, hi, step) in specs(2.0), value in -2e5..2e5f32) {
        let spec = Spec::steps(lo, hi, step);
        let once = settled(&value, spec);
        prop_assert_eq!(settled(&once, spec).to_bits(), once.to_bits());
        prop_assert_eq!(packed(&once, spec), packed(&value, spec));
    }

    #[test]
    fn a_settled_value_is_the_nearest_step((lo, hi, step) in specs(2.0), part in 0.0..1.0f64) {
        let value = (lo + (hi - lo) * part) as f32;
        let off = f64::from(settled(&value, Spec::steps(lo, hi, step))) - f64::from(value);
        prop_assert!(off.abs() <= step / 2.0 + ulp(lo.abs().max(hi.abs())), "{value} moved by {off}, a step is {step}");
    }

    #[test]
    fn a_velocity_per_tick_moves_by_its_steps(
        size in 1.0..5e3f64,
        fineness in 4.0..18.0f64,
        hz in 1u16..=240,
        from in 0.0..1.0f64,
        speed in -1.0..1.0f64,
    ) {
        let step = (size / fineness.exp2()).max(4.0 * ulp(size));
        let rate = TickRate::hz(hz);
        let place = Spec::steps(-size, size, step);
        let fastest = size * f64::from(hz);
        let rule = Spec::per_tick(place, -fastest, fastest, rate);
        let pos = settled(&((from * size) as f32), place);
        let vel = settled(&((speed * fastest * 0.2) as f32), rule);
        let (before, after) = (packed(&pos, place)[0], packed(&(pos + vel * rate.dt()), place)[0]);
        let wall = packed(&f32::INFINITY, place)[0];
        prop_assume!(after > 0 && after < wall);
        prop_assert_eq!(after - before, packed(&vel, rule)[0] - packed(&0.0f32, rule)[0]);
        prop_assert_eq!(settled(&0.0f32, rule).to_bits(), 0);
    }

    #[test]
    fn an_angle_is_settled_on_its_ring(radians in -1e4..1e4f32, bits in 1u8..=16) {
        let spec = Spec::angle(bits);
        let once = settled(&radians, spec);
        prop_assert!(once > -PI && once <= PI);
        prop_assert_eq!(settled(&once, spec).to_bits(), once.to_bits());
        let off = tickwire_protocol::math::turn(radians, once).abs();
        prop_assert!(f64::from(off) <= core::f64::consts::PI / f64::from(1u32 << bits) + 1e-3, "off by {off}");
    }

    #[test]
    fn integers_keep_their_value_or_take_the_edge(value: u32, signed: i32, min in -5i64..5, size in 1i64..9) {
        prop_assert_eq!(settled(&value, Spec::Plain), value);
        prop_assert_eq!(settled(&signed, Spec::Plain), signed);
        let spec = Spec::range(min, min + size);
        prop_assert_eq!(i64::from(settled(&signed, spec)), i64::from(signed).clamp(min, min + size));
        prop_assert_eq!(i64::from(settled(&value, spec)), i64::from(value).clamp(min.max(0), (min + size).max(0)));
    }

    #[test]
    fn wide_integers_options_and_arrays_come_back(a: i64, b: u64, c: Option<u16>, d: [Option<bool>; 3], e: u32) {
        prop_assert_eq!(settled(&a, Spec::Plain), a);
        prop_assert_eq!(settled(&b, Spec::Plain), b);
        prop_assert_eq!(settled(&c, Spec::Plain), c);
        prop_assert_eq!(settled(&d, Spec::Plain), d);
        prop_assert_eq!(settled(&Tick(e), Spec::Plain), Tick(e));
        prop_assert_eq!(settled(&PlayerId(e), Spec::Plain), PlayerId(e));
        prop_assert_eq!(settled(&Id::<u8>::new(e), Spec::Plain), Id::new(e));
    }

    #[test]
    fn any_integers_are_some_value(a: i32, b: i32, (lo, hi, step) in specs(2.0)) {
        let stepped = f32::unpack(Spec::steps(lo, hi, step), &[a]);
        prop_assert!(stepped.is_finite());
        Option::<f32>::unpack(Spec::angle(7), &[a, b]);
        <[Option<u8>; 2]>::unpack(Spec::Plain, &[a]);
        u64::unpack(Spec::Plain, &[]);
    }
}

#[test]
fn what_is_no_number_becomes_the_smallest_value() {
    let spec = Spec::steps(-2.0, 2.0, 0.5);
    assert_eq!(settled(&f32::NAN, spec), -2.0);
    assert_eq!((settled(&f32::INFINITY, spec), settled(&f32::NEG_INFINITY, spec)), (2.0, -2.0));
    assert_eq!(settled(&f32::NAN, Spec::angle(8)), 0.0);
    // One NaN for all, so that a hash of the world does not differ between machines.
    let odd = f32::from_bits(0xffc0_1234);
    assert_eq!(packed(&odd, Spec::Exact), packed(&f32::NAN, Spec::Exact));
}

#[test]
fn the_step_of_zero_is_zero() {
    // 3 x 0.1 is not 0.3 in binary; what stands still must compare so all the same.
    let spec = Spec::steps(-0.3, 0.3, 0.1);
    assert_eq!(settled(&0.01f32, spec).to_bits(), 0);
    assert_eq!(to_step(0.0, -0.3, 0.1, 6), 3);
}

#[test]
fn half_a_turn_is_positive() {
    assert_eq!(settled(&PI, Spec::angle(2)), PI);
    assert_eq!(settled(&-PI, Spec::angle(2)), PI);
    assert_eq!(packed(&-0.001f32, Spec::angle(4)), [0]);
}

#[test]
fn none_is_the_cheap_id() {
    assert_eq!(packed(&Id::<u8>::NONE, Spec::Plain), [0]);
    assert_eq!(packed(&Id::<u8>::new(0), Spec::Plain), [1]);
}
