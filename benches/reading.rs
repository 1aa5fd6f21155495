//! The cost of reading a text before any rule looks at it, by script and length: folding alone, then sentences and
//! entities too. And of refusing a hostile rule file.
//!
//! `cargo bench --bench reading`; `-- --quick` for a look. The tables at the end are the result: bytes and characters
//! count the text as the buyer wrote it. Every cell reads a hundred different messages, so that the branch predictor
//! learns none of them by heart.

#![expect(clippy::print_stdout, reason = "the tables are the result")]
#![expect(clippy::cast_precision_loss, reason = "small numbers for people")]

use std::{
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion};
use nightdesk::{
    diagnostic::{source::SourceMap, yaml},
    text::{folded::Folded, reading::Reading},
};

/// Characters of messages.
const LENGTHS: [usize; 3] = [20, 200, 2_000];
/// Messages of each sort.
const MESSAGES: u64 = 100;
/// Criterion's own times, short so that a whole run stays below a minute.
const WARM_UP: Duration = Duration::from_millis(50);
const MEASURED: Duration = Duration::from_millis(200);
/// Rounds of the table; its cells are the best of them, because noise only adds.
const ROUNDS: usize = 15;

/// What buyers write, in scripts that fold differently.
const SENTENCES: &[(&str, &str, &[&str])] = &[
    (
        "en",
        " ",
        &[
            "Hi there, I ordered two jackets last week and the tracking has not moved since Tuesday.",
            "Where is my order 113-1234567-1234567?",
            "Can you please tell me how long shipping to Canada takes.",
            "I don't want to wait any longer!",
            "The blue one is too small, so I'd like to return it.",
            "Thanks a lot for your help, Anna",
            "It says delivered but nobody has seen the parcel at our house.",
            "Do I have to pay customs if it comes from China?",
        ],
    ),
    (
        "de",
        " ",
        &[
            "Guten Tag, ich habe vor zwei Wochen eine Jacke bestellt und sie ist noch nicht angekommen.",
            "Wo bleibt meine Bestellung Nr. 5551234?",
            "Können Sie mir bitte sagen, wie lange der Versand nach Österreich dauert?",
            "Ich möchte die Größe ändern, falls das noch möglich ist.",
            "Muss ich Zollgebühren zahlen?",
            "Das Gerät ist beschädigt, bitte schicken Sie mir ein neues.",
            "Vielen Dank für die schnelle Hilfe!",
        ],
    ),
    (
        "es",
        " ",
        &[
            "Hola, pedí una chaqueta hace dos semanas y todavía no ha llegado.",
            "¿Cuánto tarda el envío a México?",
            "Quisiera devolver el artículo porque la talla no es la correcta.",
            "¿Dónde está mi pedido número 778899?",
            "También me gustaría saber si cobran aduana.",
            "Muchas gracias por su atención.",
        ],
    ),
    (
        "ru",
        " ",
        &[
            "Здравствуйте, я заказал куртку две недели назад, и она до сих пор не пришла.",
            "Где мой заказ № 778899?",
            "Сколько идёт доставка в Казахстан?",
            "Хочу вернуть товар, размер не подошёл.",
            "Подскажите, пожалуйста, нужно ли платить таможню.",
            "Спасибо большое за помощь!",
        ],
    ),
    (
        "zh",
        "",
        &[
            "你好，我上周买的两件外套到现在还没有发货。",
            "请问这个包邮吗？",
            "我的订单号是20241234，什么时候能到？",
            "尺码不合适，我想退货，运费谁出？",
            "如果寄到德国要交关税吗。",
            "謝謝你的幫助！",
            "顏色發錯了，麻煩幫我換一件。",
        ],
    ),
    (
        "ja",
        "",
        &[
            "先週ジャケットを二着注文しましたが、まだ届いていません。",
            "注文番号は778899です。いつ届きますか？",
            "ドイツへの送料はいくらですか。",
            "サイズが合わないので返品したいです。",
            "よろしくお願いいたします。",
        ],
    ),
    (
        "ko",
        " ",
        &[
            "안녕하세요, 지난주에 재킷 두 벌을 주문했는데 아직 도착하지 않았습니다.",
            "주문번호 778899 배송은 언제 되나요?",
            "독일까지 배송비가 얼마인지 알고 싶어요.",
            "사이즈가 맞지 않아서 반품하고 싶습니다.",
            "감사합니다!",
        ],
    ),
    (
        "ar",
        " ",
        &[
            "مرحبا، طلبت سترتين الأسبوع الماضي ولم تصلا حتى الآن.",
            "أين طلبي رقم 778899؟",
            "كم تستغرق مدة الشحن إلى ألمانيا؟",
            "المقاس غير مناسب وأريد إرجاع المنتج.",
            "شكرا جزيلا على المساعدة!",
        ],
    ),
];

fn main() {
    let mut criterion =
        Criterion::default().configure_from_args().without_plots().warm_up_time(WARM_UP).measurement_time(MEASURED);
    for (language, space, sentences) in SENTENCES {
        let messages = messages(sentences, space, LENGTHS[1]);
        let mut group = criterion.benchmark_group("read 200 characters");
        group.bench_function(BenchmarkId::new("fold", language), |bencher| {
            bencher.iter(|| messages.iter().map(|text| Folded::new(black_box(text)).words().len()).sum::<usize>());
        });
        group.bench_function(BenchmarkId::new("all", language), |bencher| {
            bencher.iter(|| messages.iter().map(|text| read_whole(black_box(text))).sum::<usize>());
        });
        group.finish();
    }
    criterion.final_summary();
    print_texts();
    print_hostile();
}

