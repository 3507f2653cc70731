//! Names and chat: a request of one player, an event for all, and the rule for text that strangers write.
//!
//! Pages put text where only text can be, so markup is harmless. What is left is text that breaks out of its line:
//! control codes, marks that turn the writing around, towers of accents, blanks that hide a name.

use tickwire_protocol::prelude::*;

use crate::{Dogfight, Event};

/// Characters of a name.
pub const NAME_CHARS: usize = 16;
/// Characters of a line.
pub const LINE_CHARS: usize = 140;
/// Marks that may stand on one letter: enough for every living script.
const MARKS: usize = 3;

/// Tells everybody what somebody said, if anything is left of it.
pub(crate) fn say(host: &mut Host<Dogfight>, from: PlayerId, text: &str) {
    let text = tidy(text, LINE_CHARS);
    let Some(player) = host.player(from) else { return };
    let name = name(player);
    if !text.is_empty() {
        host.tell(To::Everyone, Event::Said { from, name, text });
    }
}

/// What a player is called here.
pub(crate) fn name(player: &Player) -> String {
    let name = tidy(&player.name, NAME_CHARS);
    if name.is_empty() { format!("pilot {}", player.id.0) } else { name }
}

/// One line of at most `most` characters, of which each takes about its own place.
#[must_use]
pub fn tidy(text: &str, most: usize) -> String {
    let mut tidy = String::new();
    let (mut count, mut marks, mut blank) = (0, 0, false);
    for c in text.chars() {
        if c.is_whitespace() {
            blank = count > 0;
            continue;
        }
        if c.is_control() || hides(c) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS || (marks > 0 && (count == 0 || blank)) {
            continue;
        }
        if count + usize::from(blank) >= most {
            break;
        }
        if core::mem::take(&mut blank) {
            tidy.push(' ');
            count += 1;
        }
        tidy.push(c);
        count += 1;
    }
    tidy
}

/// Characters that turn the writing around, take no space, or take far too much. The joiners stay, for the scripts and
/// pictures that need them; on their own they are caught as marks.
fn hides(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{2800}' | '\u{3164}' | '\u{FDFD}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFFC}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}')
}

/// Characters that stand on the one before them.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06ED}' | '\u{0E31}' | '\u{0E34}'..='\u{0E3A}'
        | '\u{0E47}'..='\u{0E4E}' | '\u{0EB1}' | '\u{0EB4}'..='\u{0EBC}' | '\u{0EC8}'..='\u{0ECD}'
        | '\u{0F71}'..='\u{0F84}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200C}' | '\u{200D}'
        | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(tidy(text, NAME_CHARS), expected, "{text:?}");
    }

    #[test]
    fn ordinary_names_of_any_script_stay() {
        for name in ["Ada", "Zoë", "Ангел", "明日香", "ليلى", "สมชาย", "नीलम", "👩‍🚀 Jo", "<b>bold</b>"]
        {
            check(name, name);
        }
    }

    #[test]
    fn what_breaks_out_of_a_line_goes() {
        check("a\nb\tc\u{0}\u{1b}[31m", "a b c[31m");
        check("\u{202e}evil\u{202c}", "evil");
        check("\u{2066}x\u{2069}\u{200f}", "x");
        check("  too   many   blanks ", "too many blanks");
        check("\u{3164}\u{2800}\u{200b}\u{feff}", "");
        check("\u{e0041}\u{e0042}tags", "tags");
    }

    #[test]
    fn towers_of_marks_are_cut_down() {
        let tower = format!("z{}a", "\u{0335}\u{0353}".repeat(40));
        check(&tower, "z\u{0335}\u{0353}\u{0335}a");
        check("\u{0301}\u{0301}x", "x");
    }

    #[test]
    fn what_is_too_long_ends_at_a_character() {
        check(&"🚀".repeat(10_000), &"🚀".repeat(NAME_CHARS));
    }
}
