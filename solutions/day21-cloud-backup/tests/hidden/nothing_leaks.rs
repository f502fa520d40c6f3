use crate::visible::support::{
    Vault,
    cloud::{Cloud, Objects},
    tree::write,
};
use harness::{expect, random, scratch};

/// With the same key and nonce, two sealed objects differ as their contents do.
#[test]
fn no_nonce_comes_twice() {
    let (mut random, (cloud, vault)) = (random(), Vault::s3());
    let contents: Vec<Vec<u8>> = (0..4).map(|_| random.bytes(3000)).collect();
    // Two in one backup, and one in each of the next: a counter in memory begins anew.
    let first = scratch();
    for (name, content) in ["a", "b"].iter().zip(&contents) {
        write(&mut random, &first.path().join(name), content, 0o600);
    }
    vault.backup(first.path());
    for content in &contents[2..] {
        let next = scratch();
        write(&mut random, &next.path().join("a"), content, 0o600);
        vault.backup(next.path());
    }

    let xor = |a: &[u8], b: &[u8]| -> Vec<u8> { a.iter().zip(b).map(|(a, b)| a ^ b).collect() };
    let objects: Vec<_> = cloud.objects().into_iter().collect();
    for (number, (one, x)) in objects.iter().enumerate() {
        for (two, y) in &objects[number + 1..] {
            let sealed = xor(x, y);
            for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
                let plain = &xor(&contents[a], &contents[b])[100..132];
                let told = sealed.windows(32).any(|part| part == plain);
                expect("two objects together tell nothing about two contents: no nonce is used twice with a key")
                    .that(!told, format!("{one} xor {two} is what two files differ by"));
            }
        }
    }
}

#[test]
fn lengths_are_rounded_up() {
    let mut random = random();
    let sizes = [1, 100, 1234, 4000].map(|length| {
        let ((cloud, vault), source) = (Vault::s3(), scratch());
        let name = random.word();
        let content = random.bytes(length);
        write(&mut random, &source.path().join(&name), &content, 0o600);
        vault.backup(source.path());
        let mut sizes: Vec<usize> = cloud.objects().values().map(Vec::len).collect();
        sizes.sort_unstable();
        (length, sizes)
    });
    for (length, seen) in &sizes[1..] {
        let same = expect(format!("a file of {length} bytes looks as one of a single byte: contents are filled up"));
        same.request("the lengths of all objects").eq(seen, &sizes[0].1);
    }
}

#[test]
fn numbers_of_files_and_bytes_are_sealed() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    let length = 70_001 + random.below(9999);
    let content = random.bytes(length);
    write(&mut random, &source.path().join("file"), &content, 0o600);
    vault.backup_with(source.path(), &["--at", "2011-11-11T11:11:11Z"]);
    let told = |objects: &Objects, secret: &str| {
        objects.iter().any(|(name, object)| {
            let all = [name.as_bytes(), b" ", object].concat();
            let places = all.windows(secret.len()).enumerate().filter(|(_, part)| *part == secret.as_bytes());
            places.map(|(start, part)| (start, start + part.len())).any(|(start, end)| {
                // Names and salts in hexadecimal digits may have any number in their middle.
                let is_inside = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
                !is_inside(all[..start].last()) && !is_inside(all.get(end))
            })
        })
    };
    for secret in [length.to_string(), "2011-11-11".to_owned()] {
        let seen = told(&cloud.objects(), &secret);
        expect("neither length nor time of a snapshot is to be read in the store").that(!seen, secret);
    }
}

#[test]
fn every_vault_has_its_own_salt() {
    let source = scratch();
    let configs: Vec<Vec<u8>> = (0..2)
        .map(|_| {
            let (cloud, vault): (Cloud, Vault) = Vault::s3();
            vault.backup(source.path());
            cloud.objects().into_values().min_by_key(Vec::len).unwrap_or_default()
        })
        .collect();
    expect("nothing that is needed for guessing passphrases is the same twice").ne(&configs[0], &configs[1]);
}
