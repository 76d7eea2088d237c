//! Child processes: run one to its end, and say what failed in words that name it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs `command` with this process's own output; an exit status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Like [`run`], and shows each line of the command's stdout to `observe` after passing it on.
pub(crate) fn run_observed(command: &mut Command, mut observe: impl FnMut(&str)) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if let Some(pipe) = child.stdout.take() {
        let mut output = BufReader::new(pipe);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            observe(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Runs `command`, feeding it `input`, and returns what it printed, without the space around it.
pub(crate) fn capture(command: &mut Command, input: &str) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        bail!("{} ended with {}: {printed}", words(command), output.status);
    }
    Ok(printed)
}

fn words(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program);
    let subcommand = command
        .get_args()
        .next()
        .map(|first| first.to_string_lossy())
        .unwrap_or_default();
    format!("`{}`", format!("{name} {subcommand}").trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_names_the_command_and_its_status() {
        let message = run(&mut shell("exit 3")).unwrap_err().to_string();
        assert!(message.contains("`sh -c`") && message.contains('3'), "{message}");
        assert!(
            run(&mut Command::new("no-such-program"))
                .unwrap_err()
                .to_string()
                .contains("cannot start")
        );
    }

    #[test]
    fn every_line_is_observed_also_of_a_command_that_fails() {
        let mut lines = Vec::new();
        let result = run_observed(&mut shell("echo one; echo two; exit 1"), |line| {
            lines.push(line.trim().to_owned());
        });
        assert!(result.is_err());
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn input_reaches_the_command() {
        assert_eq!(capture(&mut shell("tr a-z A-Z"), "quiet\n").unwrap(), "QUIET");
        let message = capture(&mut shell("cat; exit 1"), "why\n")
            .unwrap_err()
            .to_string();
        assert!(message.contains("why"), "{message}");
    }
}
