//! Who sees everything but a row: neither the row nor anything that becomes of it is in its bytes.

use tickwire_protocol::prelude::*;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Probe, Sim};

use crate::common::near;

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
struct Card {
    value: u32,
    #[rep(whole, max = 40)]
    text: String,
}

#[derive(World, Default)]
struct Hand {
    cards: Table<Card>,
    secret: One<Card>,
}

/// Cards that change. `blind` players see all but one of them and the single row; what those say comes of `SECRET`.
#[derive(Serialize, Deserialize)]
struct Cards<const SECRET: u32> {
    hidden: Id<Card>,
}

impl<const SECRET: u32> Game for Cards<SECRET> {
    const NAME: &'static str = "cards";
    const TICK_RATE: TickRate = TickRate::hz(60);
    type World = Hand;
    type Input = ();
    type Request = Never;
    type Event = u32;

    fn open(hand: &mut Hand, _: &mut Host<Self>) -> Self {
        let cards: Vec<Id<Card>> = (0..40).map(|_| hand.cards.spawn(Card::default())).collect();
        Cards { hidden: cards[17] }
    }

    fn join(&mut self, _: &mut Hand, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }

    fn step(&mut self, hand: &mut Hand, host: &mut Host<Self>) {
        let now = host.tick().0;
        let (hidden, secret) = (self.hidden, SECRET.wrapping_mul(now));
        for (id, card) in hand.cards.iter_mut() {
            if id != hidden && (now + id.slot).is_multiple_of(9) {
                card.value = now;
            }
        }
        if let Some(card) = hand.cards.get_mut(hidden).filter(|_| SECRET > 0) {
            (card.value, card.text) = (secret, format!("it is {secret}"));
            host.tell(To::Seeing(Hand::CARDS.entity(hidden)), secret);
        }
        if SECRET > 0 && now == 400 {
            hand.cards.remove(hidden);
        }
        hand.secret.value = secret;
    }

    fn view(&self, _: &Hand, player: &Player) -> View {
        if player.name != "blind" {
            return View::everything();
        }
        View::everything().but(Hand::CARDS.entity(self.hidden)).but(SINGLE)
    }
}

type Match<const SECRET: u32> = Sim<Room<Cards<SECRET>>, Probe<Cards<SECRET>>>;

/// A room with one who is blind and one who is not, for ten seconds.
fn play<const SECRET: u32>() -> Match<SECRET> {
    let mut setup = RoomSetup::of::<Cards<SECRET>>("cards", 3);
    // What is learned from frames that others are sent is in everybody's.
    setup.learns = false;
    let mut sim = Sim::new(Room::open(setup), 3);
    for name in ["blind", "seer"] {
        let seat = sim.add(Probe::new(name, Role::Plays), near());
        sim.keep_frames(seat);
    }
    sim.run_with(600, |sim| {
        for seat in 0..2 {
            let (room, probe) = sim.room_and_peer(seat);
            probe.check(room.history()).expect("the room's world");
            assert_eq!(probe.faults(), &[] as &[String]);
        }
    });
    sim
}

fn holds<const SECRET: u32>(sim: &Match<SECRET>, seat: usize, id: EntityId) -> bool {
    sim.peer(seat).world().is_some_and(|world| world.contains(id))
}

/// What the blind one holds of the cards it may see, having looked that it holds no other.
fn blind<const SECRET: u32>(sim: &Match<SECRET>) -> usize {
    let hidden = Hand::CARDS.entity(sim.room().game().hidden);
    assert!(!holds(sim, 0, hidden) && !holds(sim, 0, SINGLE), "the blind one has it");
    assert_eq!(sim.peer(0).events(), &[]);
    sim.peer(0).world().map_or(0, |world| world.kinds[0].alive.len())
}

const SINGLE: EntityId = EntityId { kind: Hand::SECRET, slot: 0 };

#[test]
fn a_row_that_a_view_leaves_out_is_neither_held_nor_in_any_byte() {
    let (dull, lively) = (play::<0>(), play::<77>());
    assert_eq!((blind(&dull), blind(&lively)), (39, 39));
    let hidden = Hand::CARDS.entity(dull.room().game().hidden);
    assert!(holds(&dull, 1, hidden) && !holds(&lively, 1, hidden), "it is gone in the end");
    assert!(holds(&dull, 1, SINGLE) && holds(&lively, 1, SINGLE));
    assert!(lively.peer(1).events().len() > 300, "who sees it is told of it");
    assert!(dull.frames(0).len() > 500 && dull.frames(0) == lively.frames(0), "the blind one's bytes differ");
    assert!(dull.frames(1) != lively.frames(1));
}
