//! Generated rules and messages for benchmarks: one action on one product in several languages, 5 to 12 patterns each.
//!
//! Every run has the same ones. Product names grow with the number of rules; eight rules share a product, so that every
//! word belongs to many rules. A message is filler in which 15 % of the words come from the rules; a *hit* begins with
//! a whole phrase of a rule.

use std::{hint::black_box, time::Instant};

use jiff::civil;
use nightdesk::{
    model::{inbound::ChannelKind, language::Language},
    rules::condition::Moment,
    text::reading::Reading,
};

/// Every so many filler words one comes from the rules: 15 %.
const NEAR_MISS_PERCENT: u64 = 15;
/// Rounds of a measurement; the best counts, because noise only adds.
const ROUNDS: usize = 15;
/// Rounds stop after this long; slow peers are measured by fewer.
const MEASURED_SECONDS: u64 = 3;

/// What a language gives to rules and messages.
#[derive(Debug)]
pub(crate) struct Words {
    code: &'static str,
    actions: [&'static str; 8],
    /// Words between action and topic.
    links: [&'static str; 4],
    /// Product words are made of these.
    syllables: [&'static str; 12],
    filler: [&'static str; 10],
    /// Words stand without spaces.
    dense: bool,
}

/// Languages that rules and messages mix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    languages: &'static [&'static Words],
}

const SYLLABLES: [&str; 12] = ["ba", "do", "fi", "gu", "ke", "lo", "mi", "na", "pu", "re", "so", "ti"];
const EN: Words = Words {
    code: "en",
    actions: ["cancel", "track", "return", "exchange", "refund", "order", "repair", "insure"],
    links: ["my", "the new", "this broken", "another"],
    syllables: SYLLABLES,
    filler: ["hello", "please", "the", "and", "with", "would", "today", "really", "garden", "yellow"],
    dense: false,
};
const DE: Words = Words {
    code: "de",
    actions: ["stornieren", "verfolgen", "umtauschen", "erstatten", "bestellen", "reparieren", "versichern", "liefern"],
    links: ["meine", "die neue", "diese", "eine andere"],
    syllables: SYLLABLES,
    filler: ["hallo", "bitte", "und", "mein", "heute", "schon", "garten", "fenster", "für", "größer"],
    dense: false,
};
const ES: Words = Words {
    code: "es",
    actions: ["cancelar", "rastrear", "devolver", "cambiar", "reembolsar", "pedir", "reparar", "asegurar"],
    links: ["mi", "el nuevo", "este", "otro"],
    syllables: SYLLABLES,
    filler: ["hola", "por", "favor", "gracias", "casa", "mañana", "ventana", "pero", "también", "días"],
    dense: false,
};
const ZH: Words = Words {
    code: "zh",
    actions: ["取消", "查询", "退货", "换货", "退款", "订购", "维修", "保险"],
    links: ["我的", "新的", "这个", "另一个"],
    syllables: ["灯", "表", "鞋", "包", "锅", "笔", "帽", "琴", "杯", "伞", "镜", "椅"],
    filler: ["你好", "谢谢", "我们", "今天", "房子", "朋友", "可以", "什么", "时候", "知道"],
    dense: true,
};
const RU: Words = Words {
    code: "ru",
    actions: ["отменить", "отследить", "вернуть", "обменять", "возместить", "заказать", "починить", "застраховать"],
    links: ["мой", "новый", "этот", "другой"],
    syllables: ["ба", "до", "фи", "гу", "ке", "ло", "ми", "на", "пу", "ре", "со", "ти"],
    filler: ["привет", "пожалуйста", "сегодня", "очень", "окно", "желтый", "потому", "спасибо", "утром", "дом"],
    dense: false,
};
const KO: Words = Words {
    code: "ko",
    actions: ["취소", "추적", "반품", "교환", "환불", "주문", "수리", "보험"],
    links: ["나의", "새로운", "이번", "다른"],
    syllables: ["바", "도", "피", "구", "케", "로", "미", "나", "푸", "레", "소", "티"],
    filler: ["안녕하세요", "감사합니다", "오늘", "정말", "아침에", "친구가", "정원", "창문을", "노란", "우리"],
    dense: false,
};

/// Four languages, two scripts: what a shop's rules look like.
pub(crate) const MIXED: Family = Family { name: "mixed", languages: &[&EN, &DE, &ES, &ZH] };
/// Scripts apart.
pub(crate) const SCRIPTS: [Family; 4] = [
    Family { name: "Latin", languages: &[&EN, &DE, &ES] },
    Family { name: "Cyrillic", languages: &[&RU] },
    Family { name: "Han", languages: &[&ZH] },
    Family { name: "Hangul", languages: &[&KO] },
];

impl Family {
    /// Returns the files of rules, path and text, and all their phrases.
    pub(crate) fn rules(&self, size: usize) -> (Vec<(String, String)>, Vec<String>) {
        let mut random = Random(size as u64 + 7);
        let (mut files, mut phrases) = (Vec::new(), Vec::new());
        for number in 0..size {
            let own = self.rule_phrases(number, &mut random);
            files.push((format!("rules/other/intent_{number}.yaml"), rule_file(number, &own)));
            phrases.extend(own.into_iter().map(|(_, phrase)| phrase));
        }
        (files, phrases)
    }

    /// Returns the files of rules with that many examples each, in words that the patterns do not share.
    pub(crate) fn rules_with_examples(&self, size: usize, examples: usize) -> Vec<(String, String)> {
        let (mut files, _) = self.rules(size);
        let mut random = Random(size as u64 + 13);
        for (number, (_, text)) in files.iter_mut().enumerate() {
            let words = *random.pick(self.languages);
            for part in ["examples:\n  ", words.code, ":\n    match:\n"] {
                text.push_str(part);
            }
            for _ in 0..examples {
                text.push_str("      - ");
                let action = words.actions[number % words.actions.len()];
                let topic = words.topic(number / words.actions.len());
                let (before, after) = (random.pick(&words.filler), random.pick(&words.filler));
                let link = random.pick(&words.links);
                let space = if words.dense { "" } else { " " };
                text.push_str(&[before, action, link, topic.as_str(), after].join(space));
                text.push('\n');
            }
        }
        files
    }

    /// Returns the patterns of one rule with their languages.
    fn rule_phrases(&self, number: usize, random: &mut Random) -> Vec<(&'static str, String)> {
        let count = 5 + random.below(8);
        let phrase = |_| {
            let words = *random.pick(self.languages);
            let action = words.actions[number % words.actions.len()];
            let link: &&str = random.pick(&words.links);
            let topic = words.topic(number / words.actions.len());
            let space = if words.dense { "" } else { " " };
            let phrase = match random.below(3) {
                0 => [action, space, &topic].concat(),
                _ => [action, space, link, space, &topic].concat(),
            };
            (words.code, phrase)
        };
        (0..count).map(phrase).collect()
    }

    /// Returns messages of that many characters.
    pub(crate) fn messages(&self, phrases: &[String], length: usize, hit: bool, count: usize) -> Vec<String> {
        let mut random = Random(length as u64 * 31 + u64::from(hit) + 1);
        (0..count).map(|_| self.message(phrases, length, hit, &mut random)).collect()
    }

    fn message(&self, phrases: &[String], length: usize, hit: bool, random: &mut Random) -> String {
        let mut text = String::new();
        if hit {
            text.push_str(random.pick(phrases).as_str());
        }
        while text.chars().count() < length {
            if !text.is_empty() {
                text.push(' ');
            }
            if random.below(100) < NEAR_MISS_PERCENT {
                let words: Vec<&str> = random.pick(phrases).split(' ').collect();
                let word: &&str = random.pick(&words);
                text.push_str(word);
            } else {
                let words = *random.pick(self.languages);
                let word: &&str = random.pick(&words.filler);
                text.push_str(word);
            }
            if random.below(12) == 0 {
                text.push('.');
            }
        }
        text
    }
}

impl Words {
    /// Returns a product word that no dictionary has.
    fn topic(&self, number: usize) -> String {
        let digits = [number % 12, number / 12 % 12, number / 144 % 12, number / 1728 % 12];
        digits.iter().map(|digit| self.syllables[*digit]).collect()
    }
}

fn rule_file(number: usize, phrases: &[(&str, String)]) -> String {
    let mut text =
        format!("intent: intent_{number}\ntitle: t\ncategory: other\naction: answer\nmode: auto\nreply: r\nsay:\n");
    let mut codes: Vec<&str> = phrases.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let own: Vec<&str> =
            phrases.iter().filter(|(language, _)| *language == code).map(|(_, phrase)| phrase.as_str()).collect();
        for part in ["  ", code, ": [", &own.join(", "), "]\n"] {
            text.push_str(part);
        }
    }
    text
}

/// Returns a Saturday in November on which a mail came in.
pub(crate) fn moment() -> Moment<'static> {
    Moment { language: Some(Language::EN), ..Moment::plain(ChannelKind::Email, civil::date(2026, 11, 21)) }
}

/// Reads a text with everything a reading can tell; most of it is made when it is first asked for.
pub(crate) fn read_whole(text: &str) -> usize {
    let reading = black_box(Reading::new(text));
    reading.sentences().len() + reading.entities().len()
}

/// Returns the mean nanoseconds for each item in the best of several rounds.
pub(crate) fn per_item<T>(items: &[T], work: impl Fn(&T) -> usize) -> f64 {
    let begun = Instant::now();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for item in items {
            black_box(work(item));
        }
        best = best.min(started.elapsed().as_nanos() as f64 / items.len() as f64);
        if begun.elapsed().as_secs() >= MEASURED_SECONDS {
            break;
        }
    }
    best
}

/// A small generator (xorshift), so that every run has the same rules and messages.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}
