//! A process that was started by another ends with it, however that one ended.
//!
//! The parent holds the other end of the child's standard input and never writes. The system closes it when the parent
//! has gone, also by SIGKILL, which no handler of the parent's sees.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::{exit_code, output, process_signal};

/// What is under way may be handed back for so long.
const GRACE: Duration = Duration::from_secs(10);

/// From here on this process ends when its standard input does.
pub(crate) fn end_with_it() -> Result<(), Failure> {
    thread::Builder::new()
        .name("parent".to_owned())
        .spawn(|| {
            wait_for_end(io::stdin().lock());
            output::talk("the process that started this one has gone: stopping");
            if process_signal::terminate(std::process::id()) {
                thread::sleep(GRACE);
            }
            std::process::exit(exit_code::CANCELLED.into());
        })
        .map_err(|error| Failure::from(error).context("cannot start a thread"))?;
    Ok(())
}

/// Returns when nothing can be read any more.
fn wait_for_end(mut input: impl Read) {
    let mut ignored = [0; 64];
    loop {
        match input.read(&mut ignored) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_written_does_not_count_as_the_end() {
        let (input, mut writer) = io::pipe().unwrap();
        let (tell, told) = mpsc::channel();
        let waiting = thread::spawn(move || {
            wait_for_end(input);
            tell.send(()).unwrap();
        });
        io::Write::write_all(&mut writer, b"still here\n").unwrap();
        assert!(told.recv_timeout(Duration::from_millis(200)).is_err());
        drop(writer);
        told.recv_timeout(Duration::from_secs(30)).unwrap();
        waiting.join().unwrap();
    }
}
