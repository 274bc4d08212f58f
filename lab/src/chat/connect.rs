//! CONNECT: who is let in, who is told what, and what happens to the user's older socket.

use std::time::Duration;

use serde_json::{Value, json};

use crate::clock;
use crate::counts::Outcome;
use crate::packets;
use crate::token::Claims;
use crate::world::{ConnectionId, Task, UserKey, World};

impl World {
    /// The answer comes last: whatever a user with rooms in memory is told, it is told before `40{sid}`.
    pub fn on_connect(&mut self, id: ConnectionId, sid: &str, auth: Option<Value>) {
        let outcome = match auth {
            None => "accepted without user",
            Some(auth) => match self.authenticate(&auth) {
                Err(refusal) => {
                    *self.counts.connections.connects.entry(refusal).or_default() += 1;
                    return self.refuse(id, refusal);
                }
                Ok((user, session_id)) => self.welcome(id, user, session_id),
            },
        };
        *self.counts.connections.connects.entry(outcome).or_default() += 1;
        self.control(id, packets::connected(sid));
    }

    fn authenticate(&mut self, auth: &Value) -> Result<(UserKey, String), Outcome> {
        let (Some(token), Some(session_id)) = (auth["token"].as_str(), auth["sessionId"].as_str()) else {
            return Err(NO_CREDENTIALS);
        };
        let claims = Claims::verify(token).filter(|claims| !claims.expired(clock::unix_ms())).ok_or("Invalid token")?;
        let user = self.user_by_id(&claims.user_id).ok_or("Invalid session")?;
        if !self.use_session(user, session_id) {
            return Err("Invalid session");
        }
        if self.users[user].deleted {
            return Err("User not found");
        }
        Ok((user, session_id.to_owned()))
    }

    /// The transport stays open: closing it is left to the client.
    fn refuse(&mut self, id: ConnectionId, reason: &'static str) {
        let packet =
            if reason == NO_CREDENTIALS { packets::refused_bare("/", reason) } else { packets::refused(reason) };
        self.control(id, packet);
    }

    fn welcome(&mut self, id: ConnectionId, user: UserKey, session_id: String) -> Outcome {
        let older = self.sockets_of(user);
        let Some(connection) = self.connection_mut(id) else { return "gone" };
        let device = connection.user_agent.clone();
        if !older.is_empty() && device.is_none() {
            self.fail_without_code(id, "연결 처리 중 오류가 발생했습니다.");
            return "accepted without user";
        }
        connection.user = Some(user);
        connection.session_id = session_id;
        let address = connection.peer();
        for room in self.users[user].rooms.clone() {
            self.enter_again(id, room);
        }
        for old in older {
            let payload = json!({
                "type": "new_login_attempt",
                "deviceInfo": device,
                "ipAddress": address,
                "timestamp": clock::unix_ms(),
            });
            self.emit(old, "duplicate_login", &payload);
            self.later(clock::now() + DUPLICATE_GRACE, Task::EndSession { of: old });
        }
        "accepted"
    }

    /// The older socket's time is over. It is told so; it is not disconnected.
    pub fn end_duplicate_session(&mut self, of: ConnectionId) {
        if self.connection(of).is_some() {
            let payload = json!({ "reason": "duplicate_login", "message": "다른 기기에서 로그인하여 현재 세션이 종료되었습니다." });
            self.emit(of, "session_ended", &payload);
        }
    }

    /// Every socket of a user that logged out over REST is told.
    pub fn on_logout(&mut self, user: UserKey) {
        self.end_session(user);
        let sockets = self.sockets_of(user);
        self.broadcast(&sockets, "session_ended", &json!({ "reason": "logout", "message": "로그아웃되었습니다." }));
    }
}

/// The one refusal that is a bare string on the wire.
const NO_CREDENTIALS: &str = "Authentication error";
const DUPLICATE_GRACE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::testing::{Tape, world};

    #[test]
    fn the_older_socket_is_told_twice_ten_seconds_apart() {
        let mut world = world();
        let user = world.register("Ann", "ann@lab.test", "secret").expect("nobody has that address");
        let (token, session_id) = world.start_session(user);
        let auth = json!({ "token": token, "sessionId": session_id });
        let tapes = [Tape::default(), Tape::default()];
        for (id, tape) in (1..).zip(&tapes) {
            world.open(id, "test", tape.sink(), None);
            world.connection_mut(id).expect("opened above").user_agent = Some("test".into());
            world.on_connect(id, "sid", Some(auth.clone()));
        }
        let told = tapes[0].played();
        assert_eq!(told[0], r#"0{"sid":"sid"}"#);
        assert!(told[1].starts_with(r#"2["duplicate_login","#), "{}", told[1]);
        world.run_due(clock::now() + DUPLICATE_GRACE - Duration::from_millis(500));
        assert_eq!(tapes[0].played(), [""; 0]);
        world.run_due(clock::now() + DUPLICATE_GRACE);
        let told = tapes[0].played();
        assert!(told[0].starts_with(r#"2["session_ended",{"#) && told[0].contains("duplicate_login"), "{}", told[0]);
        assert_eq!(tapes[1].played(), [r#"0{"sid":"sid"}"#]);
    }

    #[test]
    fn without_a_user_agent_a_second_socket_has_no_user() {
        let mut world = world();
        let user = world.register("Ann", "ann@lab.test", "secret").expect("nobody has that address");
        let (token, session_id) = world.start_session(user);
        let tape = Tape::default();
        for id in [1, 2] {
            world.open(id, "test", tape.sink(), None);
            world.on_connect(id, "sid", Some(json!({ "token": token, "sessionId": session_id })));
        }
        let told = tape.played();
        assert!(told[1].starts_with(r#"2["error",{"message":"#), "{}", told[1]);
        assert_eq!((told[2].as_str(), world.sockets_of(user)), (r#"0{"sid":"sid"}"#, vec![1]));
    }
}
