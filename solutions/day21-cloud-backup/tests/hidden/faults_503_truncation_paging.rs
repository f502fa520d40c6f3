use crate::visible::support::{
    Vault,
    cloud::{ALL, Cloud, Fault, Operation},
    tree::{expect_same, plant, tree},
};
use harness::{expect, random, scratch};
use std::collections::{HashMap, HashSet};

/// The first answer says that it was not done, but it was: configs that are there already, objects that have gone already.
#[test]
fn what_was_done_in_spite_of_the_answer_counts() {
    for dialect in ALL {
        let (mut random, cloud, source) = (random(), Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "backups");
        plant(&mut random, source.path());
        let mut seen = HashSet::new();
        cloud.plan(move |operation, name| {
            seen.insert((format!("{operation:?}"), name.to_owned())).then_some(Fault::DoneButBusy)
        });
        vault.backup(source.path());
        std::fs::write(source.path().join("more"), random.bytes(50_000)).expect("a file can be written");
        let second = vault.backup(source.path());
        vault.run(&["prune", "--keep", "1"]).expect("prune succeeds, though no answer to its deletions came").code(0);
        expect("one is left").eq(vault.list(), [second]);
        vault.verify("and is whole");
        expect_same("it comes back", vault.restore(None).path(), &tree(source.path()));
    }
}

/// The first two requests for the same thing have faults, or one of them, or none.
#[test]
fn faults_of_all_kinds_lose_nothing() {
    for dialect in ALL {
        let (mut random, cloud, source) = (random(), Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "backups");
        for name in ["a", "b", "c"] {
            let length = random.below(20_000);
            std::fs::write(source.path().join(name), random.bytes(length)).expect("a file can be written");
        }
        std::fs::write(source.path().join("large"), random.bytes(200_000)).expect("a file can be written");
        let (mut luck, mut tries) = (random.fork(), HashMap::new());
        cloud.plan(move |operation, name| {
            let tries = tries.entry((format!("{operation:?}"), name.to_owned())).or_insert(0);
            *tries += 1;
            let reads = matches!(operation, Operation::Get | Operation::List);
            let broken = if reads { Fault::Truncated } else { Fault::DoneButBusy };
            (*tries <= 2 && luck.one_in(2)).then(|| luck.pick(&[Fault::Busy, broken]).clone())
        });
        let first = vault.backup(source.path());
        std::fs::remove_file(source.path().join("large")).expect("a file can be removed");
        let second = vault.backup(source.path());
        expect("both are there").eq(vault.list(), [first, second.clone()]);
        vault.run(&["prune", "--keep", "1"]).expect("prune succeeds").code(0);
        vault.verify("what is left is whole");
        expect("the second is left").eq(vault.list(), [second]);
        expect_same("and comes back", vault.restore(None).path(), &tree(source.path()));
    }
}

#[test]
fn a_store_that_does_not_recover_ends_the_program() {
    for dialect in ALL {
        let (cloud, source) = (Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "backups");
        let line = vault.backup(source.path());
        cloud.plan(|_, _| Some(Fault::Busy));
        vault.run(&["list"]).expect("503 for ever is an error").fails_with(&[]);
        let target = scratch();
        vault.restore_into(None, target.path()).expect("for restore, too").fails_with(&[]);
        cloud.heal();
        expect("and then it goes on as before").eq(vault.list(), [line]);
    }
}

/// What is on the second page of the chunks is known, too.
#[test]
fn a_second_backup_knows_all_pages_of_the_first() {
    for dialect in ALL {
        let (mut random, cloud, source) = (random(), Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "backups");
        for name in 0..6 {
            std::fs::write(source.path().join(name.to_string()), random.bytes(2000)).expect("a file can be written");
        }
        vault.backup(source.path());
        let before = cloud.puts();
        vault.backup(source.path());
        let puts = cloud.puts() - before;
        expect("of a folder that has not changed at most two objects are stored").that(puts <= 2, puts);
        vault.run(&["prune", "--keep", "1"]).expect("prune succeeds").code(0);
        vault.verify("the latest is whole");
    }
}
