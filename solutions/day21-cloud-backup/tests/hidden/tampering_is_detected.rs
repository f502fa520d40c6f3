use crate::visible::support::{
    Vault, backup_of,
    cloud::Cloud,
    tree::{expect_same, tree, write},
};
use harness::{Random, expect, random, scratch};
use tempfile::TempDir;

/// Three files, one of them longer.
fn some(random: &mut Random) -> (Cloud, Vault, TempDir) {
    let ((cloud, vault), source) = (Vault::s3(), scratch());
    for (name, length) in [("a", 100), ("b", 5000), ("c", 30_000)] {
        let content = random.bytes(length);
        write(random, &source.path().join(name), &content, 0o600);
    }
    vault.backup(source.path());
    (cloud, vault, source)
}

#[test]
fn the_first_and_the_last_bit_count() {
    let mut random = random();
    let (cloud, vault, _source) = some(&mut random);
    let whole = cloud.objects();
    for (name, object) in &whole {
        let mut changes = vec![(0, 1), (object.len() - 1, 0x80)];
        // In text, another case of a letter may be another way to say the same.
        let digits = |at: &usize| object[*at - 1].is_ascii_digit() && (b'a'..=b'f').contains(&object[*at]);
        if object.is_ascii() {
            changes.extend((1..object.len()).filter(digits).take(3).map(|at| (at, 0x20)));
        }
        for (at, bit) in changes {
            let mut flipped = whole.clone();
            if let Some(object) = flipped.get_mut(name) {
                object[at] ^= bit;
            }
            cloud.set(flipped);
            let notices = format!("verify notices another bit {bit:#x} in byte {at} of {name}");
            vault.run(&["verify"]).expect(&notices).fails_with(&[]);
        }
    }
}

#[test]
fn objects_that_are_shorter_longer_or_missing_are_noticed() {
    let mut random = random();
    let (cloud, vault, _source) = some(&mut random);
    let whole = cloud.objects();
    for (name, object) in &whole {
        let longer = [object.as_slice(), b"\0"].concat();
        for changed in [Some(Vec::new()), Some(object[..object.len() - 1].to_vec()), Some(longer), None] {
            let mut objects = whole.clone();
            match &changed {
                Some(changed) => drop(objects.insert(name.clone(), changed.clone())),
                None => drop(objects.remove(name)),
            }
            cloud.set(objects);
            let length = changed.map_or("no".to_owned(), |changed| changed.len().to_string());
            let target = scratch();
            let notices = format!("restore notices {length} bytes of {} in {name}", object.len());
            vault.restore_into(None, target.path()).expect(&notices).fails_with(&[]);
        }
    }
}

#[test]
fn files_that_are_whole_are_restored_all_the_same() {
    let mut random = random();
    let (cloud, vault, source) = some(&mut random);
    let (before, was) = (cloud.objects(), tree(source.path()));
    let content = random.bytes(3000);
    write(&mut random, &source.path().join("b2"), &content, 0o600);
    vault.backup(source.path());
    // New are the content of b2, what tells of it, and the snapshot. Without the first all other files can be restored.
    let whole = cloud.objects();
    let mut partial = 0;
    for name in whole.keys().filter(|name| !before.contains_key(*name)) {
        let mut objects = whole.clone();
        objects.remove(name);
        cloud.set(objects);
        if vault.run(&["list"]).lines().len() < 2 {
            continue;
        }
        let target = scratch();
        let said = vault.restore_into(None, target.path());
        let restored = tree(target.path());
        if restored.len() > 1 {
            partial += 1;
            said.expect("a file that is not whole is named").fails_with(&["b2"]);
            let mut others = was.clone();
            let root = std::path::Path::new("");
            others.insert(root.to_owned(), restored[root].clone());
            expect_same("it is left out, and all others are there", target.path(), &others);
        }
    }
    expect("what is missing in one file does not take the others away").that(partial >= 1, "nothing was restored");
}

/// The newest snapshot cannot be read. Restoring the one before it in silence would be a lie.
#[test]
fn a_damaged_snapshot_is_not_passed_over() {
    let mut random = random();
    let (cloud, vault, source) = some(&mut random);
    let first = vault.list();
    let before = cloud.objects();
    vault.backup(source.path());
    let whole = cloud.objects();
    for (name, object) in whole.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let mut objects = whole.clone();
        objects.insert(name.clone(), vec![0; object.len()]);
        cloud.set(objects.clone());
        let target = scratch();
        let latest = "the latest snapshot is damaged, and no other one is taken for it";
        vault.restore_into(None, target.path()).expect(latest).fails_with(&[]);
        let said = vault.run(&["prune", "--keep", "1"]);
        said.expect("prune does not know what a damaged snapshot needs").fails_with(&[]);
        expect("so it deletes nothing").that(cloud.objects() == objects, "something has gone");
        let restored = vault.restore(Some(&first[0].id));
        expect("one that is whole can be restored by its id").eq(tree(restored.path()).len(), 4);
    }
}

#[test]
fn a_store_that_cannot_be_read_is_not_begun_anew() {
    let mut random = random();
    let (cloud, vault, source) = some(&mut random);
    let whole = cloud.objects();
    let mut tried = 0;
    for name in whole.keys() {
        let mut objects = whole.clone();
        objects.remove(name);
        cloud.set(objects.clone());
        if vault.run(&["list"]).code == Some(0) {
            continue;
        }
        tried += 1;
        let backup = backup_of(source.path(), &[]);
        let backup: Vec<&str> = backup.iter().map(String::as_str).collect();
        let said = vault.run(&backup);
        said.expect(&format!("without {name} nothing can be read, so nothing is written, either")).fails_with(&[]);
        expect("the store stays as it is").that(cloud.objects() == objects, "it was changed");
    }
    expect("there is an object without which no snapshot can be read").that(tried > 0, "list always succeeds");
}

#[test]
fn what_no_snapshot_needs_is_looked_at_too() {
    let mut random = random();
    let (cloud, vault, _source) = some(&mut random);
    let before = cloud.objects();
    drop(cloud.history());
    let other = scratch();
    std::fs::write(other.path().join("other"), random.bytes(3000)).expect("a file can be written");
    vault.backup(other.path());
    let mut orphaned = cloud.objects();
    // As after a kill: chunks are there, and the snapshot is not.
    let history = cloud.history();
    let last = history.iter().rev().nth(1).expect("a backup puts more than one object");
    orphaned.retain(|name, _| last.contains_key(name));
    for name in orphaned.keys().filter(|name| !before.contains_key(*name)) {
        let mut objects = orphaned.clone();
        objects.entry(name.clone()).and_modify(|object| object[30] ^= 4);
        cloud.set(objects);
        vault.run(&["verify"]).expect(&format!("verify reads {name}, too")).fails_with(&[]);
    }
}
