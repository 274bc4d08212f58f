//! How `lab` was started.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, TryFromFloatSecsError};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser};
use serde::Serialize;

use faults::{LabFaults, SwitchError};

/// a chat service to test, with fault switches, and a server for the tabswarm page
#[derive(Debug, Parser)]
#[command(name = "lab")]
struct CommandLine {
    #[command(flatten)]
    config: Config,
    /// run an MQTT broker too, and print the links with which browsers share a run
    #[arg(long)]
    room: bool,
    /// of that broker; 0 takes any free port [default: the lab's port + 1]
    #[arg(long, value_name = "N")]
    broker_port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Args)]
pub struct Config {
    /// where to listen
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// 0 takes any free port
    #[arg(long, value_name = "N", default_value_t = 4280)]
    pub port: u16,
    /// serve the page from here
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
    /// which chat server to play
    #[arg(long = "server-version", value_name = "v1|v2", default_value = "v1", value_parser = ServerVersion::parse)]
    pub version: ServerVersion,
    /// as POST /lab/faults takes them
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = faults_from_arg)]
    pub faults: LabFaults,
    /// of the random numbers behind the faults
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// stop by itself
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = seconds)]
    pub exit_after: Option<Duration>,
    /// between Engine.IO's pings
    #[arg(long, value_name = "SECONDS", default_value = "25", allow_negative_numbers = true, value_parser = patience)]
    pub ping_interval: Duration,
    /// how long one may stay unanswered
    #[arg(long, value_name = "SECONDS", default_value = "60", allow_negative_numbers = true, value_parser = patience)]
    pub ping_timeout: Duration,
    /// A broker for browsers that play one run together; `None`: there is none.
    #[arg(skip)]
    pub room: Option<RoomConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomConfig {
    /// `None`: the one after the lab's; 0: any free port.
    pub broker_port: Option<u16>,
}

/// Which of the two known starter versions of the chat server is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerVersion {
    V1,
    V2,
}

/// What is wrong with an argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum ConfigError {
    #[error("`{0}` is neither v1 nor v2")]
    Version(String),
    #[error("{}: {}", .0.field, .0.message)]
    Faults(SwitchError),
    #[error("`{0}` is no number of seconds")]
    NoNumber(String),
    #[error(transparent)]
    Seconds(#[from] TryFromFloatSecsError),
    #[error("{0} is less than {least} s", least = SHORTEST_PATIENCE.as_secs_f64())]
    Impatient(String),
    #[error("--broker-port {0} needs --room")]
    PortWithoutRoom(u16),
    #[error("{NO_ROOM}")]
    WithoutRoom,
}

impl Default for Config {
    fn default() -> Self {
        CommandLine::parse_from(["lab"]).config
    }
}

impl Config {
    /// `None`: the help was asked for.
    pub fn from_args(
        args: impl IntoIterator<Item = impl Into<std::ffi::OsString> + Clone>,
    ) -> Result<Option<Self>, clap::Error> {
        let CommandLine { config, room, broker_port } = match CommandLine::try_parse_from(args) {
            Err(error) if error.kind() == ErrorKind::DisplayHelp => return Ok(None),
            parsed => parsed?,
        };
        let room = room_from_args(room, broker_port, cfg!(feature = "room"));
        let room = room.map_err(|error| CommandLine::command().error(ErrorKind::ArgumentConflict, error))?;
        Ok(Some(Self { room, ..config }))
    }

    pub fn help() -> String {
        CommandLine::command().render_help().to_string()
    }
}

impl ServerVersion {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err(ConfigError::Version(text.to_owned())),
        }
    }
}

/// `built_in`: whether this lab has a broker in it.
fn room_from_args(room: bool, broker_port: Option<u16>, built_in: bool) -> Result<Option<RoomConfig>, ConfigError> {
    match broker_port {
        Some(port) if !room => Err(ConfigError::PortWithoutRoom(port)),
        _ if room && !built_in => Err(ConfigError::WithoutRoom),
        _ => Ok(room.then_some(RoomConfig { broker_port })),
    }
}

fn faults_from_arg(text: &str) -> Result<LabFaults, ConfigError> {
    LabFaults::parse(text.as_bytes()).map_err(ConfigError::Faults)
}

fn seconds(text: &str) -> Result<Duration, ConfigError> {
    let seconds: f64 = text.parse().map_err(|_| ConfigError::NoNumber(text.to_owned()))?;
    Ok(Duration::try_from_secs_f64(seconds)?)
}

/// Without any the server would ping without a pause, or wait for no answer.
fn patience(text: &str) -> Result<Duration, ConfigError> {
    let time = seconds(text)?;
    if time < SHORTEST_PATIENCE { Err(ConfigError::Impatient(text.to_owned())) } else { Ok(time) }
}

const SHORTEST_PATIENCE: Duration = Duration::from_millis(100);

const NO_ROOM: &str =
    "this lab was built without --room: `cargo build --package lab --profile lab --features room` builds one with it";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(args: &[&str], message: &str) {
        let error = Config::from_args([&["lab"], args].concat()).expect_err("the arguments are wrong").to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn arguments() {
        let args = "lab --port 0 --server-version v2 --dist dist --seed 7 --exit-after 1.5 --ping-interval 2 --ping-timeout 0.5";
        let config = Config::from_args(args.split(' ')).unwrap().unwrap();
        let expected = Config {
            port: 0,
            version: ServerVersion::V2,
            dist: Some("dist".into()),
            seed: 7,
            exit_after: Some(Duration::from_millis(1500)),
            ping_interval: Duration::from_secs(2),
            ping_timeout: Duration::from_millis(500),
            ..Config::default()
        };
        assert_eq!(config, expected);
        assert_eq!(Config::from_args(["lab"]).unwrap(), Some(Config::default()));
        assert_eq!(Config::from_args(["lab", "--help"]).unwrap(), None);
    }

    #[test]
    fn wrong_arguments_are_named() {
        check_error(&["--port", "70000"], "70000");
        check_error(&["--server-version", "v3"], "neither v1 nor v2");
        check_error(
            &["--faults", r#"{"lose_share":2}"#],
            "lose_share: expected a number from 0 to 1, found the number 2",
        );
        check_error(&["--exit-after", "soon"], "no number");
        check_error(&["--ping-interval", "0"], "0 is less than 0.1 s");
        check_error(&["--ping-timeout", "-1"], "negative");
        check_error(&["--prot", "1"], "--prot");
        check_error(&["--broker-port", "1883"], "--broker-port 1883 needs --room");
        check_error(&["--room", "--broker-port", "x"], "x");
    }

    #[test]
    fn a_room_needs_a_lab_with_a_broker() {
        let port = Some(1883);
        let room_from_args = |room: bool, port: Option<u16>, built_in: bool| {
            room_from_args(room, port, built_in).map_err(|error| error.to_string())
        };
        assert_eq!(room_from_args(true, port, true), Ok(Some(RoomConfig { broker_port: port })));
        assert_eq!(room_from_args(true, None, true), Ok(Some(RoomConfig::default())));
        assert_eq!(room_from_args(false, None, true), Ok(None));
        assert_eq!(room_from_args(true, None, false), Err(NO_ROOM.to_owned()));
        assert_eq!(room_from_args(false, port, false), Err("--broker-port 1883 needs --room".to_owned()));
        let asked = Config::from_args(["lab", "--room", "--broker-port", "0"]);
        assert_eq!(asked.is_ok(), cfg!(feature = "room"));
    }
}
