//! What mail clients write around quoted mail, by language. Data first: a client nobody knew yet is a line here.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Compiled size of one table; they are ours, so this only guards against a slip.
const SIZE_LIMIT: usize = 16 << 20;

/// "On … wrote:" in one line, lower or upper case. Each needs a digit, an `@` or a final colon beside the verb, which
/// [`attribution`] checks.
const WROTE: &[&str] = &[
    r"^(on|at|in message)\b.+\b(wrote|writes|said)\s*:?$",
    r"^.*\bwrote on .+:$",
    r"^(am|at|on)\b.+\bschrieb(en)?\b.*:?$",
    r"^.+\b(schrieb|hat)( am| um)\b.+(geschrieben)?\s*:$",
    r"^(le|on)\b.+\ba écrit\s*:?$",
    r"^(el|le)\b.+\bescribió\s*:?$",
    r"^(il|in data|on)\b.+\bha scritto\s*:?$",
    r"^(em|a|no dia)\b.+\bescreveu\s*:?$",
    r"^op\b.+\b(schreef|geschreven)\b.*:?$",
    r"^.+heeft (op|het volgende).*geschreven\s*:?$",
    r"^(den|på|d\.|må|mån|man|ti|tir|tis|on|ons|to|tor|tors|fr|fre|lø|lør|lör|sø|søn|sön)\w*\.?,?\s.+\b(skrev|skrevet)\b.*:?$",
    r"^.+\bkirjoitti\b.*:$",
    r"^(dnia|w dniu|pon|wt|śr|czw|pt|sob|niedz)\w*\.?,?\s.+\b(napisał|napisała|napisał\(a\)|pisze)\b.*:?$",
    r"^(dne|dňa|po|út|ut|st|čt|št|pá|pi|so|ne)\.?,?\s.+(napsal|napísal)\S*\s*:?$",
    r"^.+(написал|написала|написал\(а\)|пишет|писал|писав|написав|пише)\S*\s*:$",
    r"^.+\d{1,2}:\d{2}.*<[^<>\s]+@[^<>\s]+>\s*[:：]$",
    r"^.+\b(yazdı|şunları yazdı|tarihinde).*\s*:?$",
    r"^vào\b.+đã viết\s*:?$",
    r"^.+(写道|寫道|写到|寫到)\s*[:：]?$",
    r"^.+(のメッセージ|さんは書きました|が書きました|は書きました|のメール)\s*[:：]$",
    r"^\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日.*[:：]$",
    r"^.+(님이 작성|작성한 메시지|작성|썼습니다)\s*[:：]?$",
    r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*<?[^\s<>@]+@[^\s<>@]+>?\)?\s*[:：]?$",
    r"^.+(เขียนว่า|เขียน)\s*[:：]$",
    r"^.+\b(keltezéssel|írta)\b.*:$",
    r"^(pada|em|dne|w|на|в)\b.+(menulis|escreveu)\s*:?$",
];

/// The verbs of the table above and what else tells a line that might be one; looked for first, because most lines have
/// none.
const VERBS: &[&str] = &[
    "wrote",
    "writes",
    "said",
    "schrieb",
    "geschrieben",
    "crit",
    "escribi",
    "scritto",
    "escreveu",
    "schreef",
    "geschreven",
    "skrev",
    "kirjoitti",
    "napisa",
    "pisze",
    "napsal",
    "napísal",
    "написал",
    "пишет",
    "писал",
    "писав",
    "пише",
    "yazd",
    "tarihinde",
    "viết",
    "写道",
    "寫道",
    "写到",
    "寫到",
    "メッセージ",
    "書きました",
    "メール",
    "작성",
    "썼습니다",
    "เขียน",
    "menulis",
    "írta",
    "keltezéssel",
];

/// A line between dashes, or followed by a colon, that says another mail begins; answered mail.
const ORIGINAL: &[&str] = &[
    "original message",
    "original",
    "reply message",
    "original e-mail",
    "original email",
    "ursprüngliche nachricht",
    "originalnachricht",
    "ursprüngliche mail",
    "message d'origine",
    "message d’origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "mensagem original",
    "oorspronkelijk bericht",
    "originalmeddelande",
    "ursprungligt meddelande",
    "oprindelig besked",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "alkuperäinen viesti",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "treść oryginalnej wiadomości",
    "původní zpráva",
    "původní e-mail",
    "pôvodná správa",
    "исходное сообщение",
    "оригинальное сообщение",
    "αρχικό μήνυμα",
    "özgün ileti",
    "orijinal mesaj",
    "thư gốc",
    "原始邮件",
    "原邮件",
    "原始郵件",
    "原始信件",
    "回复的原邮件",
    "回复的邮件",
    "元のメッセージ",
    "원본 메시지",
    "원본 메일",
    "ข้อความต้นฉบับ",
    "mesaj original",
    "eredeti üzenet",
];

