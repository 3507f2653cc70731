//! Rows that keep their speed and turn: told by a turn each, and read by blocks of neighbours.

use tickwire_protocol::schema::{Field, FieldType};

use crate::runs::Room;
use crate::scene;

/// Of the schema.
const TICK_RATE: f32 = 30.0;

#[test]
#[expect(clippy::disallowed_methods, reason = "a world that this test alone makes")]
fn rows_that_turn_are_told_in_a_byte_or_two_and_held_exactly() {
    let vector = |of| FieldType::Vector { size: 2, of: Box::new(of) };
    let pos = Field { place: true, ..scene::field("pos", vector(scene::number(0.0, 1.0 / 64.0, 1_000_000))) };
    let vel = vector(scene::number(-20.0, 0.01, 4_000));
    let vel = Field { rate_of: Some(0), steady: true, ..scene::field("vel", vel) };
    let rot = Field { lerp: true, along: Some(1), ..scene::field("rot", FieldType::Angle { bits: 10 }) };
    let mut room = Room::of(scene::schema(vec![scene::kind("a", vec![pos, vel, rot])]));
    let mut places: Vec<[i32; 2]> = (0..1_000).map(|slot| [500_000 + slot * 7, 300_000 - slot * 3]).collect();
    for tick in 0..60 {
        let rows: Vec<[i32; 5]> = (0u32..)
            .zip(&mut places)
            .map(|(slot, place)| {
                // Each its own circle.
                let (speed, turn) = (400.0 + f64::from(slot % 90) * 9.0, f64::from(slot % 40) * 0.002);
                let angle = f64::from(slot) * 0.37 + f64::from(tick) * turn;
                let steps = [angle.cos(), angle.sin()].map(|part| (part * speed).round());
                for (place, steps) in place.iter_mut().zip(steps) {
                    let velocity = (-20.0 + (steps + 2_000.0) * 0.01) as f32;
                    let moved = (f64::from(*place) / 64.0) as f32 + velocity * (1.0 / TICK_RATE);
                    *place = (f64::from(moved) * 64.0 + 0.5).floor() as i32;
                }
                let along = (steps[1].atan2(steps[0]) / std::f64::consts::TAU * 1_024.0 + 0.5).floor() as i32;
                let [x, y] = steps.map(|steps| steps as i32 + 2_000);
                [place[0], place[1], x, y, along & 1_023]
            })
            .collect();
        let bytes = room.tick(|slot| rows[slot as usize]);
        assert!(tick < 3 || bytes < 1_600, "{bytes} bytes in tick {tick}");
    }
}
