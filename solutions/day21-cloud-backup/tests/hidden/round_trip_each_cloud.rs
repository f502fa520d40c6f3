use crate::visible::support::{
    PASSPHRASE, Vault, backup_of,
    cloud::{ALL, Cloud},
    run,
    tree::{expect_same, tree},
};
use harness::{expect, random, scratch};

#[test]
fn prefixes_of_one_bucket_are_apart() {
    let mut random = random();
    let (cloud, sources) = (Cloud::start(*random.pick(&ALL)), [scratch(), scratch(), scratch()]);
    let vaults = ["a", "a/b", "ab"].map(|prefix| Vault::within(&cloud, prefix));
    // The folder "a" of the bucket has that of another vault in it, so it comes first.
    for (vault, source) in vaults.iter().zip(&sources) {
        let content = random.bytes(100);
        std::fs::write(source.path().join("file"), content).expect("a file can be written");
        vault.backup(source.path());
    }
    for vault in &vaults {
        expect("each has the one snapshot that was made there").eq(vault.list().len(), 1);
        vault.run(&["prune", "--keep", "1"]).expect("prune looks at its own").code(0);
    }
    for (vault, source) in vaults.iter().zip(&sources) {
        vault.verify("nobody has removed what another needs");
        expect_same("each comes back", vault.restore(None).path(), &tree(source.path()));
    }
}

#[test]
fn a_whole_bucket_can_be_the_place() {
    for dialect in ALL {
        let (cloud, source) = (Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "");
        std::fs::write(source.path().join("file"), "x").expect("a file can be written");
        vault.backup(source.path());
        expect_same("it comes back", vault.restore(None).path(), &tree(source.path()));
    }
}

#[test]
fn place_and_endpoint_may_come_from_the_environment() {
    for dialect in ALL {
        let (cloud, source) = (Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "p");
        let mut environment = vault.environment.clone();
        environment.extend([
            ("BACKUP_TO", vault.to.clone()),
            ("BACKUP_ENDPOINT", cloud.endpoint()),
            ("BACKUP_RETRY_MS", "1".to_owned()),
        ]);
        run(&backup_of(source.path(), &[]), &environment).expect("no argument is needed").code(0);
        expect("it is in the same place").eq(vault.list().len(), 1);
    }
}

#[test]
fn no_secret_is_sent_or_told() {
    for dialect in ALL {
        let (cloud, source) = (Cloud::start(dialect), scratch());
        let vault = Vault::within(&cloud, "p");
        vault.backup(source.path());
        let seen = cloud.received().iter().any(|request| {
            let headers = request.headers.values().any(|value| value.to_str().is_ok_and(|it| it.contains(PASSPHRASE)));
            headers || request.target.contains("correct") || request.body.windows(8).any(|part| part == b"passphra")
        });
        expect("no request has the passphrase").that(!seen, "one has");

        let mut stranger = Vault::within(&cloud, "p");
        let secret = "d3JvbmcgYW5kIHN0aWxsIG5vYm9keSdzIGJ1c2luZXNzLg==";
        for (name, value) in &mut stranger.environment {
            if *name != "BACKUP_PASSPHRASE" {
                secret.clone_into(value);
            }
        }
        let before = cloud.requests();
        let said = stranger.run(&["list"]);
        said.expect("a store that does not let it in ends the program").fails_with(&[]).hides(secret).hides(PASSPHRASE);
        let asked = cloud.requests() - before;
        expect("403 is an answer and not asked for again").that(asked <= 2, format!("{asked} requests"));
    }
}
