//! More changed long values in one tick than any frame has room for.

use tickwire_protocol::limits::BULK_BYTES_PER_TICK;
use tickwire_protocol::link::Preset;
use tickwire_protocol::prelude::*;
use tickwire_protocol::wire::CloseCode;
use tickwire_server::room::{AnyRoom as _, Room, RoomSetup};
use tickwire_server::sim::{Probe, Sim};

/// 450 pages of 3,000 bytes: 1.3 MiB.
const PAGES: u32 = 450;
const PAGE_BYTES: usize = 3_000;

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
struct Page {
    number: u32,
    #[rep(whole, max = 4000)]
    text: String,
}

#[derive(World, Default)]
struct Shelf {
    pages: Table<Page>,
    beat: One<Page>,
}

/// All pages are written anew in the ticks 300 and 320, and one of them in each tick between.
#[derive(Serialize, Deserialize)]
struct Library;

impl Game for Library {
    const NAME: &'static str = "library";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Shelf;
    type Input = ();
    type Request = Never;
    type Event = Never;

    fn open(shelf: &mut Shelf, _: &mut Host<Self>) -> Self {
        for number in 0..PAGES {
            shelf.pages.spawn(Page { number, text: String::new() });
        }
        Library
    }

    fn join(&mut self, _: &mut Shelf, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }

    fn step(&mut self, shelf: &mut Shelf, host: &mut Host<Self>) {
        let now = host.tick().0;
        shelf.beat.number = now;
        let all = now == 300 || now == 320;
        for (_, page) in shelf.pages.iter_mut().filter(|(_, page)| all || now > 300 && page.number == now) {
            let letter = char::from(b'a' + ((page.number + now) % 26) as u8);
            page.text = letter.to_string().repeat(PAGE_BYTES);
        }
    }
}

/// What one player owns, and nobody else is sent.
#[derive(World, Default)]
struct Desk {
    drawer: Table<Note>,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
#[rep(owner)]
struct Note {
    #[rep(whole, max = 4000)]
    text: String,
}

/// Each player gets as many notes as it has letters in its name, times a hundred.
#[derive(Serialize, Deserialize)]
struct Office;

impl Game for Office {
    const NAME: &'static str = "office";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Desk;
    type Input = ();
    type Request = Never;
    type Event = Never;

    fn open(_: &mut Desk, _: &mut Host<Self>) -> Self {
        Office
    }

    fn join(&mut self, desk: &mut Desk, _: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        for _ in 0..100 * player.name.len() {
            desk.drawer.spawn_for(player.id, Note { text: "n".repeat(PAGE_BYTES) });
        }
        Ok(())
    }

    fn step(&mut self, _: &mut Desk, _: &mut Host<Self>) {}
}

#[test]
fn who_owns_more_than_a_frame_has_room_for_is_told_so_and_the_others_play_on() {
    let mut sim = Sim::new(Room::<Office>::open(RoomSetup::of::<Office>("office", 1)), 1);
    let tidy = sim.add(Probe::<Office>::new("abc", Role::Plays), Preset::Lan.conditions());
    let hoards = sim.add(Probe::<Office>::new("abcd", Role::Plays), Preset::Lan.conditions());
    sim.run(90);
    let [closed] = sim.closes() else { panic!("{:?}", sim.closes()) };
    assert_eq!((closed.seat, closed.code), (hoards, CloseCode::TooLarge));
    assert!(closed.reason.contains("1048576") && closed.reason.contains("owner"), "{}", closed.reason);
    let (room, probe) = sim.room_and_peer(tidy);
    assert!(probe.check(room.history()).is_ok_and(|worlds| worlds > 0));
    assert_eq!(probe.world().map(|world| world.kinds[0].alive.len()), Some(300));
}

#[test]
fn a_mebibyte_of_values_that_change_in_one_tick_arrives_whole_and_nobody_is_closed() {
    let mut sim = Sim::new(Room::<Library>::open(RoomSetup::of::<Library>("library", 1)), 1);
    for link in [Preset::Lan, Preset::Wifi, Preset::Mobile, Preset::Transatlantic] {
        let seat = sim.add(Probe::<Library>::new(link.name(), Role::Plays), link.conditions());
        sim.keep_frames(seat);
    }
    let mut compared = [0; 4];
    sim.run_with(1_500, |sim| {
        for (seat, compared) in compared.iter_mut().enumerate() {
            let (room, probe) = sim.room_and_peer(seat);
            // While values are owed, a world is not the room's: the hashes are not sent either.
            *compared += usize::from(probe.check(room.history()).is_ok_and(|worlds| worlds > 0));
            assert_eq!(probe.faults(), &[] as &[String], "{}", probe.hello.name);
        }
    });
    assert_eq!(sim.closes(), &[]);
    let truth = sim.room().history().newest().cloned().expect("a world");
    assert!(sim.room().stats().wholes_postponed > 0, "it fits into a frame: the test tests nothing");
    for (seat, compared) in compared.iter().enumerate() {
        let probe = sim.peer(seat);
        let name = &probe.hello.name;
        let held = probe.world().expect("a world");
        for slot in truth.kinds[0].alive.iter() {
            assert!(held.kinds[0].whole(0, slot) == truth.kinds[0].whole(0, slot), "{name}: page {slot}");
        }
        let longest = sim.frames(seat).iter().map(|(_, frame)| frame.len()).max().unwrap_or(0);
        assert!(longest < 2 * BULK_BYTES_PER_TICK, "{name}: {longest} bytes");
        assert!(sim.bytes(seat) > u64::from(PAGES) * PAGE_BYTES as u64, "{name}");
        assert!(*compared > 400, "{name}: the room's world in {compared} ticks");
    }
}
