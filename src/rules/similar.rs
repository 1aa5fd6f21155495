//! What the examples say: how much a text resembles each sentence that some rule was given as an example.
//!
//! The second witness beside the patterns. It works where no pattern hits, and it knows nothing of patterns. A text is a
//! bag of hashed words, pairs of neighbours and pieces of words; likeness is the cosine to an example. Every weight
//! depends on the feature alone and never on how often it occurs in the set: an example can be left out exactly, and a
//! rule without examples changes nothing. What follows from a likeness is decided elsewhere (`engine`).

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

use crate::{
    model::mode::Mode,
    rules::{
        cores::spread,
        rule::{Example, Rule},
        stop_word::is_stop_word_of_any_language,
    },
    text::{
        folded::{Folded, Script, Word},
        sentence::phrases::phrases,
    },
};

/// Features lie in this many buckets, always: a table that grew with the set would move features when an example is
/// left out. A set of 20,000 examples has some 100,000 different features. With eight times fewer buckets every second word
/// that no example holds shared one with an example, and "prepared" was the Russian "спс".
const BUCKETS: usize = 1 << 20;
/// Postings looked at for one stretch of text. Rare features come first; what the common ones add is then worked out for
/// the best candidates alone. Keeps the cost flat where many rules speak of orders and parcels.
const MAX_POSTINGS: usize = 16_384;
/// How many examples are worked out to the end once the postings are used up.
const MAX_CANDIDATES: usize = 48;
/// A longer stretch is a story, and examples are sentences: what lies beyond says nothing about likeness.
const MAX_WORDS: usize = 80;
/// Fainter likeness than this is chance: two sentences with one common word have about so much.
const FAINTEST: f64 = 0.15;

/// Weight of a word.
const WORD: f64 = 1.0;
/// Weight of a stop word, and of the words that only ask or greet: "I want to" says little, and yet "can you" is not
/// "did you".
const STOP: f64 = 0.35;
/// Weight of two neighbours.
const PAIR: f64 = 0.7;
/// Weight of a piece of a word. A word has some ten of them, so together they weigh less than the word.
const PIECE: f64 = 0.25;
/// Weight of a single character of a script without spaces, where two neighbours are what a word is elsewhere.
const CHARACTER: f64 = 0.5;
/// Lengths of the pieces of words, with a mark at each end of the word.
const PIECES: Range<usize> = 2..6;
/// Letters at the beginning of a word that make it the same word; with the mark a piece of the greatest length.
const BEGINNING: usize = 4;

/// Every weight that a feature can have, the heaviest first.
const WEIGHTS: [f64; 7] = [WORD, PAIR, CHARACTER, STOP, PIECE, STOP * PAIR, STOP * CHARACTER];
/// Places in [`WEIGHTS`].
const OF_WORD: u32 = 0;
const OF_PAIR: u32 = 1;
const OF_CHARACTER: u32 = 2;
const OF_STOP: u32 = 3;
const OF_PIECE: u32 = 4;
const OF_STOP_PAIR: u32 = 5;
const OF_STOP_CHARACTER: u32 = 6;
/// Bits of a feature that hold the place of its weight.
const WEIGHT_BITS: u32 = 3;

/// A bucket in the upper bits, the place of the weight in the lower ones: numbers that sort by bucket, the heaviest of a
/// bucket first, and that sort several times as fast as pairs would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Feature(u32);

impl Feature {
    fn new(hash: u64, weight: u32) -> Self {
        Self(small(in_table(hash)) << WEIGHT_BITS | weight)
    }

    fn bucket(self) -> u32 {
        self.0 >> WEIGHT_BITS
    }

    fn square(self) -> f64 {
        let weight = WEIGHTS[(self.0 & ((1 << WEIGHT_BITS) - 1)) as usize];
        weight * weight
    }
}

