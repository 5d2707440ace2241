//! The binary as a user meets it: a fresh process, its exit code, what it printed, how long it took, how much memory it held.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// No bad input may take more.
pub const MEMORY_CEILING_KIB: u64 = 512 << 10;
/// Generous: the tests run in a debug build, several at a time, on slow machines.
pub const TIME_CEILING: Duration = Duration::from_secs(120);

/// What one run left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The most memory seen resident, in KiB; `None` where the system does not tell.
    pub peak_kib: Option<u64>,
    /// From start to end.
    pub took: Duration,
}

/// One call of the binary, to be built up.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Option<PathBuf>,
}

/// `bouncescope ARGS...`, with a clean environment of its own settings.
pub fn bouncescope<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bouncescope"));
    command.args(args).env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BOUNCESCOPE_") {
            command.env_remove(name);
        }
    }
    Program { command, input: None }
}

impl Program {
    /// Sets one environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    /// Runs in `dir`.
    pub fn dir(mut self, dir: &Path) -> Program {
        self.command.current_dir(dir);
        self
    }

    /// Runs without the rights of root, which may read everything.
    #[cfg(unix)]
    pub fn unprivileged(mut self) -> Program {
        use std::os::unix::fs::MetadataExt;
        use std::os::unix::process::CommandExt;
        if fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0) {
            self.command.uid(65534).gid(65534);
        }
        self
    }

    /// Gives the file as standard input.
    pub fn stdin(mut self, file: &Path) -> Program {
        self.input = Some(file.to_path_buf());
        self
    }

    /// Runs to the end, or kills it at the time ceiling, which fails the test.
    pub fn run(mut self) -> Outcome {
        // Files, not pipes: a full pipe would stop the program while nobody reads.
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let out = scratch.path().join("stdout");
        let err = scratch.path().join("stderr");
        self.command
            .stdout(File::create(&out).expect("a file for stdout"))
            .stderr(File::create(&err).expect("a file for stderr"))
            .stdin(match &self.input {
                Some(path) => Stdio::from(File::open(path).expect("the file for stdin")),
                None => Stdio::null(),
            });
        let start = Instant::now();
        let mut child = self.command.spawn().expect("the binary starts");
        let mut peak_kib = None;
        let status = loop {
            peak_kib = resident_peak(child.id()).max(peak_kib);
            if let Some(status) = child.try_wait().expect("the child can be waited for") {
                break status;
            }
            if start.elapsed() > TIME_CEILING {
                child.kill().expect("the child can be ended");
                child.wait().expect("the child ends");
                panic!("still running after {TIME_CEILING:?}: {:?}", self.command);
            }
            thread::sleep(Duration::from_millis(5));
        };
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("the output is there")).into_owned();
        Outcome { code: status.code(), stdout: read(&out), stderr: read(&err), peak_kib, took: start.elapsed() }
    }
}

impl Outcome {
    /// Asserts what holds for every run, whatever the input: a documented exit code, no panic, no more memory than promised.
    pub fn behaves(self, codes: &[i32]) -> Outcome {
        let code = self.code.unwrap_or_else(|| panic!("ended by a signal:\n{}", self.stderr));
        assert!(codes.contains(&code), "exit code {code}, expected one of {codes:?}:\n{}", self.stderr);
        for word in ["panicked at", "RUST_BACKTRACE", "stack overflow"] {
            assert!(!self.stderr.contains(word), "the program panicked:\n{}", self.stderr);
        }
        if let Some(peak) = self.peak_kib {
            assert!(peak < MEMORY_CEILING_KIB, "held {peak} KiB, allowed are {MEMORY_CEILING_KIB}");
        }
        self
    }

    /// Standard output as NDJSON.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

/// Linux: the high-water mark of a process's memory. Elsewhere: nothing.
fn resident_peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// A path below the crate's root.
pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every file below `dir`, by relative path.
pub fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|e| panic!("{}: {e}", next.display())) {
            let path = entry.expect("a readable directory").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below dir").to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).expect("a readable file"));
            }
        }
    }
    files
}
