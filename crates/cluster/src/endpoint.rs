//! Addresses of other processes, as people write them.

use crate::error::ClusterError;

/// `HOST:PORT` of a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    pub(crate) fn parse(text: &str) -> Result<Self, ClusterError> {
        let bare = ["http://", "https://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        let bare = bare.unwrap_or(text);
        let parsed = bare.rsplit_once(':').and_then(|(host, port)| {
            let port = port.parse().ok().filter(|port| *port != 0)?;
            (!host.is_empty()).then(|| Self {
                host: host.to_owned(),
                port,
            })
        });
        parsed.ok_or_else(|| ClusterError::Address {
            address: text.to_owned(),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_needed() {
        assert_eq!(
            Endpoint::parse("127.0.0.1:50050").unwrap().url(),
            "http://127.0.0.1:50050"
        );
        assert_eq!(Endpoint::parse("https://a:1").unwrap().to_string(), "a:1");
        assert_eq!(Endpoint::parse("http://[::1]:7").unwrap().host, "[::1]");
        for wrong in ["", "host", ":1", "host:", "host:0", "host:70000", "host:x"] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }
}
