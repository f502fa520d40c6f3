//! The tests of this day that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod round_trip_file {
    use super::support::{
        Vault,
        tree::{expect_same, plant, tree, write},
    };
    use harness::{expect, random, scratch};
    use std::fs;

    #[test]
    fn a_folder_comes_back_as_it_was() {
        let (mut random, vault, source) = (random(), Vault::folder(), scratch());
        plant(&mut random, source.path());
        let before = tree(source.path());
        vault.backup(source.path());
        let restored = vault.restore(None);
        expect_same("what was backed up comes back", restored.path(), &before);
        expect_same("the folder itself stays as it is", source.path(), &before);
    }

    #[test]
    fn files_of_all_lengths_come_back() {
        let (mut random, vault, source) = (random(), Vault::folder(), scratch());
        for length in [0, 1, 4095, 4096, 4097, 65_536, 262_144, 262_145, 500_000] {
            let content = random.bytes(length);
            write(&mut random, &source.path().join(format!("{length}.bin")), &content, 0o640);
        }
        write(&mut random, &source.path().join("zeros"), &vec![0; 300_000], 0o444);
        let line = vault.backup(source.path());
        expect("a snapshot tells how many files it has, and their bytes").eq((line.files, line.bytes), (10, 1_402_114));
        expect_same("every file comes back", vault.restore(None).path(), &tree(source.path()));
    }

    #[test]
    fn a_snapshot_stays_what_it_was() {
        let (mut random, vault, source) = (random(), Vault::folder(), scratch());
        plant(&mut random, source.path());
        let (first, was) = (vault.backup(source.path()), tree(source.path()));
        fs::remove_file(source.path().join("run.sh")).expect("a file can be removed");
        write(&mut random, &source.path().join("new"), b"new", 0o600);
        let (second, is) = (vault.backup(source.path()), tree(source.path()));
        expect("each backup makes a snapshot of its own").ne(&first.id, &second.id);
        expect_same("without --snapshot the latest comes back", vault.restore(None).path(), &is);
        expect_same("the older one is still there", vault.restore(Some(&first.id)).path(), &was);
        vault.verify("nothing is wrong with either");
    }
}

mod round_trip_each_cloud {
    use super::support::{
        Vault,
        cloud::{Cloud, Dialect},
        tree::{expect_same, plant, tree},
    };
    use harness::{expect, random, scratch};

    fn there_and_back(dialect: Dialect) {
        let (mut random, cloud, source) = (random(), Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "backups/laptop");
        plant(&mut random, source.path());
        let content = random.bytes(200_000);
        std::fs::write(source.path().join("large"), content).expect("a file can be written");
        let line = vault.backup(source.path());
        expect("list tells the snapshot as the backup did").eq(vault.list(), [line]);
        expect_same("what was backed up comes back", vault.restore(None).path(), &tree(source.path()));
        vault.verify("all of it is as it was written");
        let astray = cloud.objects().into_keys().find(|name| !name.starts_with("backups/laptop/"));
        expect("all objects are below the prefix").eq(astray, None);
    }

    #[test]
    fn to_s3_and_back() {
        there_and_back(Dialect::S3);
    }

    #[test]
    fn to_azure_and_back() {
        there_and_back(Dialect::Azure);
    }

    #[test]
    fn to_google_and_back() {
        there_and_back(Dialect::Google);
    }
}

mod list_and_prune {
    use super::support::{
        Vault,
        tree::{expect_same, plant, tree, write},
    };
    use harness::{expect, random, scratch};

    #[test]
    fn list_tells_the_snapshots_oldest_first() {
        let (vault, source) = (Vault::folder(), scratch());
        std::fs::write(source.path().join("a"), "12345").expect("a file can be written");
        let late = vault.backup_with(source.path(), &["--at", "2026-03-01T12:00:00Z"]);
        std::fs::write(source.path().join("b"), "67").expect("a file can be written");
        let early = vault.backup_with(source.path(), &["--at", "2026-01-31T08:15:00Z"]);
        expect("the time is the one that was given").eq(early.time.as_str(), "2026-01-31T08:15:00Z");
        expect("files and bytes are those of the folder").eq((early.files, early.bytes), (2, 7));
        expect("and of the other").eq((late.files, late.bytes), (1, 5));
        expect("the older snapshot comes first, whenever it was made").eq(vault.list(), [early, late.clone()]);
        expect("the latest is the one with the latest time").eq(tree(vault.restore(None).path()).len(), 2);
    }