/// Returns messages of about that many characters, made of sentences in an order that looks random and never changes.
fn messages(sentences: &[&str], space: &str, length: usize) -> Vec<String> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0)
    };
    let mut message = || {
        let mut text = String::new();
        while text.chars().count() < length {
            text.push_str(sentences[next() % sentences.len()]);
            text.push_str(space);
        }
        // A short message begins anywhere, or all of them would be greetings.
        let all = text.chars().count();
        let from = next() % (all - length + 1);
        text.chars().skip(from).take(length).collect()
    };
    (0..MESSAGES).map(|_| message()).collect()
}

/// Reads a text with everything a reading can tell; most of it is made when it is first asked for.
fn read_whole(text: &str) -> usize {
    let reading = black_box(Reading::new(text));
    reading.sentences().len() + reading.entities().len()
}

fn print_texts() {
    println!("\nbest of {ROUNDS} rounds; ns/byte and ns/char of folding, µs/message of folding and of reading\n");
    println!("| language | chars | bytes | fold ns/byte | fold ns/char | fold µs | read µs | read ns/char |");
    println!("|---|---|---|---|---|---|---|---|");
    for (language, space, sentences) in SENTENCES {
        for length in LENGTHS {
            let messages = messages(sentences, space, length);
            let bytes = messages.iter().map(String::len).sum::<usize>() as f64 / MESSAGES as f64;
            let fold = nanoseconds(&messages, |text| Folded::new(text).words().len());
            let read = nanoseconds(&messages, read_whole);
            println!(
                "| {language} | {length} | {bytes:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} |",
                fold / bytes,
                fold / length as f64,
                fold / 1_000.0,
                read / 1_000.0,
                read / length as f64
            );
        }
    }
}

/// Returns what one message costs.
fn nanoseconds(messages: &[String], read: impl Fn(&str) -> usize) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for text in messages {
                black_box(read(black_box(text)));
            }
            start.elapsed().as_nanos() as f64 / MESSAGES as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[0]
}

/// Files of up to one megabyte that are made to cost time or memory, by what they do.
fn hostile() -> Vec<(&'static str, String)> {
    let full = |line: &str| line.repeat((yaml::MAX_BYTES - 16) / line.len());
    let keys: Vec<String> = (0..80_000).map(|number| format!("k{number}: v\n")).collect();
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (inner, outer) in ('a'..='y').zip('b'..='z') {
        let list = vec![format!("*{inner}"); 9].join(", ");
        bomb += &[
            &outer.to_string(),
            ": &",
            &outer.to_string(),
            " [",
            &list,
            "]
",
        ]
        .concat();
    }
    vec![
        ("a bomb of aliases", bomb),
        ("one megabyte of aliases", format!("a: &a x\nb: [{}]\n", full("*a, "))),
        ("one megabyte of anchors", full("- &a x\n")),
        ("the same anchor again and again", full("- &anchor {k: v}\n")),
        ("brackets into each other", full("[")),
        ("mappings into each other", full("{a: ")),
        (
            "lists into each other, by indentation",
            (0..1_000).map(|depth| format!("{}-\n", " ".repeat(depth))).collect::<Vec<_>>().concat(),
        ),
        ("complex keys into each other", full("? ")),
        ("one huge text", format!("a: {}\n", full("x"))),
        ("one huge quoted text", format!("a: \"{}\"\n", full("\\u0041"))),
        ("one huge block", format!("a: |\n{}", full("  x\n"))),
        ("a quote that never ends", format!("a: \"{}", full("x "))),
        ("many keys", keys.concat()),
        ("the same key again and again", full("k: v\n")),
        ("many values", full("- x\n")),
        ("many empty lists", full("[],\n")),
        ("many documents", full("---\n")),
        ("many tags", full("- !!str x\n")),
        ("many directives", full("%TAG ! tag:x\n")),
        ("many comments", full("# x\n")),
        ("a line that never ends", full("a: b: ")),
        ("twice the size", "x".repeat(2 * yaml::MAX_BYTES)),
    ]
}

fn print_hostile() {
    println!("\nhostile files: time to the finding, and memory beyond what was there before\n");
    println!("| file | bytes | ms | MB | findings |\n|---|---|---|---|---|");
    for (name, text) in hostile() {
        let mut sources = SourceMap::default();
        let file = sources.add("rules/other/hostile.yaml", text.clone());
        let before = peak_memory_reset();
        let start = Instant::now();
        let (tree, findings) = black_box(yaml::parse_all(file, &text));
        let elapsed = start.elapsed();
        let memory = match (before, peak_memory()) {
            (Some(before), Some(peak)) => format!("{:.1}", peak.saturating_sub(before) as f64 / 1024.0),
            _ => "?".to_owned(),
        };
        let said = findings.first().map_or_else(|| "none".to_owned(), |first| first.message.clone());
        let read = if tree.is_some() { "read; " } else { "" };
        println!(
            "| {name} | {} | {:.1} | {memory} | {read}{} ({said:.60}) |",
            text.len(),
            elapsed.as_secs_f64() * 1_000.0,
            findings.len()
        );
    }
}

/// Forgets the peak of this process's memory and returns what it has now in KiB; none where the system does not say.
fn peak_memory_reset() -> Option<u64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    peak_memory()
}

/// Returns the peak of this process's memory in KiB since it was forgotten.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
