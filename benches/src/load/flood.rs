//! A flood comes from a thread of its own that yields to the one that measures.
//!
//! Else the figure would say how late the measuring thread was for its own flood. It is as nice as can be, so that
//! the measuring thread, where both share a core, goes on at once when a frame comes. Its sockets are written many
//! frames at a time, until the kernel takes no more, and who is thrown out knocks again ten times a second: that is as
//! fast as the server lets them, and takes little of the core.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

use anyhow::Context as _;

use super::versus::CORES;
use super::{Engine, Meter, Plan, Scenario};
use crate::machine;

/// A flood that goes on until it is told to end.
pub struct Flood {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Flooded>>,
}

/// What became of the flooders.
pub struct Flooded {
    /// What they measured.
    pub meter: Meter,
    /// The share of a core that they took.
    pub cpu: f64,
}

impl Flood {
    /// Begins this flood where others play as planned.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn begin(scenario: Scenario, plan: &Plan) -> anyhow::Result<Flood> {
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        let plan = Plan { players: 0, link: None, ..plan.clone() };
        let thread = std::thread::Builder::new().name("flood".to_owned());
        let thread =
            thread.spawn(move || flood(scenario, plan, &told)).context("there is no thread to flood from")?;
        Ok(Flood { ends, thread })
    }

    /// Ends it.
    ///
    /// # Errors
    /// Where it could not go on until now.
    pub fn end(self) -> anyhow::Result<Flooded> {
        self.ends.store(true, Relaxed);
        self.thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the thread of the flood broke down")))
    }
}

fn flood(scenario: Scenario, plan: Plan, ends: &AtomicBool) -> anyhow::Result<Flooded> {
    if machine::cores() == 1 {
        // The measuring thread is bound to a core: where the machine has a third one, this is free of both.
        let _ = machine::pin(CORES.1 + 1);
    }
    machine::yield_to_others();
    let (begun, cpu) = (machine::now(), machine::thread_cpu());
    let mut engine = Engine::new(plan)?;
    scenario.begin(&mut engine, 0, None);
    while !ends.load(Relaxed) {
        engine.run_until(engine.at() + LOOK_EVERY)?;
    }
    let cpu = (machine::thread_cpu() - cpu) as f64 / (machine::now() - begun).max(1) as f64;
    Ok(Flooded { meter: engine.others, cpu })
}

/// How often the flood looks whether it is over, in microseconds.
const LOOK_EVERY: u64 = 50_000;