/// The examples of all rules that count, by their features.
#[derive(Debug)]
pub struct Similar {
    examples: Vec<Known>,
    /// Where the postings of each bucket start; one more at the end.
    starts: Vec<u32>,
    /// Indices into `examples`, ascending within a bucket.
    postings: Vec<u32>,
    /// Where the buckets of each example start in `held`; one more at the end.
    held_starts: Vec<u32>,
    /// The buckets of each example, ascending: the same the other way round.
    held: Vec<u32>,
    /// Sums that nobody uses at the moment, all of them zero.
    free: Mutex<Vec<Vec<f64>>>,
}

/// One example as the witness knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// Index of its rule in the set.
    pub rule: usize,
    /// Its index among the rule's examples.
    pub example: usize,
    /// `match`, or else `skip`.
    pub matches: bool,
    norm: f64,
}

/// How much a text resembles one rule's examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Resemblance {
    /// Index of the rule in the set.
    pub rule: usize,
    /// Likeness to the `match` example that resembles the text most, 0 to 1; 0 if none does.
    pub score: f64,
    /// Index of that example among the rule's.
    pub example: Option<usize>,
    /// Likeness to the most alike `skip` example.
    pub skip: f64,
}

impl Similar {
    /// Learns the examples of all rules that may speak; a rule in shadow changes nothing, and so do its examples.
    pub fn new(rules: &[Rule]) -> Self {
        let speaking = rules.iter().enumerate().filter(|(_, rule)| rule.mode > Mode::Shadow);
        let written: Vec<(usize, usize, &Example)> = speaking
            .flat_map(|(rule, written)| {
                let heard = written.examples.iter().enumerate().filter(|(_, example)| written.speaks(example.language));
                heard.map(move |(at, example)| (rule, at, example))
            })
            .collect();
        let mut examples = Vec::with_capacity(written.len());
        let (mut held_starts, mut held) = (vec![0], Vec::new());
        for (known, ends, own) in spread(&written, learn) {
            let before = small(held.len());
            examples.extend(known);
            held_starts.extend(ends.into_iter().map(|end| before + end));
            held.extend(own);
        }
        held.shrink_to_fit();
        let (starts, postings) = posted(&held_starts, &held);
        Self { examples, starts, postings, held_starts, held, free: Mutex::default() }
    }

    /// Returns every example that was learned, rule by rule; their positions are what `compare` takes as `leave`.
    pub fn examples(&self) -> &[Known] {
        &self.examples
    }

    /// Returns how much the words resemble each rule's examples, best first; rules that they do not resemble are left
    /// out. `leave` is the position of an example to be left out, exactly as if it had never been learned.
    pub fn compare(&self, folded: &Folded, words: Range<usize>, leave: Option<usize>) -> Vec<Resemblance> {
        let features = features_of(folded, words);
        let norm = norm(&features);
        if norm == 0.0 || self.examples.is_empty() {
            return Vec::new();
        }
        let sums = self.sums(&features, leave);
        let mut found: Vec<Resemblance> = Vec::new();
        for (position, sum) in sums {
            let known = self.examples[position];
            let score = (sum / (norm * known.norm)).min(1.0);
            if score < FAINTEST {
                continue;
            }
            if found.last().is_none_or(|last| last.rule != known.rule) {
                found.push(Resemblance { rule: known.rule, score: 0.0, example: None, skip: 0.0 });
            }
            let Some(last) = found.last_mut() else { continue };
            if known.matches && score > last.score {
                (last.score, last.example) = (score, Some(known.example));
            }
            if !known.matches {
                last.skip = last.skip.max(score);
            }
        }
        found.sort_by(|left, right| right.score.total_cmp(&left.score).then(left.rule.cmp(&right.rule)));
        found
    }

