//! What the other tests rely on does what it says: the S3 server, the proxies.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig};
use tokio::task::JoinSet;
use wayfare_tests::fault_proxy::{Extent, Fault, FaultProxy, Requests};
use wayfare_tests::runtime::block_on;
use wayfare_tests::s3::{self, BUCKET, S3};
use wayfare_tests::tcp_proxy::{Line, TcpProxy};

const WRITERS: usize = 16;
/// For what must not come.
const A_MOMENT: Duration = Duration::from_millis(300);

/// A client that tries once.
fn client(endpoint: &str) -> AmazonS3 {
    let once = RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    };
    let settings = s3::environment(endpoint).into_iter();
    let builder = settings.fold(AmazonS3Builder::new(), |builder, (name, value)| {
        let key = name.to_lowercase().parse().expect("a setting of the client");
        builder.with_config(key, value)
    });
    let builder = builder.with_bucket_name(BUCKET).with_retry(once);
    builder.build().expect("the settings are complete")
}

async fn create(store: &AmazonS3, path: &str, content: String) -> Result<(), Error> {
    let options = PutOptions::from(PutMode::Create);
    let payload = PutPayload::from(content);
    store
        .put_opts(&Path::from(path), payload, options)
        .await
        .map(|_| ())
}

async fn read(store: &AmazonS3, path: &str) -> Result<String, Error> {
    let bytes = store.get(&Path::from(path)).await?.bytes().await?;
    Ok(String::from_utf8(bytes.to_vec()).expect("the tests write text"))
}

#[test]
fn of_writers_that_create_one_object_one_wins() {
    let s3 = S3::start();
    let endpoint = s3.endpoint();
    block_on(|| async {
        let store = Arc::new(client(&endpoint));
        for round in 0..8 {
            let path = format!("log/{round}.json");
            let mut writers = JoinSet::new();
            for writer in 0..WRITERS {
                let (store, path) = (Arc::clone(&store), path.clone());
                writers.spawn(async move { (writer, create(&store, &path, writer.to_string()).await) });
            }
            let mut winners = Vec::new();
            for (writer, result) in writers.join_all().await {
                match result {
                    Ok(()) => winners.push(writer.to_string()),
                    Err(Error::AlreadyExists { .. }) => {}
                    Err(error) => panic!("writer {writer}: {error}"),
                }
            }
            assert_eq!(winners.len(), 1, "{winners:?}");
            assert_eq!(read(&store, &path).await.expect("it was written"), winners[0]);
        }
    });
    let file = s3.folder("log").join("0.json");
    assert!(file.is_file(), "objects are files");
}

#[test]
fn the_proxy_does_to_requests_what_it_is_told() {
    let s3 = S3::start();
    let proxy = FaultProxy::before(s3.address());
    let endpoint = proxy.endpoint();
    block_on(|| async {
        let store = client(&endpoint);
        create(&store, "a/_delta_log/0.json", "zero".to_owned())
            .await
            .expect("nothing is injected yet");

        let away = proxy.inject(Requests::all(), Fault::Unavailable, Extent::Times(1));
        let refused = read(&store, "a/_delta_log/0.json").await;
        let error = refused.expect_err("the store is not available").to_string();
        assert!(error.contains("503"), "{error}");
        let found = read(&store, "a/_delta_log/0.json").await;
        assert_eq!(found.expect("it is over"), "zero");
        assert_eq!(away.fired(), 1);

        let commits = Requests::commits(Some("a/"));
        let reset = proxy.inject(commits, Fault::ResetAfterSuccess, Extent::Forever);
        create(&store, "b/_delta_log/1.json", "other".to_owned())
            .await
            .expect("another table");
        let lost = create(&store, "a/_delta_log/1.json", "one".to_owned()).await;
        assert!(
            !matches!(lost, Ok(()) | Err(Error::AlreadyExists { .. })),
            "{lost:?}"
        );
        assert_eq!(reset.fired(), 1);
        let again = create(&store, "a/_delta_log/1.json", "another".to_owned()).await;
        assert!(matches!(again, Err(Error::AlreadyExists { .. })), "{again:?}");
        let kept = read(&store, "a/_delta_log/1.json").await;
        assert_eq!(kept.expect("the lost answer was to a success"), "one");
        reset.stop();

        for fault in [Fault::HoldRequest, Fault::HoldAnswer] {
            let path = format!("held/{fault:?}");
            let held = proxy.inject(Requests::creating(), fault, Extent::Times(1));
            let mut write = Box::pin(create(&store, &path, "held".to_owned()));
            let early = tokio::time::timeout(A_MOMENT, &mut write).await;
            assert!(early.is_err(), "{fault:?}: {early:?}");
            assert_eq!(held.fired(), 1, "{fault:?}");
            assert_eq!(
                s3.folder(&path).is_file(),
                fault == Fault::HoldAnswer,
                "{fault:?}"
            );
            held.stop();
            write.await.expect("it goes on");
            assert!(s3.folder(&path).is_file(), "{fault:?}");
        }
    });
}

#[test]
fn a_line_can_be_silent_and_refusing() {
    let echo = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let upstream = echo.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in echo.incoming() {
            let mut stream = stream.expect("a connection");
            std::thread::spawn(move || {
                let mut byte = [0];
                while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
            });
        }
    });
    let proxy = TcpProxy::between(SocketAddr::from(([127, 0, 0, 1], 0)), upstream);
    let connect = || {
        let stream = TcpStream::connect(proxy.address()).expect("the proxy listens");
        stream.set_read_timeout(Some(A_MOMENT)).expect("a limit");
        stream
    };
    let said = |stream: &mut TcpStream, byte: u8| -> std::io::Result<u8> {
        stream.write_all(&[byte])?;
        let mut answer = [0];
        stream.read_exact(&mut answer).map(|()| answer[0])
    };
    let mut stream = connect();
    assert_eq!(said(&mut stream, 1).expect("the line is whole"), 1);

    proxy.set(Line::Silent);
    let lost = said(&mut stream, 2).expect_err("the line is silent");
    assert!(
        matches!(lost.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{lost}"
    );
    assert_eq!(proxy.stopped(), 1);
    proxy.set(Line::Whole);
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a limit");
    let mut late = [0];
    stream.read_exact(&mut late).expect("what was under way arrives");
    assert_eq!(late, [2]);

    proxy.set(Line::Refusing);
    let mut end = [0];
    assert!(!matches!(stream.read(&mut end), Ok(1..)), "the connection is cut");
    let refused = TcpStream::connect(proxy.address()).and_then(|mut stream| said(&mut stream, 3));
    assert!(refused.is_err(), "{refused:?}");
}
