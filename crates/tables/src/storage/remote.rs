//! Object storage over HTTP: how a bucket is opened, and how long one waits for it.
//!
//! All requests of the process run on a runtime of their own. Connections then outlive the runtime of whoever uses them,
//! and answers are read on time while the threads of a query compute. What has arrived waits in memory for its reader,
//! so that large objects are read in pieces.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
#[cfg(feature = "az")]
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::SpawnedReqwestConnector;
#[cfg(feature = "gs")]
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
use tokio::runtime::{Builder, Handle, Runtime};
use url::Url;

use super::in_pieces::InPieces;
use crate::error::TablesError;

/// Environment variable: for how many seconds one request is tried again, at most, when storage does not answer or asks
/// to wait; 0 means never.
pub const RETRY_VARIABLE: &str = "WAYFARE_STORE_RETRY_SECONDS";

const RETRY_SECONDS: u64 = 120;
/// A request is not signed anew when it is tried again, and signatures hold for a while only.
const MAXIMUM_RETRY_SECONDS: u64 = 280;
/// Tries grow apart up to this, so that the end of an outage is noticed soon.
const MAXIMUM_BACKOFF: Duration = Duration::from_secs(5);
/// From the first byte sent to the last one received: a piece of eight megabytes over a bad line.
const REQUEST_TIMEOUT: &str = "60 seconds";
const CONNECT_TIMEOUT: &str = "5 seconds";
/// S3 closes connections that idle for twenty seconds or so; a request on one that was just closed would be lost.
const POOL_IDLE_TIMEOUT: &str = "15 seconds";
const IO_THREADS: usize = 2;

/// The schemes that this program was built for, other than `file`.
pub(super) const SCHEMES: &[&str] = &[
    "s3",
    #[cfg(feature = "gs")]
    "gs",
    #[cfg(feature = "az")]
    "az",
];

pub(super) fn is_supported(scheme: &str) -> bool {
    SCHEMES.contains(&scheme)
}

/// Opens the bucket of a URL that has one.
pub(super) fn open(url: &Url) -> Result<Arc<dyn ObjectStore>, TablesError> {
    let unusable = |reason: String| TablesError::InvalidLocation {
        location: url.to_string(),
        reason,
    };
    let retry = retry_config(retry_seconds_from_environment().as_deref()).map_err(unusable)?;
    let runtime = io_runtime().map_err(|error| unusable(format!("no thread for its requests: {error}")))?;
    let connector = SpawnedReqwestConnector::new(runtime);
    let bucket = url.host_str().unwrap_or_default();
    let opened = match url.scheme() {
        "s3" => s3(bucket, connector, retry),
        #[cfg(feature = "gs")]
        "gs" => gcs(GoogleCloudStorageBuilder::from_env(), bucket, connector, retry),
        #[cfg(feature = "az")]
        "az" => azure(MicrosoftAzureBuilder::from_env(), bucket, connector, retry),
        scheme => {
            return Err(TablesError::UnsupportedScheme {
                location: url.to_string(),
                scheme: scheme.to_owned(),
            });
        }
    };
    let store = opened.map_err(|error| unusable(error.to_string()))?;
    Ok(Arc::new(InPieces::new(store)))
}

fn s3(
    bucket: &str,
    connector: SpawnedReqwestConnector,
    retry: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        // Every promise about runs rests on writes that only the first writer can make.
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry)
        .with_http_connector(connector);
    for (key, value) in client_settings() {
        builder = builder.with_config(AmazonS3ConfigKey::Client(key), value);
    }
    Ok(Arc::new(builder.build()?))
}

/// Promises about runs rest on writes that only the first writer can make: this client asks for them by generation.
#[cfg(feature = "gs")]
fn gcs(
    environment: GoogleCloudStorageBuilder,
    bucket: &str,
    connector: SpawnedReqwestConnector,
    retry: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = environment
        .with_bucket_name(bucket)
        .with_retry(retry)
        .with_http_connector(connector);
    for (key, value) in client_settings() {
        builder = builder.with_config(GoogleConfigKey::Client(key), value);
    }
    Ok(Arc::new(builder.build()?))
}

/// As for `s3`, a URL names no account: the environment does.
#[cfg(feature = "az")]
fn azure(
    environment: MicrosoftAzureBuilder,
    container: &str,
    connector: SpawnedReqwestConnector,
    retry: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    if environment
        .get_config_value(&AzureConfigKey::AccountName)
        .is_none()
    {
        return Err(object_store::Error::Generic {
            store: "MicrosoftAzure",
            source: "AZURE_STORAGE_ACCOUNT_NAME is not set; beside it, AZURE_STORAGE_ACCOUNT_KEY or another credential is \
                     needed where the machine has no identity of its own"
                .into(),
        });
    }
    let mut builder = environment
        .with_container_name(container)
        .with_retry(retry)
        .with_http_connector(connector);
    for (key, value) in client_settings() {
        builder = builder.with_config(AzureConfigKey::Client(key), value);
    }
    Ok(Arc::new(builder.build()?))
}

