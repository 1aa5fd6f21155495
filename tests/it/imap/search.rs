//! The search for one sent message, on its own connection: whatever the server says, whoever asks gets an answer.

use nightdesk::{
    channel::{
        Channel as _,
        email::{EmailChannel, SentFolder, TlsMode},
    },
    model::outbound::Verification,
};
use tokio_util::sync::CancellationToken;

use crate::{
    imap::account::account,
    support::imap_script::{ScriptedServer, read},
};

const OURS: &str = "ar.i1-answer.0123456789abcdef@example.com";

/// Looks for our message while the server plays the script after the login.
async fn looked(sent: SentFolder, script: &str) -> Verification {
    let stop = CancellationToken::new();
    let server = ScriptedServer::start(read(&format!("@login\n{script}")), stop).await;
    let mut settings = account("shop@example.com", server.address.port());
    (settings.imap.tls, settings.imap.sent) = (TlsMode::None, sent);
    EmailChannel::new(settings).verify(OURS).await
}

#[tokio::test]
async fn a_found_message_is_proven_by_folder_and_number() {
    let script = "C: EXAMINE \"Sent\"\nS: $ OK done\nC: UID SEARCH\nS: * SEARCH 4 7\nS: $ OK done\n";
    let seen = looked(SentFolder::Named("Sent".to_owned()), script).await;
    assert_eq!(seen, Verification::Found { proof: "message 7 in the folder Sent".to_owned() });
}

#[tokio::test]
async fn an_answer_that_makes_the_parser_panic_is_no_answer() {
    let script = "C: EXAMINE \"Sent\"\nS: * 1 FETCH (UID 7 INTERNALDATE NIL)\nS: $ OK done\n";
    let seen = looked(SentFolder::Named("Sent".to_owned()), script).await;
    let Verification::Unknown { reason } = seen else { panic!("{seen:?}") };
    assert!(reason.contains("made the parser give up"), "{reason}");
}

#[tokio::test]
async fn a_folder_name_that_was_never_encoded_hides_no_other_folder() {
    let script = "C: LIST\nS: * LIST () \"/\" \"R&D-2026\"\nS: * LIST (\\Sent) \"/\" \"&XfJT0ZAB-\"\nS: $ OK done\n\
                  C: EXAMINE \"&XfJT0ZAB-\"\nS: $ OK done\nC: UID SEARCH\nS: * SEARCH 7\nS: $ OK done\n";
    let seen = looked(SentFolder::Auto, script).await;
    assert_eq!(seen, Verification::Found { proof: "message 7 in the folder 已发送".to_owned() });
}
