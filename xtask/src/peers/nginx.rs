//! nginx, as a server of static files in a single process.

use super::adapter::{Flags, Peer};
use std::{fs, io, net::SocketAddr, path::Path, process::Command};

#[derive(Debug)]
pub struct Nginx;

impl Peer for Nginx {
    fn listener(&self) -> &'static str {
        "http"
    }

    fn version_argument(&self) -> &'static str {
        "-v"
    }

    fn command(&self, address: SocketAddr, flags: &Flags) -> io::Result<Command> {
        let root = flags.root.as_deref().ok_or_else(|| io::Error::other("it needs --root DIR"))?.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::other(format!("{} is not a folder", root.display())));
        }
        // Below TMPDIR, which goes with the test.
        let folder = std::env::temp_dir().join(format!("nginx-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(address, &root, &folder, flags.header_timeout_ms))?;
        let mut command = Command::new(if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" });
        command.arg("-p").arg(&folder).arg("-c").arg(&file).args(["-e", "stderr"]);
        Ok(command)
    }
}

fn configuration(address: SocketAddr, root: &Path, folder: &Path, header_timeout_ms: u64) -> String {
    let (root, folder) = (root.display(), folder.display());
    format!(
        r#"daemon off;
master_process off;
pid {folder}/pid;
error_log stderr error;
worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    client_header_timeout {header_timeout_ms}ms;
    keepalive_timeout {header_timeout_ms}ms;
    keepalive_requests 100000;
    client_header_buffer_size 16k;
    large_client_header_buffers 2 16k;
    absolute_redirect off;
    if_modified_since before;
    server {{
        listen {address} backlog=2048;
        root "{root}";
        index index.html;
        disable_symlinks on from=$document_root;
        # nginx has a status of its own for a head that is too large.
        error_page 494 =431 @large;
        location @large {{ return 431; }}
    }}
}}
"#
    )
}
