//! What a user who is listened to tells: called only while somebody listens.

use crate::observer::Audience;
use crate::ports::FrameId;
use crate::user::Context;
use crate::wire::Told;
use base::time::Timestamp;
use protocol::Args;
use scenario::Audio;

impl Context<'_> {
    /// A piece of what it says, from the frame that is sent. Frames are kept encoded, so it is decoded again: that is
    /// work for as long as one user is listened to, and for that one only.
    pub(super) fn tell_spoken(&mut self, audio: &Audio, frame: FrameId, began: Timestamp) {
        let text = self.frames.text(frame).clone();
        let args = Args::text(&text);
        let value = args.find(0, &audio.outbound.field);
        if let Ok(pcm) = self.pcm.read(value, &mut None) {
            self.observer.tell(self.user, began, Audience::Listener, || Told::Says { pcm: pcm.to_vec() });
        }
    }
}
