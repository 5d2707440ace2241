//! Runs the command, prints the error chain, sets the exit code.

use std::process::ExitCode;

use bouncescope::cli;

fn main() -> ExitCode {
    bouncescope::guard::install();
    // A panic has been told by then; it must not end as 101, which the table of exit codes does not know.
    let Ok(done) = std::panic::catch_unwind(cli::main) else { return ExitCode::FAILURE };
    match done {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bouncescope: {}", bouncescope::report::escape::visible(&format!("{error:#}")));
            cli::exit_code_of(&error)
        }
    }
}

/// A reader that went away, as in `bouncescope parse ... | head`, is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
