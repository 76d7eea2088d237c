//! Why a command failed: the error with its causes, the exit code and a hint.

use std::io;

use datafusion::error::DataFusionError;
use serde_json::{Value, json};
use wayfare_cluster::ClusterError;
use wayfare_evaluation::EvaluationError;
use wayfare_inference_candle::ModelError;
use wayfare_inference_candle::tuning::TuningError;
use wayfare_pipeline::error::PipelineError;
use wayfare_pipeline::proposal::ProposalError;
use wayfare_tables::{ErrorClass, TablesError, class_of, is_passing};

use crate::exit_code;

/// What a command ends with when it does not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    error: anyhow::Error,
    exit_code: u8,
    hint: Option<String>,
}

impl Failure {
    fn new(error: impl Into<anyhow::Error>, exit_code: u8, hint: Option<String>) -> Self {
        Self {
            error: error.into(),
            exit_code,
            hint,
        }
    }

    /// The arguments do not make sense together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        let hint =
            Some("`wayfare --help` lists the commands, `wayfare COMMAND --help` their arguments".to_owned());
        Self::new(anyhow::Error::msg(message.into()), exit_code::USAGE, hint)
    }

    /// A file or folder that must exist does not.
    pub(crate) fn input_missing(what: &str, path: &str) -> Self {
        PipelineError::InputMissing {
            what: what.to_owned(),
            path: path.to_owned(),
        }
        .into()
    }

    /// Something of the job's configuration turned out not to be usable.
    pub(crate) fn configuration(error: impl Into<anyhow::Error>) -> Self {
        Self::new(error, exit_code::CONFIGURATION, None)
    }

    /// A failure without an exit code of its own.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(anyhow::Error::msg(message.into()), exit_code::FAILED, None)
    }

    /// A process of ours ended with an exit code that says why, or with none.
    pub(crate) fn ended_unexpectedly(message: String, code: Option<u8>) -> Self {
        let exit_code = code.filter(|code| *code != 0).unwrap_or(exit_code::FAILED);
        Self::new(anyhow::Error::msg(message), exit_code, None)
    }

    /// What may pass: the caller is to try again later.
    pub(crate) fn passing(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self::new(error, exit_code::WORTH_RETRYING, Some(hint.into()))
    }

    /// The failure that another process of ours met, as it told it.
    pub(crate) fn told(messages: &[String], exit_code: u8, hint: Option<String>) -> Self {
        let mut messages = messages.iter().rev().cloned();
        let innermost = anyhow::Error::msg(messages.next().unwrap_or_default());
        Self::new(messages.fold(innermost, anyhow::Error::context), exit_code, hint)
    }

    /// An error without an exit code of its own.
    pub(crate) fn failed_with(error: impl Into<anyhow::Error>) -> Self {
        Self::new(error, exit_code::FAILED, None)
    }

    /// A state that should be impossible.
    pub(crate) fn bug(message: &str) -> Self {
        PipelineError::Bug {
            message: message.to_owned(),
        }
        .into()
    }

    /// Reading or writing tables or the ledger failed.
    pub(crate) fn tables(doing: String) -> impl FnOnce(TablesError) -> Self {
        move |source| {
            let error = PipelineError::Tables {
                job: String::new(),
                doing: String::new(),
                source: Box::new(source),
            };
            let (exit_code, hint) = (error.exit_code(), error.hint());
            // Outside a run there is no job to name, and nothing that was or was not published.
            match error {
                PipelineError::Tables { source, .. } => {
                    let hint = match source.class() {
                        ErrorClass::Corrupt => hint,
                        _ if is_passing(source.as_ref()) => {
                            Some("storage may be back later: try again then".to_owned())
                        }
                        _ => None,
                    };
                    Self::new(anyhow::Error::new(source).context(doing), exit_code, hint)
                }
                other => other.into(),
            }
        }
    }

    /// The reader of standard output has gone: not an error of ours.
    pub(crate) fn reader_gone(error: io::Error) -> Self {
        Self::new(error, 0, None)
    }

    /// Says what was being done.
    pub(crate) fn context(self, doing: impl Into<String>) -> Self {
        Self {
            error: self.error.context(doing.into()),
            ..self
        }
    }

    /// The same failure, as the consequence of having been told to stop.
    pub(crate) fn cancelled(self) -> Self {
        let hint = Some("run the same command again to continue; finished bucket groups are kept".to_owned());
        Self {
            exit_code: exit_code::CANCELLED,
            hint,
            ..self
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error and its causes, outermost first, without causes that only repeat what was said.
    pub(crate) fn messages(&self) -> Vec<String> {
        let mut messages: Vec<String> = Vec::new();
        for error in self.error.chain() {
            let message = error.to_string();
            if !messages
                .last()
                .is_some_and(|previous| previous.contains(&message))
            {
                messages.push(message);
            }
        }
        messages
    }

    /// The failure as the JSON result of a command.
    pub(crate) fn to_json(&self) -> Value {
        let messages = self.messages();
        let outcome = if self.exit_code == exit_code::CANCELLED {
            "cancelled"
        } else {
            "failed"
        };
        json!({
            "outcome": outcome,
            "error": messages.first(),
            "causes": messages.get(1..).unwrap_or_default(),
            "hint": self.hint,
            "exit_code": self.exit_code,
        })
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        let (exit_code, hint) = (error.exit_code(), error.hint());
        Self::new(error, exit_code, hint)
    }
}

impl From<ProposalError> for Failure {
    fn from(error: ProposalError) -> Self {
        let (exit_code, hint) = (error.exit_code(), error.hint());
        Self::new(error, exit_code, hint)
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        let exit_code = match &error {
            ClusterError::NotLoopback { .. } | ClusterError::Address { .. } => exit_code::USAGE,
            ClusterError::Tls { .. } | ClusterError::NoInnerAddress { .. } => exit_code::CONFIGURATION,
            other if other.is_passing() => exit_code::WORTH_RETRYING,
            other => match class_of(other) {
                Some(ErrorClass::Transient | ErrorClass::Resource) => exit_code::WORTH_RETRYING,
                Some(ErrorClass::UserInput) => exit_code::CONFIGURATION,
                Some(ErrorClass::NotFound) => exit_code::INPUT_MISSING,
                _ => exit_code::FAILED,
            },
        };
        let hint = match &error {
            ClusterError::NotLoopback { .. } => Some(
                "`--tls-certificate`, `--tls-key` and `--tls-ca` protect it; `--insecure` listens there all the same: only \
                 where the network lets no one else in"
                    .to_owned(),
            ),
            ClusterError::NoInnerAddress { .. } => Some(
                "with TLS the executor also needs a loopback address for itself: give `--bind` an address of this machine \
                 instead of `0.0.0.0`"
                    .to_owned(),
            ),
            ClusterError::Tls { .. } => {
                Some("it has to be PEM; `openssl x509 -in FILE -noout -text` shows a certificate".to_owned())
            }
            ClusterError::Unreachable { .. } => Some(
                "look whether the scheduler runs, under which address, and whether it is ready: \
                 `http://HOST:PORT/readyz`"
                    .to_owned(),
            ),
            _ => None,
        };
        Self::new(error, exit_code, hint)
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        let exit_code = match &error {
            EvaluationError::Option { .. }
            | EvaluationError::NotEmpty { .. }
            | EvaluationError::UnknownReference { .. }
            | EvaluationError::UnknownList { .. } => exit_code::USAGE,
            EvaluationError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                exit_code::INPUT_MISSING
            }
            EvaluationError::Csv { .. }
            | EvaluationError::MissingColumn { .. }
            | EvaluationError::Value { .. }
            | EvaluationError::VectorFile { .. }
            | EvaluationError::Collection { .. }
            | EvaluationError::NoCollections { .. }
            | EvaluationError::NothingToName
            | EvaluationError::NoUsers => exit_code::CONFIGURATION,
            _ => exit_code::FAILED,
        };
        let hint = match &error {
            EvaluationError::Csv { .. }
            | EvaluationError::MissingColumn { .. }
            | EvaluationError::Value { .. }
            | EvaluationError::NoUsers => Some(
                "`wayfare evaluate extraction --help` tells which files and columns a folder of users has",
            ),
            EvaluationError::Collection { .. }
            | EvaluationError::NoCollections { .. }
            | EvaluationError::NothingToName => Some(
                "a collection is one line of JSON with `collection_id`, `list`, `title` and `items`, of which each has \
                 `item_id` and `title`",
            ),
            EvaluationError::VectorFile { .. } => Some(
                "`--vectors` names another file; a file that is only a cache may be removed, and is made again",
            ),
            EvaluationError::Write { .. } => Some(
                "where the folder of the users cannot be written, `--vectors FILE.parquet` names another place",
            ),
            _ => None,
        };
        Self::new(error, exit_code, hint.map(str::to_owned))
    }
}

impl From<TuningError> for Failure {
    fn from(error: TuningError) -> Self {
        let exit_code = match &error {
            TuningError::Option { .. } | TuningError::OtherRun { .. } => exit_code::USAGE,
            TuningError::Model(ModelError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                exit_code::INPUT_MISSING
            }
            TuningError::TooLong { .. } | TuningError::NoExamples { .. } => exit_code::CONFIGURATION,
            _ => exit_code::FAILED,
        };
        let hint = match &error {
            TuningError::OtherRun { .. } => Some(
                "repeat the command with the arguments that the run began with, or choose another `--out`",
            ),
            TuningError::NoExamples { .. } => Some(
                "examples come from collections of three items and more whose title says what they are about, \
                 in lists that `--held-out-lists` and `--test-lists` leave for training",
            ),
            _ => None,
        };
        Self::new(error, exit_code, hint.map(str::to_owned))
    }
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Self {
        PipelineError::from(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit_code = if error.kind() == io::ErrorKind::NotFound {
            exit_code::INPUT_MISSING
        } else {
            exit_code::FAILED
        };
        Self::new(error, exit_code, None)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error, exit_code::FAILED, None)
    }
}
