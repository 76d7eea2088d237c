//! One scheduler, as a driver sees it: submit a plan, wait for it, fetch its few rows, and cancel it when nobody waits any
//! more.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use ballista_core::client::BallistaClient;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    CancelJobParams, ExecuteQueryParams, GetJobStatusParams, KeyValuePair, PartitionLocation,
    execute_query_result, job_status,
};
use ballista_core::version::insert_version_header;
use futures::TryStreamExt;
use tokio::runtime::Handle;
use tonic::transport::{Channel, Endpoint as Transport};
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::endpoint::Endpoint;
use crate::error::ClusterError;
use crate::options::MESSAGE_BYTES;
use crate::tls::Tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Of one call, not of a job.
const CALL_TIMEOUT: Duration = Duration::from_mins(2);
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A job is looked at so soon at first, and then less and less often.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LAST_LOOK: Duration = Duration::from_millis(250);
/// A scheduler that answers nothing for so long is given up.
const SILENCE: Duration = Duration::from_mins(2);
const FETCH_ATTEMPTS: u8 = 3;
const FETCH_WAIT_MS: u64 = 500;

/// A connection that mends itself.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    endpoint: Endpoint,
    channel: Channel,
    tls: Option<Tls>,
}

/// A plan and the settings that it runs under.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) plan: Vec<u8>,
    pub(crate) settings: Vec<KeyValuePair>,
    /// Executors keep what is costly to make, such as connections, per session.
    pub(crate) session: String,
}

impl Client {
    /// Does not connect yet.
    pub(crate) fn new(endpoint: Endpoint, tls: Option<Tls>) -> Result<Self, ClusterError> {
        let unusable = || ClusterError::Address {
            address: endpoint.to_string(),
        };
        let transport = match &tls {
            Some(tls) => tls.endpoint(&endpoint.to_string()).map_err(|_| unusable())?,
            None => Transport::from_shared(endpoint.url()).map_err(|_| unusable())?,
        };
        let channel = transport
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_while_idle(true)
            .connect_lazy();
        Ok(Self {
            endpoint,
            channel,
            tls,
        })
    }

    fn scheduler(&self) -> SchedulerGrpcClient<Channel> {
        SchedulerGrpcClient::new(self.channel.clone())
            .max_encoding_message_size(MESSAGE_BYTES as usize)
            .max_decoding_message_size(MESSAGE_BYTES as usize)
    }

    fn failed(&self, status: Status) -> ClusterError {
        let address = self.endpoint.to_string();
        // A scheduler's own refusal says no more than its text; what goes wrong on the way has a cause here.
        let on_the_way = status.source().is_some();
        match status.code() {
            _ if on_the_way => ClusterError::Unreachable {
                address,
                source: Box::new(status),
            },
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown | Code::Aborted => {
                ClusterError::Unreachable {
                    address,
                    source: Box::new(status),
                }
            }
            _ => ClusterError::Refused {
                address,
                message: status.message().to_owned(),
            },
        }
    }

    /// Whether a scheduler answers.
    pub(crate) async fn check(&self) -> Result<(), ClusterError> {
        if let Some(tls) = &self.tls {
            // What is wrong with certificates is said here, and would not be by a call that does not come through.
            let address = self.endpoint.to_string();
            let connected = tls.connect(&address).await;
            connected.map_err(|source| ClusterError::Unreachable {
                address,
                source: Box::new(source),
            })?;
        }
        let nobody = GetJobStatusParams {
            job_id: String::new(),
        };
        match self.scheduler().get_job_status(nobody).await {
            Ok(_) => Ok(()),
            Err(status) => match self.failed(status) {
                unreachable @ ClusterError::Unreachable { .. } => Err(unreachable),
                // It does not know such a job: it is there.
                _ => Ok(()),
            },
        }
    }

    /// Runs a plan once and gives its rows.
    pub(crate) async fn run(&self, work: &Work) -> Result<Vec<RecordBatch>, ClusterError> {
        let job = self.submit(work).await?;
        tracing::debug!(job, "submitted");
        let mut guard = CancelOnDrop {
            client: self.clone(),
            job: Some(job.clone()),
        };
        let locations = self.wait(&job).await;
        if !matches!(locations, Err(ClusterError::Unreachable { .. })) {
            guard.job = None;
        }
        let mut batches = Vec::new();
        for places in by_partition(locations?).into_values() {
            batches.extend(fetch_any(&job, places, self.tls.as_ref()).await?);
        }
        Ok(batches)
    }

    async fn submit(&self, work: &Work) -> Result<String, ClusterError> {
        let mut request = Request::new(ExecuteQueryParams {
            session_id: work.session.clone(),
            settings: work.settings.clone(),
            operation_id: Uuid::new_v4().to_string(),
            query: Some(Query::PhysicalPlan(work.plan.clone())),
        });
        insert_version_header(request.metadata_mut());
        let answer = self.scheduler().execute_query(request).await;
        let answer = answer.map_err(|status| self.failed(status))?.into_inner();
        match answer.result {
            Some(execute_query_result::Result::Success(submitted)) => Ok(submitted.job_id),
            Some(execute_query_result::Result::Failure(failure)) => Err(self.refused(format!("{failure:?}"))),
            None => Err(self.refused("an empty answer".to_owned())),
        }
    }

    fn refused(&self, message: String) -> ClusterError {
        ClusterError::Refused {
            address: self.endpoint.to_string(),
            message,
        }
    }

