//! Tests with Redis's own tools. The grader runs them; they are skipped where the tools are not installed.

mod ping_get_set {
    use harness::{Launch, expect, random, require_tool};
    use std::process::Command;

    #[test]
    fn redis_cli_can_use_it() {
        let tool = require_tool("redis-cli", "redis-tools");
        let program = Launch::service().data_dir().start();
        let (key, value) = (random().name(), random().words(3));
        for (words, expected) in [
            (vec!["PING"], "PONG".to_owned()),
            (vec!["SET", &key, &value], "OK".to_owned()),
            (vec!["GET", &key], value.clone()),
            (vec!["GET", "missing"], String::new()),
            (vec!["--no-raw", "RPUSH", "list", "a", "b"], "(integer) 2".to_owned()),
            (vec!["--no-raw", "LRANGE", "list", "0", "-1"], "1) \"a\"\n2) \"b\"".to_owned()),
        ] {
            let port = program.address().port().to_string();
            let ip = program.address().ip().to_string();
            let output = Command::new(&tool).args(["-h", &ip, "-p", &port]).args(&words).output();
            let output = output.expect("redis-cli can be started");
            expect("redis-cli shows the reply")
                .request(format!("redis-cli -p {port} {}", words.join(" ")))
                .eq(String::from_utf8_lossy(&output.stdout).trim_end().to_owned(), expected);
        }
    }
}

mod pipelining {
    use harness::{Launch, expect, require_tool};
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    #[test]
    fn redis_cli_pipe_inserts_in_bulk() {
        let tool = require_tool("redis-cli", "redis-tools");
        let program = Launch::service().data_dir().start();
        let (ip, port) = (program.address().ip().to_string(), program.address().port().to_string());
        let mut child = Command::new(tool)
            .args(["-h", &ip, "-p", &port, "--pipe"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-cli can be started");
        let mut input = child.stdin.take().expect("it was asked for as a pipe");
        for number in 0..2000 {
            let key = format!("key-{number}");
            write!(input, "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n$1\r\nx\r\n", key.len()).expect("redis-cli reads");
        }
        drop(input);
        let output = child.wait_with_output().expect("redis-cli ends");
        expect("redis-cli --pipe gets an answer to each of 2000 SET")
            .contains(&String::from_utf8_lossy(&output.stdout), "errors: 0, replies: 2000");
    }
}

mod aof_survives_kill9_and_torn_tail {
    use harness::{Launch, expect, require_tool};
    use std::{
        io::{Read, Write},
        net::TcpStream,
        path::Path,
        process::Command,
    };

    #[test]
    fn redis_check_aof_accepts_the_journal() {
        let tool = require_tool("redis-check-aof", "redis-tools");
        let mut program = Launch::service().data_dir().start();
        let mut socket = TcpStream::connect(program.address()).expect("the announced address can be connected to");
        let commands = "SET a 1\r\nINCR a\r\nRPUSH l x y z\r\nLPOP l\r\nEXPIRE a 100\r\nSET gone 1\r\nDEL gone\r\n";
        socket.write_all(commands.as_bytes()).expect("commands can be sent");
        let mut replies = [0; "+OK\r\n:2\r\n:3\r\n$1\r\nx\r\n:1\r\n+OK\r\n:1\r\n".len()];
        socket.read_exact(&mut replies).expect("seven commands get seven replies");
        program.kill();
        let journal = find(program.data_dir()).unwrap_or_default();
        let output = Command::new(tool).arg(&journal).output().expect("redis-check-aof can be started");
        let said = String::from_utf8_lossy(&output.stdout);
        expect("the journal is a file of RESP commands, as redis-check-aof reads it")
            .request(format!("redis-check-aof {}", journal.display()))
            .expected("exit status 0, … is valid")
            .that(output.status.success() && said.contains("is valid"), format!("{}\n{said}", output.status));
    }

    /// The only file below `folder` whose name ends with `.aof`.
    fn find(folder: &Path) -> Option<std::path::PathBuf> {
        let paths = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        let mut paths: Vec<_> = paths.collect();
        paths.sort();
        paths.into_iter().find_map(|path| {
            if path.is_dir() {
                find(&path)
            } else {
                path.extension().is_some_and(|extension| extension == "aof").then_some(path)
            }
        })
    }
}
