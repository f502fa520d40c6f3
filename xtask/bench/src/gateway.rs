//! Day 23: the gateway beside nginx, before one and the same small server.
//!
//! Clients and server are threads of this program, which is enough to ask more than either gateway can answer. Both
//! share the machine with them, so only the ratio means something.

use crate::{Setting, rounds::in_turn};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const CLIENTS: u32 = 8;
const REQUESTS: u32 = 4000;
const BODY: &[u8] = &[b'x'; 1024];
/// A gateway that does not answer by then has failed to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway that ends with this value.
struct Running(Child, SocketAddr);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already need not be ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn run(setting: &Setting) -> Result<(), String> {
    let installed = ["/usr/sbin/nginx", "nginx"]
        .into_iter()
        .find(|path| Command::new(path).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok());
    let Some(nginx) = installed else {
        println!("day 23: skipped, because nginx is not installed, install the package nginx-light");
        return Ok(());
    };
    let program = setting.release_program("23")?;
    let folder = setting.folder.join("gateway");
    let words = |error: std::io::Error| error.to_string();
    fs::create_dir_all(&folder).map_err(words)?;
    let upstream = serve().map_err(words)?;
    let ours = start_ours(&program, &folder, upstream).map_err(words)?;
    let theirs = start_nginx(nginx, &folder, upstream).map_err(words)?;
    let medians = in_turn(setting.rounds, || load(ours.1), || load(theirs.1))?;
    let total = CLIENTS * REQUESTS;
    println!("day 23: {total} requests by {CLIENTS} clients, medians of {} rounds in turn", setting.rounds);
    for (name, time) in [("the solution", medians.ours), ("nginx", medians.theirs)] {
        let seconds = time.as_secs_f64();
        println!("  {name:12}  {seconds:6.2} s  {:9.0} requests/s", f64::from(total) / seconds);
    }
    println!("  nginx takes {:.2} times as long", medians.ratio());
    Ok(())
}

fn start_ours(program: &Path, folder: &Path, upstream: SocketAddr) -> std::io::Result<Running> {
    let (config, address) = (folder.join("gw.toml"), free_port()?);
    fs::write(&config, format!("[[route]]\nprefix = \"/\"\nupstreams = [\"{upstream}\"]\n"))?;
    let mut command = Command::new(program);
    command.args(["--listen", &address.to_string(), "--config"]).arg(&config);
    start(command, address)
}

/// One process, as ours is. It may use one core, and ours all.
fn start_nginx(nginx: &str, folder: &Path, upstream: SocketAddr) -> std::io::Result<Running> {
    let (config, address, at) = (folder.join("nginx.conf"), free_port()?, folder.display());
    fs::write(
        &config,
        format!(
            "daemon off; master_process off; pid {at}/pid; error_log stderr error;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n\
                 access_log off; keepalive_requests 100000000; proxy_http_version 1.1;\n\
                 client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;\n\
                 uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
                 upstream all {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}\n\
                 server {{ listen {address}; location / {{\n\
                     proxy_pass http://all; proxy_set_header Connection \"\"; proxy_set_header Host $http_host;\n\
                     proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Via \"1.1 gateway\";\n\
                 }} }}\n\
             }}\n"
        ),
    )?;
    let mut command = Command::new(nginx);
    command.arg("-p").arg(folder).arg("-c").arg(&config).args(["-e", "stderr"]);
    start(command, address)
}

fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn start(mut command: Command, address: SocketAddr) -> std::io::Result<Running> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let running = Running(child, address);
    let deadline = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address) {
            Ok(_) => return Ok(running),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The upstream: a thread for each connection, and the same answer to every request.
fn serve() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(&stream));
        }
    });
    Ok(address)
}

fn answer(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", BODY.len());
    let response = [head.as_bytes(), BODY].concat();
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    while requests.read_line(&mut line)? > 0 {
        if line == "\r\n" {
            stream.write_all(&response)?;
        }
        line.clear();
    }
    Ok(())
}

/// How long all clients together take, each on one connection.
fn load(address: SocketAddr) -> Result<Duration, String> {
    let begin = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(move || ask(address))).collect();
    for client in clients {
        let outcome = client.join().map_err(|_| "a client has panicked".to_owned())?;
        outcome.map_err(|error| format!("a request to {address} failed: {error}"))?;
    }
    Ok(begin.elapsed())
}

fn ask(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut responses = BufReader::new(stream.try_clone()?);
    let (mut line, mut body) = (String::new(), [0; BODY.len()]);
    for _ in 0..REQUESTS {
        stream.write_all(b"GET /some/page?of=the&shop=1 HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n")?;
        line.clear();
        responses.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200 ") {
            return Err(std::io::Error::other(format!("status line {line:?}")));
        }
        // Both gateways pass the length on, so the body follows the empty line.
        while line != "\r\n" {
            line.clear();
            responses.read_line(&mut line)?;
        }
        responses.read_exact(&mut body)?;
    }
    Ok(())
}
