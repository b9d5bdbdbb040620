//! Groups of files as sources: real files, through the traits and through a service.

use std::fs;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::EventKind;
use hot_reload::source::files::DecodedFiles;
use hot_reload::source::files::Part;
use hot_reload::source::files::{DecodeFiles, Files};
use hot_reload::source::{Group, Toml};
use hot_reload::{Coordinator, Error, ReloaderService};
use tokio::time::{sleep, timeout};

use crate::file::{DEADLINE, World, write};
use crate::many::ManyRig;

/// The serial number that certificate and key have in common.
fn pair(world: &World) -> DecodedFiles<impl DecodeFiles<Value = u32>> {
    let files = [
        ("key", world.path("tls.key")),
        ("certificate", world.path("tls.crt")),
    ];
    Group::new(files).decode_files(|files: &Files| {
        let key = number(files, "key", "key ")?;
        let certificate = number(files, "certificate", "certificate ")?;
        if key == certificate {
            return Ok(key);
        }
        let key = files.get("key").unwrap();
        Err(key.refuse("it does not belong to the certificate"))
    })
}

fn number(files: &Files, name: &str, before: &str) -> Result<u32, Error> {
    let file = files.get(name).unwrap();
    let text = std::str::from_utf8(file.bytes()).map_err(|error| file.refuse(error))?;
    let number = text.strip_prefix(before).map(str::parse);
    number
        .and_then(Result::ok)
        .ok_or_else(|| file.refuse("it is cut short"))
}

fn certificate(world: &World, serial: u32) {
    world.rename_into("tls.crt", &format!("certificate {serial}"));
}

fn key(world: &World, serial: u32) {
    world.rename_into("tls.key", &format!("key {serial}"));
}

fn certificate_in_place(world: &World, serial: u32) {
    write(world.path("tls.crt"), &format!("certificate {serial}"));
}

fn key_in_place(world: &World, serial: u32) {
    write(world.path("tls.key"), &format!("key {serial}"));
}

const PAUSES: [u64; 8] = [0, 1, 5, 20, 60, 100, 200, 300];

type Half = fn(&World, u32);

/// Replaces one half after the other, in both orders and after each of the pauses.
async fn rotate(halves: [Half; 2]) {
    let world = World::new();
    certificate(&world, 0);
    key(&world, 0);
    let mut rig = ManyRig::watch_source(pair(&world)).await;
    let mut serial = 0;
    for pause in PAUSES.map(Duration::from_millis) {
        for [first, second] in [halves, [halves[1], halves[0]]] {
            serial += 1;
            first(&world, serial);
            if !pause.is_zero() {
                let _ = timeout(pause, rig.until(|_| false, "the pause")).await;
            }
            second(&world, serial);
            rig.until(
                |rig| rig.current == Some(serial),
                &format!("{serial} after {pause:?}"),
            )
            .await;
        }
    }
    rig.settle().await;
    // The decoder accepts pairs only, so every number is one, and none was left out.
    let all: Vec<_> = (0..=serial).map(Some).collect();
    assert_eq!(rig.published, all);
}

#[tokio::test]
async fn t51_pair_rotated_one_after_the_other_is_published_in_pairs() {
    rotate([certificate, key]).await;
}

#[tokio::test]
async fn t51_pair_rotated_in_place_is_published_in_pairs() {
    rotate([certificate_in_place, key_in_place]).await;
}

#[tokio::test]
async fn t51_pair_half_written_and_half_renamed_is_published_in_pairs() {
    rotate([certificate_in_place, key]).await;
}

#[tokio::test]
async fn half_rotated_pair_is_rejected_once_by_the_joint_revision() {
    let world = World::new();
    certificate(&world, 1);
    key(&world, 1);
    let mut rig = ManyRig::watch_source(pair(&world)).await;
    certificate(&world, 2);
    rig.expect_error("tls.key: it does not belong to the certificate")
        .await;
    let refused = rig.error.clone().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Decode);
    // As long as it is too fresh to be believed, it is read and refused again.
    while let Err(again) = rig.load().await {
        assert_eq!(again.revision(), refused.revision());
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((rig.current, rig.unchanged > 0), (Some(1), true));
    // Back to the pair that is published is a state of its own, too.
    certificate(&world, 1);
    rig.until(|rig| rig.error.is_none(), "the pair as it was")
        .await;
    assert_eq!(rig.current, Some(1));
}

