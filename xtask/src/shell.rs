//! Running other programs: from the repository's root, with our tools first on PATH, and with what they print kept
//! visible.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The repository's root.
pub fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run` too, so a checkout may be moved after the build.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(manifest).parent().expect("xtask lies in the repository's root").to_owned()
}

/// Where cargo builds, as it would decide itself.
pub fn target_dir() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Our own copies of tools of which the user has another version, so that theirs stays as it is.
pub fn private_tools() -> PathBuf {
    target_dir().join("tools")
}

/// A command that runs in the repository's root and finds what `cargo install` installed.
pub fn command(program: &str) -> Command {
    static PATH: LazyLock<OsString> = LazyLock::new(search_path);
    let mut command = Command::new(cargo_itself(program));
    command.current_dir(root()).env("PATH", &*PATH);
    command
}

/// `command` with its arguments, from one line without quotes.
pub fn line(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = command(words.next().expect("a command line names a program"));
    command.args(words);
    command
}

/// Runs it with its output shown; an exit status other than 0 is an error.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("cannot run {}: {e}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command))) }
}

/// Runs it with its output shown, and shows each line of its standard output to `watch` too.
pub fn run_watched(command: &mut Command, mut watch: impl FnMut(&str)) -> Result<(), String> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|e| format!("cannot run {}: {e}", shown(command)))?;
    let output = child.stdout.take().expect("standard output was piped just now");
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        watch(&line);
    }
    let status = child.wait().map_err(|e| format!("lost {}: {e}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command))) }
}

/// What it prints on standard output, or `None` if it cannot run or fails.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Becomes the command where the system can do that, so that Ctrl-C and `kill` reach it and nothing outlives it.
#[cfg(unix)]
pub fn become_command(command: &mut Command) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    let problem = command.exec();
    Err(format!("cannot run {}: {problem}", shown(command)))
}

#[cfg(not(unix))]
pub fn become_command(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("cannot run {}: {e}", shown(command)))?;
    std::process::exit(status.code().unwrap_or(1))
}

/// The first file called `program` on PATH.
pub fn find_program(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&search_path()).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// The command as one would type it, for messages.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Cargo tells its children which cargo it is: a shell's `cargo` could be another one.
fn cargo_itself(program: &str) -> OsString {
    match std::env::var_os("CARGO") {
        Some(cargo) if program == "cargo" => cargo,
        _ => program.into(),
    }
}

fn search_path() -> OsString {
    let mut folders = vec![private_tools().join("bin")];
    folders.extend(std::env::var_os("CARGO_INSTALL_ROOT").map(|install| PathBuf::from(install).join("bin")));
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    folders.extend(std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home).map(|cargo| cargo.join("bin")));
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    std::env::join_paths(folders).expect("folders from PATH contain no separator")
}
