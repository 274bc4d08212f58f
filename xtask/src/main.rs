//! Everything one does with this repository, as `cargo xtask <command>`: each set-up step checks first and installs only
//! what is missing.

mod args;
mod artifacts;
mod bench;
mod browser;
mod cargo_tools;
mod circles;
mod debian;
mod fuzz;
mod mosquitto;
mod run;
mod shell;
mod tally;
mod test;
mod tidy;

use std::process::ExitCode;

use args::Command;

fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let outcome = match command {
        Command::Help => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Command::Build => artifacts::build_page(),
        Command::Run(options) => run::run(&options),
        Command::Test { only } => return test::test(&only),
        Command::Fuzz { minutes, only } => return fuzz::fuzz(minutes, only.as_deref()),
        Command::Tidy => tidy::tidy(),
        Command::Bench { only } => bench::bench(&only),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
