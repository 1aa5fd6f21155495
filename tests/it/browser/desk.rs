//! A shop with real mail and the real program, its console, and people who sign in to it as people do.

use super::{driver::Driver, page::Page};
use crate::support::{
    letter::Letter,
    ports,
    post::{Post, RETRY_SOON},
    shop::{Shop, until_in},
    smtp_relay::Relayed,
};

/// Everybody's password.
pub(super) const PASSWORD: &str = "tea at half past nine";

/// What begins the line with the first admin's link.
const LINK: &str = "The first admin opens, within a day: ";

/// All of it; what was started ends when dropped.
pub(super) struct Desk {
    pub(super) driver: Driver,
    pub(super) post: Post,
    pub(super) shop: Shop,
    origin: String,
}

impl Desk {
    /// Opens one whose section `console` has these lines too; none where somebody wished to do without a browser.
    pub(super) fn open(console: &str) -> Option<Self> {
        Self::open_with(console, "")
    }

    /// The same with more keys at the top level.
    pub(super) fn open_with(console: &str, keys: &str) -> Option<Self> {
        Self::build(console, "", keys, |_| ())
    }

    /// Opens one with more keys at the top level, into whose folder something is put before the program starts.
    pub(super) fn furnished(keys: &str, furnish: impl FnOnce(&Shop)) -> Option<Self> {
        Self::build("", "", keys, furnish)
    }

    /// Opens one with more accounts, as YAML, and more keys, into whose folder something is put before the program starts.
    pub(super) fn crowded(accounts: &str, keys: &str, furnish: impl FnOnce(&Shop)) -> Option<Self> {
        Self::build("", accounts, keys, furnish)
    }

    fn build(console: &str, accounts: &str, keys: &str, furnish: impl FnOnce(&Shop)) -> Option<Self> {
        let driver = Driver::start()?;
        let (post, [port]) = (Post::start(), ports::free());
        let more = format!("{RETRY_SOON}\nconsole:\n  listen: 127.0.0.1:{port}\n{console}\n{keys}");
        let mut shop = Shop::open(&(post.account() + accounts), &more);
        furnish(&shop);
        shop.start();
        Some(Self { driver, post, shop, origin: format!("http://127.0.0.1:{port}") })
    }

    /// Opens a browser in which nobody is signed in.
    pub(super) fn visitor(&self) -> Page {
        Page::new(self.driver.open(), &self.origin)
    }

    /// Returns the link that was printed for the first admin.
    pub(super) fn first_link(&self) -> String {
        until_in("the first admin's link", || {
            let log = self.shop.log();
            log.lines().find_map(|line| line.split_once(LINK).map(|(_, link)| link.trim().to_owned()))
        })
    }

    /// Adds a person, lets them choose their password by their link, and signs them in.
    pub(super) fn person(&self, name: &str, role: &str, language: &str) -> Page {
        let told = self.shop.succeed(&["user", "add", name, "--role", role, "--language", language]);
        let link = told.split_whitespace().find(|word| word.contains("/setup/")).expect("the link is printed");
        let page = self.visitor();
        page.go(link);
        page.fill("#password", PASSWORD);
        page.fill("#again", PASSWORD);
        page.choose("#language", language);
        page.click("main button");
        page.until_at("/login");
        page.sign_in(name, PASSWORD);
        page
    }

    /// Puts a buyer's mail into the shop's mailbox.
    pub(super) fn write(&self, letter: &Letter) {
        self.post.deliver(&letter.from, &letter.raw());
    }

    /// Waits until that many mails left for a buyer, and returns them all.
    pub(super) fn until_sent(&self, buyer: &str, count: usize) -> Vec<Relayed> {
        until_in(&format!("{count} mails to {buyer}"), || {
            Some(self.post.sent_to(buyer)).filter(|mails| mails.len() >= count)
        })
    }

    /// Returns the origin of the console's pages.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}
