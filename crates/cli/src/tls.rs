//! The certificates of this process: named by flags, else by the environment.

use std::path::PathBuf;

use wayfare_cluster::{Tls, TlsFiles};

use crate::args::cluster::TlsArgs;
use crate::environment;
use crate::failure::Failure;

const CERTIFICATE: &str = "WAYFARE_TLS_CERTIFICATE";
const KEY: &str = "WAYFARE_TLS_KEY";
const AUTHORITY: &str = "WAYFARE_TLS_CA";

/// Reads them; none where nobody asks for encryption.
pub(crate) fn read(args: &TlsArgs) -> Result<Option<Tls>, Failure> {
    let named = |flag: &Option<PathBuf>, variable| {
        let from_environment = || environment::variable(variable).map(PathBuf::from);
        flag.clone().or_else(from_environment)
    };
    let files = (
        named(&args.tls_certificate, CERTIFICATE),
        named(&args.tls_key, KEY),
        named(&args.tls_ca, AUTHORITY),
    );
    match files {
        (None, None, None) => Ok(None),
        (Some(certificate), Some(key), Some(authority)) => Ok(Some(Tls::read(&TlsFiles {
            certificate,
            key,
            authority,
        })?)),
        // Half of it must not end in talking plainly.
        _ => Err(Failure::usage(format!(
            "TLS needs all three of a certificate, its key and an authority: {CERTIFICATE}, {KEY} and {AUTHORITY}, or the \
             flags of these names"
        ))),
    }
}
