use crate::visible::support::{
    Said, Vault, backup_of,
    cloud::{ALL, Cloud},
    tree::{expect_same, plant, tree},
};
use harness::{expect, random, scratch};

/// They store the same chunks at the same time.
#[test]
fn four_of_the_same_folder_all_come_back() {
    let (mut random, source) = (random(), scratch());
    plant(&mut random, source.path());
    std::fs::write(source.path().join("large"), random.bytes(100_000)).expect("a file can be written");
    let was = tree(source.path());
    let cloud = Cloud::start(*random.pick(&ALL));
    let vault = Vault::within(&cloud, "p");
    let arguments = backup_of(source.path(), &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let programs: Vec<_> = (0..4).map(|_| vault.command(&arguments).spawn().expect("the program starts")).collect();
    for program in programs {
        let output = program.wait_with_output().expect("a program that was started can be waited for");
        Said::new("backup, four times at once".to_owned(), &output).expect("each backup succeeds").code(0);
    }
    expect("all four are there").eq(vault.list().len(), 4);
    vault.verify("all are whole");
    expect_same("one of them comes back", vault.restore(None).path(), &was);
}
