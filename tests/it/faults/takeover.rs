//! People step in while a message of the machine hangs on its way.

use std::net::{Ipv4Addr, TcpListener};

use crate::support::{
    dovecot::Dovecot,
    letter::Letter,
    post::{RETRY_SOON, SHOP, account},
    shop::{Shop, until_in},
    smtp_relay::SmtpRelay,
};

const UNKNOWN: &str = "Could you engrave the name of my grandmother on the lid?";
const QUESTION: &str = "Hi, will I have to pay customs if you ship to Germany?";

/// A shop whose SMTP server takes connections and never says a word.
struct Stalled {
    dovecot: Dovecot,
    shop: Shop,
    silent: TcpListener,
}

impl Stalled {
    fn start() -> Self {
        let dovecot = Dovecot::start();
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, dovecot.ports().relay)).expect("the port is free");
        let mut shop = Shop::open(&account(&dovecot, "support", dovecot.ports().relay), RETRY_SOON);
        shop.start();
        Self { dovecot, shop, silent }
    }

    /// Delivers a mail and waits until the attempt to send what follows from it hangs.
    fn hangs_on(&self, letter: &Letter) {
        self.dovecot.deliver(SHOP, &letter.from, letter.raw().as_bytes());
        until_in("an attempt to send", || {
            let activity = self.shop.activity();
            activity.last()?.messages.first().filter(|message| message.state == "sending").map(drop)
        });
    }

    /// Puts a working server in the place of the silent one.
    fn recovers(self) -> (Dovecot, Shop, SmtpRelay) {
        drop(self.silent);
        let relay = SmtpRelay::start(&self.dovecot);
        (self.dovecot, self.shop, relay)
    }
}

#[test]
fn claimed_ticket_stops_the_ack_that_was_on_its_way() {
    let stalled = Stalled::start();
    stalled.hangs_on(&Letter::new("anna@example.org", "Engraving", UNKNOWN));
    stalled.shop.succeed(&["ticket", "claim", "1"]);
    let (_dovecot, shop, relay) = stalled.recovers();
    until_in("the end of the ack", || {
        let activity = shop.activity();
        activity[0].messages.first().filter(|message| message.state == "cancelled").map(drop)
    });
    shop.succeed(&["ticket", "reply", "1", "Yes, up to twelve letters."]);
    until_in("the person's mail", || (!relay.mails().is_empty()).then_some(()));
    assert_eq!(relay.mails().len(), 1, "the person alone speaks");
    assert!(relay.mails()[0].data.contains("Message-ID: <hr."), "{}", relay.mails()[0].data);
}

#[test]
fn pause_holds_back_the_answer_that_was_on_its_way_until_resume() {
    let stalled = Stalled::start();
    stalled.hangs_on(&Letter::new("anna@example.org", "Customs", QUESTION));
    stalled.shop.succeed(&["pause"]);
    let (dovecot, shop, relay) = stalled.recovers();
    // While paused, questions become tickets, and people's mails go out past the answer that waits.
    let other = Letter::new("tom@example.net", "Engraving", UNKNOWN);
    dovecot.deliver(SHOP, &other.from, other.raw().as_bytes());
    until_in("a ticket", || (!shop.tickets().is_empty()).then_some(()));
    shop.succeed(&["ticket", "reply", "1", "Yes, up to twelve letters."]);
    until_in("the person's mail", || (!relay.mails().is_empty()).then_some(()));
    assert_eq!(relay.mails().len(), 1);
    assert_eq!(relay.mails()[0].to, ["tom@example.net"]);
    shop.succeed(&["resume"]);
    until_in("the answer", || (relay.mails().len() > 1).then_some(()));
    shop.until_settled(2);
    assert_eq!(relay.mails().len(), 2);
    assert_eq!(relay.mails()[1].to, ["anna@example.org"]);
}
