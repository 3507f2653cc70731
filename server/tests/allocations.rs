//! What a tick takes from the heap, once everything has its memory.

#![expect(unsafe_code, reason = "a global allocator that counts is unsafe to write")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use tickwire_protocol::game::Role;
use tickwire_protocol::id::{InputSeq, Tick};
use tickwire_protocol::prelude::*;
use tickwire_protocol::wire::{Hello, InputFrame, InputLayout, InputRun, VERSION, client};
use tickwire_server::room::{AnyRoom as _, ConnId, Outbox, Room, RoomSetup};

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Dot {
    #[rep(place, range = 0.0..=1000.0, step = 0.01)]
    pos: Vec2,
    hits: u32,
}

#[derive(World, Default)]
struct Plane {
    dots: Table<Dot>,
}

#[derive(Input, Clone, Copy, Default, PartialEq)]
struct Push {
    #[rep(range = -1..=1)]
    x: i8,
}

/// Dots that are pushed about; with a view where `NEAR`.
#[derive(Serialize, Deserialize)]
struct Dots<const NEAR: bool>;

impl<const NEAR: bool> Game for Dots<NEAR> {
    const NAME: &'static str = "dots";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Plane;
    type Input = Push;
    type Request = Never;
    type Event = Never;

    fn rules() -> Rules {
        Rules { players_max: 1_000, ..Rules::default() }
    }
    fn open(_: &mut Plane, _: &mut Host<Self>) -> Self {
        Dots
    }
    fn join(&mut self, world: &mut Plane, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        let pos = vec2(host.rng().random_range(100.0..900.0), host.rng().random_range(0.0..1000.0));
        world.dots.spawn_for(player.id, Dot { pos, hits: 0 });
        Ok(())
    }
    fn view(&self, world: &Plane, player: &Player) -> View {
        match world.dots.first_of(player.id) {
            Some((_, dot)) if NEAR => View::around(dot.pos, 150.0),
            _ => View::everything(),
        }
    }
    fn drive(world: &mut Plane, me: PlayerId, push: &Push, _: Tick) {
        for (_, dot) in world.dots.of_mut(me) {
            dot.pos.x += f32::from(push.x);
            dot.hits += 1;
        }
    }
}

/// Allocations in one tick, inputs included, of a room with so many clients: the median, because every few seconds a
/// codebook is learned, and that takes memory.
fn allocations_per_tick<const NEAR: bool>(clients: u32) -> u64 {
    let mut room = Room::<Dots<NEAR>>::open(RoomSetup::of::<Dots<NEAR>>("dots", 1));
    let schema = tickwire_protocol::game::schema::<Dots<NEAR>>();
    let layout = InputLayout::new(&schema.input);
    let mut out = Outbox::default();
    for conn in 0..clients {
        let hello = Hello {
            version: VERSION,
            schema_hash: schema.hash(),
            room: String::new(),
            name: format!("{conn}"),
            role: Role::Plays,
            ticket: Vec::new(),
            options: Default::default(),
            resume: None,
        };
        room.join(ConnId(conn), hello, u128::from(conn).to_le_bytes());
    }
    let mut frames: Vec<Vec<u8>> = vec![Vec::new(); clients as usize];
    let mut allocations = Vec::new();
    for tick in 1..=300u32 {
        for (conn, frame) in (0..clients).zip(&mut frames) {
            let x = ((tick / 5 + conn) % 3) as i32 - 1;
            let held = Tick(tick - 1);
            let runs = vec![InputRun { count: 1, values: vec![x] }];
            frame.clear();
            let input = InputFrame { held, event: 0, drawn: held.0 * 16, first: InputSeq(tick), runs };
            client::encode_input(&layout, &input, frame);
        }
        let before = COUNT.load(Ordering::Relaxed);
        if tick > clients / 32 + 2 {
            for (conn, frame) in (0..clients).zip(&frames) {
                room.frame(ConnId(conn), frame);
            }
        }
        room.tick(&mut out);
        assert!(out.closes.is_empty(), "{:?}", out.closes);
        if tick > 250 {
            allocations.push(COUNT.load(Ordering::Relaxed) - before);
        }
    }
    assert!(out.writes.len() == clients as usize);
    allocations.sort_unstable();
    println!("{clients} clients: {allocations:?}");
    allocations[allocations.len() / 2]
}

#[test]
fn a_tick_allocates_nothing_per_client() {
    let (few, many) = (allocations_per_tick::<false>(20), allocations_per_tick::<false>(120));
    println!("everything: {few} {many}");
    let (few2, many2) = (allocations_per_tick::<true>(20), allocations_per_tick::<true>(120));
    println!("near: {few2} {many2}");
    assert!(many < few + 5, "{few} with 20 clients, {many} with 120");
    assert!(many2 < few2 + 5, "{few2} with 20 clients, {many2} with 120");
}
