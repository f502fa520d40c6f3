//! Arguments that services share. Flatten them into a program's own `clap` struct.

use crate::Failure;
use clap::Args;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio::net::TcpListener;

/// Where to listen.
#[derive(Debug, Clone, Args)]
pub struct Listen {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

impl Listen {
    /// Opens the listening socket.
    ///
    /// # Errors
    /// When the address is taken or not one of this machine's.
    pub async fn bind(&self) -> Result<TcpListener, Failure> {
        TcpListener::bind(self.listen).await.map_err(|error| {
            Failure::new(format!("cannot listen on {}: {error}; choose another with --listen", self.listen))
        })
    }
}

/// Where to keep data.
#[derive(Debug, Clone, Args)]
pub struct DataDir {
    /// Folder for everything that is stored; made if it is not there
    #[arg(long, env = "DATA_DIR", value_name = "DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

impl DataDir {
    /// Makes the folder where it is missing, and returns it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self) -> Result<&Path, Failure> {
        std::fs::create_dir_all(&self.data_dir).map_err(|error| {
            Failure::new(format!("cannot make the data folder {}: {error}", self.data_dir.display()))
        })?;
        Ok(&self.data_dir)
    }
}
