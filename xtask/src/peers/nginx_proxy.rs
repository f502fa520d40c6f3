//! nginx, as the gateway of day 23: gw.toml becomes a configuration of nginx, again at each SIGHUP, and SIGTERM becomes
//! SIGQUIT, by which nginx finishes what is in flight.
//!
//! So a shell stands before nginx, which knows neither gw.toml nor a SIGTERM that waits.

use super::adapter::{Flags, Peer};
use std::{fmt::Write, fs, io, net::SocketAddr, path::Path, process::Command};
use toml::{Table, Value};

#[derive(Debug)]
pub struct NginxProxy;

/// Arguments: this program, address, gw.toml, folder, nginx.
const SUPERVISOR: &str = r#"
file="$4/nginx.conf"
"$5" -p "$4" -c "$file" -e stderr &
nginx=$!
trap '"$1" become-peer nginx:proxy --listen "$2" --config "$3" --translate-to "$file" && kill -HUP $nginx' HUP
# nginx drops connections that it has not accepted yet, so it gets a moment for that.
trap 'sleep 0.5; kill -QUIT $nginx' TERM
# Nobody can catch SIGKILL, but somebody else can notice it.
( trap '' HUP TERM; while kill -0 $$ 2> "$4/watchdog"; do sleep 0.1; done; kill -TERM $nginx ) 2> "$4/watchdog" &
while kill -0 $nginx 2> "$4/watchdog"; do wait $nginx; done
exit 0
"#;

impl Peer for NginxProxy {
    fn listener(&self) -> &'static str {
        "http"
    }

    fn version_argument(&self) -> &'static str {
        "-v"
    }

    fn command(&self, address: SocketAddr, flags: &Flags) -> io::Result<Command> {
        let config = flags.config.as_deref().ok_or_else(|| io::Error::other("it needs --config FILE"))?;
        // Below TMPDIR, which goes with the test.
        let folder = std::env::temp_dir().join(format!("nginx-proxy-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        self.translate(address, flags, &folder.join("nginx.conf"))?;
        let mut command = Command::new("sh");
        command.args(["-c", SUPERVISOR, "sh"]).arg(std::env::current_exe()?).arg(address.to_string());
        command.arg(config).arg(&folder);
        command.arg(if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" });
        Ok(command)
    }

    fn translate(&self, address: SocketAddr, flags: &Flags, file: &Path) -> io::Result<()> {
        let config = flags.config.as_deref().ok_or_else(|| io::Error::other("it needs --config FILE"))?;
        let folder = file.parent().ok_or_else(|| io::Error::other("the configuration has no folder"))?;
        let named = |why: &dyn std::fmt::Display| io::Error::other(format!("{}: {why}", config.display()));
        let table: Table =
            fs::read_to_string(config)?.parse().map_err(|error: toml::de::Error| named(&error.message()))?;
        fs::write(file, configuration(address, &table, folder).map_err(|why| named(&why))?)
    }
}

fn number(table: Option<&Value>, key: &str, default: i64) -> i64 {
    table.and_then(|table| table.get(key)).and_then(Value::as_integer).unwrap_or(default)
}

fn texts<'a>(table: &'a Table, key: &str) -> Vec<&'a str> {
    let values = table.get(key).and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).collect()
}

