//! A network of its own for one process: a cable leads from there to this machine, and a test can have it lose everything
//! without a word, as a network does that is broken somewhere in the middle.

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

/// Where frames go that nobody is to get.
const NOBODY: &str = "02:00:00:00:00:fe";

/// The namespace and its cable; both go with the value.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    /// The end of the cable at this machine.
    outside: String,
    /// The end in the namespace.
    inside: String,
    number: u8,
}

impl Namespace {
    /// None where this machine does not let the tests make one.
    pub fn new() -> Option<Self> {
        let process = std::process::id();
        let namespace = Self {
            name: format!("wayfare-{process}"),
            outside: format!("wfo{process}"),
            inside: format!("wfi{process}"),
            number: process.to_le_bytes()[0],
        };
        let Self {
            name,
            outside,
            inside,
            ..
        } = &namespace;
        let here = format!("{}/30", namespace.here());
        let there = format!("{}/30", namespace.there());
        let made = ip(&["netns", "add", name])
            && ip(&[
                "link", "add", outside, "type", "veth", "peer", inside, "netns", name,
            ])
            && ip(&["address", "add", &here, "dev", outside])
            && ip(&["link", "set", outside, "up"])
            && ip(&["-n", name, "address", "add", &there, "dev", inside])
            && ip(&["-n", name, "link", "set", inside, "up"])
            && ip(&["-n", name, "link", "set", "lo", "up"]);
        made.then_some(namespace)
    }

    /// This machine, as the namespace sees it.
    pub fn here(&self) -> IpAddr {
        Ipv4Addr::new(10, 203, self.number, 1).into()
    }

    /// The namespace, as this machine sees it.
    pub fn there(&self) -> IpAddr {
        Ipv4Addr::new(10, 203, self.number, 2).into()
    }

    /// What starts a program in the namespace, before its name.
    pub fn entrance(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec()
    }

    /// From now on what either side sends is lost.
    pub fn cut(&self) {
        let lose = |from: &[&str], to: IpAddr, cable: &str| {
            let to = to.to_string();
            let neighbour = [
                "neighbour",
                "replace",
                &to,
                "lladdr",
                NOBODY,
                "nud",
                "permanent",
                "dev",
                cable,
            ];
            assert!(ip(&[from, &neighbour].concat()), "the cable is cut");
        };
        lose(&[], self.there(), &self.outside);
        lose(&["-n", &self.name], self.here(), &self.inside);
    }

    /// What either side sends arrives again.
    pub fn mend(&self) {
        let find = |from: &[&str], to: IpAddr, cable: &str| {
            let to = to.to_string();
            assert!(
                ip(&[from, &["neighbour", "delete", &to, "dev", cable]].concat()),
                "the cable is mended"
            );
        };
        find(&[], self.there(), &self.outside);
        find(&["-n", &self.name], self.here(), &self.inside);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The cable goes with one of its ends.
        ip(&["link", "delete", &self.outside]);
        ip(&["netns", "delete", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> bool {
    let mut command = Command::new("ip");
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
