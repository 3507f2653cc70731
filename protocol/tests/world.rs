//! Tables: settling, owning, hiding.

mod sea;

use sea::{Card, ME, OTHER, Sea, Ship, image_of, sea, ships, tick};
use tickwire_protocol::prelude::*;
use tickwire_protocol::world::AnyTable;

#[test]
fn settling_puts_rows_on_their_steps_and_within_their_bounds() {
    let mut sea = sea(1, 100);
    let name = "much too long".to_owned();
    let id = sea.ships.spawn(Ship { pos: vec2(10.3, 900.0), name, ..Ship::default() });
    let image = image_of(&mut sea);
    let ship = sea.ships.get(id).unwrap();
    assert_eq!(ship.pos, vec2(10.5, 100.0));
    assert_eq!(ship.name, "much to");
    assert_eq!((ships(&image).value(0, id.slot), ships(&image).value(1, id.slot)), (21, 200));
    assert_eq!(ships(&image).whole(0, id.slot), b"\x07much to");
}

#[test]
fn settling_looks_only_at_rows_that_were_borrowed_to_change() {
    let mut sea = sea(1, 100);
    let ids: Vec<_> = (0..10).map(|_| sea.ships.spawn(Ship::default())).collect();
    let mut image = image_of(&mut sea);
    // A mark that a settled row overwrites.
    for id in &ids {
        image.kinds[0].set_value(0, id.slot, 77);
    }
    sea.ships.get_mut(ids[3]).unwrap().ammo = 1;
    let seen = sea.ships.iter().map(|(_, ship)| u32::from(ship.ammo)).sum::<u32>();
    sea.settle(&mut image);
    assert_eq!(seen, 1);
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(ships(&image).value(0, id.slot), if at == 3 { 0 } else { 77 }, "row {at}");
    }
}

#[test]
fn rows_are_iterated_in_id_order_in_slots_that_tell_nothing() {
    let slots = |seed| {
        let mut sea = sea(seed, 100);
        let spawned: Vec<_> = (0..40).map(|_| sea.ships.spawn(Ship::default()).slot).collect();
        let iterated: Vec<_> = sea.ships.ids().map(|id| id.slot).collect();
        assert!(iterated.is_sorted() && iterated.len() == 40);
        let changed: Vec<_> = sea.ships.iter_mut().map(|(id, _)| id.slot).collect();
        assert_eq!(changed, iterated);
        spawned
    };
    assert!(!slots(1).is_sorted());
    assert_eq!(slots(1), slots(1));
    assert_ne!(slots(1), slots(2));
}

#[test]
fn the_nth_of_some_rows_is_the_one_after_so_many() {
    let mut sea = sea(1, 1_000);
    let ids: Vec<_> = (0..500).map(|_| sea.ships.spawn(Ship::default())).collect();
    for id in ids.into_iter().step_by(3) {
        sea.ships.remove(id);
    }
    let ids: Vec<_> = sea.ships.ids().collect();
    for from in [0, 1, 63, 64, 200] {
        for n in 0..340 {
            let (mut left, mut rows) = (sea.ships.ids(), sea.ships.iter());
            assert_eq!(left.by_ref().take(from).count(), from);
            assert_eq!(rows.by_ref().take(from).count(), from);
            assert_eq!(left.nth(n), ids.get(from + n).copied(), "{n} after {from}");
            assert_eq!(left.next(), ids.get(from + n + 1).copied(), "the next one of {n} after {from}");
            assert_eq!(rows.nth(n).map(|(id, _)| id), ids.get(from + n).copied());
        }
    }
}

#[test]
fn a_reused_slot_is_another_row() {
    let mut sea = sea(1, 1);
    let first = sea.ships.spawn_for(ME, Ship::default());
    let before = image_of(&mut sea);
    assert!(sea.ships.remove(first).is_some());
    assert!(sea.ships.remove(first).is_none());
    let mut second = sea.ships.spawn(Ship::default());
    while second.slot != first.slot {
        sea.ships.remove(second);
        second = sea.ships.spawn(Ship::default());
    }
    let after = image_of(&mut sea);
    let at = first.slot as usize;
    assert_ne!(ships(&before).generation[at], ships(&after).generation[at]);
    assert_eq!((ships(&after).owner[at], sea.ships.owner(second)), (PlayerId::NOBODY, PlayerId::NOBODY));
    assert_eq!(sea.ships.of(ME).count(), 0);
}

#[test]
fn a_full_table_refuses_and_counts() {
    let mut sea = sea(1, 20);
    let ids: Vec<_> = (0..20).map(|_| sea.ships.spawn(Ship::default())).collect();
    assert_eq!(sea.ships.spawn(Ship::default()), Id::NONE);
    assert_eq!((sea.ships.len(), AnyTable::refused(&sea.ships)), (20, 1));
    assert!(sea.ships.get(Id::NONE).is_none());
    sea.ships.remove(ids[7]);
    assert_ne!(sea.ships.spawn(Ship::default()), Id::NONE);
}

#[test]
fn rows_that_are_hidden_still_count_as_rows() {
    let mut sea = sea(1, 1);
    sea.cards.spawn_for(OTHER, Card { face: 1 });
    tick(&mut sea, &[(ME, 2)]);
    assert_eq!((sea.cards.len(), AnyTable::refused(&sea.cards)), (1, 1));
}