/// The same for mail that is passed on.
const FORWARDED: &[&str] = &[
    "forwarded message",
    "forwarded mail",
    "begin forwarded message",
    "start of forwarded message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail",
    "message transféré",
    "début du message transféré",
    "début du message réexpédié",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "mensagem encaminhada",
    "início da mensagem reencaminhada",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "vidarebefordrat meddelande",
    "vidarebefordrat brev",
    "videresendt meddelelse",
    "videresendt melding",
    "videresendt besked",
    "start på videresendt besked",
    "välitetty viesti",
    "przekazana wiadomość",
    "wiadomość przekazana",
    "přeposlaná zpráva",
    "пересылаемое сообщение",
    "пересланное сообщение",
    "начало переадресованного сообщения",
    "転送されたメッセージ",
    "转发邮件信息",
    "转发的邮件",
    "以下是转发的邮件",
    "轉寄的郵件",
    "以下是轉寄的郵件",
    "전달된 메시지",
    "iletilmiş mesaj",
    "iletilen mesaj",
];

/// Signatures that phones add; the whole line.
const MOBILE: &[&str] = &[
    r"^sent (from|via|with|using)( my| the| a)?( [\w&'’+./-]+){1,6}\.?$",
    r"^get (outlook|bluemail|spark|gmail) for( [\w.]+){1,3}( ?<?https?://\S+)?$",
    r"^(von|mit) meinem? .+gesendet\.?$",
    r"^gesendet (von|mit|über)( meinem?| der)?( [\w&'.-]+){1,6}\.?$",
    r"^diese nachricht wurde von mein.+gesendet\.?$",
    r"^holen sie sich outlook für .+$",
    r"^envoyé (depuis|de|à partir d|avec).+$",
    r"^(obtenez|télécharger) outlook pour .+$",
    r"^inviato da(l|lla| mio| )?.+$",
    r"^(enviado|mandado) (desde|do|de|a partir d[oe]|con|pelo) (mi|meu|o|el|la)? ?.+$",
    r"^obtener outlook para .+$",
    r"^(verzonden|verstuurd) (met|vanaf|via|vanuit) .+$",
    r"^sendt (fra|med) (min|mit)? ?.+$",
    r"^skickat från (min|mitt)? ?.+$",
    r"^lähetetty .+(sta|stä|lla|llä|ltä|lta)( .+)?$",
    r"^(odesláno|odoslané) (z|ze) .+$",
    r"^(wysłano|wysłane) (z|ze) .+$",
    r"^отправлено (с|из|от) .+$",
    r"^надіслано (з|із) .+$",
    r".*(iphone|ipad|android|cihazım)\S*( )?(dan|den|'dan|'den|’dan) gönderildi\.?$",
    r"^(从|從)我的.+(发送|傳送|寄出|发出)。?$",
    r"^(发自|發自|来自|來自)(我的|手机|手機|网易|新浪|qq邮箱).*$",
    r"^.+から送信(されました)?。?$",
    r"^.+에서 (보냄|보낸 메일입니다|전송됨)\.?$",
    r"^(đã gửi|được gửi) từ .+$",
    r"^ส่งจาก.+$",
];

/// The kinds of lines in a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderKind {
    /// From.
    From,
    /// Date or Sent.
    Date,
    /// To or Cc.
    To,
    /// Subject.
    Subject,
}

/// Field names of header blocks, lower case.
const HEADERS: &[(HeaderKind, &[&str])] = &[
    (
        HeaderKind::From,
        &[
            "from",
            "von",
            "de",
            "da",
            "van",
            "från",
            "fra",
            "od",
            "od koho",
            "от кого",
            "от",
            "від",
            "发件人",
            "寄件者",
            "寄件人",
            "差出人",
            "送信者",
            "보낸 사람",
            "보낸사람",
            "kimden",
            "gönderen",
            "lähettäjä",
            "από",
            "từ",
            "จาก",
            "remetente",
            "mittente",
            "expéditeur",
            "feladó",
        ],
    ),
    (
        HeaderKind::Date,
        &[
            "sent",
            "date",
            "sent on",
            "gesendet",
            "datum",
            "envoyé",
            "envoyé le",
            "enviado",
            "enviado el",
            "enviada em",
            "enviado em",
            "fecha",
            "inviato",
            "data",
            "verzonden",
            "skickat",
            "sendt",
            "dato",
            "wysłano",
            "odesláno",
            "odoslané",
            "дата",
            "отправлено",
            "发送时间",
            "发送日期",
            "日期",
            "时间",
            "傳送時間",
            "寄件日期",
            "送信日時",
            "日時",
            "日付",
            "보낸 날짜",
            "보낸날짜",
            "날짜",
            "tarih",
            "gönderildi",
            "lähetetty",
            "ημερομηνία",
            "ngày",
            "วันที่",
            "message du",
            "küldve",
            "dátum",
        ],
    ),
    (
        HeaderKind::To,
        &[
            "to",
            "cc",
            "bcc",
            "an",
            "à",
            "para",
            "a",
            "aan",
            "till",
            "til",
            "do",
            "komu",
            "кому",
            "копия",
            "收件人",
            "抄送",
            "收件者",
            "副本",
            "宛先",
            "받는 사람",
            "받는사람",
            "참조",
            "kime",
            "vastaanottaja",
            "kopie",
            "kopia",
            "kopi",
            "προς",
            "đến",
            "tới",
            "copie à",
            "copie",
            "címzett",
            "ถึง",
            "reply-to",
            "dw",
        ],
    ),
    (
        HeaderKind::Subject,
        &[
            "subject",
            "betreff",
            "objet",
            "asunto",
            "oggetto",
            "assunto",
            "onderwerp",
            "ämne",
            "emne",
            "temat",
            "předmět",
            "predmet",
            "тема",
            "主题",
            "主旨",
            "件名",
            "제목",
            "konu",
            "aihe",
            "θέμα",
            "chủ đề",
            "sujet",
            "tárgy",
            "หัวเรื่อง",
            "re",
        ],
    ),
];

