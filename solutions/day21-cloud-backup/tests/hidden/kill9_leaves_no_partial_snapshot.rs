use crate::visible::support::{
    Said, Vault, backup_of,
    cloud::{Fault, Operation},
    tree::{expect_same, plant, tree},
};
use harness::{eventually, expect, kill_while_running, random, scratch, timeout};
use harness_net::Gate;
use std::time::{Duration, Instant};

/// The store after each of its changes is what a kill at that moment leaves. The object that comes first is stored late:
/// whoever does not wait for it publishes too early.
#[test]
fn the_store_is_whole_at_every_moment() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    plant(&mut random, source.path());
    let first = vault.backup(source.path());
    std::fs::write(source.path().join("a"), random.bytes(3000)).expect("a file can be written");
    std::fs::write(source.path().join("b"), random.bytes(3000)).expect("a file can be written");
    let gate = Gate::shut();
    let (held, mut puts) = (gate.clone(), 0);
    cloud.plan(move |operation, _| {
        puts += usize::from(operation == Operation::Put);
        (operation == Operation::Put && puts == 1).then(|| Fault::Held(held.clone()))
    });
    drop(cloud.history());
    let before = cloud.puts();
    let arguments = backup_of(source.path(), &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let program = vault.command(&arguments).spawn().expect("the program starts");
    eventually("a backup stores objects", Duration::from_secs(10), || (cloud.puts() > before).then_some(()));
    // Two files, the list of them, the snapshot: a program that waits never gets to the fourth. Nothing is judged by this.
    let patience = Instant::now() + timeout(Duration::from_secs(1));
    while cloud.puts() < before + 4 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    cloud.release(&gate);
    let said = Said::new("backup".to_owned(), &program.wait_with_output().expect("it ends"));
    said.expect("the backup succeeds").code(0);
    let second = said.lines()[0].clone();
    cloud.heal();
    let history = cloud.history();
    expect("a backup stores more than one object").that(history.len() > 2, history.len());
    for (number, objects) in history.iter().enumerate() {
        cloud.set(objects.clone());
        let moment = format!("after {} of {} objects", number + 1, history.len());
        let lines = vault.list();
        let known = lines.iter().all(|line| [&first, &second].contains(&line));
        expect(format!("{moment} only whole snapshots are to be seen"))
            .that(known && !lines.is_empty(), format!("{lines:?}"));
        vault.verify(&format!("{moment} everything that is to be seen is whole"));
    }
    expect("in the end both are there").eq(vault.list(), [first, second]);
}

/// A prune that is killed leaves objects too many, and none too few.
#[test]
fn a_killed_prune_leaves_whole_snapshots() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    for day in 1..=3 {
        std::fs::write(source.path().join("changes"), random.bytes(2000)).expect("a file can be written");
        std::fs::write(source.path().join(day.to_string()), [day]).expect("a file can be written");
        vault.backup(source.path());
    }
    let latest = tree(source.path());
    drop(cloud.history());
    let before = cloud.objects();
    vault.run(&["prune", "--keep", "1"]).expect("prune succeeds").code(0);
    let after = vault.list();
    for (number, objects) in cloud.history().iter().enumerate() {
        cloud.set(objects.clone());
        vault.verify(&format!("after {} deletions every snapshot that is to be seen is whole", number + 1));
    }
    cloud.set(before);
    let mut count = 0;
    cloud.plan(move |operation, _| {
        count += usize::from(operation == Operation::Delete);
        (operation == Operation::Delete && count > 2).then_some(Fault::Never)
    });
    let asked = cloud.deletions();
    let mut program = vault.command(&["prune", "--keep", "1"]).spawn().expect("the program starts");
    eventually("a prune deletes objects", Duration::from_secs(10), || (cloud.deletions() > asked + 2).then_some(()));
    harness::kill(&mut program).expect("it can be killed");
    cloud.heal();
    vault.verify("after a kill in the middle, too");
    vault.run(&["prune", "--keep", "1"]).expect("the next prune does the rest").code(0);
    expect("the latest is left").eq(vault.list(), after);
    expect_same("and comes back", vault.restore(None).path(), &latest);
}

#[test]
fn kills_at_any_moment_leave_a_folder_whole() {
    let (mut random, vault, source) = (random(), Vault::folder(), scratch());
    plant(&mut random, source.path());
    vault.backup(source.path());
    std::fs::write(source.path().join("large"), random.bytes(200_000)).expect("a file can be written");
    let arguments = backup_of(source.path(), &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = kill_while_running(&mut random, 8, |_| vault.command(&arguments));
    let lines = vault.list().len();
    let most = 1 + 8;
    expect("each backup that succeeded is there").that((1 + done.items().len()..=most).contains(&lines), lines);
    vault.verify("and whatever is to be seen is whole");
    vault.run(&["prune", "--keep", "1"]).expect("what the killed ones have left can be removed").code(0);
    expect_same("the latest comes back", vault.restore(None).path(), &tree(source.path()));
}
