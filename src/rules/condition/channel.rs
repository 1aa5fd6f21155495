//! `channel: [email, telegram]`: how the message came.

use crate::{
    diagnostic::yaml::Node,
    model::inbound::ChannelKind,
    rules::condition::{Condition, Kind, Place, ReadCondition, Scene, words},
};

pub(super) const KIND: Kind = Kind {
    name: "channel",
    summary: "The message came through one of these channels.",
    example: "[email, telegram]",
    read,
};

const CHANNELS: [ChannelKind; 2] = [ChannelKind::Email, ChannelKind::Telegram];

#[derive(Debug)]
struct Channel(Vec<ChannelKind>);

fn read(place: Place<'_>, node: &Node) -> ReadCondition {
    let known = CHANNELS.map(ChannelKind::as_str);
    let channels = words::read(place, node, &known, |word| CHANNELS.into_iter().find(|kind| kind.as_str() == word))?;
    Ok(Box::new(Channel(channels)))
}

impl Condition for Channel {
    fn holds(&self, scene: &Scene<'_>) -> Option<bool> {
        Some(self.0.contains(&scene.moment.channel))
    }

    fn wanted(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|kind| kind.as_str()).collect();
        format!("channel {}", words::either(&names))
    }

    fn actual(&self, scene: &Scene<'_>) -> String {
        format!("channel {}", scene.moment.channel.as_str())
    }
}