    /// Where the rows of the finished job lie.
    async fn wait(&self, job: &str) -> Result<Vec<PartitionLocation>, ClusterError> {
        let mut pause = FIRST_LOOK;
        let mut silent_since: Option<tokio::time::Instant> = None;
        loop {
            let params = GetJobStatusParams {
                job_id: job.to_owned(),
            };
            let answer = match self.scheduler().get_job_status(params).await {
                Ok(answer) => answer.into_inner(),
                Err(status) => {
                    let since = *silent_since.get_or_insert_with(tokio::time::Instant::now);
                    match self.failed(status) {
                        // The job may well go on while nobody can ask for it.
                        ClusterError::Unreachable { .. } if since.elapsed() < SILENCE => {
                            tokio::time::sleep(LAST_LOOK).await;
                            continue;
                        }
                        ClusterError::Refused { .. } => return Err(self.forgotten(job)),
                        other => return Err(other),
                    }
                }
            };
            silent_since = None;
            match answer.status.and_then(|status| status.status) {
                Some(job_status::Status::Successful(done)) => return Ok(done.partition_location),
                Some(job_status::Status::Failed(failure)) => {
                    return Err(ClusterError::Failed {
                        job: job.to_owned(),
                        message: failure.error,
                    });
                }
                Some(job_status::Status::Queued(_) | job_status::Status::Running(_)) => {}
                None => return Err(self.forgotten(job)),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 5 / 4).min(LAST_LOOK);
        }
    }

    fn forgotten(&self, job: &str) -> ClusterError {
        ClusterError::Forgotten {
            address: self.endpoint.to_string(),
            job: job.to_owned(),
        }
    }
}

/// A job whose result nobody waits for keeps executors busy: it is cancelled.
struct CancelOnDrop {
    client: Client,
    job: Option<String>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let (Some(job_id), Ok(runtime)) = (self.job.take(), Handle::try_current()) else {
            return;
        };
        let client = self.client.clone();
        // It outlives this value, and ends with the runtime at the latest.
        runtime.spawn(async move {
            let cancelled = client.scheduler().cancel_job(CancelJobParams { job_id }).await;
            if let Err(error) = cancelled {
                tracing::warn!(%error, "a job of the cluster was not cancelled");
            }
        });
    }
}

/// The places of each partition of the result, the last one first.
///
/// When an executor is lost, its tasks are run again, but Ballista goes on naming the lost output, too: a partition that
/// has two places has two equal outputs, one of which must be used and only one.
fn by_partition(locations: Vec<PartitionLocation>) -> BTreeMap<u32, Vec<PartitionLocation>> {
    let mut places: BTreeMap<u32, Vec<PartitionLocation>> = BTreeMap::new();
    for location in locations.into_iter().rev() {
        let partition = location.partition_id.as_ref().map_or(0, |id| id.partition_id);
        places.entry(partition).or_default().push(location);
    }
    places
}

async fn fetch_any(
    job: &str,
    places: Vec<PartitionLocation>,
    tls: Option<&Tls>,
) -> Result<Vec<RecordBatch>, ClusterError> {
    let mut failure = None;
    for place in places {
        match fetch(job, place, tls).await {
            Ok(batches) => return Ok(batches),
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or_else(|| Ok(Vec::new()), Err)
}

async fn fetch(
    job: &str,
    location: PartitionLocation,
    tls: Option<&Tls>,
) -> Result<Vec<RecordBatch>, ClusterError> {
    let layout = location.layout();
    let (Some(executor), Some(partition)) = (location.executor_meta, location.partition_id) else {
        return Err(ClusterError::Failed {
            job: job.to_owned(),
            message: "the scheduler did not say where the result is".to_owned(),
        });
    };
    let failed = |source: Box<dyn Error + Send + Sync>| ClusterError::Result {
        job: job.to_owned(),
        executor: executor.id.clone(),
        source,
    };
    let mut client = BallistaClient::try_new(
        &executor.host,
        u16::try_from(executor.port).unwrap_or_default(),
        MESSAGE_BYTES as usize,
        false,
        tls.map(|tls| Arc::new(BallistaConfigGrpcEndpoint::new(tls.streams()))),
        FETCH_ATTEMPTS,
        FETCH_WAIT_MS,
        0,
        0,
    )
    .await
    .map_err(|error| failed(Box::new(error)))?;
    let rows = client
        .fetch_partition(&executor.id, &partition.into(), location.file_id, layout, true)
        .await
        .map_err(|error| failed(Box::new(error)))?;
    rows.try_collect().await.map_err(|error| failed(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use ballista_core::serde::protobuf::PartitionId;

    use super::*;

    fn location(partition_id: u32, map_partition_id: u32) -> PartitionLocation {
        PartitionLocation {
            map_partition_id,
            partition_id: Some(PartitionId {
                job_id: "job".to_owned(),
                stage_id: 1,
                partition_id,
            }),
            ..PartitionLocation::default()
        }
    }

    #[test]
    fn a_partition_that_was_made_twice_counts_once() {
        let places = by_partition(vec![location(0, 0), location(1, 1), location(0, 2)]);
        let maps: Vec<Vec<u32>> = places
            .values()
            .map(|places| places.iter().map(|place| place.map_partition_id).collect())
            .collect();
        assert_eq!(maps, [vec![2, 0], vec![1]]);
    }
}
