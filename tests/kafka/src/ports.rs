//! Free ports on the loopback.
//!
//! They are taken below the range from which the system gives ports to outgoing connections: a broker
//! that is stopped and started again must find its port unused.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::error::{Error, io};

const FIRST: u16 = 16_000;
const COUNT: u16 = 16_000;

/// Where the next search begins: processes begin at different places.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// Ports that are kept until somebody else is about to use them.
pub struct Ports(Vec<TcpListener>);

impl Ports {
    /// Finds `count` free ports and keeps them.
    pub fn find(count: usize) -> Result<Ports, Error> {
        let start = (std::process::id() % 500) as u16 * 32;
        let mut found = Vec::new();
        for _ in 0..COUNT {
            if found.len() == count {
                return Ok(Ports(found));
            }
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let port = FIRST + start.wrapping_add(step) % COUNT;
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                found.push(listener);
            }
        }
        Err(io("find a free port between 16000 and 32000")(std::io::ErrorKind::AddrInUse.into()))
    }

    /// The numbers.
    pub fn numbers(&self) -> Result<Vec<u16>, Error> {
        let ports = self.0.iter().map(|one| one.local_addr().map(|address| address.port()));
        ports.collect::<Result<_, _>>().map_err(io("ask for a port's number"))
    }
}