    /// Returns whether a word stands in a `match` or `skip` example of a rule, or begins as a word there does; of scripts without
    /// spaces, whether it stands there beside the same neighbour. Words that the buyer uses and the rule's author does
    /// not are what nobody looked at.
    pub fn knows(&self, (rule, matches): (usize, bool), folded: &Folded, word: usize, leave: Option<usize>) -> bool {
        let words = folded.words();
        let Some(this) = words.get(word) else { return false };
        let form = folded.form(this);
        if this.script == Script::Dense {
            let beside = |left: usize, right: usize| match (words.get(left), words.get(right)) {
                (Some(left), Some(right)) => {
                    bucket(&[b"p", folded.form(left).as_bytes(), b" ", folded.form(right).as_bytes()])
                }
                _ => BUCKETS,
            };
            let pairs = [word.checked_sub(1).map(|before| beside(before, word)), Some(beside(word, word + 1))];
            return pairs.into_iter().flatten().any(|pair| self.holds((rule, matches), pair, leave));
        }
        self.holds((rule, matches), bucket(&[b"w", form.as_bytes()]), leave)
            || beginning(form).is_some_and(|beginning| self.holds((rule, matches), beginning, leave))
    }

    /// Returns whether such an example of the rule has the feature.
    fn holds(&self, (rule, matches): (usize, bool), bucket: usize, leave: Option<usize>) -> bool {
        let Some(range) = self.starts.get(bucket..bucket + 2) else { return false };
        let postings = &self.postings[range[0] as usize..range[1] as usize];
        let first = postings.partition_point(|position| self.examples[*position as usize].rule < rule);
        let own = postings[first..].iter().map(|position| *position as usize);
        own.take_while(|position| self.examples[*position].rule == rule)
            .any(|position| self.examples[position].matches == matches && Some(position) != leave)
    }

    /// Returns the products with the examples that share features, in the order of the examples.
    fn sums(&self, features: &[Feature], leave: Option<usize>) -> Vec<(usize, f64)> {
        let mut lists: Vec<List<'_>> = features.iter().filter_map(|feature| self.list(*feature, leave)).collect();
        lists.sort_unstable_by_key(|list| (list.length, list.bucket));
        let mut left = MAX_POSTINGS;
        let affordable = lists.iter().take_while(|list| {
            let fits = list.length as usize <= left;
            left = left.saturating_sub(list.length as usize);
            fits
        });
        let affordable = affordable.count();
        let candidates = self.added(&lists[..affordable], leave);
        let common = &mut lists[affordable..];
        common.sort_unstable_by_key(|list| list.bucket);
        self.finish(candidates, common)
    }

