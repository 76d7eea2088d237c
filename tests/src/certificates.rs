//! An authority and the certificates that it gives to processes of a test, as PEM files.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// What all processes of this machine are called.
const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// Certificates of one authority, in a folder that goes with the value.
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// A new authority, and a certificate of it for this machine.
    pub fn of_new_authority() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("wayfare-certificates-")
            .tempdir()
            .expect("a temporary folder");
        let write = |name: &str, pem: String| {
            std::fs::write(folder.path().join(name), pem).expect("a certificate is written");
        };
        let mut authority = CertificateParams::new(Vec::new()).expect("an authority without a name");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        write("ca.pem", authority.self_signed(&key).expect("an authority").pem());
        let issuer = Issuer::new(authority, key);

        let key = KeyPair::generate().expect("a key");
        let member = CertificateParams::new(NAMES.map(str::to_owned)).expect("these are names");
        let certificate = member.signed_by(&key, &issuer).expect("a certificate");
        write("certificate.pem", certificate.pem());
        write("key.pem", key.serialize_pem());
        Self { folder }
    }

    /// The flags that have a process use them.
    pub fn arguments(&self) -> Vec<String> {
        let named = [
            ("--tls-certificate", "certificate.pem"),
            ("--tls-key", "key.pem"),
            ("--tls-ca", "ca.pem"),
        ];
        let arguments = named.map(|(flag, file)| [flag.to_owned(), self.path(file)]);
        arguments.concat()
    }

    fn path(&self, file: &str) -> String {
        self.folder.path().join(file).display().to_string()
    }
}
