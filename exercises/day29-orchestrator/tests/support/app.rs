//! The program that pods run: a small HTTP server, which is this very test executable, started again.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `APP_FOLDER` | where it notes what happens to it; when that folder goes, it ends |
//! | `APP_PORT` | where it listens, at `POD_IP` |
//! | `APP_VERSION` | what it calls itself |
//! | `APP_GATE` | it does not listen before this file is there |
//! | `APP_STUBBORN` | it ignores SIGTERM |
//! | `APP_CRASH` | it ends at once with this code |
//! | `APP_CHILD` | it starts another process, which ignores SIGTERM |
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /` | `{"pod","instance","environment"}`: `instance` differs for each process |
//! | `GET /ready` | 200; 503 after `/ill`, 200 again after `/well` |
//! | `GET /work` | the head at once, the rest a little later |
//! | `GET /hold` | the head at once, the rest when `APP_FOLDER` has the file `release` |
//! | `GET /exit/3` | an answer, and then the end with this code |

use serde_json::json;
use std::{
    env,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio, exit},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

/// Between two looks whether a file is there.
const LOOK: Duration = Duration::from_millis(10);

/// Becomes the program of a pod when this process was started as one, and does not return then.
pub fn serve_if_pod() {
    let Some(folder) = env::var_os("APP_FOLDER").map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(folder)),
        Err(_) => exit(99),
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// One line a happening: `start POD INSTANCE MILLISECONDS`.
fn note(folder: &Path, what: &str, instance: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let line = format!("{what} {} {instance} {now}\n", text("POD_NAME").unwrap_or_default());
    let file = File::options().append(true).create(true).open(folder.join("notes"));
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}

async fn until_there(path: &Path) {
    while !path.exists() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn run(folder: PathBuf) {
    let terminate = signal(SignalKind::terminate());
    let instance = format!("{:016x}", super::different());
    let watched = folder.clone();
    tokio::spawn(async move {
        while watched.exists() {
            tokio::time::sleep(5 * LOOK).await;
        }
        exit(98);
    });
    if env::var_os("APP_IS_CHILD").is_some() {
        std::future::pending::<()>().await;
    }
    println!("{} runs", text("POD_NAME").unwrap_or_default());
    note(&folder, "start", &instance);
    if env::var_os("APP_CHILD").is_some() {
        // By the name under which this one was started, which the test looks for.
        let mut command = Command::new(env::args_os().next().unwrap_or_default());
        command.args(env::args_os().skip(1)).env("APP_IS_CHILD", "1").stdout(Stdio::null()).process_group(0);
        use std::os::unix::process::CommandExt;
        drop(command.spawn());
    }
    if let Some(code) = text("APP_CRASH").and_then(|code| code.parse().ok()) {
        exit(code);
    }
    let (stop, stopping) = watch::channel(false);
    let stubborn = env::var_os("APP_STUBBORN").is_some();
    let (notes, name) = (folder.clone(), instance.clone());
    tokio::spawn(async move {
        let Ok(mut terminate) = terminate else { exit(97) };
        while terminate.recv().await.is_some() {
            note(&notes, "term", &name);
            if !stubborn {
                stop.send_replace(true);
            }
        }
    });
    if let Some(gate) = text("APP_GATE") {
        tokio::select! {
            () = until_there(Path::new(&gate)) => {}
            () = stopped(stopping.clone()) => exit(0),
        }
    }
    let address = format!("{}:{}", text("POD_IP").unwrap_or_default(), text("APP_PORT").unwrap_or_default());
    let Ok(listener) = TcpListener::bind(&address).await else {
        println!("cannot listen on {address}");
        exit(96);
    };
    let app = Arc::new(App { folder, instance, ill: AtomicBool::new(false) });
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            // Connections that wait already are taken, also when it is time to end.
            biased;
            Ok((stream, _)) = listener.accept() => {
                let app = Arc::clone(&app);
                answers.spawn(async move { app.answer(stream).await });
            }
            () = stopped(stopping.clone()) => break,
        }
    }
    drop(listener);
    // Who was promised an answer gets it.
    while answers.join_next().await.is_some() {}
    exit(0);
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

struct App {
    folder: PathBuf,
    instance: String,
    ill: AtomicBool,
}

impl App {
    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.windows(4).any(|window| window == b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let line = String::from_utf8_lossy(&request).into_owned();
        let path = line.split(' ').nth(1).unwrap_or_default();
        let mut status = "200 OK";
        let mut body = "done".to_owned();
        match path {
            "/" => {
                let environment: std::collections::BTreeMap<_, _> = env::vars().collect();
                let pod = text("POD_NAME");
                body = json!({ "pod": pod, "instance": self.instance, "environment": environment }).to_string();
            }
            "/ill" => self.ill.store(true, Ordering::Relaxed),
            "/well" => self.ill.store(false, Ordering::Relaxed),
            "/ready" if self.ill.load(Ordering::Relaxed) => status = "503 Service Unavailable",
            _ => {}
        }
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await?;
        match path {
            "/work" => tokio::time::sleep(LOOK).await,
            "/hold" => until_there(&self.folder.join("release")).await,
            _ => {}
        }
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await?;
        if let Some(code) = path.strip_prefix("/exit/").and_then(|code| code.parse().ok()) {
            // Whoever asked reads the answer to its end before the connection breaks.
            let _ = stream.read(&mut [0; 16]).await;
            exit(code);
        }
        Ok(())
    }
}
