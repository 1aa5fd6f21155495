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

/// What mail programs put before the subject of an absence note, lower case. `auto` alone proves nothing (RFC 3834 section
/// 3.1.5) but is cheap to show to a person.
const ABSENCE: [&str; 43] = [
    "auto",
    "ooo",
    "automatic reply",
    "out of office",
    "out of the office",
    "abwesenheit",
    "abwesenheitsnotiz",
    "automatische antwort",
    "automatisch antwoord",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "resposta automática",
    "autosvar",
    "automatisk svar",
    "automatiskt svar",
    "automaattinen vastaus",
    "odpowiedź automatyczna",
    "automatyczna odpowiedź",
    "automatická odpověď",
    "automatická odpoveď",
    "automatikus válasz",
    "automatski odgovor",
    "samodejni odgovor",
    "răspuns automat",
    "otomatik yanıt",
    "αυτόματη απάντηση",
    "автоответ",
    "автоматический ответ",
    "автоматична відповідь",
    "автоматичен отговор",
    "trả lời tự động",
    "ตอบกลับอัตโนมัติ",
    "תשובה אוטומטית",
    "رد تلقائي",
    "自动回复",
    "自动答复",
    "自動回覆",
    "自動答覆",
    "自動返信",
    "自動応答",
    "자동 응답",
    "자동 회신",
];

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
    (fixed || is_absence(subject)).then(|| Objection::escalate(format!("Subject: {subject}")))
}

/// Returns whether a subject begins as that of an absence note: "Automatic reply: Your order".
pub fn is_absence(subject: &str) -> bool {
    let Some((prefix, _)) = subject.split_once([':', '：']) else { return false };
    ABSENCE.contains(&prefix.trim().to_lowercase().as_str())
}
