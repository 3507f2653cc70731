//! The reference: an adaptive binary range coder over the same model.
//!
//! It tells the same differences from the same expected values in the same contexts as the frames of the engine, but
//! adapts to them with every bit, on both ends alike: how far a code that never depends on what was coded before is from
//! what the model allows. Symbols are walks down binary trees, each node a probability of its own that follows the bits
//! at two rates. Whatever a frame says beside rows is copied, and every frame ends at a whole byte, as ours do.

mod model;
mod range;

use tickwire_protocol::snapshot::{Symbol, What};

use self::model::Model;
use self::range::{Coder, Reader, Writer};

/// A sender and a receiver of frames in the reference's form.
#[derive(Debug, Default)]
pub struct Reference {
    sender: Model,
    receiver: Model,
}

/// What a frame came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coded {
    /// Its bytes.
    pub bytes: usize,
    /// Whether the receiver found what was sent.
    pub same: bool,
}

impl Reference {
    /// Codes what `symbols` say of `frame`, and the rest of it as it is; reads it again.
    #[must_use]
    pub fn frame(&mut self, frame: &[u8], symbols: &[Symbol]) -> Coded {
        let mut writer = Writer::default();
        walk(&mut self.sender, &mut writer, frame, symbols);
        let bytes = writer.finish();
        // The receiver knows where it is in the frame, but not what stands there.
        let blank: Vec<Symbol> = symbols.iter().map(blank).collect();
        let read = walk(&mut self.receiver, &mut Reader::new(&bytes), &[], &blank);
        let rest = copied(frame, symbols);
        Coded { bytes: bytes.len(), same: read.0 == symbols && read.1 == rest }
    }
}

/// Codes a frame in one direction: returns the symbols and what was copied.
fn walk(model: &mut Model, coder: &mut impl Coder, frame: &[u8], symbols: &[Symbol]) -> (Vec<Symbol>, Vec<bool>) {
    let (mut done, mut copied, mut at) = (Vec::with_capacity(symbols.len()), Vec::new(), 0);
    for symbol in symbols {
        copied.extend((at..symbol.bits.start).map(|at| coder.bit(bit_of(frame, at), 1 << 15)));
        at = symbol.bits.end;
        done.push(Symbol { bits: symbol.bits.clone(), what: model.symbol(coder, &symbol.what) });
    }
    (done, copied)
}

/// The bits of a frame that no symbol tells.
fn copied(frame: &[u8], symbols: &[Symbol]) -> Vec<bool> {
    let mut at = 0;
    let between = symbols.iter().flat_map(|symbol| {
        let from = std::mem::replace(&mut at, symbol.bits.end);
        from..symbol.bits.start
    });
    between.map(|at| bit_of(frame, at)).collect()
}

fn bit_of(frame: &[u8], at: usize) -> bool {
    frame.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
}

/// A symbol without what it tells.
fn blank(symbol: &Symbol) -> Symbol {
    let mut what = symbol.what.clone();
    match &mut what {
        What::Group(group) => (group.parts, group.flags) = (Default::default(), 0),
        What::Raw { value, .. } => *value = 0,
        What::Gap { gap, .. } => *gap = 0,
        What::Which | What::End => {}
    }
    Symbol { bits: symbol.bits.clone(), what }
}

#[cfg(test)]
mod tests {
    use tickwire_protocol::snapshot::GroupSymbol;

    use super::*;
    use crate::rng::Mulberry32;

    /// A frame of 64 bits, of which the last 32 told these.
    fn told(what: impl IntoIterator<Item = What>) -> Vec<Symbol> {
        let symbols = what.into_iter().map(|what| Symbol { bits: 32..64, what });
        let mut symbols: Vec<Symbol> = symbols.collect();
        symbols.iter_mut().skip(1).for_each(|symbol| symbol.bits.start = 64);
        symbols
    }

    fn group(parts: [i32; 3], flags: u32) -> What {
        let (classes, parts_len) = ([1, 2, 3], 3);
        What::Group(GroupSymbol { kind: 0, group: 1, context: 4, parts_len, parts, classes, flags_len: 4, flags })
    }

    #[test]
    fn what_is_sent_is_found() {
        let mut rng = Mulberry32::new(4);
        let mut reference = Reference::default();
        for _ in 0..500 {
            let part = |bits: u32| (bits as i32) >> (bits % 32);
            let parts = [part(rng.bits()), part(rng.bits()), part(rng.bits())];
            let symbols = told([
                group(parts, rng.bits() % 16),
                group([i32::MIN, i32::MAX, 0], 0),
                What::Raw { value: rng.bits() % 4_096, len: 12 },
                What::Gap { gap: 5, left: 9, order: 2 },
                What::Gap { gap: 3, left: 3, order: 0 },
                What::End,
            ]);
            let frame = [rng.bits().to_le_bytes(), rng.bits().to_le_bytes()].concat();
            assert!(reference.frame(&frame, &symbols).same);
        }
    }

    #[test]
    fn what_is_always_the_same_costs_what_is_copied_alone() {
        let mut reference = Reference::default();
        let symbols = told((0..50).map(|_| group([3, 0, -1], 2)));
        let bytes: Vec<usize> = (0..200).map(|_| reference.frame(&[0x5a; 8], &symbols).bytes).collect();
        assert!(bytes[0] > 8 && bytes[199] == 5, "{bytes:?}");
    }
}
