//! The dialogue that finds out what a conversation is to be about: questions of the service, answers of the user.

use std::time::Duration;

use serde_json::json;

use super::Voice;
use super::call::{Call, State};
use super::frames::{self, Frame};
use super::inbound::Inbound;
use super::sessions::Wishes;

impl Call {
    pub(super) fn on_scenario_frame(&mut self, at: Duration, frame: Inbound, voice: &mut Voice) -> &'static str {
        let (name, fields) = match frame {
            Inbound::Event { name, fields } => (name, fields),
            Inbound::Malformed => return "ignored",
            Inbound::NoObject => {
                self.cut(voice);
                return CRASHED;
            }
        };
        match name.as_str() {
            "input_audio_chunk" => self.on_audio(at, &fields, voice),
            "text" if self.state == State::Live => {
                let text = fields.get("text").and_then(|text| text.as_str()).unwrap_or_default();
                self.turn += 1;
                voice.counts.turn(self.turn).started += 1;
                self.fall_silent(voice);
                self.note(at, "user", text.to_owned(), 0.0);
                self.on_turn_over(at, voice);
                "accepted"
            }
            // A name in the real server's code is not defined.
            "response.create" => {
                self.cut(voice);
                CRASHED
            }
            _ => "ignored",
        }
    }

    /// The user has answered the last question.
    pub(super) fn knows_enough(&self) -> bool {
        self.kind.is_scenario && self.turn >= MOST_QUESTIONS
    }

    pub(super) fn complete(&mut self, voice: &mut Voice) {
        let [place, partner, goal] = ["a small cafe", "the waiter", "to order a coffee"];
        let wishes = Wishes {
            scenario_place: Some(place.into()),
            scenario_partner: Some(partner.into()),
            scenario_goal: Some(goal.into()),
            ..Wishes::default()
        };
        let session = voice.sessions.create(self.asked.user, wishes);
        voice.counts.completed_scenarios += 1;
        let found = json!({
            "place": place, "conversation_partner": partner, "conversation_goal": goal, "sessionId": session,
        });
        self.send(frames::scenario("scenario.completed", &[("json", found), ("completed", json!(true))]), voice);
        self.end(State::Over, voice);
    }

    /// A bare string instead of an event: that is what the real server sends when there is nobody to speak for it.
    pub(super) fn apologise(&mut self, voice: &mut Voice) {
        self.send(
            Frame {
                event: "(bare string)", text: r#""죄송합니다. 잠시 후 다시 시도해 주세요.""#.into()
            },
            voice,
        );
    }
}

const CRASHED: &str = "crashed";
const MOST_QUESTIONS: u32 = 3;