    #[test]
    fn prune_removes_all_but_the_latest() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        plant(&mut random, source.path());
        let first = vault.backup(source.path());
        let (large, small) = (source.path().join("large"), cloud.objects());
        let content = random.bytes(200_000);
        write(&mut random, &large, &content, 0o600);
        let second = vault.backup(source.path());
        std::fs::remove_file(&large).expect("a file can be removed");
        let third = vault.backup(source.path());

        let said = vault.run(&["prune", "--keep", "1"]);
        said.expect("prune succeeds").code(0);
        let told: Vec<&str> = said.stdout.lines().map(|line| line.split(' ').take(2).last().unwrap_or("")).collect();
        expect("prune tells what it removes, oldest first").request("prune --keep 1").eq(told, [&first.id, &second.id]);
        expect("the latest is left").eq(vault.list(), [third]);
        expect("what only the others needed has gone").eq(cloud.objects().len(), small.len());
        vault.verify("what the latest needs is there");
        expect_same("it comes back", vault.restore(None).path(), &tree(source.path()));
    }
}

mod tampering_is_detected {
    use super::support::Vault;
    use harness::{expect, random, scratch};

    #[test]
    fn one_other_bit_anywhere_is_noticed() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        for name in ["one", "two"] {
            std::fs::write(source.path().join(name), random.bytes(2000)).expect("a file can be written");
        }
        vault.backup(source.path());
        let whole = cloud.objects();
        for (name, object) in &whole {
            let (at, bit) = (random.below(object.len()), 1 << random.below(8));
            let mut flipped = whole.clone();
            if let Some(object) = flipped.get_mut(name) {
                object[at] ^= bit;
            }
            cloud.set(flipped);
            let change = format!("bit {bit:#04x} of byte {at} of {name} ({} bytes) is another", object.len());
            vault.run(&["verify"]).expect(&format!("verify notices that {change}")).fails_with(&[]);
            let target = scratch();
            vault.restore_into(None, target.path()).expect(&format!("restore notices that {change}")).fails_with(&[]);
        }
        cloud.set(whole);
        vault.verify("when all is as it was, nothing is wrong");
    }

    #[test]
    fn an_object_cannot_stand_for_another_one() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        for name in ["one", "two"] {
            std::fs::write(source.path().join(name), random.bytes(2000)).expect("a file can be written");
        }
        vault.backup(source.path());
        let whole = cloud.objects();
        let names: Vec<&String> = whole.keys().collect();
        for (number, a) in names.iter().enumerate() {
            for b in &names[number + 1..] {
                let mut swapped = whole.clone();
                swapped.insert((*a).clone(), whole[*b].clone());
                swapped.insert((*b).clone(), whole[*a].clone());
                cloud.set(swapped);
                let said = vault.run(&["verify"]);
                said.expect(&format!("verify notices that {a} and {b} have changed places")).fails_with(&[]);
                let (target, seen) = (scratch(), "restore notices it, too");
                vault.restore_into(None, target.path()).expect(seen).fails_with(&[]);
            }
        }
        expect("there are objects to swap").that(names.len() > 2, names.len());
    }
}

mod nothing_leaks {
    use super::support::{PASSPHRASE, Vault};
    use harness::{expect, random, scratch};

    #[test]
    fn names_and_contents_are_not_in_the_store() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        let (folder, file, text) = (random.name(), random.name(), random.words(40));
        std::fs::create_dir(source.path().join(&folder)).expect("a folder can be made");
        std::fs::write(source.path().join(&folder).join(&file), &text).expect("a file can be written");
        std::os::unix::fs::symlink(&text[..30], source.path().join("link")).expect("a link can be made");
        vault.backup(source.path());
        for (name, object) in cloud.objects() {
            let all = [name.as_bytes(), &object].concat();
            for secret in [folder.as_str(), &file, &text[..30], PASSPHRASE] {
                let found = all.windows(secret.len()).any(|part| part == secret.as_bytes());
                expect("the store sees no name, no content, no target of a link and no passphrase")
                    .that(!found, format!("{secret:?} is in the object {name} or in its name"));
            }
        }
    }

    #[test]
    fn equal_files_are_different_objects_in_two_vaults() {
        let (mut random, source) = (random(), scratch());
        std::fs::write(source.path().join("file"), random.bytes(3000)).expect("a file can be written");
        let [(one, first), (two, second)] = [Vault::s3(), Vault::s3()];
        first.backup(source.path());
        second.backup(source.path());
        let (one, two) = (one.objects(), two.objects());
        let same = one.iter().filter(|(name, object)| two.get(*name) == Some(object)).map(|(name, _)| name).next();
        expect("with the same passphrase, no object of one vault is in another").eq(same, None);
        let long = one.keys().filter(|name| name.len() > 40 && two.contains_key(*name)).count();
        expect("nor does a name tell that the same is in both").eq(long, 0);
    }
}

