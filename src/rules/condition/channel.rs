//! `channel: [email, telegram]`: how the message came.

use crate::{
    diagnostic::{source::FileId, yaml::Node},
    model::inbound::ChannelKind,
    rules::condition::{Condition, Kind, Moment, ReadCondition, words},
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

fn read(file: FileId, node: &Node) -> ReadCondition {
    let known = CHANNELS.map(ChannelKind::as_str);
    let channels = words::read(file, node, &known, |word| CHANNELS.into_iter().find(|kind| kind.as_str() == word))?;
    Ok(Box::new(Channel(channels)))
}

impl Condition for Channel {
    fn holds(&self, moment: &Moment) -> bool {
        self.0.contains(&moment.channel)
    }

    fn wanted(&self) -> String {
        let names: Vec<String> = self.0.iter().map(|kind| kind.as_str().to_owned()).collect();
        format!("channel {}", words::either(&names))
    }

    fn actual(&self, moment: &Moment) -> String {
        format!("channel {}", moment.channel.as_str())
    }
}
