//! Tests of saves that complete in another order than requested.

use std::convert::Infallible;

use super::rig::{Mishap, Place, Step, Unlucky};
use crate::last_good::LastGood;
use crate::last_good::disk::System;
use crate::live::Live;
use crate::snapshot::Snapshot;

fn last_good(place: &Place) -> LastGood<u8> {
    let encode = |value: &u8| Ok::<_, Infallible>(vec![*value]);
    let decode = |bytes: &[u8]| bytes.first().copied().ok_or("it is empty");
    LastGood::new(place.path(), encode, decode)
}

fn published(value: u8) -> Snapshot<u8> {
    Live::fixed(value).get()
}

fn restored(last_good: &LastGood<u8>) -> Option<u8> {
    let restored = last_good.restore_now().unwrap();
    restored.map(|restored| restored.into_value())
}

#[test]
fn save_returns_after_the_folder_is_synced() {
    let (place, disk) = (Place::new(), Unlucky::lucky());
    let last_good = last_good(&place);
    last_good.save_now(&disk, &published(1), 1).unwrap();
    assert_eq!(disk.steps().last(), Some(&Step::SyncFolder));
}

#[test]
fn older_save_writes_nothing_after_a_newer_one() {
    let place = Place::new();
    let last_good = last_good(&place);
    last_good.save_now(&System, &published(2), 2).unwrap();
    let disk = Unlucky::lucky();
    last_good.save_now(&disk, &published(1), 1).unwrap();
    assert_eq!(disk.steps(), []);
    assert_eq!(restored(&last_good), Some(2));
    last_good.save_now(&System, &published(3), 3).unwrap();
    assert_eq!(restored(&last_good), Some(3));
}

#[test]
fn failed_save_does_not_prevent_an_older_one() {
    let place = Place::new();
    let last_good = last_good(&place);
    let disk = Unlucky::at(0, Mishap::Fails);
    last_good.save_now(&disk, &published(2), 2).unwrap_err();
    last_good.save_now(&System, &published(1), 1).unwrap();
    assert_eq!(restored(&last_good), Some(1));
}

#[test]
fn save_without_a_synced_folder_prevents_an_older_one() {
    let place = Place::new();
    let last_good = last_good(&place);
    let settling = {
        let disk = Unlucky::lucky();
        last_good.save_now(&disk, &published(1), 1).unwrap();
        disk.steps().len() - 1
    };
    let disk = Unlucky::at(settling, Mishap::Fails);
    last_good.save_now(&disk, &published(3), 3).unwrap_err();
    last_good.save_now(&System, &published(2), 2).unwrap();
    assert_eq!(restored(&last_good), Some(3));
}