mod faults_503_truncation_paging {
    use super::support::{
        Vault,
        cloud::{ALL, Cloud, Fault, Operation},
        tree::{expect_same, plant, tree},
    };
    use harness::{expect, random, scratch};
    use std::collections::HashSet;

    #[test]
    fn what_was_refused_is_asked_for_again() {
        for dialect in ALL {
            let (mut random, cloud, source) = (random(), Cloud::start(dialect), scratch());
            let vault = Vault::within(&cloud, "backups");
            plant(&mut random, source.path());
            let mut seen = HashSet::new();
            cloud.plan(move |operation, name| {
                seen.insert((format!("{operation:?}"), name.to_owned())).then_some(Fault::Busy)
            });
            let line = vault.backup(source.path());
            expect("every first request was answered with 503").eq(vault.list(), [line]);
            expect_same("all of it comes back", vault.restore(None).path(), &tree(source.path()));
        }
    }

    #[test]
    fn what_broke_off_is_asked_for_again() {
        for dialect in ALL {
            let (mut random, cloud, source) = (random(), Cloud::start(dialect), scratch());
            let vault = Vault::within(&cloud, "backups");
            plant(&mut random, source.path());
            let mut seen = HashSet::new();
            cloud.plan(move |operation, name| {
                let is_new = seen.insert((format!("{operation:?}"), name.to_owned()));
                (is_new && matches!(operation, Operation::Get | Operation::List)).then_some(Fault::Truncated)
            });
            let line = vault.backup(source.path());
            expect("the first answer to each GET and list broke off").eq(vault.list(), [line]);
            expect_same("all of it comes back", vault.restore(None).path(), &tree(source.path()));
            vault.verify("and is as it was written");
        }
    }

    #[test]
    fn all_pages_of_a_list_are_read() {
        for dialect in ALL {
            let (cloud, source) = (Cloud::start(dialect), scratch());
            let vault = Vault::within(&cloud, "backups");
            let mut lines = Vec::new();
            for day in 1..=3 {
                std::fs::write(source.path().join(day.to_string()), [day]).expect("a file can be written");
                lines.push(vault.backup_with(source.path(), &["--at", &format!("2026-01-0{day}T00:00:00Z")]));
            }
            expect("a list of two objects a page has all three snapshots").eq(vault.list(), lines);
            vault.run(&["prune"]).expect("prune without a rule removes no snapshot").code(0);
            vault.verify("and nothing that any of the three needs");
        }
    }
}

mod live_sqlite_is_consistent {
    use super::support::{Vault, database::Database};
    use harness::{expect, scratch};

    /// All rows are in the log and none in the file: that is how a database looks that is in use.
    #[tokio::test]
    async fn what_is_still_in_the_log_comes_back() {
        let (vault, source) = (Vault::folder(), scratch());
        let mut live = Database::create(&source.path().join("shop.db"), 50, 100).await;
        live.bump().await;
        vault.backup(source.path());
        let restored = vault.restore(None);
        let mut copy = Database::open(&restored.path().join("shop.db")).await;
        copy.expect_whole("the rows of every transaction that was committed are there", 2).await;
        expect("the program that has the database open goes on").eq(live.bump().await, 3);
        let beside = ["-wal", "-shm"].map(|end| restored.path().join(format!("shop.db{end}")).exists());
        expect("one file comes back, which needs no other").eq(beside, [false, false]);
    }
}

mod kill9_leaves_no_partial_snapshot {
    use super::support::{
        Vault, backup_of,
        cloud::{Fault, Operation},
        tree::{expect_same, plant, tree},
    };
    use harness::{eventually, expect, random, scratch};
    use std::time::Duration;

    #[test]
    fn a_killed_backup_is_not_to_be_seen_and_the_next_works() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        plant(&mut random, source.path());
        let first = vault.backup(source.path());
        let was = tree(source.path());
        std::fs::write(source.path().join("large"), random.bytes(100_000)).expect("a file can be written");
        for allowed in [0, 2] {
            let mut count = 0;
            cloud.plan(move |operation, _| {
                count += usize::from(operation == Operation::Put);
                (operation == Operation::Put && count > allowed).then_some(Fault::Never)
            });
            let asked = cloud.puts();
            let arguments = backup_of(source.path(), &[]);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut program = vault.command(&arguments).spawn().expect("the program starts");
            eventually("a backup stores objects", Duration::from_secs(10), || {
                let puts = cloud.puts();
                (puts > asked + allowed).then_some(())
            });
            harness::kill(&mut program).expect("it can be killed");
            cloud.heal();
            let lists = format!("after {allowed} of its objects the new snapshot is not to be seen");
            expect(lists).eq(vault.list(), [first.clone()]);
            vault.verify("and what is to be seen is whole");
        }
        expect_same("the snapshot before it comes back", vault.restore(None).path(), &was);
        let second = vault.backup(source.path());
        expect("the next backup works").eq(vault.list(), [first, second]);
        expect_same("and comes back", vault.restore(None).path(), &tree(source.path()));
    }
}

