//! Every way in which an editor, or another program, saves a file is noticed as one change.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use nightdesk::library::watch::{State, Watch};
use tempfile::TempDir;
use tokio::time::timeout;

/// How long a change may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Nothing more is expected after so long; the quiet time of the watch is a fraction of it.
const SILENCE: Duration = Duration::from_millis(700);
/// A file of the folder.
const FILE: &str = "rules/pre_sale/free_shipping.yaml";

fn shop() -> (TempDir, Watch) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for part in ["rules/pre_sale", "replies/free_shipping"] {
        fs::create_dir_all(folder.path().join(part)).expect("the folder is writable");
    }
    for file in [FILE, "replies/free_shipping/en.txt", "config.yaml"] {
        fs::write(folder.path().join(file), "first\n").expect("the folder is writable");
    }
    let roots = ["config.yaml", "rules", "replies"].map(|root| folder.path().join(root));
    let watch = Watch::new(State::of(roots.to_vec()));
    assert!(watch.is_notified(), "this system reports changes");
    (folder, watch)
}

async fn is_noticed(what: &str, save: impl FnOnce(&Path)) {
    let (folder, mut watch) = shop();
    save(folder.path());
    let noticed = timeout(PATIENCE, watch.changed()).await;
    assert!(noticed.is_ok(), "{what} was not noticed");
    // After whatever was done to the folder, the next save is noticed as well.
    fs::create_dir_all(folder.path().join("rules/order")).expect("the folder is writable");
    fs::write(folder.path().join("rules/order/later.yaml"), "later\n").expect("the folder is writable");
    assert!(timeout(PATIENCE, watch.changed()).await.is_ok(), "the save after {what} was not noticed");
}

async fn is_not_noticed(what: &str, act: impl FnOnce(&Path)) {
    let (folder, mut watch) = shop();
    act(folder.path());
    assert!(timeout(SILENCE, watch.changed()).await.is_err(), "{what} was taken for a change");
}

#[tokio::test]
async fn writing_in_place_is_noticed() {
    is_noticed("writing in place", |folder| {
        fs::write(folder.join(FILE), "other\n").expect("the folder is writable");
    })
    .await;
}

#[tokio::test]
async fn renaming_a_finished_file_over_the_old_one_is_noticed() {
    is_noticed("renaming over", |folder| {
        fs::write(folder.join(".draft"), "other\n").expect("the folder is writable");
        fs::rename(folder.join(".draft"), folder.join(FILE)).expect("the folder is writable");
    })
    .await;
}

#[tokio::test]
async fn deleting_and_making_anew_is_noticed() {
    is_noticed("deleting and making anew", |folder| {
        fs::remove_file(folder.join(FILE)).expect("the file is there");
        fs::write(folder.join(FILE), "other\n").expect("the folder is writable");
    })
    .await;
}

#[tokio::test]
async fn the_same_size_and_time_as_before_is_noticed() {
    is_noticed("a change that hides itself", |folder| {
        let old = fs::metadata(folder.join(FILE)).expect("the file is there").modified().expect("a time");
        let mut file = fs::File::options().write(true).open(folder.join(FILE)).expect("the file is there");
        file.write_all(b"FIRST\n").expect("the folder is writable");
        file.set_modified(old).expect("the file is ours");
    })
    .await;
}

#[tokio::test]
async fn a_folder_replaced_by_another_is_noticed() {
    is_noticed("a replaced folder", |folder| {
        fs::create_dir_all(folder.join("new/pre_sale")).expect("the folder is writable");
        fs::write(folder.join("new/pre_sale/other.yaml"), "other\n").expect("the folder is writable");
        fs::rename(folder.join("rules"), folder.join("old")).expect("the folder is writable");
        fs::rename(folder.join("new"), folder.join("rules")).expect("the folder is writable");
    })
    .await;
}

#[tokio::test]
async fn the_configuration_and_a_new_folder_are_noticed() {
    is_noticed("the configuration", |folder| {
        fs::write(folder.join("config.yaml"), "other\n").expect("the folder is writable");
    })
    .await;
    is_noticed("a new folder", |folder| {
        fs::create_dir_all(folder.join("replies/gift_wrap")).expect("the folder is writable");
        fs::write(folder.join("replies/gift_wrap/en.txt"), "new\n").expect("the folder is writable");
    })
    .await;
}

#[tokio::test]
async fn an_edit_between_the_first_reading_and_the_watch_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config.yaml");
    fs::write(&file, "first\n").expect("the folder is writable");
    let before = State::of(vec![file.clone()]);
    fs::write(&file, "other\n").expect("the folder is writable");
    assert!(timeout(PATIENCE, Watch::new(before).changed()).await.is_ok());
}

#[tokio::test]
async fn what_is_no_rule_or_reply_is_not_noticed() {
    is_not_noticed("a store that grows beside the configuration", |folder| {
        fs::write(folder.join("nightdesk.db"), "data").expect("the folder is writable");
    })
    .await;
    is_not_noticed("an editor's backup and swap file", |folder| {
        fs::write(folder.join("rules/pre_sale/free_shipping.yaml~"), "old\n").expect("the folder is writable");
        fs::write(folder.join("rules/pre_sale/.free_shipping.yaml.swp"), "x").expect("the folder is writable");
    })
    .await;
    is_not_noticed("reading", |folder| {
        drop(fs::read(folder.join(FILE)).expect("the file is there"));
    })
    .await;
}

#[tokio::test]
async fn many_files_at_once_are_one_change() {
    let (folder, mut watch) = shop();
    let files: Vec<PathBuf> =
        (0..400).map(|number| folder.path().join(format!("rules/pre_sale/{number}.yaml"))).collect();
    for file in &files {
        fs::write(file, "checked out\n").expect("the folder is writable");
    }
    let mut changes = 0;
    while timeout(if changes == 0 { PATIENCE } else { SILENCE }, watch.changed()).await.is_ok() {
        changes += 1;
    }
    assert_eq!(changes, 1, "one checkout, one change");
}

#[tokio::test]
async fn a_file_that_grows_in_steps_is_one_change_when_it_is_whole() {
    let (folder, mut watch) = shop();
    let path = folder.path().join(FILE);
    let writer = tokio::task::spawn_blocking(move || {
        let mut file = fs::File::create(path).expect("the folder is writable");
        for _ in 0..20 {
            file.write_all(b"a line of many\n").expect("the folder is writable");
            // The pauses of a slow editor are part of what is tried here, not a wait for anything.
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(timeout(PATIENCE, watch.changed()).await.is_ok(), "it is noticed");
    writer.await.expect("the writer ends");
    let after = timeout(SILENCE, watch.changed()).await;
    let size = fs::metadata(folder.path().join(FILE)).expect("the file is there").len();
    assert_eq!(size, 300, "noticed when it was whole, or once more afterwards: {after:?}");
}
