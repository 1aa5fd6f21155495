//! Findings in the configuration.

use crate::check::codes::{Home::Config, Row, error};

pub(super) const ROWS: &[Row] = &[
    error(
        Config,
        "missing-variable",
        "a `${NAME}` that the environment does not have",
        "A secret that is not there would fail at night, at the first mail.",
        "password: ${MAIL_PASSWORD}",
        "password: ${MAIL_PASSWORD}    # and MAIL_PASSWORD set where the service starts",
    ),
    error(
        Config,
        "secret-file",
        "a secret file that cannot be read, is empty, or may be read by others",
        "A password that others may read is no secret.",
        "password_file: secrets/imap    # -rw-r--r--",
        "password_file: secrets/imap    # -rw-------  (chmod 600)",
    ),
    error(
        Config,
        "account-kind",
        "an account that is neither mail nor Telegram nor a folder, or more than one of them",
        "One account is one mailbox or one bot.",
        "- name: support",
        "- name: support\n  email:\n    address: support@shop.example",
    ),
    error(
        Config,
        "bad-address",
        "an address that is no mail address, or no address of a server",
        "Mail to it would never arrive.",
        "address: support(at)shop.example",
        "address: support@shop.example",
    ),
    error(
        Config,
        "login-secret",
        "an account with no secret, or with two",
        "Either a password, a password file or OAuth lets the program in.",
        "password: x\npassword_file: secrets/imap",
        "password_file: secrets/imap",
    ),
    error(
        Config,
        "bad-time",
        "hours of the desk that cannot be read",
        "Buyers are told when a person will write; that moment is computed from these hours.",
        "mon-fri: 9 to 6",
        "mon-fri: 09:00-18:00",
    ),
    error(
        Config,
        "bad-value",
        "a value outside of what the key takes",
        "The finding says what it takes.",
        "reply_within: four hours",
        "reply_within: 4h",
    ),
    error(
        Config,
        "duplicate-account",
        "two accounts with the same name",
        "Records name an account by its name.",
        "- name: support\n…\n- name: support",
        "- name: support\n…\n- name: support-de",
    ),
    error(
        Config,
        "unreadable-folder",
        "a folder of rules or replies that cannot be read",
        "Without it the shop has nothing to say.",
        "rules: rulez",
        "rules: rules",
    ),
];