#[tokio::test]
async fn missing_half_is_named_and_a_missing_pair_is_no_content() {
    let world = World::new();
    let mut rig = ManyRig::watch_source(pair(&world)).await;
    rig.expect_absent().await;
    key(&world, 1);
    rig.expect_error("tls.crt: it is missing").await;
    assert_eq!(rig.error.as_ref().unwrap().kind(), ErrorKind::Unavailable);
    certificate(&world, 1);
    rig.until(|rig| rig.current == Some(1), "both").await;
    // An editor takes one away for a moment.
    fs::rename(world.path("tls.key"), world.path("tls.key~")).unwrap();
    let _ = timeout(Duration::from_millis(20), rig.until(|_| false, "the pause")).await;
    write(world.path("tls.key"), "key 1");
    rig.settle().await;
    assert_eq!((rig.current, rig.error.is_none()), (Some(1), true));
    fs::remove_file(world.path("tls.key")).unwrap();
    rig.expect_error("tls.key: it is missing").await;
    assert_eq!(rig.current, Some(1));
    fs::remove_file(world.path("tls.crt")).unwrap();
    rig.expect_absent().await;
}

#[cfg(unix)]
#[tokio::test]
async fn pair_behind_one_link_is_replaced_at_once() {
    let world = World::new();
    let generation = |serial: u32| {
        let folder = format!("live-{serial}");
        world.folder(&folder);
        write(
            world.path(&folder).join("tls.crt"),
            &format!("certificate {serial}"),
        );
        write(
            world.path(&folder).join("tls.key"),
            &format!("key {serial}"),
        );
        world.relink("live", folder);
    };
    generation(0);
    world.relink("tls.crt", "live/tls.crt");
    world.relink("tls.key", "live/tls.key");
    let mut rig = ManyRig::watch_source(pair(&world)).await;
    for serial in 1..=20 {
        generation(serial);
        rig.until(|rig| rig.current == Some(serial), &serial.to_string())
            .await;
        assert!(rig.error.is_none(), "{:?}", rig.error);
    }
}

#[tokio::test]
async fn file_of_a_group_is_found_by_name_and_hides_its_bytes() {
    let world = World::new();
    certificate(&world, 1);
    key(&world, 1);
    let source = Group::new([("key", world.path("tls.key"))])
        .decode_files(|files: &Files| Ok(format!("{files:?}")));
    let mut rig = ManyRig::poll(source);
    rig.load().await.unwrap();
    let shown = rig.current.unwrap();
    assert!(
        shown.contains("tls.key") && shown.contains("len: 5"),
        "{shown}"
    );
    assert!(
        !shown.contains("key 1") && !shown.contains("107, 101"),
        "{shown}"
    );
}

/// The whole way: a service keeps the old pair while the two do not fit, and takes the new one as soon as they do.
#[tokio::test]
async fn p11_service_keeps_the_old_pair_until_the_new_one_is_complete() {
    let world = World::new();
    certificate(&world, 1);
    key(&world, 1);
    let (serial, control) = ReloaderService::builder(pair(&world))
        .hybrid()
        .start()
        .await
        .unwrap();
    let mut changes = serial.subscribe();
    for next in 2..6 {
        certificate(&world, next);
        sleep(Duration::from_millis(u64::from(next) * 30)).await;
        assert_eq!(*serial.load(), next - 1);
        key(&world, next);
        let now = timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
        assert_eq!(*now, next);
    }
    control.stop().await;
}