/// One by one: options given as a whole would replace those of the environment, such as whether plain HTTP is allowed.
fn client_settings() -> [(ClientConfigKey, &'static str); 3] {
    [
        (ClientConfigKey::Timeout, REQUEST_TIMEOUT),
        (ClientConfigKey::ConnectTimeout, CONNECT_TIMEOUT),
        (ClientConfigKey::PoolIdleTimeout, POOL_IDLE_TIMEOUT),
    ]
}

/// Time ends the tries, and not their number.
fn retry_config(seconds: Option<&str>) -> Result<RetryConfig, String> {
    let seconds = match seconds {
        None => RETRY_SECONDS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|seconds| *seconds <= MAXIMUM_RETRY_SECONDS)
            .ok_or_else(|| {
                format!(
                    "{RETRY_VARIABLE} is '{text}', not a number of seconds from 0 to {MAXIMUM_RETRY_SECONDS}"
                )
            })?,
    };
    Ok(RetryConfig {
        backoff: BackoffConfig {
            max_backoff: MAXIMUM_BACKOFF,
            ..BackoffConfig::default()
        },
        max_retries: if seconds == 0 { 0 } else { usize::MAX },
        retry_timeout: Duration::from_secs(seconds),
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "like credentials, it belongs to the machine and not to a job: buckets are opened where no settings are known"
)]
fn retry_seconds_from_environment() -> Option<String> {
    std::env::var(RETRY_VARIABLE).ok().filter(|text| !text.is_empty())
}

/// Lives as long as the process.
fn io_runtime() -> std::io::Result<Handle> {
    static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = match &mut *runtime {
        Some(runtime) => runtime,
        none => {
            let started = Builder::new_multi_thread()
                .worker_threads(IO_THREADS)
                .thread_name("wayfare-storage")
                .enable_all()
                .build()?;
            none.insert(started)
        }
    };
    Ok(runtime.handle().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_end_with_time() {
        let config = retry_config(None).unwrap();
        assert_eq!(config.retry_timeout, Duration::from_secs(RETRY_SECONDS));
        let config = retry_config(Some("7")).unwrap();
        assert_eq!(
            (config.max_retries, config.retry_timeout.as_secs()),
            (usize::MAX, 7)
        );
        assert_eq!(retry_config(Some("0")).unwrap().max_retries, 0);
        for wrong in ["-1", "soon", "281", "1.5"] {
            assert!(retry_config(Some(wrong)).unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn the_settings_of_the_client_are_read() {
        let mut builder = AmazonS3Builder::new();
        for (key, value) in client_settings() {
            builder = builder.with_config(AmazonS3ConfigKey::Client(key), value);
        }
        builder
            .with_bucket_name("bucket")
            .with_region("eu")
            .build()
            .unwrap();
    }

    #[cfg(feature = "gs")]
    #[test]
    fn a_bucket_of_google_is_opened_with_the_credentials_that_are_named() {
        let open = |environment: GoogleCloudStorageBuilder| {
            let connector = SpawnedReqwestConnector::new(io_runtime().unwrap());
            gcs(environment, "bucket", connector, retry_config(None).unwrap())
        };
        // Without any, the machine is asked for an identity when the first object is.
        open(GoogleCloudStorageBuilder::new()).unwrap();
        let missing = GoogleCloudStorageBuilder::new().with_service_account_path("no-such-account.json");
        let error = open(missing).unwrap_err().to_string();
        assert!(error.contains("no-such-account.json"), "{error}");
    }

    #[cfg(feature = "az")]
    #[test]
    fn a_container_of_azure_needs_an_account() {
        let open = |environment: MicrosoftAzureBuilder| {
            let connector = SpawnedReqwestConnector::new(io_runtime().unwrap());
            azure(environment, "container", connector, retry_config(None).unwrap())
        };
        let error = open(MicrosoftAzureBuilder::new()).unwrap_err().to_string();
        assert!(error.contains("AZURE_STORAGE_ACCOUNT_NAME"), "{error}");
        open(MicrosoftAzureBuilder::new().with_account("account")).unwrap();
        let spoiled = MicrosoftAzureBuilder::new()
            .with_account("account")
            .with_access_key("not base64!");
        assert!(open(spoiled).is_err());
    }

    #[test]
    fn each_scheme_that_was_built_in_is_a_place_and_may_be_allowed() {
        use crate::storage::{AllowedPrefixes, parse_remote};

        for scheme in ["s3", "gs", "az"] {
            let place = format!("{scheme}://bucket/tables/");
            let allowed = AllowedPrefixes::parse(&[&place]);
            if SCHEMES.contains(&scheme) {
                let inside = parse_remote(&format!("{place}journeys")).unwrap();
                allowed.unwrap().check(&inside).unwrap();
            } else {
                let error = allowed.unwrap_err().to_string();
                assert!(error.contains(scheme), "{error}");
            }
        }
    }
}