    /// Adds up what the lists say, in their order, and returns every example that they name, in no particular order.
    fn added(&self, lists: &[List<'_>], leave: Option<usize>) -> Vec<(usize, f64)> {
        let mut sums = self.lend();
        let mut candidates = Vec::new();
        let mut take = |position: usize, sum: &mut f64| {
            let sum = std::mem::take(sum);
            if sum > 0.0 && Some(position) != leave {
                candidates.push((position, sum));
            }
        };
        if lists.iter().map(|list| list.postings.len()).sum::<usize>() >= self.examples.len() {
            // To look at every sum costs less than to note which are used.
            for list in lists {
                for position in list.postings {
                    sums[*position as usize] += list.square;
                }
            }
            for (position, sum) in sums.iter_mut().enumerate() {
                take(position, sum);
            }
        } else {
            let mut named = Vec::new();
            for list in lists {
                for position in list.postings {
                    let sum = &mut sums[*position as usize];
                    if *sum == 0.0 {
                        named.push(*position as usize);
                    }
                    *sum += list.square;
                }
            }
            for position in named {
                take(position, &mut sums[position]);
            }
        }
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(sums);
        candidates
    }

    /// Lends a sum for each example, all zero; made anew if all are in use.
    fn lend(&self) -> Vec<f64> {
        let lent = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        lent.unwrap_or_else(|| vec![0.0; self.examples.len()])
    }

    /// Adds what the common features, in the order of their buckets, say to the best candidates. Without any, all are
    /// the best.
    fn finish(&self, mut candidates: Vec<(usize, f64)>, common: &[List<'_>]) -> Vec<(usize, f64)> {
        if candidates.len() > MAX_CANDIDATES && !common.is_empty() {
            // Promises are positive, so their bits stand in the same order.
            let promise = |(position, sum): (usize, f64)| (sum / self.examples[position].norm).to_bits();
            let ranked = candidates.iter().map(|candidate| (!promise(*candidate), *candidate));
            let mut ranked: Vec<(u64, (usize, f64))> = ranked.collect();
            ranked.select_nth_unstable_by_key(MAX_CANDIDATES, |(rank, (position, _))| (*rank, *position));
            ranked.truncate(MAX_CANDIDATES);
            candidates = ranked.into_iter().map(|(_, candidate)| candidate).collect();
        }
        candidates.sort_unstable_by_key(|(position, _)| *position);
        if common.is_empty() {
            return candidates;
        }
        for (position, sum) in &mut candidates {
            let mut held =
                self.held[self.held_starts[*position] as usize..self.held_starts[*position + 1] as usize].iter();
            let mut next = held.next();
            for list in common {
                while next.is_some_and(|bucket| *bucket < list.bucket) {
                    next = held.next();
                }
                if next.is_some_and(|bucket| *bucket == list.bucket) {
                    *sum += list.square;
                }
            }
        }
        candidates
    }

    /// Returns the examples that hold a feature; none if there are none beside the one left out.
    fn list(&self, feature: Feature, leave: Option<usize>) -> Option<List<'_>> {
        let bucket = feature.bucket();
        let postings = &self.postings[self.starts[bucket as usize] as usize..self.starts[bucket as usize + 1] as usize];
        let left = leave.is_some_and(|leave| postings.binary_search_by(|held| (*held as usize).cmp(&leave)).is_ok());
        let length = small(postings.len() - usize::from(left));
        (length > 0).then(|| List { bucket, length, square: feature.square(), postings })
    }
}

/// The examples that hold one feature of a text.
struct List<'a> {
    bucket: u32,
    /// How many, without the one left out.
    length: u32,
    square: f64,
    postings: &'a [u32],
}

/// Returns what is known of some examples, where the buckets of each end, and these buckets.
fn learn(written: &[(usize, usize, &Example)]) -> (Vec<Known>, Vec<u32>, Vec<u32>) {
    let (mut examples, mut ends, mut held) = (Vec::with_capacity(written.len()), Vec::new(), Vec::new());
    for (rule, index, example) in written {
        let folded = Folded::new(&example.text);
        let found = features_of(&folded, 0..folded.words().len());
        examples.push(Known { rule: *rule, example: *index, matches: example.matches, norm: norm(&found) });
        held.extend(found.into_iter().map(Feature::bucket));
        ends.push(small(held.len()));
    }
    (examples, ends, held)
}

/// Lays the buckets of all examples out by bucket: counted first, then filled in the order of the examples.
fn posted(held_starts: &[u32], held: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; BUCKETS + 1];
    for bucket in held {
        starts[*bucket as usize + 1] += 1;
    }
    for bucket in 0..BUCKETS {
        starts[bucket + 1] += starts[bucket];
    }
    let mut next = starts.clone();
    let mut postings = vec![0_u32; held.len()];
    for (position, own) in (0_u32..).zip(held_starts.windows(2)) {
        for bucket in &held[own[0] as usize..own[1] as usize] {
            postings[next[*bucket as usize] as usize] = position;
            next[*bucket as usize] += 1;
        }
    }
    (starts, postings)
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("examples of all rules together have far fewer than four billion features")
}

fn norm(features: &[Feature]) -> f64 {
    features.iter().map(|feature| feature.square()).sum::<f64>().sqrt()
}

