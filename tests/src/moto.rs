//! An S3 server that is not ours and not in Rust: moto, in the Python of the tests. It keeps its objects in memory.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::installed::python;
use crate::listening::free_port;
use crate::process::{Process, until};
use crate::s3::BUCKET;

const READY_WITHIN: Duration = Duration::from_secs(60);

/// The server; gone with the value.
#[derive(Debug)]
pub struct Moto {
    address: SocketAddr,
    _process: Process,
}

impl Moto {
    /// A server with the bucket of the tests, empty.
    pub fn start() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut command = Command::new(python());
        command.args(["-m", "moto.server", "-H", "127.0.0.1"]);
        command.args(["-p", &address.port().to_string()]);
        command.stdin(Stdio::null());
        let mut process = Process::start("moto", &mut command);
        until("moto takes the bucket", READY_WITHIN, || {
            let ended = process.status();
            assert!(ended.is_none(), "moto ended: {ended:?}\n{}", process.said());
            create_bucket(address).is_ok_and(|line| line.contains(" 200 "))
        });
        Self {
            address,
            _process: process,
        }
    }

    /// The URL at which clients find it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The first line of the answer.
fn create_bucket(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(READY_WITHIN))?;
    write!(
        stream,
        "PUT /{BUCKET} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}
