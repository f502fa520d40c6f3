use crate::visible::support::{
    Vault,
    cloud::{Objects, Operation},
    tree::{expect_same, plant, tree, write},
};
use harness::{expect, random, scratch};

/// Snapshots that share files, some of which have gone since.
#[test]
fn what_a_snapshot_that_stays_needs_stays() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    let mut made = Vec::new();
    for day in 1..=4 {
        for name in ["one", "two", "three"] {
            if day == 1 || random.one_in(2) {
                let length = random.below(60_000);
                let content = random.bytes(length);
                write(&mut random, &source.path().join(name), &content, 0o600);
            }
        }
        let line = vault.backup_with(source.path(), &["--at", &format!("2026-02-0{day}T00:00:00Z")]);
        made.push((line, tree(source.path())));
    }
    let all = cloud.objects().len();
    vault.run(&["prune", "--keep", "4"]).expect("four are to stay, and there are four").code(0);
    expect("so nothing is deleted").eq(cloud.objects().len(), all);
    for keep in [3, 1] {
        vault.run(&["prune", "--keep", &keep.to_string()]).expect("prune succeeds").code(0);
        made.drain(..made.len() - keep);
        vault.verify("what the others need is there");
        for (line, was) in &made {
            expect_same("each comes back", vault.restore(Some(&line.id)).path(), was);
        }
        let lines: Vec<_> = made.iter().map(|(line, _)| line.clone()).collect();
        expect("these are left").eq(vault.list(), lines);
    }
}

#[test]
fn nothing_is_left_that_nobody_needs() {
    let (mut random, (cloud, vault), source, other) = (random(), Vault::s3(), scratch(), scratch());
    plant(&mut random, other.path());
    let content = random.bytes(200_000);
    write(&mut random, &other.path().join("large"), &content, 0o600);
    std::fs::write(source.path().join("small"), "x").expect("a file can be written");
    vault.backup(source.path());
    let small = cloud.objects();
    vault.backup(other.path());
    vault.backup(source.path());
    vault.run(&["prune", "--keep", "1"]).expect("prune succeeds").code(0);
    let size = |objects: &Objects| objects.values().map(Vec::len).sum::<usize>();
    expect("the store is as large as with this snapshot alone").eq(size(&cloud.objects()), size(&small));
    expect("and has as many objects").eq(cloud.objects().len(), small.len());
}

#[test]
fn prune_without_a_rule_removes_no_snapshot() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    for _ in 0..3 {
        std::fs::write(source.path().join("changes"), random.bytes(3000)).expect("a file can be written");
        vault.backup(source.path());
    }
    let (lines, objects) = (vault.list(), cloud.objects());
    let said = vault.run(&["prune"]);
    said.expect("prune succeeds").code(0);
    expect("it has nothing to tell").eq(said.stdout.as_str(), "");
    expect("all snapshots are left").eq(vault.list(), lines);
    expect("and all they need").eq(cloud.objects().len(), objects.len());
}

#[test]
fn looking_changes_nothing() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    plant(&mut random, source.path());
    vault.backup(source.path());
    let changes = |operation| matches!(operation, Operation::Put | Operation::Delete);
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&seen);
    cloud.plan(move |operation, _| {
        count.fetch_add(usize::from(changes(operation)), std::sync::atomic::Ordering::SeqCst);
        None
    });
    vault.list();
    vault.verify("all is as it was written");
    drop(vault.restore(None));
    let seen = seen.load(std::sync::atomic::Ordering::SeqCst);
    expect("list, verify and restore neither put nor delete").eq(seen, 0);
}