#[test]
fn an_owner_has_its_rows_until_they_are_removed() {
    let mut sea = sea(1, 100);
    let mine: Vec<_> = (0..5).map(|_| sea.ships.spawn_for(ME, Ship::default())).collect();
    let theirs = sea.ships.spawn_for(OTHER, Ship::default());
    for (_, ship) in sea.ships.of_mut(ME) {
        ship.ammo = 9;
    }
    assert!(sea.ships.of(ME).map(|(id, _)| id.slot).is_sorted());
    assert_eq!(sea.ships.of(ME).map(|(_, ship)| ship.ammo).collect::<Vec<_>>(), [9; 5]);
    assert_eq!(sea.ships.get(theirs).unwrap().ammo, 0);
    sea.ships.remove(mine[2]);
    assert_eq!(sea.ships.of(ME).count(), 4);
    sea.each(|_, table| table.remove_owned(ME));
    assert_eq!(sea.ships.ids().collect::<Vec<_>>(), [theirs]);
    assert_eq!(sea.ships.first_of(OTHER).unwrap().0, theirs);
}

#[test]
fn two_rows_can_be_changed_at_once_unless_they_are_one() {
    let mut sea = sea(1, 100);
    let (one, two) = (sea.ships.spawn(Ship::default()), sea.ships.spawn(Ship::default()));
    let (a, b) = sea.ships.get_two_mut(one, two).unwrap();
    (a.ammo, b.ammo) = (1, 2);
    assert!(sea.ships.get_two_mut(one, one).is_none());
    sea.ships.remove(two);
    assert!(sea.ships.get_two_mut(one, two).is_none());
    assert_eq!(sea.ships.get(one).unwrap().ammo, 1);
}

#[test]
fn a_drive_sees_its_own_owner_fields_and_rows_and_no_skip_fields() {
    let mut sea = sea(1, 100);
    sea.ships.spawn_for(ME, Ship { ammo: 10, plan: vec![1], ..Ship::default() });
    sea.ships.spawn_for(OTHER, Ship { ammo: 20, plan: vec![1], ..Ship::default() });
    sea.cards.spawn_for(ME, Card { face: 1 });
    sea.cards.spawn_for(OTHER, Card { face: 2 });
    sea.cards.spawn_for(OTHER, Card { face: 3 });
    image_of(&mut sea);
    tick(&mut sea, &[(ME, 3)]);
    assert_eq!(sea.wind.force, 10 + 100);
    tick(&mut sea, &[(ME, 0), (OTHER, 3)]);
    assert_eq!(sea.wind.force, 20 + 200);
    tick(&mut sea, &[(PlayerId(3), 3)]);
    assert_eq!(sea.wind.force, 0);
    // Afterwards everything is back.
    assert_eq!((sea.cards.len(), sea.ships.iter().map(|(_, ship)| ship.ammo).sum::<u16>()), (3, 30));
    assert!(sea.ships.iter().all(|(_, ship)| ship.plan == [1]));
}

#[test]
fn what_a_drive_writes_to_hidden_fields_is_lost() {
    let mut sea = sea(1, 100);
    let mine = sea.ships.spawn_for(ME, Ship { ammo: 10, plan: vec![4], ..Ship::default() });
    let theirs = sea.ships.spawn_for(OTHER, Ship { ammo: 20, ..Ship::default() });
    tick(&mut sea, &[(ME, 1), (ME, 1)]);
    assert_eq!(sea.ships.get(mine).unwrap().ammo, 12);
    assert_eq!(sea.ships.get(mine).unwrap().plan, [4]);
    assert_eq!(sea.ships.get(theirs).unwrap().ammo, 20);
    assert!(sea.ships.get(theirs).unwrap().plan.is_empty());
    // Nothing of it is left for the next tick either.
    image_of(&mut sea);
    tick(&mut sea, &[(ME, 3)]);
    assert_eq!(sea.wind.force, 12);
}

#[test]
fn an_advance_sees_neither_owner_fields_nor_skip_fields_nor_owner_kinds() {
    let mut sea = sea(1, 100);
    let id = sea.ships.spawn_for(ME, Ship { ammo: 10, plan: vec![1], ..Ship::default() });
    sea.cards.spawn_for(ME, Card { face: 1 });
    tick(&mut sea, &[(ME, 0)]);
    assert_eq!(sea.ships.get(id).unwrap().pos.x, 1.0);
}

#[test]
fn what_a_drive_spawns_is_told_and_keeps_its_own_owner_fields() {
    let mut sea = sea(1, 100);
    let spawned = tick(&mut sea, &[(ME, 2), (OTHER, 0), (OTHER, 2)]);
    let expected = [ME, OTHER].map(|player| {
        let ship = sea.ships.first_of(player).unwrap().0;
        let card = sea.cards.first_of(player).unwrap().0;
        [(player, Sea::SHIPS.entity(ship)), (player, Sea::CARDS.entity(card))]
    });
    assert_eq!(spawned, expected.concat());
    let ship = sea.ships.first_of(ME).unwrap().1;
    assert_eq!((ship.ammo, ship.plan.len()), (5, 0));
    // Spawns outside of a drive are nobody's guess.
    sea.ships.spawn(Ship::default());
    assert!(tick(&mut sea, &[(ME, 0)]).is_empty());
}
