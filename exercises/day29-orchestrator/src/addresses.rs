//! Addresses of pods. All of 127.0.0.0/8 is this machine, so every pod can have an address of its own, and all may use the
//! same port.

use ipnet::Ipv4Net;
use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The addresses that pods share. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Addresses {
    net: Ipv4Net,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    addresses: BTreeSet<Ipv4Addr>,
    /// The one that was taken last. An address is used again as late as possible, for somebody may still remember it.
    last: Option<Ipv4Addr>,
}

/// An address that belongs to one pod until this is dropped.
#[derive(Debug)]
pub struct Lease {
    pub address: Ipv4Addr,
    owner: Addresses,
}

impl Addresses {
    pub fn new(net: Ipv4Net) -> Addresses {
        Addresses { net, taken: Arc::default() }
    }

    /// A free address, if there is one.
    pub fn take(&self) -> Option<Lease> {
        let mut taken = self.lock();
        let is_free = |address: &Ipv4Addr| !taken.addresses.contains(address);
        let later = self.net.hosts().filter(|address| taken.last.is_none_or(|last| *address > last));
        let address = later.chain(self.net.hosts()).find(is_free)?;
        taken.last = Some(address);
        drop(taken);
        Some(self.claim(address))
    }

    /// This address, which a pod had before.
    pub fn claim(&self, address: Ipv4Addr) -> Lease {
        self.lock().addresses.insert(address);
        Lease { address, owner: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.owner.lock().addresses.remove(&self.address);
    }
}
