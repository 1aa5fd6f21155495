//! Coming in as people do: by the first link, with password and code, and without the telephone.

use jiff::{SignedDuration, Timestamp};

use super::{
    desk::{Desk, PASSWORD},
    page::Page,
};
use crate::support::authenticator::{STEP, code};

#[test]
fn first_admin_comes_in_by_the_link_and_later_by_code_or_recovery_code() {
    let Some(desk) = Desk::open("") else { return };
    let page = desk.visitor();
    page.go("/");
    page.until_at("/login");
    page.until_shows("Nobody can sign in yet");
    chooses_a_password(&page, &desk.first_link());
    password(&page, "not that one at all");
    page.until_shows("Name or password is wrong.");
    assert_eq!(page.path(), "/login", "it opened nothing");
    password(&page, PASSWORD);
    page.until_at("/queue");

    let (secret, first, recovery) = enrolls(&page);
    page.click("main a.button");
    page.until_at("/profile");
    page.until_shows("On: an authenticator program is asked for a code at each login.");
    signs_out(&page);
    password(&page, PASSWORD);
    page.until_at("/login/code");
    page.go("/queue");
    page.until_at("/login");
    password(&page, PASSWORD);
    // The code of the enrolment was used.
    page.fill("#code", &first);
    page.click("main button");
    page.until_shows("That code is wrong, too old, or was used already.");
    let next = Timestamp::now() + SignedDuration::from_secs(STEP);
    page.fill("#code", &code(&secret, next));
    page.click("main button");
    page.until_at("/queue");

    signs_out(&page);
    password(&page, PASSWORD);
    page.fill("#code", &recovery);
    page.click("main button");
    page.until_at("/queue");
    page.go("/profile");
    page.until_shows("Recovery codes left: 9");
    signs_out(&page);
    password(&page, PASSWORD);
    page.fill("#code", &recovery);
    page.click("main button");
    page.until_shows("That code is wrong, too old, or was used already.");
}

fn chooses_a_password(page: &Page, link: &str) {
    page.go(link);
    page.until_shows("You are the first one here and become its admin.");
    page.fill("#name", "mei");
    page.fill("#display", "Mei Chen");
    let try_it = |password: &str, again: &str| {
        page.fill("#password", password);
        page.fill("#again", again);
        page.click("main button");
    };
    try_it("qwertyuiop123", "qwertyuiop123");
    page.until_shows("That is tried first.");
    try_it(PASSWORD, "tea at half past ten");
    page.until_shows("The two passwords differ.");
    try_it(PASSWORD, PASSWORD);
    page.until_shows("Your password is set. Sign in with it now.");
    page.go(link);
    page.until_shows("This link does not work any more");
    page.go("/login");
}

fn password(page: &Page, password: &str) {
    page.fill("#name", "mei");
    page.fill("#password", password);
    page.click("main button");
}

fn signs_out(page: &Page) {
    page.click("header .who button");
    page.until_at("/login");
}

/// Switches the second factor on, up to the page of recovery codes; returns its secret, the code that did it, and a
/// recovery code.
pub(super) fn enrolls(page: &Page) -> (String, String, String) {
    page.go("/profile");
    page.click("a[href=\"/profile/totp\"]");
    page.until_at("/profile/totp");
    assert_eq!(page.count(".picture svg"), 1, "there is a picture to scan");
    let secret = page.text_of("#key");
    let first = code(&secret, Timestamp::now());
    page.fill("#code", &first);
    page.fill("#password", PASSWORD);
    page.click("main button");
    page.until_count(".codes code", 10);
    let recovery = page.text_of(".codes code");
    (secret, first, recovery)
}