fn configuration(address: SocketAddr, config: &Table, folder: &Path) -> Result<String, String> {
    let folder = folder.display();
    let timeout = config.get("timeout_ms").and_then(Value::as_integer).unwrap_or(30_000);
    let trusted = texts(config, "trusted");
    let cache = number(config.get("cache"), "max_bytes", 64 << 20);
    let routes = config.get("route").and_then(Value::as_array).ok_or("there is no [[route]]")?;
    let (mut upstreams, mut locations) = (String::new(), String::new());
    for (index, route) in routes.iter().filter_map(Value::as_table).enumerate() {
        let prefix = route.get("prefix").and_then(Value::as_str).ok_or("a prefix is a text")?;
        let servers: String = texts(route, "upstreams").iter().map(|at| format!("server {at} max_fails=0; ")).collect();
        let hash = route.get("balance").and_then(Value::as_str) == Some("hash");
        let balance = if hash { "hash $uri consistent; " } else { "" };
        let stored = route.get("cache").and_then(Value::as_bool) == Some(true);
        let buffering = if stored { "proxy_cache stored; proxy_buffering on;" } else { "proxy_buffering off;" };
        // A String takes everything.
        let _ = writeln!(upstreams, "    upstream route{index} {{ {balance}{servers}keepalive 64; }}");
        let _ = writeln!(locations, "        location \"{prefix}\" {{ {buffering} proxy_pass http://route{index}; }}");
    }
    let believed: String = trusted.iter().map(|network| format!("    set_real_ip_from {network};\n")).collect();
    let networks: String = trusted.iter().map(|network| format!("{network} 1; ")).collect();
    let (mut zone, mut limit, mut wait) = (String::new(), String::new(), 1);
    if let Some(section) = config.get("limit") {
        let (rate, burst) = (number(Some(section), "per_minute", 1), number(Some(section), "burst", 1));
        zone = format!("limit_req_zone $binary_remote_addr zone=clients:1m rate={rate}r/m;");
        // It counts the request that is let through at once apart from those that may come early.
        let early = burst - 1;
        let early = if early > 0 { format!("burst={early} nodelay") } else { String::new() };
        limit = format!("limit_req zone=clients {early}; limit_req_status 429;");
        wait = (60 + rate - 1) / rate;
    }
    let problems: String = [(404, "Not Found"), (429, "Too Many Requests"), (502, "Bad Gateway"), (504, "Gateway Timeout")]
        .iter()
        .map(|(status, title)| {
            let more = if *status == 429 { format!("add_header Retry-After {wait} always; ") } else { String::new() };
            format!(
                "        error_page {status} @{status};\n        location @{status} {{ default_type application/problem+json; \
                 {more}return {status} '{{\"title\":\"{title}\",\"status\":{status}}}'; }}\n"
            )
        })
        .collect();
    Ok(format!(
        r#"daemon off;
user root;
worker_processes 1;
worker_shutdown_timeout 1s;
pid {folder}/pid;
error_log stderr error;
worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    client_max_body_size 0;
    merge_slashes off;
    proxy_request_buffering off;
    proxy_http_version 1.1;
    proxy_connect_timeout 2s;
    proxy_read_timeout {timeout}ms;
    proxy_next_upstream error;
{believed}    real_ip_header X-Forwarded-For;
    real_ip_recursive on;
    geo $realip_remote_addr $trusted {{ default 0; {networks}}}
    map "$trusted:$http_x_forwarded_proto" $proto {{ default http; "~^1:(?<said>.+)$" $said; }}
    map $http_via $via {{ default "$http_via, 1.1 gateway"; "" "1.1 gateway"; }}
    map $http_upgrade $protocol {{ default ""; "~*^websocket$" websocket; }}
    map $protocol $to_upstream {{ default upgrade; "" ""; }}
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $proto;
    proxy_set_header X-Forwarded-Host "";
    proxy_set_header X-Real-IP "";
    proxy_set_header Forwarded "";
    proxy_set_header Proxy-Authorization "";
    proxy_set_header Via $via;
    proxy_set_header Upgrade $protocol;
    proxy_set_header Connection $to_upstream;
    proxy_cache_path {folder}/cache keys_zone=stored:1m max_size={cache} inactive=1d;
    proxy_cache_key "$http_host$request_uri";
    proxy_cache_convert_head off;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 30s;
    map "$request_method:$http_authorization$http_range$http_cache_control" $passing {{ default 1; "GET:" 0; }}
    proxy_cache_bypass $passing;
    proxy_no_cache $passing;
    map $upstream_cache_status $cache_status {{ default ""; HIT "gateway; hit"; }}
    add_header Cache-Status $cache_status;
    {zone}
{upstreams}
    server {{
        listen {address} backlog=2048;
        {limit}
{problems}{locations}    }}
}}
"#
    ))
}
