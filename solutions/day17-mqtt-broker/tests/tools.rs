//! Tests with mosquitto's own tools. The grader runs them; they are skipped where the tools are not installed.

use harness::{Launch, Program, expect, random, require_tool, timeout};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

fn tool(name: &str) -> PathBuf {
    require_tool(name, "mosquitto-clients")
}

/// A command with the arguments that name the broker.
fn client(tool: &Path, program: &Program, arguments: &[&str]) -> Command {
    let mut command = Command::new(tool);
    command.args(["-V", "311", "-h", &program.address().ip().to_string()]);
    command.args(["-p", &program.address().port().to_string()]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(tool: &Path, program: &Program, arguments: &[&str]) -> Output {
    client(tool, program, arguments).output().expect("a tool that is installed can be started")
}

/// A mosquitto_sub that ends by itself after `count` messages, or after ten seconds.
fn subscriber(tool: &Path, program: &Program, count: usize, arguments: &[&str]) -> Child {
    let (count, seconds) = (count.to_string(), timeout(Duration::from_secs(10)).as_secs().to_string());
    let mut command = client(tool, program, &["-v", "-C", &count, "-W", &seconds]);
    command.args(arguments).spawn().expect("a tool that is installed can be started")
}

fn expect_output(requirement: &str, request: &str, child: Child, expected: &str) {
    let output = child.wait_with_output().expect("it ends by itself");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    expect(requirement).request(request).expected(expected).that(said.trim_end() == expected, said.trim_end());
}

fn expect_success(requirement: &str, request: &str, output: &Output) {
    let said = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    expect(requirement).request(request).expected("exit status 0").that(output.status.success(), said);
}

/// A message that one tool retains comes to the other, with this quality of service.
fn retain_and_find(qos: &str) {
    let (publish, subscribe) = (tool("mosquitto_pub"), tool("mosquitto_sub"));
    let program = Launch::service().data_dir().start();
    let mut random = random();
    let (topic, payload) = (format!("{}/{qos}", random.name()), random.words(3));
    let output = run(&publish, &program, &["-r", "-q", qos, "-t", &topic, "-m", &payload]);
    expect_success("mosquitto_pub is content", "mosquitto_pub -r", &output);
    let child = subscriber(&subscribe, &program, 1, &["-q", qos, "-t", &format!("+/{qos}")]);
    expect_output("mosquitto_sub shows it", "mosquitto_sub -v", child, &format!("{topic} {payload}"));
}

mod retained {
    use super::retain_and_find;

    #[test]
    fn mosquitto_pub_retains_and_mosquitto_sub_finds_it() {
        for qos in ["0", "1"] {
            retain_and_find(qos);
        }
    }
}

mod qos2 {
    use super::retain_and_find;

    #[test]
    fn mosquitto_pub_and_sub_speak_it() {
        retain_and_find("2");
    }
}

mod qos1_redelivery {
    use super::{Launch, expect_output, expect_success, run, subscriber, tool};
    use harness::random;

    #[test]
    fn mosquitto_sub_gets_what_was_published_while_it_was_away() {
        let (publish, subscribe) = (tool("mosquitto_pub"), tool("mosquitto_sub"));
        let program = Launch::service().data_dir().start();
        let (client, topic) = (random().name(), random().name());
        // -E ends it once it has subscribed.
        let subscription = ["-i", &client, "-c", "-q", "1", "-t", &topic];
        let output = run(&subscribe, &program, &[&subscription[..], &["-E"]].concat());
        expect_success("mosquitto_sub is content", "mosquitto_sub -c -E", &output);
        for message in ["one", "two"] {
            let output = run(&publish, &program, &["-q", "1", "-t", &topic, "-m", message]);
            expect_success("mosquitto_pub is content", "mosquitto_pub -q 1", &output);
        }
        let child = subscriber(&subscribe, &program, 2, &subscription);
        let expected = format!("{topic} one\n{topic} two");
        expect_output("mosquitto_sub shows both", "mosquitto_sub -c -q 1", child, &expected);
    }
}

mod auth_and_acl {
    use super::{Launch, expect, expect_success, require_tool, run, tool};
    use harness::scratch;
    use std::process::Command;

    #[test]
    fn the_users_are_those_of_mosquitto_passwd() {
        let (passwd, publish) = (require_tool("mosquitto_passwd", "mosquitto"), tool("mosquitto_pub"));
        let folder = scratch();
        let (users, acl) = (folder.path().join("users"), folder.path().join("acl"));
        for (name, flags) in [("ann", &["-c", "-b"][..]), ("bob", &["-b"])] {
            let output = Command::new(&passwd).args(flags).arg(&users).args([name, "s3cret:$7$"]).output();
            let output = output.expect("a tool that is installed can be started");
            expect_success("mosquitto_passwd writes the file", "mosquitto_passwd", &output);
        }
        std::fs::write(&acl, "user ann\ntopic write #\n").expect("a file can be written to a fresh folder");
        let program = Launch::service().data_dir().arg("--users").arg(&users).arg("--acl").arg(&acl).start();
        for (name, password, accepted) in
            [("ann", "s3cret:$7$", true), ("bob", "s3cret:$7$", true), ("ann", "s3cret", false)]
        {
            let output = run(&publish, &program, &["-q", "1", "-u", name, "-P", password, "-t", "a", "-m", "x"]);
            expect("the password that mosquitto_passwd was given is the right one")
                .request(format!("mosquitto_pub -u {name} -P '{password}'"))
                .expected(if accepted { "exit status 0" } else { "a refusal" })
                .that(output.status.success() == accepted, String::from_utf8_lossy(&output.stderr));
        }
    }
}
