//! What the tests of this day share: a broker, and devices that talk to it packet by packet.

mod device;
mod packet;

pub use device::Device;
pub use packet::{Connect, Packet, Publish, with_header};

use data_encoding::BASE64;
use harness::{Launch, Program, Random, scratch};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use std::path::PathBuf;

/// The program under test, with a data folder of its own.
#[derive(Debug)]
pub struct Broker {
    pub program: Program,
    /// Of the files with users and rules; it goes with the broker.
    _files: Option<tempfile::TempDir>,
}

impl Broker {
    /// A broker for everybody.
    pub fn start() -> Broker {
        Broker { program: Launch::service().data_dir().start(), _files: None }
    }

    /// A broker for these users, by name and password, under these rules.
    pub fn guarded(users: &[(&str, &str)], acl: &str) -> Broker {
        let files = scratch();
        let launch = guarded(&files, users, acl);
        Broker { program: launch.start(), _files: Some(files) }
    }

    /// A new connection that has sent nothing yet.
    pub async fn device(&self) -> Device {
        Device::open(self.program.address()).await
    }

    /// A new connection that was accepted.
    pub async fn connect(&self, connect: Connect) -> Device {
        self.connect_with(connect, None).await
    }

    /// A new connection that was accepted, with a session that was there, or not.
    pub async fn resume(&self, connect: Connect, session_present: bool) -> Device {
        self.connect_with(connect, Some(session_present)).await
    }

    async fn connect_with(&self, connect: Connect, present: Option<bool>) -> Device {
        let mut device = self.device().await;
        device.send_connect(&connect).await;
        let answer = device.next("a client is accepted with CONNACK, return code 0").await;
        let requirement = match present {
            Some(true) => "a client that has a session is accepted with `session present`",
            Some(false) => "a client that has no session is accepted without `session present`",
            None => "a client is accepted with CONNACK, return code 0",
        };
        let Packet::ConnAck { session_present, code } = answer else {
            device.fail(requirement, "CONNACK", &answer);
        };
        if code != 0 || present.is_some_and(|present| present != session_present) {
            let expected = Packet::ConnAck { session_present: present.unwrap_or_default(), code: 0 };
            device.fail(requirement, &expected.to_string(), &answer);
        }
        device
    }

    /// An accepted connection with a clean session and a name that nobody else has.
    pub async fn stranger(&self, random: &mut Random) -> Device {
        self.connect(Connect::new(random.name())).await
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_start_again(&mut self) {
        self.program.kill();
        self.program.start_again();
    }
}

/// A launch with these users and rules, whose files are put into `folder`.
pub fn guarded(folder: &tempfile::TempDir, users: &[(&str, &str)], acl: &str) -> Launch {
    let lines: String = users.iter().map(|(name, password)| user_line(name, password)).collect();
    Launch::service()
        .data_dir()
        .arg("--users")
        .arg(write(folder, "users", &lines))
        .arg("--acl")
        .arg(write(folder, "acl", acl))
}

/// A file with this text.
pub fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file can be written to a fresh folder");
    path
}

/// The line of a user, as `mosquitto_passwd` writes it.
pub fn user_line(name: &str, password: &str) -> String {
    // mosquitto wants exactly 12 bytes.
    let salt: Vec<u8> = format!("{name:-<12}").into_bytes().into_iter().take(12).collect();
    let keyed = Hmac::<Sha512>::new_from_slice(password.as_bytes()).expect("any key will do");
    let mut round = keyed.clone().chain_update(&salt).chain_update([0, 0, 0, 1]).finalize().into_bytes();
    let mut hash = round;
    for _ in 1..101 {
        round = keyed.clone().chain_update(round).finalize().into_bytes();
        hash.iter_mut().zip(round).for_each(|(sum, byte)| *sum ^= byte);
    }
    format!("{name}:$7$101${}${}\n", BASE64.encode(&salt), BASE64.encode(&hash))
}
