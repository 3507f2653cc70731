//! The demo game with a mistake: what a client that does not agree with its server is corrected for.

use serde::{Deserialize, Serialize};
use tickwire_dogfight::{Controls, Dogfight, Event, Request, Space};
use tickwire_protocol::prelude::*;

/// Dogfight whose `drive` leaves a ship one step of velocity faster.
#[derive(Serialize, Deserialize)]
pub(super) struct OffByOneStep(Dogfight);

/// One step of a ship's velocity, in units a second: one step of its position per tick.
const STEP: f32 = 0.003_906_25 * 60.0;

impl Game for OffByOneStep {
    const NAME: &'static str = Dogfight::NAME;
    const TICK_RATE: TickRate = Dogfight::TICK_RATE;
    type World = Space;
    type Input = Controls;
    type Request = Request;
    type Event = Event;

    fn open(_: &mut Space, _: &mut Host<Self>) -> Self {
        OffByOneStep(Dogfight::default())
    }

    fn join(&mut self, _: &mut Space, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Err(Refusal::new("this game is for clients only"))
    }

    fn drive(space: &mut Space, me: PlayerId, controls: &Controls, tick: Tick) {
        Dogfight::drive(space, me, controls, tick);
        for (_, ship) in space.ships.of_mut(me) {
            ship.vel.x += STEP;
        }
    }

    fn advance(space: &mut Space, tick: Tick) {
        Dogfight::advance(space, tick);
    }

    fn bot(space: &Space, me: PlayerId, tick: Tick) -> Controls {
        Dogfight::bot(space, me, tick)
    }
}