/// Returns the features of some words with their weights, each bucket once, in the order of the buckets.
fn features_of(folded: &Folded, words: Range<usize>) -> Vec<Feature> {
    let words = words.start..words.end.min(words.start + MAX_WORDS);
    let mut features = Vec::with_capacity(words.len() * 16);
    let mut before: Option<(&str, &Word, bool)> = None;
    let mut hollow = [false; MAX_WORDS];
    for found in phrases().find(folded, words.clone()).iter().filter(|found| found.part.is_hollow()) {
        hollow[found.words.start - words.start..found.words.end - words.start].fill(true);
    }
    let first = words.start;
    let mut marked = Vec::new();
    for index in words {
        let word = &folded.words()[index];
        let form = folded.form(word);
        let stop = hollow[index - first] || is_stop_word_of_any_language(form);
        let dense = word.script == Script::Dense;
        let weight = match (stop, dense) {
            (false, false) => OF_WORD,
            (false, true) => OF_CHARACTER,
            (true, false) => OF_STOP,
            (true, true) => OF_STOP_CHARACTER,
        };
        features.push(Feature::new(hash(&[b"w", form.as_bytes()]), weight));
        if let Some((last, last_word, last_stop)) = before {
            let both_dense = dense && last_word.script == Script::Dense;
            let weight = match (stop && last_stop, both_dense) {
                (false, false) => OF_PAIR,
                (false, true) => OF_WORD,
                (true, false) => OF_STOP_PAIR,
                (true, true) => OF_STOP,
            };
            features.push(Feature::new(hash(&[b"p", last.as_bytes(), b" ", form.as_bytes()]), weight));
        }
        if !stop && !dense {
            pieces(form, &mut marked, &mut features);
        }
        before = Some((form, word, stop));
    }
    features.sort_unstable();
    // The heaviest of a bucket counts.
    features.dedup_by_key(|feature| feature.bucket());
    features
}

/// Adds the pieces of a word, so that "shiping" resembles "shipping" and "Lieferzeit" resembles "Lieferung". `marked` is
/// memory for the word with its marks.
fn pieces(form: &str, marked: &mut Vec<u8>, features: &mut Vec<Feature>) {
    marked.clear();
    marked.push(2);
    marked.extend_from_slice(form.as_bytes());
    marked.push(3);
    // All bytes of a character but the first look like this.
    let goes_on = |byte: u8| byte & 0xC0 == 0x80;
    for start in (0..marked.len()).filter(|start| !goes_on(marked[*start])) {
        let (mut sum, mut length) = (hashed(START, b"c"), 0);
        for (at, byte) in marked.iter().enumerate().skip(start) {
            sum = hashed(sum, &[*byte]);
            if marked.get(at + 1).is_some_and(|next| goes_on(*next)) {
                continue;
            }
            length += 1;
            if PIECES.contains(&length) {
                features.push(Feature::new(sum, OF_PIECE));
            }
            if length + 1 == PIECES.end {
                break;
            }
        }
    }
}

/// Returns the feature of a word's first letters, which inflection and compounds keep; none for short words.
fn beginning(form: &str) -> Option<usize> {
    let (last, _) = form.char_indices().nth(BEGINNING - 1)?;
    let end = form[last..].chars().next().map_or(last, |letter| last + letter.len_utf8());
    let mark = "\u{2}";
    Some(in_table(
        form[..end].bytes().fold(hashed(hashed(START, b"c"), mark.as_bytes()), |hash, byte| hashed(hash, &[byte])),
    ))
}

/// FNV-1a: the same on every machine, and short enough to stand here.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn hashed(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

fn hash(parts: &[&[u8]]) -> u64 {
    parts.iter().fold(START, |hash, part| hashed(hash, part))
}

fn bucket(parts: &[&[u8]]) -> usize {
    in_table(hash(parts))
}

/// Folds the upper half in, because the lower bits of FNV alone are weak.
fn in_table(hash: u64) -> usize {
    let folded = hash ^ (hash >> 32);
    usize::try_from(folded % BUCKETS as u64).expect("BUCKETS is a usize")
}
