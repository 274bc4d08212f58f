//! How `lab` was started.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;
use serde::Serialize;

use faults::LabFaults;

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub host: IpAddr,
    /// 0: any free port.
    pub port: u16,
    /// The page's files.
    pub dist: Option<PathBuf>,
    pub version: ServerVersion,
    pub faults: LabFaults,
    /// Of the random numbers behind the faults.
    pub seed: u64,
    pub exit_after: Option<Duration>,
    /// Of Engine.IO: between two pings, and how long the server waits for the answer to one.
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// A broker for browsers that play one run together; `None`: there is none.
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

impl Default for Config {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 4280,
            dist: None,
            version: ServerVersion::V1,
            faults: LabFaults::default(),
            seed: 1,
            exit_after: None,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(60),
            room: None,
        }
    }
}

impl Config {
    /// `None`: the help was asked for.
    pub fn from_args(
        args: impl IntoIterator<Item = impl Into<std::ffi::OsString>>,
    ) -> Result<Option<Self>, lexopt::Error> {
        let mut config = Self::default();
        let (mut room, mut broker_port) = (false, None);
        let mut args = lexopt::Parser::from_iter(args);
        while let Some(arg) = args.next()? {
            match arg {
                Long("host") => config.host = args.value()?.parse()?,
                Long("port") => config.port = args.value()?.parse()?,
                Long("dist") => config.dist = Some(args.value()?.into()),
                Long("server-version") => config.version = args.value()?.parse_with(ServerVersion::parse)?,
                Long("faults") => config.faults = args.value()?.parse_with(faults_from_arg)?,
                Long("seed") => config.seed = args.value()?.parse()?,
                Long("exit-after") => config.exit_after = Some(args.value()?.parse_with(seconds)?),
                Long("ping-interval") => config.ping_interval = args.value()?.parse_with(patience)?,
                Long("ping-timeout") => config.ping_timeout = args.value()?.parse_with(patience)?,
                Long("room") => room = true,
                Long("broker-port") => broker_port = Some(args.value()?.parse()?),
                Long("help") | Short('h') => return Ok(None),
                _ => return Err(arg.unexpected()),
            }
        }
        config.room = room_from_args(room, broker_port, cfg!(feature = "room"))?;
        Ok(Some(config))
    }
}

impl ServerVersion {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err(format!("`{text}` is neither v1 nor v2")),
        }
    }
}

/// `built_in`: whether this lab has a broker in it.
fn room_from_args(room: bool, broker_port: Option<u16>, built_in: bool) -> Result<Option<RoomConfig>, String> {
    match broker_port {
        Some(port) if !room => Err(format!("--broker-port {port} needs --room")),
        _ if room && !built_in => Err(NO_ROOM.to_owned()),
        _ => Ok(room.then_some(RoomConfig { broker_port })),
    }
}

fn faults_from_arg(text: &str) -> Result<LabFaults, String> {
    LabFaults::parse(text.as_bytes()).map_err(|error| format!("{}: {}", error.field, error.message))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Without any the server would ping without a pause, or wait for no answer.
fn patience(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    if time < SHORTEST_PATIENCE {
        return Err(format!("{text} is less than {} s", SHORTEST_PATIENCE.as_secs_f64()));
    }
    Ok(time)
}

const SHORTEST_PATIENCE: Duration = Duration::from_millis(100);

const NO_ROOM: &str =
    "this lab was built without --room: `cargo build --package lab --profile lab --features room` builds one with it";

pub const HELP: &str = "\
lab: a chat service to test, with fault switches, and a server for the tabswarm page

  --host IP                where to listen (127.0.0.1)
  --port N                 0 takes any free port (4280)
  --dist DIR               serve the page from here
  --server-version v1|v2   which chat server to play (v1)
  --faults JSON            as POST /lab/faults takes them
  --seed N                 of the random numbers behind the faults (1)
  --exit-after SECONDS     stop by itself
  --ping-interval SECONDS  between Engine.IO's pings (25)
  --ping-timeout SECONDS   how long one may stay unanswered (60)
  --room                   run an MQTT broker too, and print the links with which browsers share a run
  --broker-port N          of that broker; 0 takes any free port (the lab's port + 1)
";

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
        assert_eq!(room_from_args(true, port, true), Ok(Some(RoomConfig { broker_port: port })));
        assert_eq!(room_from_args(true, None, true), Ok(Some(RoomConfig::default())));
        assert_eq!(room_from_args(false, None, true), Ok(None));
        assert_eq!(room_from_args(true, None, false), Err(NO_ROOM.to_owned()));
        assert_eq!(room_from_args(false, port, false), Err("--broker-port 1883 needs --room".to_owned()));
        let asked = Config::from_args(["lab", "--room", "--broker-port", "0"]);
        assert_eq!(asked.is_ok(), cfg!(feature = "room"));
    }
}
