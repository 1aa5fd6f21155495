//! What the audit log tells: who came in, who was refused, who changed what may be done.

use serde::Serialize;

/// One kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Somebody signed in.
    SignedIn,
    /// A name, password or code was wrong, or tried too often.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// Sessions were ended from another one.
    SessionsEnded,
    /// A person was added.
    PersonAdded,
    /// A link to choose a password was made.
    Invited,
    /// A link was used.
    InvitationAccepted,
    /// A person's name for colleagues changed.
    NameChanged,
    /// Notices go to another address of a person.
    MailAddressChanged,
    /// A mail in the name of a person was not taken as theirs.
    StaffMailRefused,
    /// A notice to a person came back, or could not be sent at all.
    NoticeReturned,
    /// A person's role changed.
    RoleChanged,
    /// A person works for other accounts.
    AccountsChanged,
    /// A password changed.
    PasswordChanged,
    /// An authenticator program is asked from now on.
    TotpOn,
    /// No code is asked any more.
    TotpOff,
    /// New recovery codes were made.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// A person was shut out.
    PersonDisabled,
    /// A person was let in again.
    PersonEnabled,
    /// A token for another program was made.
    TokenAdded,
    /// A token was revoked.
    TokenRevoked,
    /// Data left the desk as a file.
    Exported,
    /// A setting changed.
    SettingChanged,
    /// Automatic answers were paused.
    Paused,
    /// Automatic answers were resumed.
    Resumed,
    /// A situation was switched on or off by hand.
    SituationSwitched,
    /// The dates of a situation decide again.
    SituationByDates,
    /// The store was put back from a backup, or looked after since.
    Restored,
    /// Somebody wrote something about a buyer.
    BuyerNoted,
    /// A buyer has another grade.
    BuyerGraded,
    /// Somebody said in which language a buyer is answered.
    BuyerLanguageSet,
    /// Somebody said where a buyer lives.
    BuyerCountrySet,
    /// Somebody said that two addresses are one person's.
    BuyersJoined,
    /// Somebody said that an address is a person of its own.
    BuyerParted,
}

impl Deed {
    /// Every kind, as lists show them.
    pub const ALL: [Self; 35] = [
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::SessionsEnded,
        Self::PersonAdded,
        Self::Invited,
        Self::InvitationAccepted,
        Self::NameChanged,
        Self::MailAddressChanged,
        Self::StaffMailRefused,
        Self::NoticeReturned,
        Self::RoleChanged,
        Self::AccountsChanged,
        Self::PasswordChanged,
        Self::TotpOn,
        Self::TotpOff,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::PersonDisabled,
        Self::PersonEnabled,
        Self::TokenAdded,
        Self::TokenRevoked,
        Self::Exported,
        Self::SettingChanged,
        Self::Paused,
        Self::Resumed,
        Self::SituationSwitched,
        Self::SituationByDates,
        Self::Restored,
        Self::BuyerNoted,
        Self::BuyerGraded,
        Self::BuyerLanguageSet,
        Self::BuyerCountrySet,
        Self::BuyersJoined,
        Self::BuyerParted,
    ];

    /// Returns the word used in the store and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::PersonAdded => "person_added",
            Self::Invited => "invited",
            Self::InvitationAccepted => "invitation_accepted",
            Self::NameChanged => "name_changed",
            Self::MailAddressChanged => "mail_address_changed",
            Self::StaffMailRefused => "staff_mail_refused",
            Self::NoticeReturned => "notice_returned",
            Self::RoleChanged => "role_changed",
            Self::AccountsChanged => "accounts_changed",
            Self::PasswordChanged => "password_changed",
            Self::TotpOn => "totp_on",
            Self::TotpOff => "totp_off",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::PersonDisabled => "person_disabled",
            Self::PersonEnabled => "person_enabled",
            Self::TokenAdded => "token_added",
            Self::TokenRevoked => "token_revoked",
            Self::Exported => "exported",
            Self::SettingChanged => "setting_changed",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::SituationSwitched => "situation_switched",
            Self::SituationByDates => "situation_by_dates",
            Self::Restored => "restored",
            Self::BuyerNoted => "buyer_noted",
            Self::BuyerGraded => "buyer_graded",
            Self::BuyerLanguageSet => "buyer_language_set",
            Self::BuyerCountrySet => "buyer_country_set",
            Self::BuyersJoined => "buyers_joined",
            Self::BuyerParted => "buyer_parted",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == word)
    }
}
