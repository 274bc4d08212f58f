//! The command line of `lab`.

use std::process::ExitCode;

use lab::Server;
use lab::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_args(std::env::args_os()) {
        Ok(Some(config)) => config,
        Ok(None) => {
            print!("{}", Config::help());
            return ExitCode::SUCCESS;
        }
        Err(error) => error.exit(),
    };
    let exit_after = config.exit_after;
    let server = match Server::bind(&config).await {
        Ok(server) => server,
        Err(error) => return fail(&error.to_string()),
    };
    // Scripts read the first line.
    println!("{}", server.url());
    if let Some(invitation) = server.invitation() {
        println!("\n{invitation}");
    }
    match exit_after {
        None => server.run().await,
        Some(time) => {
            tokio::select! {
                () = server.run() => {}
                () = tokio::time::sleep(time) => {}
            }
        }
    }
    ExitCode::SUCCESS
}

fn fail(message: &str) -> ExitCode {
    eprintln!("lab: {message}");
    ExitCode::from(2)
}
