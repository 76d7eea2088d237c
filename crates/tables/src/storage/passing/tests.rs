//! Errors of a real client, made by servers that refuse, break off or say nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig};

use super::*;
use crate::error::{TablesError, class_of};

/// What a server does with every request.
#[derive(Clone, Copy)]
enum Behaviour {
    Answer(&'static str),
    BreakOff,
    KeepSilent,
    NoHttp,
}

fn serve(behaviour: Behaviour) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        // Closing a connection with bytes in it that were not read would take the answer back.
        let mut open = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            match behaviour {
                Behaviour::Answer(status) => {
                    read_head(&mut connection);
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    connection.write_all(answer.as_bytes()).unwrap();
                    open.push(connection);
                }
                Behaviour::BreakOff => read_head(&mut connection),
                Behaviour::KeepSilent => open.push(connection),
                Behaviour::NoHttp => {
                    connection.write_all(b"SSH-2.0-something\r\n").unwrap();
                    open.push(connection);
                }
            }
        }
    });
    address
}

fn read_head(connection: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
}

/// Nobody listens on a port that only root could, and that no service has used for decades.
fn closed_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}

fn client(scheme: &str, address: SocketAddr) -> AmazonS3 {
    let options = ClientOptions::new()
        .with_allow_http(true)
        .with_timeout(Duration::from_millis(500));
    AmazonS3Builder::new()
        .with_endpoint(format!("{scheme}://{address}"))
        .with_bucket_name("bucket")
        .with_region("us-east-1")
        .with_access_key_id("key")
        .with_secret_access_key("secret")
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_client_options(options)
        .with_retry(RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        })
        .build()
        .unwrap()
}

/// The errors of a read, a write and a listing.
async fn errors(store: &AmazonS3) -> [object_store::Error; 3] {
    let path = Path::from("object");
    let create = PutOptions::from(PutMode::Create);
    [
        store.get(&path).await.unwrap_err(),
        store.put_opts(&path, "x".into(), create).await.unwrap_err(),
        store.list_with_delimiter(None).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn what_may_go_away_is_told_from_what_was_answered_for_good() {
    use Behaviour::{Answer, BreakOff, KeepSilent};
    let cases = [
        ("closed port", closed_port(), true),
        ("broken off", serve(BreakOff), true),
        ("silence", serve(KeepSilent), true),
        ("500", serve(Answer("500 Internal Server Error")), true),
        ("503", serve(Answer("503 Slow Down")), true),
        ("429", serve(Answer("429 Too Many Requests")), true),
        ("501", serve(Answer("501 Not Implemented")), false),
        ("400", serve(Answer("400 Bad Request")), false),
        ("401", serve(Answer("401 Unauthorized")), false),
        ("403", serve(Answer("403 Forbidden")), false),
        ("404", serve(Answer("404 Not Found")), false),
        ("409", serve(Answer("409 Conflict")), false),
        ("412", serve(Answer("412 Precondition Failed")), false),
        ("301", serve(Answer("301 Moved Permanently")), false),
    ];
    for (name, address, expected) in cases {
        for error in errors(&client("http", address)).await {
            assert_eq!(is_passing(&error), expected, "{name}: {error:?}");
        }
    }
}

#[tokio::test]
async fn classes_follow_the_answers() {
    use Behaviour::Answer;
    for (status, expected) in [
        ("503 Slow Down", ErrorClass::Transient),
        ("403 Forbidden", ErrorClass::UserInput),
        ("400 Bad Request", ErrorClass::UserInput),
        ("404 Not Found", ErrorClass::NotFound),
    ] {
        for error in errors(&client("http", serve(Answer(status)))).await {
            assert_eq!(class_of(&error), Some(expected), "{status}: {error:?}");
        }
    }
}

#[tokio::test]
async fn somebody_else_who_listens_there_is_a_mistake() {
    for error in errors(&client("https", serve(Behaviour::NoHttp))).await {
        assert!(!is_passing(&error), "{error:?}");
        assert_eq!(class_of(&error), Some(ErrorClass::UserInput), "{error:?}");
    }
}

#[tokio::test]
async fn wrapping_hides_nothing() {
    let unreachable = || async {
        let store = client("http", closed_port());
        store.get(&Path::from("object")).await.unwrap_err()
    };
    let in_tables = TablesError::Storage {
        action: "read",
        path: "object".to_owned(),
        source: unreachable().await,
    };
    assert!(is_passing(&in_tables));
    assert!(is_passing(&std::io::Error::other(unreachable().await)));
    assert!(is_passing(&std::io::Error::from(unreachable().await)));
    assert!(is_passing(&Arc::new(unreachable().await)));
    assert!(is_passing(&Box::new(unreachable().await)));
    let of_any_kind: Arc<dyn Error + Send + Sync> = Arc::new(unreachable().await);
    assert!(is_passing(&std::io::Error::other(of_any_kind)));
}

#[test]
fn what_the_disk_says_does_not_pass() {
    for kind in [
        ErrorKind::StorageFull,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::InvalidData,
    ] {
        let error = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(std::io::Error::from(kind)),
        };
        assert!(!is_passing(&error), "{kind:?}");
    }
    let reset = std::io::Error::from(ErrorKind::ConnectionReset);
    assert!(is_passing(&reset));
}