#[tokio::test]
async fn p12_emptied_file_of_a_group_keeps_the_last_good_value() {
    let world = World::new();
    certificate(&world, 1);
    key(&world, 1);
    let (live, control) = ReloaderService::builder(pair(&world))
        .realtime()
        .start()
        .await
        .unwrap();
    key_in_place_as(&world, "\n");
    let refused = timeout(DEADLINE, async {
        loop {
            if let Some(error) = control.status().last_error {
                return error;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    let error = refused.await.expect("no answer").to_string();
    let name = world.path("tls.key").display().to_string();
    let stays = "is empty; the last good value stays until it has content again";
    assert_eq!(error, format!("{name}: {stays}"));
    assert_eq!(*live.load(), 1);
    key(&world, 1);
    let recovered = timeout(DEADLINE, async {
        while control.status().last_error.is_some() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    recovered.await.expect("the old content is good");
    assert_eq!(live.get().generation().get(), 1);
}

fn key_in_place_as(world: &World, text: &str) {
    write(world.path("tls.key"), text);
}

/// The same text at the start, in the status, in an event, in a receipt, and in a group of services.
#[tokio::test]
async fn location_of_an_error_in_a_group_is_the_same_in_every_output() {
    const BAD: &str = "y.toml:1:5: a: expected u8, found 300";
    #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
    struct Number {
        a: u8,
    }
    let world = World::new();
    write(world.path("x.toml"), "a = 1");
    write(world.path("y.toml"), "a = 300");
    let numbers = || {
        let files = ["x.toml", "y.toml"].map(|name| (name, world.path(name)));
        Group::new(files).decode_files(|files: &Files| {
            let number = |part: &Part| part.decode(&Toml::<Number>::new());
            files.iter().map(number).collect::<Result<Vec<_>, _>>()
        })
    };
    // The path of the test's folder comes before the name of the file.
    let said = |error: &Error| {
        let text = error.to_string();
        let start = text.rfind(BAD).unwrap_or_else(|| panic!("{text}"));
        text[..start].to_owned()
    };
    let folder = format!("{}/", world.path("").display()).replace("//", "/");

    let refused = ReloaderService::builder(numbers())
        .start()
        .await
        .unwrap_err();
    assert_eq!(said(&refused), folder);
    assert_eq!(refused.location().unwrap().line_and_column(), Some((1, 5)));

    write(world.path("y.toml"), "a = 2");
    let (live, control) = ReloaderService::builder(numbers()).start().await.unwrap();
    let mut events = control.events();
    write(world.path("y.toml"), "a = 300");
    let receipt = control.reload().await;
    assert_eq!(said(receipt.error().unwrap()), folder);
    assert_eq!(said(&control.status().last_error.unwrap()), folder);
    let announced = loop {
        if let Some(EventKind::Load { outcome, .. }) = events.next().await.map(|event| event.kind)
            && let Some(error) = outcome.error()
        {
            break error.clone();
        }
    };
    assert_eq!(said(&announced), folder);
    assert_eq!(live.load()[1].a, 2);
    control.stop().await;

    let mut group = Coordinator::new();
    let _ = group.member("numbers", ReloaderService::builder(numbers()));
    let refused = group.into_builder().start().await.unwrap_err();
    assert_eq!(said(&refused), format!("numbers: {folder}"));
}

/// The texts of the files that exist, in order, each after its name.
fn texts(files: &Files) -> Result<Vec<String>, Error> {
    let text = |part: &Part| format!("{}={}", part.key(), String::from_utf8_lossy(part.bytes()));
    Ok(files.iter().map(text).collect())
}

#[tokio::test]
async fn optional_file_may_be_absent_and_appear_and_go() {
    let world = World::new();
    world.file("z", "1");
    let group = Group::new([("main", world.path("z"))])
        .optional("local", world.path("a"))
        .optional("extra", world.path("below/b"));
    let mut rig = ManyRig::watch_source(group.decode_files(texts)).await;
    let is = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        move |rig: &ManyRig<_>| rig.current.as_ref() == Some(&texts)
    };
    assert!(is(&["main=1"])(&rig), "{:?}", rig.current);
    world.rename_into("a", "2");
    rig.until(is(&["main=1", "local=2"]), "local").await;
    world.folder("below");
    world.file("below/b", "3");
    rig.until(is(&["main=1", "local=2", "extra=3"]), "extra")
        .await;
    // Replaced by removing it first.
    fs::remove_file(world.path("a")).unwrap();
    let _ = timeout(Duration::from_millis(20), rig.until(|_| false, "the pause")).await;
    write(world.path("a"), "4");
    rig.until(is(&["main=1", "local=4", "extra=3"]), "the next")
        .await;
    let without = is(&["main=1", "extra=3"]);
    assert!(
        !rig.published
            .iter()
            .flatten()
            .any(|texts| texts.len() == 2 && texts[1] == "extra=3")
    );
    fs::remove_file(world.path("a")).unwrap();
    rig.until(without, "without local").await;
    fs::remove_file(world.path("z")).unwrap();
    rig.expect_error("z: it is missing").await;
    fs::remove_dir_all(world.path("below")).unwrap();
    rig.expect_absent().await;
}

#[tokio::test]
async fn absent_optional_file_costs_no_wait_and_no_read() {
    let world = World::new();
    world.file("z", "1");
    let group = Group::new([("main", world.path("z"))]).optional("local", world.path("a"));
    let mut rig = ManyRig::watch_source(group.decode_files(texts)).await;
    rig.settle().await;
    let before = rig.unchanged;
    // A wait for the absent file would take 100 ms in each.
    let loads = async {
        for _ in 0..100 {
            rig.load().await.unwrap();
        }
    };
    timeout(DEADLINE, loads).await.expect("the loads wait");
    assert!(rig.unchanged >= before + 99, "{}", rig.unchanged);
}

#[tokio::test]
async fn group_of_absent_optional_files_is_a_value() {
    let world = World::new();
    let none: [(&str, &str); 0] = [];
    let group = Group::new(none).optional("local", world.path("a"));
    let mut rig = ManyRig::watch_source(group.decode_files(texts)).await;
    assert_eq!(rig.current, Some(Vec::new()));
    world.file("a", "1");
    rig.until(|rig| rig.current == Some(vec!["local=1".to_owned()]), "it")
        .await;
    world.folder("b");
    fs::rename(world.path("b"), world.path("a")).unwrap_err();
    fs::remove_file(world.path("a")).unwrap();
    fs::rename(world.path("b"), world.path("a")).unwrap();
    rig.expect_error("a: it is a directory").await;
}

#[tokio::test]
async fn members_keep_the_order_of_their_declaration() {
    let world = World::new();
    for (name, text) in [("1", "port = 1\nhost = 1"), ("2", "port = 2")] {
        world.file(name, text);
    }
    let group = || Group::new([("b", world.path("1")), ("a", world.path("2"))]);
    let mut rig = ManyRig::poll(group().decode_files(texts));
    rig.load().await.unwrap();
    assert_eq!(rig.current.unwrap(), ["b=port = 1\nhost = 1", "a=port = 2"]);
    type Table = std::collections::BTreeMap<String, u8>;
    let mut merged = ManyRig::poll(group().merge(Toml::<Table>::new()));
    merged.load().await.unwrap();
    let merged = merged.current.unwrap();
    assert_eq!((merged["port"], merged["host"]), (2, 1));
    // Declared again, it is the last.
    let mut rig = ManyRig::poll(group().optional("b", world.path("1")).decode_files(texts));
    rig.load().await.unwrap();
    assert_eq!(rig.current.unwrap(), ["a=port = 2", "b=port = 1\nhost = 1"]);
}

/// One file is enough, even if the others have not changed.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn p05_group_is_held_while_a_file_is_written_and_names_it() {
    use std::io::Write;

    use hot_reload::event::HoldReason;
    use hot_reload::{Loaded, Reload};
    let world = World::new();
    certificate(&world, 1);
    key(&world, 1);
    let source = pair(&world);
    let load = async || {
        timeout(DEADLINE, source.reload_since(None))
            .await
            .unwrap()
            .unwrap()
    };
    assert!(matches!(load().await, Loaded::Value { value: 1, .. }));
    let mut writer = fs::File::create(world.path("tls.key")).unwrap();
    writer.write_all(b"key 1").unwrap();
    // The content so far is valid, but more is about to follow.
    let Loaded::Held { hold, .. } = load().await else {
        panic!("it was loaded");
    };
    assert_eq!(hold.reason, HoldReason::BeingWritten);
    assert!(
        hold.message.contains("tls.key is open for writing"),
        "{}",
        hold.message
    );
    certificate(&world, 12);
    writer.write_all(b"2").unwrap();
    drop(writer);
    assert!(matches!(load().await, Loaded::Value { value: 12, .. }));
}
