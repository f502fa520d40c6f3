use crate::visible::support::{
    PASSPHRASE, Vault, backup_of, run,
    tree::{age, expect_same, plant, tree, write},
};
use harness::{expect, random, scratch};
use std::{
    ffi::OsString,
    fs,
    os::unix::{ffi::OsStringExt, fs::symlink, net::UnixListener},
};

#[test]
fn names_need_not_be_text() {
    let (mut random, vault, source) = (random(), Vault::folder(), scratch());
    let bytes = OsString::from_vec(vec![b'a', 0xff, b'\n', 0x80, b' ', b'*']);
    for name in [bytes, "ä 漢字 🦀".into(), "-rf".into(), "..x".into(), "x".repeat(255).into(), "config".into()] {
        write(&mut random, &source.path().join("in").join(&name), b"content", 0o600);
    }
    symlink(OsString::from_vec(vec![b'/', 0xfe]), source.path().join("link")).expect("a link can be made");
    vault.backup(source.path());
    expect_same("names of any bytes come back", vault.restore(None).path(), &tree(source.path()));
}

#[test]
fn modes_of_folders_that_forbid_writing_come_back() {
    let (mut random, vault, source) = (random(), Vault::folder(), scratch());
    for (name, mode) in [("a", 0o555), ("b", 0o500), ("c", 0o777)] {
        write(&mut random, &source.path().join(name).join("deep/file"), b"content", 0o400);
        age(&mut random, &source.path().join(name).join("deep"), mode);
        age(&mut random, &source.path().join(name), mode);
    }
    let was = tree(source.path());
    vault.backup(source.path());
    let restored = vault.restore(None);
    expect_same("modes and times of folders come back", restored.path(), &was);
}

#[test]
fn links_are_kept_and_not_followed() {
    let (vault, source, outside) = (Vault::folder(), scratch(), scratch());
    fs::write(outside.path().join("not in the folder"), "x").expect("a file can be written");
    symlink(outside.path(), source.path().join("away")).expect("a link can be made");
    symlink(".", source.path().join("round")).expect("a link can be made");
    let line = vault.backup(source.path());
    expect("what a link points to is not in the backup").eq((line.files, line.bytes), (0, 0));
    expect_same("the links come back", vault.restore(None).path(), &tree(source.path()));
}

#[test]
fn sockets_are_left_out() {
    let (vault, source) = (Vault::folder(), scratch());
    fs::write(source.path().join("file"), "x").expect("a file can be written");
    let was = tree(source.path());
    let listener = UnixListener::bind(source.path().join("socket")).expect("a socket can be made");
    let line = vault.backup(source.path());
    drop(listener);
    expect("a socket is no file").eq(line.files, 1);
    let there = tree(vault.restore(None).path()).into_keys();
    expect("and does not come back").eq(there.collect::<Vec<_>>(), was.into_keys().collect::<Vec<_>>());
}

#[test]
fn restore_touches_nothing_that_is_there() {
    let (mut random, vault, source, target) = (random(), Vault::folder(), scratch(), scratch());
    plant(&mut random, source.path());
    vault.backup(source.path());
    fs::write(target.path().join("run.sh"), "mine").expect("a file can be written");
    let was = tree(target.path());
    let said = vault.restore_into(None, target.path());
    said.expect("a folder that is not empty is refused").fails_with(&[&target.path().display().to_string()]);
    expect_same("and stays as it is", target.path(), &was);
    let new = target.path().join("new/folder");
    vault.restore_into(None, &new).expect("a folder that is not there is made").code(0);
    expect_same("and gets everything", &new, &tree(source.path()));
}

#[test]
fn another_passphrase_opens_nothing() {
    let (mut random, vault, source) = (random(), Vault::folder(), scratch());
    plant(&mut random, source.path());
    let line = vault.backup(source.path());
    let (was, wrong) = (tree(&vault.path()), random.words(3));
    let other = vault.with_passphrase(&wrong);
    let backup = backup_of(source.path(), &[]);
    let backup: Vec<&str> = backup.iter().map(String::as_str).collect();
    for arguments in [vec!["list"], vec!["verify"], vec!["prune", "--keep", "1"], backup] {
        let said = other.run(&arguments);
        said.expect("another passphrase opens nothing").fails_with(&["BACKUP_PASSPHRASE"]).hides(&wrong);
    }
    expect_same("and changes nothing", &vault.path(), &was);
    expect("with the right one it is as before").eq(vault.list(), [line]);
}

#[test]
fn the_passphrase_comes_from_the_environment_only() {
    let (vault, source) = (Vault::folder(), scratch());
    let backup = |more: &[&str]| [backup_of(source.path(), more), vec!["--to".to_owned(), vault.to.clone()]].concat();
    for environment in [vec![], vec![("BACKUP_PASSPHRASE", String::new())]] {
        let said = run(&backup(&[]), &environment);
        said.expect("without a passphrase nothing is done").fails_with(&["BACKUP_PASSPHRASE"]);
    }
    let said = run(&backup(&["--passphrase", PASSPHRASE]), &[]);
    said.expect("everybody can see arguments, so there is none for the passphrase").code(2);
    expect("nothing was made").that(!vault.path().join("config").exists() && tree_len(&vault) <= 1, tree_len(&vault));
    let said = run(&["backup".to_owned(), "--help".to_owned()], &[("BACKUP_PASSPHRASE", PASSPHRASE.to_owned())]);
    said.expect("--help does not show it").code(0).hides(PASSPHRASE);
}

fn tree_len(vault: &Vault) -> usize {
    if vault.path().exists() { tree(&vault.path()).len() } else { 0 }
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let (vault, source) = (Vault::folder(), scratch());
    let there_is_none = "what is not there cannot be read";
    vault.run(&["list"]).expect(there_is_none).fails_with(&[]);
    vault.restore_into(None, &source.path().join("x")).expect(there_is_none).fails_with(&[]);
    expect("looking makes nothing").that(!vault.path().exists(), "the folder was made");
    let file = source.path().join("file");
    fs::write(&file, "x").expect("a file can be written");
    for path in [file, source.path().join("nowhere")] {
        let backup = backup_of(&path, &[]);
        let backup: Vec<&str> = backup.iter().map(String::as_str).collect();
        let name = path.display().to_string();
        vault.run(&backup).expect("only a folder can be backed up").fails_with(&[&name]);
    }
    vault.backup(source.path());
    let said = vault.restore_into(Some("0123456789abcdef"), &source.path().join("y"));
    said.expect("a snapshot that is not there").fails_with(&["0123456789abcdef"]);
    expect("nothing is restored").that(!source.path().join("y").exists(), "the folder was made");
}

#[test]
fn wrong_usage_is_exit_2() {
    let passphrase = [("BACKUP_PASSPHRASE", PASSPHRASE.to_owned())];
    for to in ["ftp://host/x", "s3://", "/var/backups", "file://relative/path", ""] {
        let arguments = ["list", "--to", to].map(str::to_owned);
        run(&arguments, &passphrase).expect(&format!("{to:?} is no place for backups")).code(2);
    }
    run(&["list".to_owned()], &passphrase).expect("a place is needed").code(2);
    let vault = Vault::folder();
    for arguments in [
        vec!["prune", "--keep", "0"],
        vec!["backup", "/tmp", "--at", "yesterday"],
        vec!["backup", "/tmp", "--kdf-memory-kib", "7"],
        vec!["backup"],
        vec!["restore"],
        vec![],
    ] {
        vault.run(&arguments).expect("this is wrong usage").code(2);
    }
}
