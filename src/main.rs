//! Runs the command, prints the error chain, sets the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The one guarded call (parse::Reader) turns a parser's panic into a reject; its message would only confuse.
    std::panic::set_hook(Box::new(|panic| tracing::trace!("{panic}")));
    match bouncescope::cli::main() {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bouncescope: {}", bouncescope::report::escape::visible(&format!("{error:#}")));
            bouncescope::cli::exit_code_of(&error)
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