mod concurrent_backups {
    use super::support::{
        Said, Vault, backup_of,
        cloud::Fault,
        tree::{expect_same, plant, tree},
    };
    use harness::{eventually, expect, random, scratch};
    use harness_net::Gate;
    use std::time::Duration;

    /// One is told that nothing is there, and hears it late: the other has made its whole backup meanwhile.
    #[test]
    fn two_that_both_find_nothing_both_come_back() {
        let (mut random, (cloud, vault), sources) = (random(), Vault::s3(), [scratch(), scratch()]);
        sources.iter().for_each(|source| plant(&mut random, source.path()));
        let gate = Gate::shut();
        let behind = gate.clone();
        cloud.plan(move |_, _| Some(Fault::Behind(behind.clone())));
        let arguments = backup_of(sources[0].path(), &[]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let slow = vault.command(&arguments).spawn().expect("the program starts");
        eventually("a backup asks the store", Duration::from_secs(10), || (cloud.requests() >= 1).then_some(()));
        cloud.heal();
        let fast = vault.backup(sources[1].path());
        gate.open();
        let output = slow.wait_with_output().expect("a program that was started can be waited for");
        let said = Said::new("backup, beside another first backup".to_owned(), &output);
        said.expect("both backups succeed").code(0);
        let lines = [said.lines()[0].clone(), fast];
        expect("both snapshots are there").eq(vault.list().len(), 2);
        vault.verify("both are whole");
        for (line, source) in lines.iter().zip(&sources) {
            let restored = vault.restore(Some(&line.id));
            expect_same("each comes back", restored.path(), &tree(source.path()));
        }
    }
}

mod deduplication_saves_bytes {
    use super::support::{Vault, cloud::Cloud};
    use harness::{expect, random, scratch};

    fn stored(cloud: &Cloud) -> usize {
        cloud.objects().values().map(Vec::len).sum()
    }

    #[test]
    fn what_is_there_already_is_not_stored_again() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        let content = random.bytes(700_000);
        std::fs::write(source.path().join("one"), &content).expect("a file can be written");
        vault.backup(source.path());
        let before = stored(&cloud);
        vault.backup(source.path());
        std::fs::create_dir(source.path().join("folder")).expect("a folder can be made");
        std::fs::write(source.path().join("folder/two"), &content).expect("a file can be written");
        vault.backup(source.path());
        let more = stored(&cloud) - before;
        expect("the same again, and a second file with the same bytes, take less than 100 000 bytes of 700 000")
            .that(more < 100_000, format!("{more} bytes"));
    }

    #[test]
    fn an_insertion_is_stored_and_not_the_rest() {
        let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
        let content = random.bytes(1_000_000);
        let file = source.path().join("file");
        std::fs::write(&file, &content).expect("a file can be written");
        vault.backup(source.path());
        let before = stored(&cloud);
        std::fs::write(&file, [&random.bytes(17), content.as_slice()].concat()).expect("a file can be written");
        vault.backup(source.path());
        let more = stored(&cloud) - before;
        expect("17 bytes at the start of a million take less than 500 000 bytes")
            .that(more < 500_000, format!("{more} bytes"));
    }
}

mod retention_policy {
    use super::support::Vault;
    use harness::{expect, scratch};

    #[test]
    fn the_latest_of_each_day_stays() {
        let (vault, source) = (Vault::folder(), scratch());
        let times = [
            "2026-01-01T23:59:59Z",
            "2026-01-02T00:00:00Z",
            "2026-01-02T23:00:00Z",
            "2026-01-05T10:00:00Z",
            "2026-01-05T11:00:00Z",
        ];
        let lines = times.map(|time| vault.backup_with(source.path(), &["--at", time]));
        vault.run(&["prune", "--daily", "2"]).expect("prune succeeds").code(0);
        expect("of the two latest days that have snapshots, the latest of each stays")
            .eq(vault.list(), [lines[2].clone(), lines[4].clone()]);
    }
}
