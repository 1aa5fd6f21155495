//! The cost of understanding an export of orders, against reading the same CSV and looking at nothing.
//!
//! `cargo bench --bench orders`; `-- --quick` for a look. The table at the end is the result: millions of lines a second,
//! and how many times longer than the CSV reader alone. Memory does not grow with the file: lines are handed on in
//! batches.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, reason = "small numbers for people")]

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion};
use nightdesk::orders::{
    settings::FileRule,
    source::{self, Look},
    table,
};

/// Lines of each export.
const LINES: usize = 50_000;
/// Criterion's own times, short so that a whole run stays below a minute.
const WARM_UP: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_secs(1);
/// Rounds of the table; its cells are the best of them, because noise only adds.
const ROUNDS: usize = 5;

/// An export in one encoding.
struct Export {
    name: &'static str,
    bytes: Vec<u8>,
}

fn exports() -> Vec<Export> {
    let mut english = "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Total,Created at,\
                       Lineitem name,Billing Name,Notes\n"
        .to_owned();
    let mut chinese =
        "订单号,订单状态,下单时间,付款时间,买家名称,买家邮箱,订单金额,收货国家,物流服务,运单号,发货时间,确认收货时间\n"
            .to_owned();
    for number in 0..LINES {
        let day = number % 28 + 1;
        let _infallible = writeln!(
            english,
            "#{number},buyer{number}@example.org,paid,2026-10-{day:02} 10:12:44 +0800,fulfilled,2026-11-{day:02} 16:40:02 \
             +0800,EUR,59.00,2026-10-{day:02} 10:12:40 +0800,\"Paper lantern, round\",Anna Berger,please ring"
        );
        let _infallible = writeln!(
            chinese,
            "817{number:013},等待买家收货,2026-10-{day:02} 09:21,2026-10-{day:02} 09:25,Ivan,buyer{number}@example.ru,US \
             $59.00,俄罗斯,AliExpress Standard Shipping,LP{number:014},2026-11-{day:02} 18:00,"
        );
    }
    let gbk = encoding_rs::GBK.encode(&chinese).0.into_owned();
    let utf16 = chinese.encode_utf16().flat_map(u16::to_le_bytes);
    let utf16 = [0xff, 0xfe].into_iter().chain(utf16).collect();
    vec![
        Export { name: "shopify, UTF-8", bytes: english.into_bytes() },
        Export { name: "aliexpress, UTF-8", bytes: chinese.into_bytes() },
        Export { name: "aliexpress, GBK", bytes: gbk },
        Export { name: "aliexpress, UTF-16", bytes: utf16 },
    ]
}

/// Looks through the file, finds its columns and reads every line.
fn understood(bytes: &[u8]) -> u64 {
    let look = source::look(bytes, None).expect("memory can be read");
    let plan = table::plan(&look, &FileRule::default()).expect("a known export");
    let written = jiff::civil::date(2026, 12, 1);
    let mut table = table::open(bytes, &look, plan, written).expect("it has a header");
    while let Some(line) = table.next_line().expect("a whole table") {
        black_box(line);
    }
    table.finish().lines
}

/// Reads the records and looks at nothing.
fn read_alone(bytes: &[u8], look: &Look) -> u64 {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source::decoded(bytes, look));
    let (mut record, mut lines) = (csv::StringRecord::new(), 0);
    while reader.read_record(&mut record).expect("a whole table") {
        black_box(&record);
        lines += 1;
    }
    lines
}

fn best(mut run: impl FnMut() -> u64) -> Duration {
    let round = |_| {
        let started = Instant::now();
        assert_eq!(black_box(run()), LINES as u64);
        started.elapsed()
    };
    (0..ROUNDS).map(round).min().expect("at least one round")
}

fn main() {
    let mut criterion = Criterion::default().warm_up_time(WARM_UP).measurement_time(MEASURED).configure_from_args();
    let exports = exports();
    let mut group = criterion.benchmark_group("orders");
    group.sample_size(10);
    for export in &exports {
        group.bench_with_input(BenchmarkId::from_parameter(export.name), export, |bencher, export| {
            bencher.iter(|| understood(&export.bytes));
        });
    }
    group.finish();
    criterion.final_summary();
    println!("| export | million lines a second | times the CSV reader alone |");
    println!("|---|---|---|");
    for export in &exports {
        let look = source::look(export.bytes.as_slice(), None).expect("memory can be read");
        let whole = best(|| understood(&export.bytes));
        let alone = best(|| read_alone(&export.bytes, &look));
        let speed = LINES as f64 / whole.as_secs_f64() / 1e6;
        println!("| {} | {speed:.2} | {:.1} |", export.name, whole.as_secs_f64() / alone.as_secs_f64());
    }
}
