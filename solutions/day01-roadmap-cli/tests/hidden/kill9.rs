use crate::visible::support::Roadmap;
use harness::{expect, kill_while_running, random};

#[test]
fn a_kill_stands_in_nobodys_way() {
    let roadmap = Roadmap::empty();
    let mut random = random();
    let mut before = 0;
    for round in 0..4 {
        kill_while_running(&mut random, 10, |number| {
            let mut command = harness::std_command();
            command.arg("--data-dir").arg(roadmap.folder.path()).args(["add", &format!("s{round}-{number}")]);
            command
        });
        roadmap
            .run(&["add", &format!("after-{round}")])
            .expect("after a kill the next program works as if nothing had happened")
            .code(0);
        let count = roadmap.ids().len();
        expect("skills only become more").that(count > before, format!("{before}, then {count}"));
        before = count;
    }
}

/// The system ends a program that writes a larger file than it may: a kill in the middle of a write, at no random moment.
#[cfg(unix)]
#[test]
fn a_write_that_breaks_off_leaves_the_old_roadmap() {
    let roadmap = Roadmap::empty();
    let evidence = format!("https://example.org/{}", "x".repeat(1900));
    for number in 0..20 {
        let id = format!("s{number}");
        roadmap.add(&id, &[]);
        roadmap.run(&["done", &id, "--evidence", &evidence]).expect("a skill is done").code(0);
    }
    let before = roadmap.list();
    let program = harness::std_command();
    // 16 blocks of 512 or 1024 bytes: less than half of what is stored.
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -c 0; ulimit -f 16; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args());
    limited.arg("--data-dir").arg(roadmap.folder.path()).args(["add", "one-more"]);
    let output = limited.output().unwrap();
    expect("a program that cannot write does not say that it has").that(!output.status.success(), "exit status 0");
    expect("the roadmap is as it was before").request("list --json").eq(roadmap.list(), before);
}
