//! Calls to the small HTTP services of this same program: one request, one answer, one connection.
//!
//! HTTP/1.0, so that an answer ends where the connection does; encrypted where both have certificates. Refuses everything
//! that these services do not do: redirection, other authentication.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use wayfare_cluster::Tls;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A service that loads models before it answers takes its time.
const ANSWER_WITHIN: Duration = Duration::from_mins(10);
const LARGEST_ANSWER: u64 = 16 << 20;

/// What a service answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Asks for `path` of the service at `address`, `HOST:PORT`.
pub(crate) async fn get(address: &str, path: &str) -> io::Result<Answer> {
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    call(address, &request, None).await
}

/// Gives JSON to `path` of the service at `address`, `HOST:PORT`.
pub(crate) async fn post(address: &str, path: &str, json: &str, tls: Option<&Tls>) -> io::Result<Answer> {
    let length = json.len();
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    );
    call(address, &request, tls).await
}

async fn call(address: &str, request: &str, tls: Option<&Tls>) -> io::Result<Answer> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("`{address}` does not answer"));
    let connecting = async {
        let connection: Box<dyn Connection> = match tls {
            None => Box::new(TcpStream::connect(address).await?),
            Some(tls) => Box::new(tls.connect(address).await?),
        };
        io::Result::Ok(connection)
    };
    let connecting = tokio::time::timeout(CONNECT_WITHIN, connecting);
    let mut connection = connecting.await.map_err(late)??;
    let exchange = async {
        connection.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        connection.take(LARGEST_ANSWER).read_to_end(&mut answer).await?;
        parse(&answer)
    };
    tokio::time::timeout(ANSWER_WITHIN, exchange)
        .await
        .map_err(late)?
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<Stream: AsyncRead + AsyncWrite + Send + Unpin> Connection for Stream {}

fn parse(answer: &[u8]) -> io::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let parts = text.split_once("\r\n\r\n").and_then(|(head, body)| {
        let mut words = head.split_whitespace();
        words.next().filter(|version| version.starts_with("HTTP/1."))?;
        Some((words.next()?.parse::<u16>().ok()?, body))
    });
    match parts {
        Some((status, body)) => Ok(Answer {
            status,
            body: body.to_owned(),
        }),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the answer is not HTTP",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        let answer = parse(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno").unwrap();
        let expected = Answer {
            status: 404,
            body: "no".to_owned(),
        };
        assert_eq!(answer, expected);
    }

    #[test]
    fn what_another_protocol_answers_is_refused() {
        for answer in [
            &b""[..],
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 x\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n",
        ] {
            let error = parse(answer).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
