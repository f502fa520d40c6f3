use crate::visible::support::{
    Vault, backup_of,
    cloud::{Cloud, Fault, Operation},
    tree::write,
};
use harness::{eventually, expect, random, scratch};
use std::{fs, time::Duration};

fn stored(cloud: &Cloud) -> usize {
    cloud.objects().values().map(Vec::len).sum()
}

#[test]
fn a_long_folder_of_small_files_costs_little_the_second_time() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    for number in 0..400 {
        let path = source.path().join(format!("folder {}", number % 7)).join(random.name());
        write(&mut random, &path, b"the same in all of them", 0o600);
    }
    vault.backup(source.path());
    let before = stored(&cloud);
    expect("400 equal files are stored once").that(before < 200_000, format!("{before} bytes in all"));
    write(&mut random, &source.path().join("one more"), b"another", 0o600);
    vault.backup(source.path());
    let more = stored(&cloud) - before;
    expect("one more file is not the whole list again").that(more < 100_000, format!("{more} bytes"));
}

#[test]
fn changes_in_the_middle_and_moved_parts_cost_little() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    let content = random.bytes(1_600_000);
    let file = source.path().join("file");
    fs::write(&file, &content).expect("a file can be written");
    vault.backup(source.path());
    let before = stored(&cloud);
    let (start, end) = content.split_at(800_000);
    let inserted = random.bytes(1000);
    fs::write(&file, [end, &inserted, start].concat()).expect("a file can be written");
    vault.backup(source.path());
    let more = stored(&cloud) - before;
    expect("two halves that have changed places take less than half of the file")
        .that(more < 800_000, format!("{more} bytes"));
}

#[test]
fn what_a_killed_backup_has_stored_is_used() {
    let (mut random, (cloud, vault), source) = (random(), Vault::s3(), scratch());
    fs::write(source.path().join("a"), random.bytes(900_000)).expect("a file can be written");
    let mut puts = 0;
    cloud.plan(move |operation, _| {
        puts += usize::from(operation == Operation::Put);
        (operation == Operation::Put && puts > 10).then_some(Fault::Never)
    });
    let arguments = backup_of(source.path(), &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut program = vault.command(&arguments).spawn().expect("the program starts");
    eventually("ten objects are stored", Duration::from_secs(10), || (cloud.objects().len() >= 10).then_some(()));
    harness::kill(&mut program).expect("it can be killed");
    cloud.heal();
    let before = cloud.puts();
    let left = cloud.objects();
    vault.backup(source.path());
    let puts = cloud.puts() - before;
    let new = cloud.objects().len() - left.len();
    expect("what is there is not stored again").eq(puts, new);
}
