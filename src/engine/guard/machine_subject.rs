//! B11: the subject reads like an absence note or a bounce.

use crate::engine::guard::{Case, Guard, Objection, Stage};

pub(super) const GUARD: Guard = Guard {
    id: "B11",
    condition: "the subject reads like an absence note or a bounce",
    demands: "escalate",
    source: "Discourse, sisimai; only a guess, so a person looks",
    stage: Stage::Message,
    objects,
};

use std::sync::LazyLock;

use regex::Regex;

/// What mail programs put in front of the subject of an absence note. `Auto:` alone proves nothing (RFC 3834 section
/// 3.1.5) but is cheap to show to a person.
static ABSENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        "(?i)^(?:AUTO|Automatic reply|Automatische Antwort|Automatisch antwoord|Réponse automatique",
        "|Respuesta automática|Risposta automatica|Resposta automática|Autosvar|Automatisk svar",
        "|Odpowiedź automatyczna|Автоответ|Автоматический ответ|自动回复|自動回覆|自動返信|자동 응답",
        r"|Otomatik yanıt|Abwesenheitsnotiz|Out of (?:the )?office|OOO)\s*[:：]",
    ))
    .expect("the pattern is a constant that the guard's fixtures compile")
});
/// Fixed subjects of mail servers. Nothing shorter: a buyer writes "Delivery status of order 4711".
const FIXED: [&str; 5] = [
    "undelivered mail returned to sender",
    "mail delivery failed: returning message to sender",
    "delivery status notification (failure)",
    "returned mail: see transcript for details",
    "failure notice",
];

fn objects(case: &Case<'_>) -> Option<Objection> {
    case.mail()?;
    let subject = case.inbound.subject.trim();
    let fixed = FIXED.iter().any(|fixed| subject.eq_ignore_ascii_case(fixed));
    (fixed || ABSENCE.is_match(subject)).then(|| Objection::escalate(format!("Subject: {subject}")))
}