/// The longest field name looked for, in characters.
const MAX_HEADER_NAME: usize = 14;

/// What an attribution line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribution {
    /// The mail below is passed on.
    pub forward: bool,
    /// It counts only if a quote follows.
    pub needs_quote: bool,
}

static WROTE_SET: LazyLock<RegexSet> = LazyLock::new(|| set(WROTE));
static MOBILE_SET: LazyLock<RegexSet> = LazyLock::new(|| set(MOBILE));
static VERB: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(VERBS).expect("a short constant list of words")
});
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    one(
        r"\d{1,2}:\d{2}|\d{4}[-/.年]|\d{1,2}[./月-]\s?\d|\b(19|20)\d\d\b|[@<]|^(on|at|am|le|el|il|em|op|den|på|dnia|dne|vào)\b|^[在於于]",
    )
});
static WEAK: LazyLock<Regex> =
    LazyLock::new(|| one(r"\b(wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev)\s*:$"));

fn set(patterns: &[&str]) -> RegexSet {
    RegexSetBuilder::new(patterns)
        .case_insensitive(true)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .build()
        .expect("the tables above are constant and compiled by every test")
}

fn one(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).case_insensitive(true).build().expect("the pattern above is constant")
}

/// Returns what the line introduces. `is_joined` says that it was put together from several.
pub fn attribution(joined: &str, is_joined: bool) -> Option<Attribution> {
    // Zimbra and others put a list dash in front.
    let joined = joined.strip_prefix("- ").unwrap_or(joined);
    if let Some(forward) = original(joined) {
        return Some(Attribution { forward, needs_quote: false });
    }
    if !joined.ends_with([':', '：']) && !VERB.is_match(joined) {
        return None;
    }
    // A sentence that merely ends in a verb of this table has no date and no address in it.
    let has_evidence = joined.contains('@') || joined.chars().filter(char::is_ascii_digit).count() >= 3;
    if has_evidence && WROTE_SET.is_match(joined) {
        return Some(Attribution { forward: false, needs_quote: false });
    }
    (!is_joined && joined.chars().count() <= 120 && WEAK.is_match(joined))
        .then_some(Attribution { forward: false, needs_quote: true })
}

/// Returns whether an attribution that is wrapped over several lines may begin here: with a date, an address or one of
/// the words it begins with, and not with a sentence that ended.
pub fn may_span_lines(first: &str) -> bool {
    !first.ends_with(['.', '!', '?', '。', '！', '？']) && OPENING.is_match(first)
}

/// Returns whether the line announces another mail, and whether a forwarded one.
fn original(line: &str) -> Option<bool> {
    let dash = |c: char| "-_=—–─━*+~>".contains(c) || c.is_whitespace();
    let starts_dashed = line.starts_with(['-', '_', '=', '—', '–', '─', '━', '*', '+', '~']);
    let bare = line.trim_matches(dash);
    let has_colon = bare.ends_with([':', '：']);
    if !starts_dashed && !has_colon || bare.chars().count() > 60 {
        return None;
    }
    let bare = bare.trim_end_matches([':', '：']).trim().to_lowercase();
    if FORWARDED.contains(&bare.as_str()) || starts_dashed && bare.starts_with("forwarded by ") {
        return Some(true);
    }
    // "Original:" alone is a word of the customer's; between dashes it is QQ's.
    let is_original = ORIGINAL.contains(&bare.as_str()) && (starts_dashed || bare != "original");
    is_original.then_some(false)
}

/// Returns whether the line is the advertising of a phone.
pub fn is_mobile_signature(line: &str) -> bool {
    const LONGEST: usize = 90;
    let line = line.trim_matches(['*', '_', ' ']);
    line.chars().count() <= LONGEST && MOBILE_SET.is_match(line)
}

/// Returns the kind of a line such as `From: …` or `*发件人：* …`.
pub fn header_kind(line: &str) -> Option<HeaderKind> {
    let line = line.trim_start_matches(['*', '_', ' ']);
    let (colon, _) = line.char_indices().take(MAX_HEADER_NAME + 4).find(|(_, c)| matches!(c, ':' | '：'))?;
    let name = line[..colon].trim_end_matches(['*', '_', ' ', '\t']).to_lowercase();
    // Chinese clients pad short names with spaces inside.
    let squeezed: String = if name.is_ascii() { name } else { name.replace(['\u{3000}'], "") };
    HEADERS.iter().find(|(_, names)| names.contains(&squeezed.as_str())).map(|(kind, _)| *kind)
}
