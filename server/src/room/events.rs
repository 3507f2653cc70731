//! The events of one session, from when they are told until the client has them.

use std::collections::VecDeque;
use std::sync::Arc;

use tickwire_protocol::id::Tick;
use tickwire_protocol::limits::EVENTS_WAITING_BYTES_MAX;

/// What an event costs besides its bytes, so that a million empty ones are not free.
const EVENT_COST: usize = 16;

/// Events in order, kept until acknowledged; a lost connection loses none.
#[derive(Debug, Default)]
pub(super) struct Events {
    kept: VecDeque<Event>,
    cost: usize,
    /// The newest number given.
    newest: u32,
    /// The newest number written on the present connection.
    written: u32,
}

/// An event as it is kept.
#[derive(Debug)]
pub(super) struct Event {
    /// From 1 per session, one more each time.
    pub(super) number: u32,
    /// When it happened.
    pub(super) tick: Tick,
    /// The bytes of the game's event, shared by all who are told.
    pub(super) bytes: Arc<[u8]>,
}

/// More waits than a client may leave unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overflow;

impl Events {
    /// Keeps an event.
    ///
    /// # Errors
    /// Where more than [`EVENTS_WAITING_BYTES_MAX`] would wait; the event is not kept then.
    pub(super) fn push(&mut self, tick: Tick, bytes: &Arc<[u8]>) -> Result<(), Overflow> {
        let cost = self.cost + bytes.len() + EVENT_COST;
        if cost > EVENTS_WAITING_BYTES_MAX {
            return Err(Overflow);
        }
        self.cost = cost;
        self.newest += 1;
        self.kept.push_back(Event { number: self.newest, tick, bytes: Arc::clone(bytes) });
        Ok(())
    }

    /// What is to be written on the present connection, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Event> {
        let from = self.kept.partition_point(|event| event.number <= self.written);
        self.kept.range(from..)
    }

    /// Bytes that wait, with what each event costs beside its own.
    pub(super) fn bytes(&self) -> usize {
        self.cost
    }

    /// Whether anything is to be written.
    pub(super) fn are_waiting(&self) -> bool {
        self.written < self.newest
    }

    /// Everything that waits was written. What this returns takes it back.
    pub(super) fn wrote(&mut self) -> u32 {
        core::mem::replace(&mut self.written, self.newest)
    }

    /// Nothing after `written` was written after all.
    pub(super) fn take_back(&mut self, written: u32) {
        self.written = self.written.min(written);
    }

    /// The client has all events up to `number`; one that was never written is not believed.
    pub(super) fn acknowledged(&mut self, number: u32) {
        let number = number.min(self.written);
        while let Some(event) = self.kept.pop_front_if(|event| event.number <= number) {
            self.cost -= event.bytes.len() + EVENT_COST;
        }
    }

    /// The session goes on over a new connection of a client that has all events up to `received`.
    pub(super) fn resume(&mut self, received: u32) {
        self.acknowledged(received);
        self.written = self.kept.front().map_or(self.newest, |event| event.number - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(count: u32) -> Events {
        let mut events = Events::default();
        for number in 1..=count {
            events.push(Tick(number), &Arc::from([number as u8])).unwrap();
        }
        events
    }

    fn waiting(events: &Events) -> Vec<u32> {
        events.waiting().map(|event| event.number).collect()
    }

    #[test]
    fn a_resume_gets_what_was_written_but_not_received_again() {
        let mut events = told(3);
        events.wrote();
        events.acknowledged(1);
        assert_eq!(waiting(&events), [0; 0]);
        events.resume(2);
        assert_eq!(waiting(&events), [3]);
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_written_is_not_believed() {
        let mut events = told(2);
        events.acknowledged(u32::MAX);
        assert_eq!(waiting(&events), [1, 2]);
    }

    #[test]
    fn a_write_that_did_not_happen_is_taken_back() {
        let mut events = told(1);
        events.wrote();
        events.push(Tick(2), &Arc::from([2])).unwrap();
        let before = events.wrote();
        events.take_back(before);
        assert_eq!(waiting(&events), [2]);
    }

    #[test]
    fn what_waits_is_bounded_even_when_events_are_empty() {
        let mut events = Events::default();
        let empty: Arc<[u8]> = Arc::from([]);
        let kept = (0..100_000).take_while(|_| events.push(Tick(1), &empty).is_ok()).count();
        assert_eq!(kept, EVENTS_WAITING_BYTES_MAX / EVENT_COST);
        events.wrote();
        events.acknowledged(1);
        assert_eq!(events.push(Tick(2), &empty), Ok(()), "an acknowledgement makes room");
    }
}
