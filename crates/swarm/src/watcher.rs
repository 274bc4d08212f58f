//! A watcher's side of a swarm: it sees how the run looks, and has nothing to say.

use super::link::LinkEvent;
use super::message::{Offer, Picture, unpack_within};
use super::scan::Allowance;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watcher {
    offer: Option<Offer>,
    picture: Option<Picture>,
    /// A conductor has been heard.
    has_met: bool,
    is_alone: bool,
    unreadable: u64,
}

impl Watcher {
    /// What the next run will be.
    pub const fn offered(&self) -> Option<&Offer> {
        self.offer.as_ref()
    }

    pub const fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    pub const fn has_met(&self) -> bool {
        self.has_met
    }

    /// Nothing is heard of the conductor.
    pub const fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Messages that could not be read.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    pub fn on_event(&mut self, event: &LinkEvent) {
        match event {
            LinkEvent::Arrived(_) => (self.has_met, self.is_alone) = (true, false),
            LinkEvent::Away(_) => self.is_alone = true,
            LinkEvent::Back(_) => self.is_alone = false,
            LinkEvent::Card(card) => match unpack_within::<Offer>(card, &Allowance::TALK) {
                Ok(offer) => self.offer = Some(offer),
                Err(_) => self.unreadable += 1,
            },
            LinkEvent::Live(picture) => match unpack_within::<Picture>(picture, &Allowance::TALK) {
                Ok(picture) if picture.plausible().is_ok() => self.picture = Some(picture),
                Ok(_) | Err(_) => self.unreadable += 1,
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::pack;
    use super::super::peer::SessionId;
    use super::*;

    #[test]
    fn it_keeps_the_last_picture_that_it_could_read() {
        let mut watcher = Watcher::default();
        let picture = Picture { run: "k3f".into(), ..Picture::default() };
        let conductor = SessionId::new(1);
        for event in [
            LinkEvent::Arrived(conductor),
            LinkEvent::Live(pack(&picture)),
            LinkEvent::Live(vec![9, 9]),
            LinkEvent::Away(conductor),
        ] {
            watcher.on_event(&event);
        }
        assert_eq!((watcher.picture(), watcher.unreadable()), (Some(&picture), 1));
        assert!(watcher.has_met() && watcher.is_alone());
        watcher.on_event(&LinkEvent::Back(conductor));
        assert!(!watcher.is_alone());
    }
}
