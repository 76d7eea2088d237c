//! `wayfare cluster up`: a whole cluster on this machine, each part a process of its own.
//!
//! Owns the life of these processes: who is started after whom, what happens when one ends, and that none is left.

mod member;
mod readiness;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use self::member::{Member, News};
use crate::args::cluster::{ClusterCommand, ClusterUpArgs};
use crate::failure::Failure;
use crate::interrupt::asked_to_stop;
use crate::{exit_code, output};

const SCHEDULER: &str = "scheduler";
/// How often an executor that ended by itself is started again.
const RESTARTS: u32 = 3;

pub(super) async fn cluster(command: ClusterCommand) -> Result<(), Failure> {
    match command {
        ClusterCommand::Up(args) => up(&args).await,
    }
}

async fn up(args: &ClusterUpArgs) -> Result<(), Failure> {
    for address in [Some(args.bind), args.driver_bind].into_iter().flatten() {
        if !address.ip().is_loopback() {
            return Err(Failure::usage(format!(
                "`cluster up` is for this machine, and `{address}` is not a loopback address; start `wayfare scheduler` and \
                 `wayfare executor` by themselves for others to reach"
            )));
        }
    }
    if args.executors + args.accelerators == 0 {
        return Err(Failure::usage("a cluster needs at least one executor"));
    }
    let stop = asked_to_stop()?;
    let (tell, news) = mpsc::unbounded_channel();
    let mut cluster = Cluster {
        members: BTreeMap::new(),
        starts: BTreeMap::new(),
        tell,
        news,
    };
    let result = tokio::select! {
        result = cluster.run(args) => result,
        result = stop => result,
    };
    cluster.stop().await;
    result
}

/// The processes.
struct Cluster {
    members: BTreeMap<String, Member>,
    /// How often each was started.
    starts: BTreeMap<String, u32>,
    tell: mpsc::UnboundedSender<News>,
    news: mpsc::UnboundedReceiver<News>,
}

impl Cluster {
    /// Starts everything, says so when it is ready, and watches over it; ends only by a failure.
    async fn run(&mut self, args: &ClusterUpArgs) -> Result<(), Failure> {
        let deadline = tokio::time::Instant::now() + readiness::WITHIN;
        self.start(SCHEDULER, &scheduler_arguments(args))?;
        let ready = readiness::in_time(deadline, "the scheduler", self.scheduler_ready()).await?;
        let scheduler = ready["address"].as_str().unwrap_or_default().to_owned();
        let executors = executors(args, &scheduler);
        for (name, arguments) in &executors {
            self.start(name, arguments)?;
        }
        let joining = self.executors_ready(&executors);
        let ids = readiness::in_time(deadline, "the executors", joining).await?;
        let answering = readiness::scheduler_answers(&scheduler);
        readiness::in_time(deadline, "`/readyz` of the scheduler", answering).await?;
        output::data_line(
            &json!({
                "event": "cluster_ready",
                "scheduler": scheduler,
                "driver": ready["driver"],
                "executors": ids,
            })
            .to_string(),
        )?;
        loop {
            self.next(&executors).await?;
        }
    }

    async fn scheduler_ready(&mut self) -> Result<Value, Failure> {
        loop {
            if let Some((_, event)) = self.next(&BTreeMap::new()).await? {
                return Ok(event);
            }
        }
    }

    /// The ids of all executors, once each has said that it is ready.
    async fn executors_ready(
        &mut self,
        executors: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<String>, Failure> {
        let mut ids = BTreeMap::new();
        while ids.len() < executors.len() {
            if let Some((name, event)) = self.next(executors).await? {
                ids.insert(name, event["executor"].as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(ids.into_values().collect())
    }

    /// Waits for the next news: gives the event of a process that has become ready, and starts an executor that has ended
    /// again.
    async fn next(
        &mut self,
        executors: &BTreeMap<String, Vec<String>>,
    ) -> Result<Option<(String, Value)>, Failure> {
        // The cluster holds a sender itself, so that the channel does not end.
        match self.news.recv().await {
            None => Err(Failure::bug(
                "the processes of the cluster are not watched any more",
            )),
            Some(News::Ready { name, event }) => Ok(Some((name, event))),
            Some(News::Ended {
                name,
                how,
                code,
                said,
            }) => {
                let what = format!("{name} ended unexpectedly: {how}");
                let again = executors.get(&name).filter(|_| self.may_start_again(&name, code));
                let Some(arguments) = again else {
                    let message = if said.is_empty() {
                        what
                    } else {
                        format!("{what}; its last words:\n{}", said.join("\n"))
                    };
                    return Err(Failure::ended_unexpectedly(message, code));
                };
                output::talk(&format!("warning: {what}; starting it again. Its last words:"));
                for line in said {
                    output::talk(&format!("  {line}"));
                }
                self.start(&name, arguments)?;
                Ok(None)
            }
        }
    }

    /// What is wrong with the arguments stays wrong.
    fn may_start_again(&self, name: &str, code: Option<u8>) -> bool {
        let hopeless = matches!(code, Some(exit_code::USAGE | exit_code::CONFIGURATION));
        !hopeless && self.starts.get(name).is_some_and(|starts| *starts <= RESTARTS)
    }

    fn start(&mut self, name: &str, arguments: &[String]) -> Result<(), Failure> {
        let member = Member::start(name, arguments, self.tell.clone())?;
        self.members.insert(name.to_owned(), member);
        *self.starts.entry(name.to_owned()).or_default() += 1;
        Ok(())
    }

    /// Ends the executors, then the scheduler, which they tell that they leave.
    async fn stop(self) {
        let (schedulers, executors): (Vec<_>, Vec<_>) =
            self.members.into_iter().partition(|(name, _)| name == SCHEDULER);
        for group in [executors, schedulers] {
            futures::future::join_all(group.into_iter().map(|(_, member)| member.stop())).await;
        }
    }
}

fn scheduler_arguments(args: &ClusterUpArgs) -> Vec<String> {
    let mut arguments = texts(&["scheduler", "--with-parent", "--bind"]);
    arguments.push(args.bind.to_string());
    if let Some(address) = args.driver_bind {
        arguments.extend(["--driver-bind".to_owned(), address.to_string()]);
    }
    arguments.extend(allow(&args.allow));
    arguments
}

/// The arguments of each executor, by its name.
fn executors(args: &ClusterUpArgs, scheduler: &str) -> BTreeMap<String, Vec<String>> {
    let plain = (1..=args.executors).map(|number| (format!("executor {number}"), false));
    let accelerators = (1..=args.accelerators).map(|number| (format!("accelerator {number}"), true));
    let of = |(name, accelerator): (String, bool)| {
        let mut arguments = texts(&["executor", "--with-parent", "--scheduler", scheduler, "--cores"]);
        arguments.push(args.cores.to_string());
        if accelerator {
            arguments.extend(texts(&["--accelerator", "cpu-emulated"]));
        }
        if let Some(mebibytes) = args.memory_limit_mb {
            arguments.extend(["--memory-limit-mb".to_owned(), mebibytes.to_string()]);
        }
        arguments.extend(allow(&args.allow));
        (name, arguments)
    };
    plain.chain(accelerators).map(of).collect()
}

fn allow(prefixes: &[String]) -> impl Iterator<Item = String> {
    prefixes
        .iter()
        .flat_map(|prefix| ["--allow".to_owned(), prefix.clone()])
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
